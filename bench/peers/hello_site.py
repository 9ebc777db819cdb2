"""A bare Flask « hello »: what the framework and its server cost by themselves."""

from flask import Flask

application = Flask("hello")
application.get("/")(lambda: "hello")
