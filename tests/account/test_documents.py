"""Documents: a tenant finds their own papers by year, looks at them or keeps them, and nobody else's."""

import io
from datetime import date, timedelta

import pytest

from ophportal import clock, documents
from ophportal.account.documents import merged
from ophportal.account.paper import Paper
from ophportal.models import DeliveryConsent, Document, DocumentKind, Event, JournalEntry, Lease, Withdrawal
from ophportal.office.actions import withdraw_document
from ophportal.testing import TOKEN, add_lease
from tests.conftest import landing, log_in, press
from tests.documents import pdf
from tests.page import Page
from tests.spaces import as_read

LIST = "/compte/documents"


@pytest.fixture
def drop(app):
    """A function that gives a tenant a document with these words in it."""

    def drop(
        tenant, words="avis de mars", *, period=date(2026, 3, 1), kind="avis", title="Avis d'échéance", lease=None
    ):
        content = documents.put(io.BytesIO(pdf(words)))
        place = {"tenant": tenant, "period": period, "kind": kind, "title": title, "lease": lease}
        return Document.create(**place, **content._asdict())

    return drop


@pytest.fixture
def tenant(client, make_account):
    """The tenant who is logged in."""
    account = make_account()
    log_in(client, account)
    return account.tenant


def address_of(document):
    return f"{LIST}/{document.token}"


def read(client, address, **more):
    """The answer, read to its end so that its file is closed."""
    return client.get(address, **more)


class TestListing:
    def test_each_has_its_title_month_and_size_and_links_that_say_of_what(self, client, tenant, drop):
        document = drop(tenant, "x" * 84_000)
        page = Page(client.get(LIST))
        assert "Avis d'échéance Mars 2026 · PDF, 84 ko" in page.text
        view, keep = page.soup.select(f"a[href^='{address_of(document)}']")
        assert [view["href"], keep["href"]] == [address_of(document), f"{address_of(document)}?telecharger"]
        assert " ".join(view.get_text().split()) == "Voir : Avis d'échéance, mars 2026 (PDF, 84 ko)"
        assert keep.get_text().startswith("Télécharger")

    def test_a_year_is_chosen_with_htmx_and_without(self, client, tenant, drop):
        drop(tenant, period=date(2026, 1, 1), title="Avis de janvier")
        drop(tenant, period=date(2025, 12, 1), title="Avis de décembre")
        page = Page(client.get(LIST))
        assert "Avis de janvier" in page.text
        assert "Avis de décembre" not in page.text
        assert page.title.startswith("Avis et documents de 2026 – ")
        assert page.one("a[aria-current=true][href*='annee']").get_text() == "2026"
        link = page.one(f"a[href='{LIST}?annee=2025']")
        assert link["data-hx-get"] == link["href"]

        older = Page(client.get(link["href"]))
        assert older.is_whole
        assert "Avis de décembre" in older.text
        assert older.title.startswith("Avis et documents de 2025 – ")
        fragment = Page(client.get(link["href"], headers={"HX-Request": "true"}))
        assert not fragment.is_whole
        assert fragment.one("#papiers h2[autofocus]").get_text() == "Vos documents de 2025"
        assert "Avis de décembre" in fragment.text
        assert fragment.title == older.title

    @pytest.mark.parametrize("asked", ["1999", "x", "-1", "9" * 5000, "²⁰²⁶", "toutes"])
    def test_a_year_that_there_is_not_is_not_found(self, client, tenant, drop, asked):
        drop(tenant)
        assert client.get(LIST, query_string={"annee": asked}).status_code == 404

    def test_without_any_it_says_so_kindly(self, client, tenant):
        page = Page(client.get(LIST))
        assert "Vous n'avez pas encore de document ici." in page.text
        # The office may bring none: that it does each month is not the portal's to say.
        assert "chaque mois" not in page.text
        assert page.title.startswith("Avis et documents – ")
        assert "04 65 71 00 00" in page.text

    def test_of_two_leases_it_says_which(self, client, tenant, drop):
        garage = add_lease(tenant, "0999", date(2020, 1, 1))
        drop(tenant, lease=garage)
        assert "0999" not in Page(client.get(LIST)).text
        drop(tenant, lease=Lease.get())
        links = [" ".join(link.get_text().split()) for link in Page(client.get(LIST)).soup.select(".papers a")]
        assert "Voir : Avis d'échéance, mars 2026, Logement 0999 (PDF, 1 ko)" in links
        assert len(set(links)) == 4

    def test_a_title_is_text_and_nothing_else(self, client, tenant, drop):
        drop(tenant, title="<script>alert(1)</script>")
        assert "<script>alert" not in client.get(LIST).text


