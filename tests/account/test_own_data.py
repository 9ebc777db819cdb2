"""Mes données: all that the store holds on a tenant, and nothing of anybody else, in one file."""

import io
import json
import tracemalloc
import zipfile
from datetime import date, datetime, timedelta

import pytest
import time_machine
from peewee import ForeignKeyField

from ophportal import clock, documents, retention
from ophportal.formatting import span
from ophportal.models import (
    TABLES,
    AccessRequest,
    DeliveryConsent,
    DocumentKind,
    Dwelling,
    Event,
    JournalEntry,
    Lease,
    OutboxMessage,
    Outcome,
    PaperCode,
    Tenant,
    TenantSession,
    Verification,
)
from ophportal.office import actions
from ophportal.own_data import download
from ophportal.own_data.parts import PARTS
from ophportal.own_data.person import AN_AGENT, MAY_BE_OF_THE_OTHER, NOT_YOURS, Person
from ophportal.testing import add_lease
from tests.conftest import landing, log_in, press, request_code
from tests.documents import pdf
from tests.lives import drop, enter, live, request_of
from tests.page import Page
from tests.spaces import as_read

PAGE = "/compte/donnees"
COPY = f"{PAGE}/copie"
# Fields whose values open something, or are made to recognise what does.
SECRETS = (
    "token",
    "token_digest",
    "digest",
    "password_hash",
    "letter_digest",
    "subject",
    "message_id",
    "claim",
)


@pytest.fixture
def account(make_account):
    return make_account(civility="Mme", phone="06 39 98 12 34")


@pytest.fixture
def inside(client, account):
    log_in(client, account)
    return client


def copied(visitor):
    """The ZIP that the button gives."""
    answer = press(visitor, PAGE, COPY)
    assert answer.status_code == 200
    content = answer.data
    answer.close()
    return zipfile.ZipFile(io.BytesIO(content))


def data(visitor):
    with copied(visitor) as file:
        return json.loads(file.read("donnees.json"))


def everything(visitor):
    """All that the ZIP says, in one text."""
    with copied(visitor) as file:
        return "\n".join(file.read(name).decode("utf-8", errors="replace") for name in file.namelist())


def leads_to_a_tenant():
    """Every table that refers to a tenant, or to one that does."""
    found = {Tenant}
    while more := {table for table in TABLES if table not in found and refers_to(table) & found}:
        found |= more
    return found


def refers_to(table):
    return {field.rel_model for field in table._meta.sorted_fields if isinstance(field, ForeignKeyField)}


class TestCompleteness:
    def test_every_table_that_leads_to_a_tenant_is_told(self):
        assert leads_to_a_tenant() - {part.model for part in PARTS} == set()

    @pytest.mark.parametrize("part", PARTS, ids=[part.name for part in PARTS])
    def test_every_field_is_told_or_says_why_not(self, part):
        fields = {field.name for field in part.model._meta.sorted_fields} - {"id"}
        assert fields == set(part.told) | set(part.left_out)
        assert not set(part.told) & set(part.left_out)
        assert all(part.left_out.values())
        # A name for each: a second one of the same name would hide the first.
        assert len(set(part.told.values())) == len(part.told)

    def test_no_secret_field_is_told(self):
        for part in PARTS:
            assert not set(part.told) & set(SECRETS)
            assert not [name for name in part.told if name.endswith(("_digest", "_hash"))]

    def test_every_table_is_filled_by_the_tenant_of_these_tests(self, inside, account):
        """Otherwise the tests below would show nothing of it."""
        live(account.tenant)
        told = data(inside)
        assert [part.name for part in PARTS if not told[part.name]] == []
        assert set(told) == {"copie du", *(part.name for part in PARTS)}


