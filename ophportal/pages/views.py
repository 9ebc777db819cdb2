"""The pages around the journey; none of them needs the store, so they answer even when it does not."""

from datetime import date

from flask import Blueprint, Response, current_app, render_template

from ophportal.kept_pages import same_for_strangers

pages = Blueprint("pages", __name__)

# A test holds it to the declaration's text; RGAA 4.1 wants a new one after three years.
DECLARED_ON = date(2026, 11, 28)
# Pages that need a login or follow a form are not for search engines.
ROBOTS = "User-agent: *\nDisallow: /compte\nDisallow: /code-envoye\nDisallow: /agents\n"
ROBOTS_OF_A_DEMO = "User-agent: *\nDisallow: /\n"


@pages.get("/")
@same_for_strangers
def home() -> str:
    return render_template("pages/home.html")


@pages.get("/aide")
@same_for_strangers
def guide() -> str:
    return render_template("pages/guide.html", sender=current_app.config["MAIL_SENDER"])


@pages.get("/contact")
@same_for_strangers
def contact() -> str:
    return render_template("pages/contact.html")


@pages.get("/plan-du-site")
@same_for_strangers
def site_map() -> str:
    return render_template("pages/site_map.html")


@pages.get("/mentions-legales")
@same_for_strangers
def legal_notice() -> str:
    return render_template("pages/legal_notice.html")


@pages.get("/donnees-personnelles")
@same_for_strangers
def personal_data() -> str:
    return render_template("pages/personal_data.html")


@pages.get("/accessibilite")
@same_for_strangers
def accessibility() -> str:
    address = current_app.config["BASE_URL"]
    return render_template("pages/accessibility.html", address=address, declared_on=DECLARED_ON)


@pages.get("/robots.txt")
def robots() -> Response:
    return Response(ROBOTS_OF_A_DEMO if current_app.config["DEMO"] else ROBOTS, mimetype="text/plain")
