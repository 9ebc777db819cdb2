"""The end of a session: announced, put off in one press, and nothing typed is lost (WCAG 2.2.1, RGAA 13.1)."""

from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from peewee import sqlite3

from tests import stores
from tests.browser.checkers import axe
from tests.browser.console import Staff
from tests.browser.steps import fits, log_in, logged_in
from tests.conftest import OWN_PASSWORD
from tests.office import wait_until

TELEPHONE = "/compte/coordonnees/telephone"
TENANTS, AGENTS = "tenant_session", "agent_session"


class Sessions:
    """The office's sessions, as its store has them."""

    def __init__(self, path):
        self.path = path

    def move(self, table, column, move):
        """Replace an instant of every session by what `move` makes of it."""
        with closing(sqlite3.connect(self.path, timeout=30)) as store, store:
            for row, instant in store.execute(f"select id, {column} from {table}").fetchall():
                moved = str(move(datetime.fromisoformat(instant)))
                store.execute(f"update {table} set {column} = ? where id = ?", (moved, row))

    def begin_again(self, table, ago=timedelta()):
        """Every session as if it had begun so long `ago`, and been seen just now."""
        now = datetime.now(UTC).replace(tzinfo=None)
        self.move(table, "created_at", lambda _: now - ago)
        self.move(table, "last_seen_at", lambda _: now)

    def grow_older(self, table, minutes):
        for column in ("created_at", "last_seen_at"):
            self.move(table, column, lambda instant: instant - timedelta(minutes=minutes))

    def letters_that_wait(self, email):
        """Letters asked for by this agent, claimed by a worker that does nothing; their number."""
        now, job = datetime.now(UTC).replace(tzinfo=None), "token, kind, parameters, result, state, attempts, claim"
        with closing(sqlite3.connect(self.path, timeout=30)) as store, store:
            return store.execute(
                f"insert into job ({job}, agent_id, created_at, claimed_until) "
                "select 'attente', 'letters', '{\"tenants\": []}', '{}', 'waiting', 1, 'x', id, ?, ? "
                "from agent where email = ?",
                (str(now), str(now + timedelta(minutes=50)), email),
            ).lastrowid


@pytest.fixture(scope="module")
def sessions(office):
    return Sessions(office.folder / "office.sqlite")


@pytest.fixture(scope="module")
def resident(neighbours):
    """The household whose sessions end."""
    return next(neighbours)


@pytest.fixture(scope="module")
def logged_in_once(office, chromium, resident):
    with logged_in(office, chromium, resident) as storage_state:
        yield storage_state


@pytest.fixture
def inside(logged_in_once, sessions):
    """What the browser of a tenant holds, as if fresh from the login."""
    sessions.begin_again(TENANTS)
    return logged_in_once


@pytest.fixture
def time_passes(sessions):
    """A function that lets so many minutes go by, for the server and in these windows."""

    def time_passes(minutes, *pages, table=TENANTS):
        sessions.grow_older(table, minutes)
        for page in pages:
            page.clock.fast_forward(minutes * 60_000)

    return time_passes


def window(open_page, path, lacking="", **options):
    """A window whose clock is ours; of a browser that does not know `lacking` yet."""
    page = open_page(path, **options)
    if lacking:
        page.add_init_script(f"delete {lacking}")
    page.clock.install()
    page.reload()
    return page


def warning(page):
    return page.get_by_role("alertdialog")


def told(page, minutes=5):
    """Wait for the announcement: it comes before the page with its words, and has the focus, so that it is heard."""
    plural = "s" if minutes > 1 else ""
    warning(page).get_by_text(f"Votre session se termine dans {minutes} minute{plural}.").wait_for()
    assert warning(page).evaluate("dialog => dialog.matches(':modal') && dialog.contains(document.activeElement)")
    # Orca tells what has the focus, and not the name of the dialog that it is in.
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "session-fin"


@contextmanager
def told_anew(page):
    """Meanwhile the server tells the page what is left of its session."""
    before = page.locator("#session").element_handle()
    yield
    wait_until(lambda: not before.evaluate("it => it.isConnected"), "nothing new is told")


def left(page):
    return page.get_by_role("heading", name="Identification")


