"""Each page and each mail, in each state, before the checkers; and none is forgotten."""

import shutil

import pytest

from ophportal.emails import WRITERS
from tests.browser.checkers import axe, markup
from tests.browser.scenes import SCENES
from tests.routes import LEADS_ON

WIDTHS = {360: 740, 1280: 800}
every_scene = pytest.mark.parametrize("scene", SCENES, ids=str)

# Answers that are no page: a file, where another page leads, a mail (which has its scenes in scenes/mails.py).
NO_PAGE = {
    "static", "pages.robots", "health.alive", "health.ready", "demo.mail_as_html", *LEADS_ON,
    "account.operations_csv", "account.document", "account.account_statement", "account.rent_notice",
    "account.quittance", "account.part_receipt",
    "address_links.open_confirmation", "address_links.open_undo",
    "office_entry.open_invitation",
    "account.extend_session", "office.extend_session",
    "office.contact_details_as_csv", "office.consents_as_csv", "office.figures_as_csv", "office.rejects",
    "office.download_letters",
}  # fmt: skip


@pytest.fixture(scope="session")
def nu():
    if not shutil.which("java"):
        pytest.skip("no Java here: apt-get install default-jre-headless")
    with markup.nu() as checker:
        yield checker


@pytest.fixture(scope="session")
def html_validate():
    with markup.html_validate() as checker:
        yield checker


@every_scene
def test_the_markup_is_right(scene, request, nu, html_validate):
    html = scene.shown(request).html
    found = [*nu.complaints(html), *html_validate.complaints(html)]
    assert not found, "\n".join(found)


@every_scene
def test_everyone_can_use_the_page(scene, request, display, screens):
    """axe finds nothing, in light and in dark; nothing has to be scrolled sideways, even on 320 pixels."""
    shown = scene.shown(request)
    found = []
    page = display(shown)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        found += axe.complaints(page)
        if screens:
            page.screenshot(path=screens / f"{scene.name}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    found += axe.complaints(page, "color-contrast")
    # 1280 pixels at 400 %, and the narrowest of telephones.
    page.set_viewport_size({"width": 320, "height": 256})
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_page_is_forgotten(demo):
    """Each address that shows a page has a scene where it is shown; the demo has them all, and its own."""
    shown = {scene.endpoint for scene in SCENES if scene.status == 200}
    pages = {rule.endpoint for rule in demo.url_map.iter_rules() if "GET" in rule.methods}
    assert pages - shown - NO_PAGE == set()


def test_no_mail_is_forgotten():
    assert {f"mail.{name}" for name in WRITERS} == {scene.endpoint for scene in SCENES if "mail." in scene.endpoint}
