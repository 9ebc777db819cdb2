from flask import Blueprint

access = Blueprint("access", __name__)
