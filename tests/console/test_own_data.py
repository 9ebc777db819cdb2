"""Somebody without an account asks for what is held on them: a responsable makes their copy (RGPD, art. 15 and 20)."""

import html
import io
import json
import zipfile

import pytest

from ophportal import waiting_rooms
from ophportal.models import Event, JournalEntry, OutboxMessage, RecoveryCode
from ophportal.own_data import download
from ophportal.own_data.parts import PARTS
from tests.account import test_own_data
from tests.conftest import OWN_PASSWORD, log_in
from tests.console.proofs import both_proofs
from tests.documents import pdf
from tests.lives import drop, enter, live
from tests.page import Page

REASON = "Demande écrite du 2 mars, pièce d'identité vue au guichet"


def path(tenant):
    return f"/agents/locataires/{tenant.id}/donnees"


def asked(console, tenant, **changes):
    typed = {"reason": REASON} | changes
    return console.submit(path(tenant), **(typed if "code" in typed else both_proofs(console) | typed))


def data_in(answer):
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as copy:
        assert copy.testzip() is None
        return json.loads(copy.read("donnees.json"))


def exports():
    return list(JournalEntry.select().where(JournalEntry.event == Event.DATA_HANDED_OVER))


UNPROVED = "Le mot de passe actuel ou le code n'est pas le bon."


@pytest.fixture
def tenant(make_tenant):
    """Who has never asked for a code."""
    return make_tenant(civility="Mme")


class TestCopy:
    def test_who_has_no_account_gets_all_that_is_held_on_them(self, manager_console, tenant):
        enter(tenant.leases.get(), "2026-01-01", "Loyer janvier", "412.35")
        drop(tenant, "avis de mars", lease=tenant.leases.get())
        answer = asked(manager_console, tenant)
        told = data_in(answer)
        assert set(told) == {"copie du", *(part.name for part in PARTS)}
        assert told["locataire"][0]["nom"] == "D'ANGELO-PAOLI"
        assert told["écritures"][0]["solde"] == "412.35"
        assert [told[name] for name in ("compte", "mots de passe provisoires", "connexions en cours")] == [[], [], []]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as copy:
            assert copy.read(told["documents"][0]["fichier"]) == pdf("avis de mars")
            assert "Mme Maria Stella D'ANGELO-PAOLI" in copy.read("LISEZ-MOI.txt").decode()

    def test_who_has_one_gets_the_same_as_by_their_own_button(
        self, client, manager_console, make_account, another_browser
    ):
        account = make_account()
        live(account.tenant)
        log_in(another_browser, account, "faux")
        log_in(client, account)
        taken, given = test_own_data.data(client), data_in(asked(manager_console, account.tenant))
        looks = {"Dossier consulté", "Copie de ses données téléchargée", "Copie de ses données faite par l'office"}
        for told in (given, taken):
            del told["copie du"]
            told["journal des accès"] = [line for line in told["journal des accès"] if line["quoi"] not in looks]
        assert given == taken
        assert "Essai de connexion refusé" in [line["quoi"] for line in given["journal des accès"]]

    def test_nothing_of_a_co_tenant_is_in_it(self, manager_console, tenant, make_account):
        other = make_account("MÉLÈZE", "Iris", number="9990001", email="iris@exemple.test")
        live(other.tenant)
        said = asked(manager_console, tenant).data
        with zipfile.ZipFile(io.BytesIO(said)) as copy:
            everything = "\n".join(copy.read(name).decode("utf-8", errors="replace") for name in copy.namelist())
        assert not [theirs for theirs in ("MÉLÈZE", "Iris", "9990001", other.code) if theirs in everything]

    def test_it_names_no_agent(self, manager_console, tenant):
        assert manager_console.agent.name not in json.dumps(data_in(asked(manager_console, tenant)), ensure_ascii=False)

    def test_the_file_says_of_whom_by_the_record_s_number_and_no_cache_keeps_it(self, manager_console, tenant):
        answer = asked(manager_console, tenant)
        assert f"filename=donnees-dossier-{tenant.id}-" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"