class TestReading:
    def test_it_is_shown_in_the_browser_under_its_right_name(self, client, tenant, drop):
        answer = read(client, address_of(drop(tenant)))
        assert answer.data == pdf("avis de mars")
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == "inline; filename=avis-d-echeance-2026-03.pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        (policy,) = answer.headers.getlist("Content-Security-Policy")
        assert "script-src" not in policy
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy

    def test_or_kept(self, client, tenant, drop):
        answer = read(client, f"{address_of(drop(tenant))}?telecharger")
        assert answer.headers["Content-Disposition"] == "attachment; filename=avis-d-echeance-2026-03.pdf"
        assert answer.data == pdf("avis de mars")

    @pytest.mark.parametrize(
        ("title", "name"),
        [
            ("Reçu n° 12/B", "recu-n-12-b-2026-03.pdf"),
            ('"; filename=x.exe', "filename-x-exe-2026-03.pdf"),
            ("…", "document-2026-03.pdf"),
        ],
    )
    def test_whatever_its_title_its_name_is_plain(self, client, tenant, drop, title, name):
        answer = read(client, address_of(drop(tenant, title=title)))
        assert answer.headers["Content-Disposition"] == f"inline; filename={name}"

    def test_of_two_leases_its_name_tells_which(self, client, tenant, drop):
        garage = add_lease(tenant, "777-B")
        answer = read(client, address_of(drop(tenant, lease=garage)))
        assert answer.headers["Content-Disposition"] == "inline; filename=avis-d-echeance-777-b-2026-03.pdf"
        answer = read(client, address_of(drop(tenant)))
        assert answer.headers["Content-Disposition"] == "inline; filename=avis-d-echeance-2026-03.pdf"

    def test_a_part_of_it_may_be_asked_for_and_what_one_has_is_not_sent_again(self, client, tenant, drop):
        address = address_of(drop(tenant))
        part = read(client, address, headers={"Range": "bytes=0-4"})
        assert (part.status_code, part.data) == (206, b"%PDF-")
        again = read(client, address, headers={"If-None-Match": part.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert read(client, address, headers={"Range": "bytes=999999-"}).status_code == 416

    def test_a_corrected_one_comes_under_the_same_address(self, client, tenant, drop):
        document = drop(tenant)
        before = read(client, address_of(document)).headers["ETag"]
        content = documents.put(io.BytesIO(pdf("avis corrigé")))
        Document.update(**content._asdict()).where(Document.id == document.id).execute()
        answer = read(client, address_of(document), headers={"If-None-Match": before})
        assert answer.data == pdf("avis corrigé")

    def test_one_whose_content_is_lost_is_said_to_be_away_and_the_operator_reads_which(
        self, client, tenant, drop, caplog
    ):
        document = drop(tenant)
        documents.path_of(document.digest).unlink()
        for address in (address_of(document), f"{address_of(document)}?telecharger"):
            answer = client.get(address)
            assert answer.status_code == 503
            page = Page(answer)
            assert page.one("h1").text == "Ce document n'est pas disponible pour le moment"
            assert page.one(f"main a[href='{LIST}']").text == "Retour à vos documents"
            assert "Si cela continue, appelez l'office." in page.text
        assert f"the content of document {document.id} cannot be read: No such file or directory" in caplog.text


class TestOthers:
    def test_another_tenant_s_is_not_found_nor_listed(self, client, tenant, drop, make_tenant):
        other = make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
        theirs = drop(other, "avis de Paul", title="Avis de Paul")
        for address in (address_of(theirs), f"{address_of(theirs)}?telecharger"):
            answer = client.get(address)
            assert answer.status_code == 404
            assert Page(answer).one(f"main a[href='{LIST}']").text == "Retour à vos documents"
        assert "Avis de Paul" not in client.get(LIST).text

    @pytest.mark.parametrize("token", ["1", "0" * 32, "..%2f..%2fetc%2fpasswd", "%00", "x" * 5000])
    def test_what_is_no_token_is_not_found(self, client, tenant, drop, token):
        drop(tenant)
        assert client.get(f"{LIST}/{token}").status_code == 404

    def test_a_stranger_is_sent_to_the_door(self, client, drop, make_tenant):
        assert landing(client.get(address_of(drop(make_tenant())))) == "/identification"

    def test_an_agent_sees_what_has_arrived_and_opens_nothing(self, console, drop, make_tenant):
        tenant = make_tenant()
        document = drop(tenant, lease=Lease.get())
        page = Page(console.get(f"/agents/locataires/{tenant.id}"))
        assert "Avis d'échéance 0123-04-056 Mois : mars 2026" in page.text
        assert document.token not in console.get(f"/agents/locataires/{tenant.id}").text


class TestWithdrawing:
    def test_a_responsable_takes_back_what_went_to_the_wrong_person(self, client, tenant, drop, manager_console):
        document = drop(tenant)
        page = f"/agents/locataires/{tenant.id}"
        withdraw = f"{page}/documents/{document.token}/retirer"
        # One press among lines that look alike takes nothing back (RGAA 11.12).
        link = Page(manager_console.get(page)).one(f"a[href='{withdraw}']")
        assert as_read(link.get_text()) == "Retirer : Avis d'échéance, mars 2026"
        asked = Page(manager_console.get(withdraw))
        assert "Maria Stella D'ANGELO-PAOLI" in asked.title
        assert "Avis d'échéance, mars 2026" in asked.text
        assert asked.one(f".actions a[href='{page}']").text == "Abandon"
        assert Document.select().count() == 1
        assert landing(press(manager_console, withdraw, withdraw)) == page
        assert client.get(address_of(document)).status_code == 404
        assert "Document retiré Avis d'échéance, mars 2026" in Page(manager_console.get(page)).text
        entry = JournalEntry.get(JournalEntry.event == Event.DOCUMENT_WITHDRAWN)
        assert (entry.agent, entry.tenant) == (manager_console.agent, tenant)

    @pytest.fixture
    @staticmethod
    def imported(app):
        """A function that has the office's next export put another content in the document's place."""

        def bring(document):
            content = documents.put(io.BytesIO(pdf("le bon")))
            news = {**content._asdict(), "added_at": clock.now() + timedelta(seconds=1)}
            Document.update(news).where(Document.id == document.id).execute()

        return bring

    def test_what_an_import_has_put_right_since_the_page_was_opened_stays(
        self, client, tenant, drop, manager_console, imported
    ):
        """Its content would come back with no export: the office would go on without knowing."""
        document = drop(tenant)
        withdraw = f"/agents/locataires/{tenant.id}/documents/{document.token}/retirer"
        form = Page(manager_console.get(withdraw)).soup.select("main form input")
        imported(document)

        answer = manager_console.post(withdraw, data={field["name"]: field["value"] for field in form})

        assert landing(answer) == withdraw
        assert "Un import a remplacé ce document" in Page(manager_console.get(withdraw)).text
        assert read(client, address_of(document)).status_code == 200
        # Seen, it may still be taken back.
        assert landing(press(manager_console, withdraw, withdraw)) == f"/agents/locataires/{tenant.id}"
        assert Document.select().count() == 0

    def test_nor_is_what_an_import_puts_right_while_the_button_is_pressed(
        self, tenant, drop, manager_console, imported
    ):
        document = drop(tenant)
        as_read = Document.get_by_id(document.id)
        imported(document)
        assert not withdraw_document(as_read, manager_console.agent)
        assert Document.select().count() == 1
        assert Withdrawal.select().count() == 0

    def test_of_two_who_take_it_back_at_once_one_does(self, tenant, drop, manager_console):
        twice = [Document.get_by_id(drop(tenant).id)] * 2
        assert [withdraw_document(document, manager_console.agent) for document in twice] == [True, False]
        assert JournalEntry.select().where(JournalEntry.event == Event.DOCUMENT_WITHDRAWN).count() == 1

    def test_nobody_else_does(self, tenant, drop, console):
        document = drop(tenant)
        page = f"/agents/locataires/{tenant.id}"
        assert "Retirer" not in Page(console.get(page)).text
        token = TOKEN.search(console.get(page).text)[1]
        withdraw = f"{page}/documents/{document.token}/retirer"
        assert console.get(withdraw).status_code == 403
        assert console.post(withdraw, data={"csrf_token": token}).status_code == 403
        assert Document.select().count() == 1

    def test_nor_under_another_tenant_s_name(self, tenant, drop, manager_console, make_tenant):
        document = drop(tenant)
        other = make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
        page = f"/agents/locataires/{other.id}"
        token = TOKEN.search(manager_console.get(page).text)[1]
        withdraw = f"{page}/documents/{document.token}/retirer"
        assert manager_console.get(withdraw).status_code == 404
        assert manager_console.post(withdraw, data={"csrf_token": token}).status_code == 404
        assert Document.select().count() == 1


class TestReceipts:
    @pytest.mark.parametrize("kind", ["quittance", "recu"])
    def test_they_are_shown_and_given_only_while_the_tenant_agrees(self, client, tenant, drop, kind):
        receipt = drop(tenant, kind=kind, title="Papier de mars")
        page = Page(client.get(LIST))
        assert "Papier de mars" not in page.text
        assert "Ils ne sont pas montrés ici." in page.text
        assert page.one(f"a[href='{LIST}/accord']")
        assert client.get(address_of(receipt)).status_code == 404

        DeliveryConsent.give(tenant, "Je suis d'accord.")
        page = Page(client.get(LIST))
        assert "Papier de mars" in page.text
        assert "Ils ne sont pas montrés ici." not in page.text
        assert read(client, address_of(receipt)).status_code == 200

        DeliveryConsent.withdraw(tenant)
        assert client.get(address_of(receipt)).status_code == 404
        assert "Papier de mars" not in client.get(LIST).text

    def test_the_other_papers_need_no_agreement(self, client, tenant, drop):
        for kind in set(DocumentKind) - {DocumentKind.QUITTANCE, DocumentKind.RECU}:
            assert read(client, address_of(drop(tenant, kind=kind, title=kind.label))).status_code == 200


class TestMerging:
    def paper(self, title, lease=None, month=3, kind=DocumentKind.AVIS):
        return Paper(date(2026, month, 1), title, "/x", None, lease, kind)

    def test_what_the_office_gives_replaces_what_would_be_made_for_that_month_and_lease(self, tenant):
        home, garage = Lease.get(), add_lease(tenant, "0999")
        made = [self.paper("fait", home), self.paper("fait", garage), self.paper("fait", home, month=4)]
        given = [self.paper("donné", home)]
        assert [(paper.title, paper.lease, paper.period.month) for paper in merged(given, made)] == [
            ("fait", home, 4),
            ("donné", home, 3),
            ("fait", garage, 3),
        ]

    def test_one_for_no_lease_in_particular_stands_for_all(self, tenant):
        made = [self.paper("fait", Lease.get()), self.paper("fait", add_lease(tenant, "0999"))]
        assert [paper.title for paper in merged([self.paper("donné")], made)] == ["donné"]

    def test_and_only_the_same_kind_is_replaced(self, tenant):
        letter = self.paper("courrier", Lease.get(), kind=DocumentKind.COURRIER)
        assert len(merged([letter], [self.paper("fait", Lease.get())])) == 2