def test_what_is_on_file_is_told_with_its_own_words(inside, account, make_agent):
    live(account.tenant, make_agent())
    told = data(inside)
    assert told["locataire"] == [
        {
            "numéro locataire": "0012345",
            "civilité": "Mme",
            "nom": "D'ANGELO-PAOLI",
            "nom de naissance": "",
            "prénoms": "Maria Stella",
            "adresse e-mail": "maria@exemple.test",
            "téléphone": "06 39 98 12 34",
            "adresse e-mail d'avant, dans les fichiers de l'office": "",
            "téléphone d'avant, dans les fichiers de l'office": "06 39 98 12 34",
            "adresse e-mail d'avant le dernier changement": "",
            "téléphone d'avant le dernier changement": "",
        }
    ]
    assert told["baux"] == [
        {
            "référence logement": "0123-04-056",
            "adresse": "12 rue des Lilas",
            "code postal": "20090",
            "commune": "Ajaccio",
            "type": "",
            "début du bail": "2020-01-01",
            "fin du bail": None,
        }
    ]
    assert [(line["débit"], line["crédit"], line["solde"]) for line in told["écritures"]] == [
        ("412.35", "0.00", "412.35"),
        ("0.00", "400.00", "12.35"),
    ]
    assert told["compte"][0]["code d'accès"] == account.code
    assert told["accords"][0]["texte accepté"] == "Accord de D'ANGELO-PAOLI"
    assert told["demandes de code"][0]["suite"] == "à vérifier\u00a0: autre adresse e-mail au dossier"
    assert told["demandes de code"][0]["avec le code d'un courrier"] is True
    assert told["vérifications"][0]["décision"] == "refusée"
    assert told["vérifications"][0]["raison"] == "Raison pour D'ANGELO-PAOLI"
    (change,) = told["changements d'adresse e-mail"]
    assert (change["nouvelle adresse"], change["suite"]) == (f"neuf{account.tenant.id}@exemple.test", "à confirmer")
    mails = [(line["e-mail"], line["adresse"], line["état"]) for line in told["e-mails"]]
    assert ("Demande avec une autre adresse", "maria@exemple.test", "en attente") in mails
    assert told["connexions en cours"][0]["adresse IP"] == "127.0.0.1"
    events = [(line["quoi"], line["précision"]) for line in told["journal des accès"]]
    assert ("Accès bloqué", "Motif pour D'ANGELO-PAOLI") in events
    assert "Connexion" in [event for event, _ in events]


def test_instants_say_their_zone(inside, account):
    with time_machine.travel("2026-07-14 10:00+00:00", tick=False):
        DeliveryConsent.give(account.tenant, "Oui")
    assert data(inside)["accords"][0]["donné le"] == "2026-07-14T12:00:00+02:00"
    assert datetime.fromisoformat(data(inside)["copie du"]).tzinfo is not None


def test_each_lease_has_its_own_running_balance_ended_ones_too(inside, account):
    enter(account.tenant.leases.get(), "2026-01-01", "Loyer", "100.10")
    enter(add_lease(account.tenant, "777-B", date(2001, 1, 1), date(2019, 1, 1)), "2018-12-01", "Loyer", "50.00")
    lines = data(inside)["écritures"]
    assert [(line["référence logement"], line["solde"]) for line in lines] == [
        ("0123-04-056", "100.10"),
        ("777-B", "50.00"),
    ]


def test_agents_have_no_name_in_it(inside, account, make_agent):
    agent = make_agent()
    live(account.tenant, agent)
    assert agent.name not in everything(inside)
    assert agent.email not in everything(inside)
    told = data(inside)
    assert AN_AGENT in [line["par"] for line in told["journal des accès"]]
    assert told["vérifications"][0]["décidée par"] == AN_AGENT
    assert told["courriers avec un code"][0]["imprimé par"] == AN_AGENT


def test_who_has_lived_here_long_is_told_in_as_many_queries(inside, account, make_agent, statements):
    tenant, agent = account.tenant, make_agent()
    live(tenant, agent)
    copied(inside).close()  # what is loaded at first use

    def asked():
        statements.clear()
        copied(inside).close()
        return len(statements)

    few = asked()
    lease = tenant.leases.get()
    for n in range(20):
        request = AccessRequest.create(
            tenant=tenant, outcome=Outcome.OTHER_ADDRESS, asked_by=agent, **request_of(tenant)
        )
        Verification.create(request=request, tenant=tenant, opened_by=agent, decided_by=agent)
        PaperCode.create(tenant=tenant, digest=f"paper-{n}", printed_by=agent)
        JournalEntry.create(event=Event.RECORD_VIEWED, tenant=tenant, agent=agent)
        OutboxMessage.put("a@exemple.test", mail="credentials", tenant=tenant, recipient=tenant.email, request=request)
        DeliveryConsent.create(tenant=tenant, wording="Oui", withdrawn_at=clock.now())
        enter(lease, "2026-02-01", f"Loyer {n}", "412.35")
        drop(tenant, "quittance", kind=DocumentKind.QUITTANCE, lease=lease, period=date(2020 + n, 1, 1))
    assert asked() == few
    assert [len(data(inside)[name]) for name in ("vérifications", "courriers avec un code", "documents")] == [21] * 3


