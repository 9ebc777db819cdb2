"""Who waits for slow work holds a thread of the process: some do, never all."""

import io
from contextlib import ExitStack, suppress
from datetime import date
from decimal import Decimal

import pytest
from peewee import OperationalError
from werkzeug.exceptions import ServiceUnavailable

from ophportal import documents, waiting_rooms
from ophportal.access import sessions
from ophportal.errors import EXPLANATIONS
from ophportal.models import Account, Document, JournalEntry, LedgerEntry
from ophportal.papers import typesetting
from ophportal.serving import THREADS
from ophportal.testing import TOKEN
from ophportal.waiting_rooms import WaitingRoom
from tests.conftest import OWN_PASSWORD, landing, log_in, press
from tests.documents import pdf
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


ROOMS = [it for it in vars(waiting_rooms).values() if isinstance(it, WaitingRoom)]


def test_when_all_the_rooms_are_full_threads_are_left_to_those_who_read(crowd):
    assert len(ROOMS) == 3
    assert THREADS - sum(map(crowd.fill, ROOMS)) >= 4


def test_no_tenant_alone_fills_a_room_and_each_may_press_twice():
    assert [room for room in ROOMS if not 2 <= room.share < room.places] == []


def test_a_paper_too_many_is_asked_for_again_later_and_pages_go_on(inside, crowd):
    paper = statement_of(Account.get())
    crowd.fill(waiting_rooms.papers)
    check_turned_away(inside.get(paper))
    assert inside.get("/compte").status_code == 200
    crowd.close()
    assert inside.get(paper).data.startswith(b"%PDF-")


@pytest.mark.parametrize("paper", ["releve", "avis/2026-11", "quittance/2026-11", "recu/2026-11"])
def test_it_is_turned_away_before_the_ledger_is_read(inside, crowd, statements, paper):
    """Two dozen at once that read three thousand lines first, for nothing, would slow down those who have a place."""
    address = statement_of(Account.get()).replace("releve", paper)
    crowd.fill(waiting_rooms.papers)
    statements.clear()
    check_turned_away(inside.get(address))
    assert not [sql for sql, _ in statements if "ledger_entry" in sql]


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


class TestSlowReaders:
    """Whoever reads a large file slowly holds a thread, where no proxy takes it off our hands."""

    @pytest.fixture
    def addresses(self, inside):
        """Of a large document of the tenant's, and of a small one."""
        return [address_of_document(size) for size in (2 * waiting_rooms.SENT_AT_ONCE, 1000)]

    def test_a_large_document_too_many_is_asked_for_again_later_and_a_small_one_is_given(
        self, inside, addresses, crowd
    ):
        large, small = addresses
        crowd.fill(waiting_rooms.papers)
        check_turned_away(inside.get(large))
        assert inside.get(small).data.startswith(b"%PDF-")
        crowd.close()
        assert inside.get(large).data.startswith(b"%PDF-")

    def test_it_has_a_place_for_as_long_as_it_is_read(self, inside, addresses, crowd):
        large, _ = addresses
        places = crowd.fill(waiting_rooms.papers)
        crowd.close()
        with inside.get(large, buffered=False):
            assert crowd.fill(waiting_rooms.papers) == places - 1
            crowd.close()
        assert crowd.fill(waiting_rooms.papers) == places

    def test_and_gives_it_back_when_nothing_of_it_is_sent(self, inside, addresses, crowd):
        large, _ = addresses
        known = {"If-None-Match": inside.get(large).headers["ETag"]}
        for _ in range(THREADS):
            assert inside.get(large, headers=known).status_code == 304
            assert inside.head(large).status_code == 200

    def test_so_has_a_large_copy_of_one_s_data(self, inside, addresses, crowd):
        token = TOKEN.search(inside.get("/compte/donnees").text)[1]
        places = crowd.fill(waiting_rooms.copies)
        crowd.close()
        with inside.post("/compte/donnees/copie", data={"csrf_token": token}, buffered=False) as copy:
            assert copy.status_code == 200
            assert crowd.fill(waiting_rooms.copies) == places - 1

    def test_a_copy_that_the_journal_takes_no_note_of_gives_its_place_back(self, inside, addresses, crowd, monkeypatch):
        places = crowd.fill(waiting_rooms.copies)
        crowd.close()
        with monkeypatch.context() as busy:
            busy.setattr(sessions, "note", fail_as_a_busy_store)
            for _ in range(places):
                assert press(inside, "/compte/donnees", "/compte/donnees/copie").status_code == 503
        assert crowd.fill(waiting_rooms.copies) == places

    def test_a_piece_of_a_document_that_a_viewer_asks_for_is_given_at_once(self, inside, addresses, crowd):
        large, _ = addresses
        crowd.fill(waiting_rooms.papers)
        piece = inside.get(large, headers={"Range": "bytes=65536-131071"})
        assert (piece.status_code, len(piece.data)) == (206, 65536)
        check_turned_away(inside.get(large, headers={"Range": "bytes=65536-"}))

    def test_who_has_two_at_once_in_whichever_browser_gets_no_third_and_leaves_the_others_theirs(
        self, inside, addresses, browsers, make_account, crowd
    ):
        large, small = addresses
        at_work, neighbour = browsers(2)
        log_in(at_work, Account.get())
        paul = make_account("ESSAI", "Paul", number="0099", reference="0123-04-057", email="paul@exemple.test")
        log_in(neighbour, paul)
        its_own = address_of_document(2 * waiting_rooms.SENT_AT_ONCE, paul.tenant)
        with inside.get(large, buffered=False), at_work.get(large, buffered=False):
            check_turned_away(inside.get(large))
            check_turned_away(inside.get(statement_of(Account.get())))
            assert inside.get(small).status_code == 200
            assert neighbour.get(its_own).status_code == 200
            assert neighbour.get(statement_of(paul)).data.startswith(b"%PDF-")
        assert inside.get(large).status_code == 200

    def test_so_who_reads_two_copies_of_their_data_leaves_the_neighbour_a_place(
        self, inside, addresses, browsers, make_account
    ):
        at_work, neighbour = browsers(2)
        log_in(at_work, Account.get())
        log_in(neighbour, make_account("ESSAI", "Paul", number="0099", reference="0123-04-057"))
        with ask_for_copy(inside), ask_for_copy(at_work):
            check_turned_away(ask_for_copy(inside))
            with ask_for_copy(neighbour) as copy:
                assert copy.status_code == 200


def ask_for_copy(browser):
    token = TOKEN.search(browser.get("/compte/donnees").text)[1]
    return browser.post("/compte/donnees/copie", data={"csrf_token": token}, buffered=False)


def statement_of(account):
    lease = account.tenant.leases.get()
    LedgerEntry.create(lease=lease, date=date(2026, 11, 1), label="Loyer", debit=Decimal(400), credit=Decimal(0))
    return f"/compte/baux/{lease.id}/releve.pdf"


def fail_as_a_busy_store(_event):
    raise OperationalError("database is locked")


def address_of_document(size, tenant=None):
    tenant = tenant or Account.get().tenant
    content = documents.put(io.BytesIO(pdf("x" * size)))
    fields = {"period": date(2026, 3, 1), "kind": "autre", "title": f"Document de {size} octets"}
    return f"/compte/documents/{Document.create(tenant=tenant, **fields, **content._asdict()).token}"