def test_it_is_announced_and_one_press_puts_it_off_as_often_as_one_wants(open_page, inside, time_passes):
    page = window(open_page, TELEPHONE, storage_state=inside)
    page.get_by_label("Mot de passe actuel", exact=True).fill(OWN_PASSWORD)
    field = page.get_by_label("téléphone")
    field.fill("06 39")
    field.press("End")
    for _ in range(12):
        time_passes(24, page)
        assert not warning(page).is_visible()
        time_passes(1.1, page)
        told(page)
        page.keyboard.press("Enter")
        warning(page).wait_for(state="hidden")
        assert page.evaluate("document.activeElement.name") == "telephone"
    page.keyboard.type(" 98 12 34")
    assert field.input_value() == "06 39 98 12 34"
    page.keyboard.press("Enter")
    page.get_by_text("Votre numéro de téléphone est enregistré.").wait_for()


def test_escape_puts_it_off_too(open_page, inside, time_passes):
    page = window(open_page, TELEPHONE, storage_state=inside)
    time_passes(25.1, page)
    told(page)
    with page.expect_response("**/compte/prolonger") as put_off, told_anew(page):
        page.keyboard.press("Escape")
    assert put_off.value.request.method == "POST"
    time_passes(10, page)
    assert not warning(page).is_visible()
    assert page.get_by_label("téléphone").is_visible()


def test_at_a_busy_store_it_is_announced_on_and_asked_for_again(open_page, inside, office, time_passes):
    page = window(open_page, TELEPHONE, storage_state=inside, may_be_busy=True)
    field = page.get_by_label("téléphone")
    field.fill("06 39")
    time_passes(25.1, page)
    told(page)
    with stores.held(f"sqlite:///{office.folder}/office.sqlite"):
        page.keyboard.press("Enter")
        warning(page).get_by_text("Le portail est occupé, et votre session n'est pas prolongée.").wait_for()
        told(page)
        assert axe.complaints(page) == []
    page.keyboard.press("Enter")
    warning(page).wait_for(state="hidden")
    assert field.input_value() == "06 39"


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (TELEPHONE, "téléphone"),
        ("/compte/coordonnees/email", "Nouvelle adresse"),
        ("/compte/mot-de-passe", "Mot de passe actuel"),
    ],
)
def test_what_is_typed_in_any_form_is_kept(open_page, inside, time_passes, path, label):
    page = window(open_page, path, storage_state=inside)
    field = page.get_by_label(label).first
    field.fill("à moitié écrit")
    time_passes(25.1, page)
    told(page)
    page.get_by_role("button", name="Prolonger").click()
    warning(page).wait_for(state="hidden")
    assert field.input_value() == "à moitié écrit"


def test_left_alone_the_page_is_left_and_says_why(open_page, inside, time_passes):
    page = window(open_page, "/compte", storage_state=inside)
    time_passes(25.1, page)
    told(page)
    time_passes(5, page)
    left(page).wait_for()
    assert page.get_by_text("Votre session est terminée.").is_visible()


def test_who_comes_back_to_a_page_that_was_left_goes_on_there(open_page, resident, inside, time_passes):
    page = window(open_page, TELEPHONE, storage_state=inside)
    time_passes(25.1, page)
    told(page)
    time_passes(5, page)
    left(page).wait_for()
    log_in(page, resident["Email"], OWN_PASSWORD)
    page.wait_for_url(f"**{TELEPHONE}")


def test_a_window_lives_as_long_as_another_one_is_used(open_page, inside, time_passes):
    writing = window(open_page, TELEPHONE, storage_state=inside)
    reading = writing.context.new_page()
    reading.clock.install()
    field = writing.get_by_label("téléphone")
    field.fill("06 39")
    time_passes(20, writing)
    reading.goto("/compte/logement")
    with told_anew(writing):
        time_passes(9, writing, reading)
    assert not warning(writing).is_visible()
    # Announced in both, put off in one: the other keeps what was typed, and closes its announcement in its time.
    time_passes(17, writing, reading)
    told(writing, 4)
    told(reading, 4)
    reading.get_by_role("button", name="Prolonger").click()
    warning(reading).wait_for(state="hidden")
    time_passes(5, writing)
    warning(writing).wait_for(state="hidden")
    assert field.input_value() == "06 39"


def test_twelve_hours_cannot_be_put_off_and_that_is_told(open_page, inside, sessions, time_passes):
    sessions.begin_again(TENANTS, ago=timedelta(hours=11, minutes=50))
    page = window(open_page, TELEPHONE, storage_state=inside)
    field = page.get_by_label("téléphone")
    field.fill("06 39 98 12 34")
    time_passes(5, page)
    warning(page).get_by_text("même si vous continuez : elle dure 12\u00a0heures au plus").wait_for()
    page.keyboard.press("Enter")
    assert not warning(page).is_visible()
    assert field.input_value() == "06 39 98 12 34"
    time_passes(6, page)
    left(page).wait_for()


