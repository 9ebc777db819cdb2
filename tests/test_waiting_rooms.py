"""Who waits for slow work holds a thread of the process: some do, never all."""

from contextlib import ExitStack, suppress
from datetime import date
from decimal import Decimal

import pytest
from werkzeug.exceptions import ServiceUnavailable

from ophportal import waiting_rooms
from ophportal.errors import EXPLANATIONS
from ophportal.models import Account, JournalEntry, LedgerEntry
from ophportal.papers import typesetting
from ophportal.serving import THREADS
from ophportal.waiting_rooms import WaitingRoom
from tests.conftest import OWN_PASSWORD, landing, log_in, press
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
NEW_TWICE = {"new_password": NEW, "confirmation": NEW}


class Crowd(ExitStack):
    """Takes all the places of rooms, until the test ends or it is sent away (`close`)."""

    def fill(self, room: WaitingRoom) -> int:
        """How many took a place."""
        places = 0
        with suppress(ServiceUnavailable):
            while True:
                self.enter_context(room)
                places += 1
        return places


@pytest.fixture
def crowd():
    with Crowd() as crowd:
        yield crowd


@pytest.fixture
def inside(client, make_account):
    log_in(client, make_account())
    return client


def check_turned_away(answer):
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert Page(answer).one("h1").text == EXPLANATIONS[503].title


def test_when_all_the_rooms_are_full_threads_are_left_to_those_who_read(crowd):
    rooms = [it for it in vars(waiting_rooms).values() if isinstance(it, WaitingRoom)]
    assert len(rooms) == 3
    assert THREADS - sum(map(crowd.fill, rooms)) >= 4


def test_a_paper_too_many_is_asked_for_again_later_and_pages_go_on(inside, crowd):
    lease = Account.get().tenant.leases.get()
    LedgerEntry.create(lease=lease, date=date(2026, 11, 1), label="Loyer", debit=Decimal(400), credit=Decimal(0))
    paper = f"/compte/baux/{lease.id}/releve.pdf"
    crowd.fill(waiting_rooms.papers)
    check_turned_away(inside.get(paper))
    assert inside.get("/compte").status_code == 200
    crowd.close()
    assert inside.get(paper).data.startswith(b"%PDF-")


def test_papers_that_cannot_be_made_leave_their_places(app):
    with app.app_context():
        for _ in range(THREADS):
            with pytest.raises(typesetting.engine().TypstError):
                typesetting.compiled(b"#nothing-of-that-name", {})
        assert typesetting.compiled(b'#set document(title: "x")', {}).startswith(b"%PDF-")


@pytest.mark.parametrize("path", ["/changer-mot-de-passe", "/compte/mot-de-passe"])
def test_a_new_password_too_many_is_chosen_later_and_others_log_in(inside, another_browser, crowd, path):
    account = Account.get()
    fields = {"identifier": account.code, "current_password": OWN_PASSWORD, **NEW_TWICE}
    crowd.fill(waiting_rooms.judgements)
    check_turned_away(inside.submit(path, **fields))
    assert landing(log_in(another_browser, account)) == "/compte"
    crowd.close()
    assert inside.submit(path, **fields).status_code == 303
    assert landing(log_in(another_browser, account, NEW)) == "/compte"


def test_a_copy_of_one_s_data_too_many_is_asked_for_again_later(inside, crowd):
    crowd.fill(waiting_rooms.copies)
    check_turned_away(press(inside, "/compte/donnees", "/compte/donnees/copie"))
    assert not JournalEntry.select().where(JournalEntry.event == "data_exported").exists()
    crowd.close()
    with press(inside, "/compte/donnees", "/compte/donnees/copie") as copy:
        assert copy.data.startswith(b"PK")
