"""Some people press every button twice, as they open files at home: the second press changes nothing."""

from contextlib import contextmanager

import pytest

from tests.browser.steps import ask_for_a_code, choose_password, log_in, sent_to
from tests.office import code_and_password

with_and_without_javascript = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without JavaScript"]
)


@contextmanager
def nothing_answered(page):
    """Meanwhile what is sent arrives, and no answer does: the second press comes before what the first one leads to."""
    network = page.context.new_cdp_session(page)

    def answers_take(milliseconds):
        slow = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
        network.send("Network.emulateNetworkConditions", slow)

    answers_take(60_000)
    yield
    answers_take(0)


def press_twice(page, name):
    box = page.get_by_role("button", name=name, exact=True).bounding_box()
    for _ in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(250)


@with_and_without_javascript
def test_the_mailed_password_opens_to_who_presses_twice(open_page, office, household, javascript):
    page = open_page("/demander-un-code", javascript=javascript)
    ask_for_a_code(page, household)
    page.get_by_text("Le code d'accès a été envoyé").wait_for()
    code, password = code_and_password(office.next_mail(household["Email"]))
    page.goto("/identification")
    page.get_by_label("Identifiant", exact=True).fill(code)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    sent = sent_to(page, "/identification")

    with nothing_answered(page):
        press_twice(page, "Valider")

    page.get_by_role("heading", name="Choisissez votre mot de passe").wait_for()
    assert len(sent) == (1 if javascript else 2)
    choose_password(page)
    page.get_by_text("Vous êtes maintenant connecté à votre compte locataire").wait_for()


def test_a_form_that_is_answered_by_nothing_works_again_after_a_moment(open_page):
    page = open_page("/identification")
    page.route("**/identification", lambda route: route.fulfill(status=204))
    sent = sent_to(page, "/identification")
    press_twice(page, "Valider")
    assert len(sent) == 1
    page.wait_for_timeout(5000)
    with page.expect_request("**/identification"):
        page.get_by_role("button", name="Valider").click()


def test_a_page_that_one_comes_back_to_works_at_once(open_page):
    page = open_page("/identification")
    log_in(page, "ZZZZ-ZZZZ", "faux")
    page.get_by_role("heading", name="Il y a une erreur").wait_for()
    page.go_back()
    log_in(page, "ZZZZ-ZZZZ", "faux")
    page.get_by_role("heading", name="Il y a une erreur").wait_for()


def test_so_does_one_that_the_browser_had_kept_whole(open_page):
    """As by « Précédent » on a telephone: the page goes on where it was, and its script with it."""
    page = open_page("/identification")
    page.route("**/identification", lambda route: route.fulfill(status=204))
    press_twice(page, "Valider")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    with page.expect_request("**/identification"):
        page.get_by_role("button", name="Valider").click()


def test_what_is_wrong_is_corrected_as_fast_as_one_types(open_page):
    """htmx puts the corrected form in the place of the first: it is another one."""
    page = open_page("/demander-un-code")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    page.get_by_label("Votre Nom").fill("Quidam")
    page.get_by_role("button", name="Valider").click()
    page.locator("#name-erreur").wait_for(state="detached")