class TestGuards:
    def test_the_journal_tells_who_made_it_and_why(self, manager_console, tenant):
        asked(manager_console, tenant)
        (entry,) = exports()
        assert (entry.agent, entry.tenant, entry.detail) == (manager_console.agent, tenant, REASON)
        assert REASON in Page(manager_console.get(f"/agents/locataires/{tenant.id}")).text

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"current_password": OWN_PASSWORD, "code": "000000"}, UNPROVED),
            ({"current_password": "pas celui-ci du tout"}, UNPROVED),
            ({"reason": ""}, "Écrivez la raison."),
            ({"reason": "oui"}, "Écrivez la raison en quelques mots."),
        ],
    )
    def test_without_both_proofs_and_a_reason_nothing_is_given(self, manager_console, tenant, wrong, said):
        answer = asked(manager_console, tenant, **wrong)
        assert (answer.status_code, answer.mimetype) == (422, "text/html")
        assert said in Page(answer).text
        assert not exports()

    def test_what_was_typed_as_a_reason_is_still_there_after_a_wrong_code(self, manager_console, tenant):
        page = Page(asked(manager_console, tenant, current_password=OWN_PASSWORD, code="000000"))
        assert page.one("input[name=reason]")["value"] == REASON
        assert OWN_PASSWORD not in page.text

    def test_one_code_gives_one_copy(self, manager_console, tenant):
        typed = both_proofs(manager_console)
        assert asked(manager_console, tenant, **typed).status_code == 200
        assert asked(manager_console, tenant, **typed).status_code == 422
        assert len(exports()) == 1
        assert RecoveryCode.left(manager_console.agent) == 9

    def test_a_plain_agent_may_not_nor_sees_the_link(self, console, tenant):
        assert console.get(path(tenant)).status_code == 403
        assert not Page(console.get(f"/agents/locataires/{tenant.id}")).soup.select(f"a[href='{path(tenant)}']")

    def test_a_responsable_finds_it_in_the_record(self, manager_console, tenant):
        assert Page(manager_console.get(f"/agents/locataires/{tenant.id}")).one(f"a[href='{path(tenant)}']")
        assert tenant.full_name in Page(manager_console.get(path(tenant))).title

    def test_while_another_is_made_it_is_said_and_none_is_noted(self, manager_console, tenant, monkeypatch):
        monkeypatch.setattr(download, "PATIENCE", 0)
        with download.one_at_a_time():
            answer = asked(manager_console, tenant)
        assert answer.status_code == 503
        assert "prépare déjà une autre copie" in Page(answer).text
        assert not exports()

    def test_and_the_code_of_that_moment_serves_once_more_and_counts_as_no_failure(
        self, manager_console, tenant, monkeypatch
    ):
        typed = both_proofs(manager_console)
        monkeypatch.setattr(download, "PATIENCE", 0)
        with download.one_at_a_time():
            for _ in range(6):
                assert asked(manager_console, tenant, **typed).status_code == 503
        assert asked(manager_console, tenant, **typed).status_code == 200
        assert not JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).exists()

    def test_nor_is_it_used_up_when_others_wait_already(self, manager_console, tenant):
        typed = both_proofs(manager_console)
        with waiting_rooms.copies, waiting_rooms.copies, waiting_rooms.copies:
            answer = asked(manager_console, tenant, **typed)
        assert answer.status_code == 503
        assert "prépare déjà une autre copie" in Page(answer).text
        assert asked(manager_console, tenant, **typed).status_code == 200

    def test_a_code_that_another_used_meanwhile_gives_nothing(self, manager_console, tenant, monkeypatch):
        made = download.write

        def write(file, person):
            made(file, person)
            RecoveryCode.delete().execute()

        monkeypatch.setattr(download, "write", write)
        answer = asked(manager_console, tenant)
        assert (answer.status_code, answer.mimetype) == (422, "text/html")
        assert not exports()
        assert OutboxMessage.get_or_none(OutboxMessage.mail == "data_handed_over") is None

    def test_htmx_leaves_its_form_alone(self, manager_console, tenant):
        form = Page(manager_console.get(path(tenant))).one(f"form[action='{path(tenant)}']")
        assert not [name for tag in (form, *form.find_all(True), *form.parents) for name in tag.attrs if "hx-" in name]


class TestMail:
    """An honest copy was asked for; of any other, nobody but the tenant would know."""

    @pytest.fixture
    def told(self, manager_console, tenant, outbox):
        assert asked(manager_console, tenant).status_code == 200
        return outbox.deliver()

    def test_the_address_on_file_is_told(self, told, tenant):
        assert told.recipients == [tenant.email]
        assert told.subject == "L'office a fait une copie de vos données"
        for body in (told.body, told.html):
            assert tenant.full_name in html.unescape(body)
            assert "Appelez tout de suite l'office au " in html.unescape(body)

    def test_neither_why_nor_by_whom_nor_what_is_in_it(self, told, tenant, manager_console):
        """Who reads the mailbox is not sure to be the tenant alone."""
        lease = tenant.leases.get()
        for untold in (REASON, manager_console.agent.name, tenant.number, lease.dwelling.reference):
            assert untold not in told.body + told.html

    @pytest.mark.parametrize("contact", ["", "donnees@office.exemple.test"])
    def test_it_says_whom_to_write_to_beside_the_office_where_the_office_has_told(
        self, manager_console, tenant, outbox, configure_office, contact
    ):
        configure_office(data_protection=contact)
        asked(manager_console, tenant)
        mail = outbox.deliver()
        for body in (mail.body, mail.html):
            assert ("chargée de la protection des données" in body) is bool(contact)
            assert contact in body

    def test_where_no_address_is_on_file_the_copy_is_given_all_the_same(self, manager_console, make_tenant):
        assert asked(manager_console, make_tenant(email="")).status_code == 200
        assert not OutboxMessage.select().where(OutboxMessage.mail == "data_handed_over").exists()

    def test_nobody_is_told_of_a_copy_that_was_not_made(self, manager_console, tenant):
        asked(manager_console, tenant, current_password=OWN_PASSWORD, code="000000")
        assert not OutboxMessage.select().where(OutboxMessage.mail == "data_handed_over").exists()
