"""A network so slow that people go on before the answer is there: nothing of what they do is lost, or done twice."""

from tests.browser.steps import ask_for_a_code, sent_to, wait_for_focus
from tests.office import wait_until

REQUEST = "/demander-un-code"
UNDER_WAY = "Un instant\u00a0: la réponse arrive."


def hold(page):
    """A list of what the form sends from here on: each waits there to be let go."""
    waiting = []

    def keep(route):
        waiting.append(route)

    page.route(f"**{REQUEST}", keep)
    return waiting


def press(page, waiting):
    before = len(waiting)
    page.get_by_role("button", name="Valider").click()
    # What the browser tells comes while it is asked something.
    wait_until(lambda: page.title() and len(waiting) > before, "nothing is sent")


def let_go(page, route):
    with page.expect_response(f"**{REQUEST}"):
        route.continue_()


def test_what_is_corrected_before_the_answer_is_sent_in_the_place_of_what_was_wrong(open_page):
    page = open_page(REQUEST)
    waiting = hold(page)
    page.get_by_label("Votre Nom").fill("Poali")
    press(page, waiting)
    page.get_by_label("Votre Nom").fill("Paoli")
    press(page, waiting)

    let_go(page, waiting[1])

    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    assert page.get_by_label("Votre Nom").input_value() == "Paoli"
    assert ["Paoli" in route.request.post_data for route in waiting] == [False, True]


def test_what_is_written_meanwhile_stays_and_nobody_is_interrupted(open_page):
    page = open_page(REQUEST)
    waiting = hold(page)
    page.get_by_label("Votre Nom").fill("Poali")
    page.get_by_label("Votre adresse email").fill("quidam@exemple.test")
    press(page, waiting)
    name = page.get_by_label("Votre Nom")
    name.fill("Paoli")
    name.press("ArrowLeft")

    let_go(page, waiting[0])

    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    wait_for_focus(page, "#name")
    page.keyboard.type("n")
    assert name.input_value() == "Paolni"
    assert page.get_by_label("Votre adresse email").input_value() == "quidam@exemple.test"
    page.unroute_all()
    page.get_by_role("button", name="Valider").click()
    wait_for_focus(page, ".summary")


def test_who_presses_again_and_again_asks_once(open_page, office, household):
    page = open_page(REQUEST)
    waiting = hold(page)
    sent = sent_to(page, REQUEST)
    page.clock.install()
    ask_for_a_code(page, household)
    for _ in range(3):
        page.clock.fast_forward(6000)
        page.get_by_role("button", name="Valider").click()

    let_go(page, waiting[0])

    page.get_by_text("Le code d'accès a été envoyé").wait_for()
    assert len(sent) == 1
    office.next_mail(household["Email"])


def test_one_is_told_that_it_is_under_way(open_page):
    page = open_page(REQUEST)
    waiting = hold(page)
    press(page, waiting)
    told = page.locator("#demande").get_by_role("status")
    told.get_by_text(UNDER_WAY).wait_for()
    assert told.count() == 1

    let_go(page, waiting[0])

    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    assert not told.count()


def test_what_never_comes_is_not_under_way(open_page):
    page = open_page(REQUEST, may_be_cut_off=True)
    waiting = hold(page)
    press(page, waiting)
    page.get_by_text(UNDER_WAY).wait_for()
    waiting[0].abort("internetdisconnected")
    page.get_by_role("alert").wait_for()
    assert not page.get_by_text(UNDER_WAY).count()