def test_no_digest_hash_or_token_of_the_store_is_in_it(inside, account, make_agent, another_browser):
    live(account.tenant, make_agent())
    log_in(another_browser, account, "faux")
    said = everything(inside)
    values = [
        value
        for table in TABLES
        for field in table._meta.sorted_fields
        if field.name in SECRETS or field.name.endswith(("_digest", "_hash"))
        for (value,) in table.select(field).tuples()
        if value
    ]
    assert len(values) > 10
    assert not [value for value in values if value in said]


def test_nothing_of_another_tenant_is_in_it(inside, account, make_account, another_browser):
    other = make_account(
        "MÉLÈZE", "Iris", number="9990001", email="iris@exemple.test", phone="06 39 98 99 99"
    )  # of the same dwelling
    live(account.tenant)
    live(other.tenant)
    add_lease(other.tenant, "9-99-999")
    log_in(another_browser, other, "faux")
    said = everything(inside)
    for theirs in ("MÉLÈZE", "Iris", "9990001", "iris@exemple.test", "06 39 98 99 99", "9-99-999", other.code):
        assert theirs not in said
    told = data(inside)
    once = {"locataire", "compte", "baux", "accords", "vérifications", "demandes de code", "connexions en cours"}
    assert {name: len(told[name]) for name in once} == dict.fromkeys(once, 1)
    assert len(told["écritures"]) == 2


def test_what_a_stranger_typed_in_the_tenants_name_is_not_given_away(client, inside, account, outbox):
    """An address that is not on file may be somebody else's."""
    request_code(client, email="soeur@exemple.test")
    outbox.deliver()
    (request,) = data(inside)["demandes de code"]
    assert request["adresse e-mail écrite"] == NOT_YOURS
    assert request["numéro locataire écrit"] == "0012345"
    assert request["référence logement écrite"] == "0123-04-056"
    assert "soeur@exemple.test" not in everything(inside)


def test_nor_is_what_was_theirs_when_it_was_typed_and_is_somebody_else_s_now(client, inside, account, outbox):
    request_code(client)
    outbox.deliver()
    Tenant.update(number="9", number_key="9").execute()
    Dwelling.update(reference="8", reference_key="8").execute()
    (request,) = data(inside)["demandes de code"]
    assert request["numéro locataire écrit"] == NOT_YOURS
    assert request["référence logement écrite"] == NOT_YOURS


def test_nor_is_a_number_or_a_reference_that_is_not_theirs(account):
    person = Person(account.tenant, account, [], Lease.all_of(account.tenant), [])
    assert [person.own_number(typed) for typed in ("L 12345", "", "12346")] == ["L 12345", "", NOT_YOURS]
    assert [person.own_reference(typed) for typed in ("123 04 056", "", "0123-04-057")] == ["123 04 056", "", NOT_YOURS]


class TestARefusalThatWentToAStranger:
    """Where no address is on file, an agent's no goes to the typed one; whose that is, no copy says."""

    TYPED = "inconnue@ailleurs.test"

    @pytest.fixture
    def refused(self, app, client, make_account, make_agent, outbox):
        account = make_account(email="")
        request_code(client, email=self.TYPED)
        outbox.deliver()
        with app.app_context():
            actions.refuse(Verification.get(), make_agent(), "Appelez-nous")
        log_in(client, account)
        return account

    def told(self, client):
        (mail,) = [line for line in data(client)["e-mails"] if line["e-mail"] == "Demande refusée"]
        return mail

    def test_its_address_is_not_given_away(self, client, refused, outbox):
        assert outbox.deliver().recipients == [self.TYPED]
        assert self.told(client)["adresse"] == NOT_YOURS
        assert self.TYPED not in everything(client)

    def test_nor_by_the_mail_server_that_quotes_it(self, client, refused):
        said = f"SMTPRecipientsRefused 550 5.1.1 <{self.TYPED}>: no such user"
        OutboxMessage.update(last_error=said).where(OutboxMessage.mail == "request_refused").execute()
        assert self.told(client)["réponse du serveur de courrier"]
        assert self.TYPED not in everything(client)

    def test_the_tenant_s_own_is_told(self, client, refused):
        Tenant.update(email=self.TYPED, email_key=self.TYPED).execute()
        assert self.told(client)["adresse"] == self.TYPED