def test_everyone_can_read_the_announcement(open_page, inside, time_passes):
    page = window(open_page, "/compte", storage_state=inside)
    time_passes(25.1, page)
    told(page)
    assert axe.complaints(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 256})
    assert axe.complaints(page) == []
    assert fits(page)
    box = page.get_by_role("button", name="Prolonger").bounding_box()
    assert box["y"] + box["height"] <= 256


def test_in_the_console_too(open_page, office, time_passes):
    agent = Staff(office, "veille@office.exemple.test", "Agathe Essai", "agent")
    page = open_page("/")
    agent.enroll(page)
    page.clock.install()
    page.goto("/agents/mon-acces/mot-de-passe")
    field = page.get_by_label("Nouveau mot de passe", exact=True)
    field.fill("à moitié écrit")
    for _ in range(3):
        time_passes(10.1, page, table=AGENTS)
        told(page)
        page.keyboard.press("Enter")
        warning(page).wait_for(state="hidden")
    assert field.input_value() == "à moitié écrit"
    time_passes(10.1, page, table=AGENTS)
    told(page)
    time_passes(5, page, table=AGENTS)
    left(page).wait_for()
    assert page.get_by_text("Votre session est terminée.").count() == 1


def test_a_page_that_waits_for_its_letters_is_left_too(open_page, office, sessions):
    """It comes round each second, which is nobody's visit; and the door is a page, not a part of this one."""
    agent = Staff(office, "attente@office.exemple.test", "Agathe Essai", "agent")
    page = open_page("/")
    agent.enroll(page)
    address = f"/agents/courriers/{sessions.letters_that_wait(agent.email)}"
    page.goto(address)
    page.get_by_role("heading", name="Préparation des courriers").wait_for()
    sessions.grow_older(AGENTS, 10)
    page.wait_for_event("request", lambda it: it.url.endswith(address)).response()
    sessions.grow_older(AGENTS, 6)
    left(page).wait_for()
    page.wait_for_url("**/agents/identification")
    assert page.get_by_text("Votre session est terminée.").count() == 1


def test_without_javascript_the_limit_is_told_and_put_off_in_another_tab(open_page, inside):
    page = open_page(TELEPHONE, javascript=False, storage_state=inside)
    field = page.get_by_label("téléphone")
    field.fill("06 39")
    assert page.get_by_text("Si vous ne faites rien pendant 30 minutes, votre session se termine.").is_visible()
    with page.expect_popup() as other:
        page.get_by_text("Prolonger (dans une autre page)").click()
    other.value.get_by_role("heading", name="Votre compte locataire").wait_for()
    assert field.input_value() == "06 39"


def test_a_form_sent_too_late_says_that_nothing_was_kept(open_page, inside, time_passes):
    page = open_page(TELEPHONE, javascript=False, storage_state=inside)
    page.get_by_label("téléphone").fill("06 39 98 12 34")
    time_passes(31)
    page.get_by_role("button", name="Valider").click()
    left(page).wait_for()
    assert page.get_by_text("Ce que vous venez d'envoyer n'a pas été enregistré.").is_visible()


# Dialogs came with Chrome 37 and Safari 15.4; what fills ours, with Chrome 86.
@pytest.mark.parametrize("lacking", ["HTMLDialogElement.prototype.showModal", "Element.prototype.replaceChildren"])
def test_a_browser_without_dialogs_leads_to_the_button_in_the_foot(open_page, inside, time_passes, lacking):
    page = window(open_page, TELEPHONE, lacking=lacking, storage_state=inside)
    page.get_by_label("téléphone").fill("06 39")
    time_passes(25.1, page)
    page.get_by_text("Votre session se termine dans 5 minutes.").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Prolonger"
    page.keyboard.press("Enter")
    page.get_by_text("Si vous ne faites rien pendant 30 minutes").wait_for()
    assert page.get_by_label("téléphone").input_value() == "06 39"


def test_an_older_browser_too_leaves_an_account_that_nobody_is_before(open_page, inside, time_passes):
    page = window(open_page, "/compte", lacking="Element.prototype.replaceChildren", storage_state=inside)
    time_passes(31, page)
    left(page).wait_for()
    assert page.get_by_text("Votre session est terminée.").is_visible()
