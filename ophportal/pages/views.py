"""The pages around the journey; none of them needs the store, so they answer even when it does not."""

from flask import Blueprint, render_template

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    return render_template("pages/home.html")