def test_who_failed_at_the_tenants_door_is_in_the_journal(inside, account, another_browser):
    log_in(another_browser, account, "faux")
    assert "Essai de connexion refusé" in [line["quoi"] for line in data(inside)["journal des accès"]]


def test_from_where_somebody_failed_at_an_address_that_two_share_is_not_told(
    inside, account, another_browser, make_account
):
    make_account("PRUNIER", number="9", reference="9", email=account.tenant.email)
    another_browser.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    another_browser.submit("/identification", identifier=account.tenant.email, password="faux")
    (refused,) = [line for line in data(inside)["journal des accès"] if line["quoi"] == "Essai de connexion refusé"]
    assert refused["adresse IP"] == MAY_BE_OF_THE_OTHER
    assert "203.0.113.7" not in everything(inside)


class TestCopy:
    def test_it_is_a_file_to_keep_with_the_day_in_its_name(self, inside):
        with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
            answer = press(inside, PAGE, COPY)
            day = clock.today().isoformat()
        assert answer.mimetype == "application/zip"
        assert answer.headers["Content-Disposition"] == f"attachment; filename=mes-donnees-{day}.zip"
        assert answer.headers["Cache-Control"] == "no-store"
        answer.close()

    def test_it_explains_itself(self, inside):
        with copied(inside) as file:
            assert file.testzip() is None
            assert file.namelist()[:2] == ["LISEZ-MOI.txt", "donnees.json"]
            text = file.read("LISEZ-MOI.txt").decode()
            raw = file.read("donnees.json").decode()
        assert "Mme Maria Stella D'ANGELO-PAOLI" in text
        assert "&#39;" not in text
        assert all(part.title in text for part in PARTS)
        assert "http://localhost/donnees-personnelles" in text
        assert '\n  "locataire": [' in raw
        assert "numéro locataire" in raw

    def test_taking_it_is_journalled(self, inside, account):
        copied(inside).close()
        entry = JournalEntry.get(JournalEntry.event == Event.DATA_EXPORTED)
        assert (entry.tenant, entry.network_address) == (account.tenant, "127.0.0.1")

    def test_htmx_leaves_its_button_alone(self, inside):
        form = Page(inside.get(PAGE)).one(f"form[action='{COPY}']")
        assert not [name for tag in (form, *form.find_all(True), *form.parents) for name in tag.attrs if "hx-" in name]

    def test_a_get_gives_nothing(self, inside):
        assert landing(inside.get(COPY)) == PAGE

    def test_one_is_made_at_a_time_and_who_comes_meanwhile_is_told_so(self, inside, monkeypatch):
        monkeypatch.setattr(download, "PATIENCE", 0)
        with download.one_at_a_time():
            answer = press(inside, PAGE, COPY)
            assert answer.location == PAGE
            assert "prépare déjà une autre copie" in Page(inside.get(PAGE)).text
        copied(inside).close()

    def test_a_fault_while_it_is_made_leaves_the_turn_free(self, inside, app, monkeypatch):
        monkeypatch.setattr(download, "data_of", lambda _: 1 / 0)
        assert press(inside, PAGE, COPY).status_code == 500
        monkeypatch.undo()
        copied(inside).close()


class TestDocuments:
    def test_each_is_in_it_as_the_office_gave_it(self, inside, account):
        lease = account.tenant.leases.get()
        document = drop(account.tenant, "avis de mars", lease=lease)
        with copied(inside) as file:
            (told,) = json.loads(file.read("donnees.json"))["documents"]
            assert file.read(told["fichier"]) == pdf("avis de mars")
        assert told == {
            "titre": "Avis d'échéance",
            "sorte": "Avis d'échéance",
            "mois": "2026-03",
            "référence logement": "0123-04-056",
            "taille en octets": document.size,
            "ajouté le": told["ajouté le"],
            "fichier": f"documents/2026-03-avis-d-echeance-{document.id}.pdf",
        }

    def test_a_receipt_is_in_it_without_the_consent_that_its_page_asks_for(self, inside, account):
        document = drop(account.tenant, "quittance", kind=DocumentKind.QUITTANCE)
        assert inside.get(f"/compte/documents/{document.token}").status_code == 404
        with copied(inside) as file:
            assert pdf("quittance") in [file.read(name) for name in file.namelist()]

    def test_two_of_one_name_are_both_in_it(self, inside, account):
        add_lease(account.tenant, "777-B")
        for lease in account.tenant.leases:
            drop(account.tenant, f"bail {lease.id}", lease=lease)
        with copied(inside) as file:
            assert len(set(file.namelist())) == len(file.namelist()) == 4

    def test_those_of_another_tenant_are_not(self, inside, account, make_tenant):
        other = make_tenant("MÉLÈZE", number="9990001", email="iris@exemple.test")
        drop(other, "avis de Mélèze", lease=other.leases.get())
        with copied(inside) as file:
            assert file.namelist() == ["LISEZ-MOI.txt", "donnees.json"]

    def test_a_content_that_is_lost_is_told_and_keeps_nobody_from_the_rest(self, inside, account, caplog):
        document = drop(account.tenant, "perdu")
        documents.path_of(document.digest).unlink()
        assert data(inside)["documents"][0]["fichier"] is None
        assert f"the content of document {document.id} is not there" in caplog.text

    def test_they_are_never_all_in_memory(self, app, account):
        for month in range(1, 5):
            drop(account.tenant, "x" * 4_000_000 + str(month), period=date(2026, month, 1))
        person = Person(account.tenant, account, [], Lease.all_of(account.tenant), [])
        with app.test_request_context():
            download.copy_of(person).close()  # what is loaded at first use
            tracemalloc.start()
            with download.copy_of(person) as file:
                _, most = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert file.seek(0, io.SEEK_END) > 16_000_000
        assert most < 4_000_000


def test_a_tenant_reads_why_they_were_blocked_and_both_pages_say_that_it_is_kept(client, account, make_agent):
    agent = make_agent()
    actions.block(account.tenant, agent, "Clés rendues")
    actions.unblock(account.tenant, agent)
    log_in(client, account)
    assert "Clés rendues" in [entry["précision"] for entry in data(client)["journal des accès"]]
    for page in (PAGE, "/donnees-personnelles"):
        assert "Quand il bloque votre accès, ou fait une copie de vos données : la" in Page(client.get(page)).text


class TestPage:
    def test_it_tells_each_thing_and_for_how_long(self, inside):
        page = Page(inside.get(PAGE))
        for part in PARTS:
            assert part.title in page.text
            assert as_read(f"Durée : {part.kept}.") in page.text
        assert page.soup.select("main a[href='/donnees-personnelles']")

    def test_its_durations_are_those_of_the_purge_and_of_the_public_page(self, inside):
        page, public = Page(inside.get(PAGE)).text, Page(inside.get("/donnees-personnelles")).text
        for kept in (retention.JOURNAL_KEPT, retention.DETAILS_KEPT, retention.DECIDED_WITHIN, TenantSession.LONGEST):
            assert as_read(span(kept)) in page
            assert as_read(span(kept)) in public

    def test_both_pages_name_all_that_is_kept(self, inside):
        own, public = (Page(inside.get(page)).text for page in (PAGE, "/donnees-personnelles"))
        for page in (own, public):
            assert "l'adresse IP, le nom du navigateur et ce qui s'est passé" in page
            assert "mots de passe provisoires" in page
            assert "30 jours le plus souvent, ce que le portail a effacé" in page
            for said in ("civilité", "nom de naissance", "prénoms"):
                assert said in page.lower()
        assert "24 heures" in public

    def test_both_pages_say_what_is_forgotten_and_what_stays_as_long_as_the_file(self, inside):
        own, public = Page(inside.get(PAGE)).text, Page(inside.get("/donnees-personnelles")).text
        for said in (
            "30 jours après le traitement, pour ce que vous avez écrit et l'adresse IP",
            "30 jours après l'envoi, pour l'adresse des e-mails",
            "30 jours après la fin du changement, pour les adresses",
        ):
            assert said in public
        assert public.count("Les dates et la suite restent aussi longtemps que votre dossier.") == 2
        assert "30 jours après le traitement pour ce qui a été écrit et l'adresse IP" in own
        assert "30 jours après l'envoi pour l'adresse ; le reste, aussi longtemps que votre dossier" in own


@pytest.mark.parametrize(
    ("time", "said"),
    [({"days": 365}, "12 mois"), ({"days": 30}, "30 jours"), ({"hours": 24}, "24 heures"), ({"days": 2}, "2 jours")],
)
def test_how_long_in_words(time, said):
    assert as_read(span(timedelta(**time))) == said
