"""Tableau de bord: the office's figures, as bars that are tables, and as CSV."""

import csv
import io
import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from ophportal import clock, disks
from ophportal.database import proxy
from ophportal.models import AccessRequest, Account, Job, JobState, MailState, OutboxMessage, Outcome, Verification
from ophportal.office import figures
from ophportal.office.dashboard import bars
from ophportal.testing import add_lease
from tests import stores
from tests.conftest import request_code
from tests.page import Page
from tests.spaces import as_read

PAGE = "/agents/tableau-de-bord"


@pytest.fixture
def november():
    with time_machine.travel(datetime(2026, 11, 24, 10, 0, tzinfo=UTC), tick=False):
        yield


def table(page, caption):
    """The lines of the chart under this caption, as (label, value)."""
    (found,) = [tag for tag in page.soup.select("table.bars") if caption in tag.caption.text]
    return {as_read(row.th.text): int(row.td.span.text) for row in found.select("tbody tr")}


def rows_of(answer):
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_an_office_where_nothing_has_happened_yet_reads_well(console):
    page = Page(console.get(PAGE))
    assert "0 % : 0 locataire sur 0 a un compte activé." in page.text
    assert "Aucune demande depuis douze mois." in page.text
    assert "Tous les e-mails sont partis." in page.text
    assert "Rien n'attend." in page.text


def test_a_disk_that_fills_up_is_told_while_people_still_can_enter(console, monkeypatch):
    """A small office may watch nothing else."""
    free = {"/ample": 50_000_000_000, "/full": 1_000_000_000}
    monkeypatch.setattr(disks, "written_to", lambda: {"documents": "/ample", "store": "/full"})
    monkeypatch.setattr(disks, "free_on", free.__getitem__)
    assert "disque" not in Page(console.get(PAGE)).text
    free["/full"] = 600_000_000
    assert "Il reste 0,6 Go sur le disque du portail." in as_read(
        Page(console.get(PAGE)).one("main .notice").get_text()
    )


def test_mails_that_nobody_tries_are_not_said_to_have_left(console):
    OutboxMessage.put("x@exemple.test", mail="no_match")
    said = Page(console.get(PAGE)).text
    assert "1 e-mail attend un premier essai." in said
    assert "Tous les e-mails sont partis." not in said
    for _ in range(21):
        OutboxMessage.put("x@exemple.test", mail="no_match", last_error="SMTPDataError 451")
    said = Page(console.get(PAGE)).text
    assert "… et 1 autre." in said
    assert "1 e-mail attend un premier essai." in said


def test_accounts_are_counted_month_by_month_and_as_a_share(november, console, make_account, make_tenant):
    add_lease(make_account().tenant, "GARAGE-1")  # nobody counts twice
    make_tenant("ROSSI", number="2", reference="2", email="r@exemple.test")
    make_tenant("LÉCA", number="3", reference="3", email="l@exemple.test", ends_on=date(2020, 1, 1))
    gone = make_account("FUSAIN", number="4", reference="4", email="f@exemple.test", ends_on=date(2025, 1, 1))
    Account.update(activated_at=datetime(2026, 3, 5, tzinfo=UTC)).where(Account.id == gone.id).execute()
    page = Page(console.get(PAGE))
    assert "50 % : 1 locataire sur 2 a un compte activé." in page.text
    counted = table(page, "mois par mois")
    assert next(iter(counted)) == "décembre 2025"
    assert list(counted)[-1] == "novembre 2026"
    assert (counted["novembre 2026"], counted["mars 2026"], sum(counted.values())) == (1, 1, 2)
    rows = rows_of(console.get(f"{PAGE}/comptes-actives.csv"))
    assert rows[0] == ["Mois", "Comptes activés"]
    assert rows[-1] == ["novembre 2026", "1"]


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 10, 31, 22, 59, tzinfo=UTC), "octobre 2026"),  # 23 h 59 in Paris, in winter
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), "novembre 2026"),
        (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), "mars 2026"),  # summer time has begun
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), "avril 2026"),
        (datetime(2025, 11, 30, 22, 59, tzinfo=UTC), None),
    ],
)
def test_a_month_begins_at_midnight_in_paris(november, make_account, instant, month):
    Account.update(activated_at=instant).where(Account.id == make_account().id).execute()
    months = figures.last_months()
    counted = dict(zip([it.label for it in months], figures.activations(months), strict=True))
    assert [label for label, count in counted.items() if count] == ([month] if month else [])


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 12, 1), date(2028, 2, 29)])
def test_there_are_twelve_months_whatever_the_day(monkeypatch, day):
    monkeypatch.setattr(clock, "today", lambda: day)
    months = figures.last_months()
    assert len(months) == 12
    assert all(one.end == other.start for one, other in itertools.pairwise(months))
    assert months[-1].start <= figures.midnight(day) < months[-1].end


def test_requests_are_counted_by_what_became_of_them(console, client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    request_code(client, email="autre@exemple.test")
    request_code(client, name="Personne", tenant_number="99", email="x@exemple.test")
    outbox.deliver()
    counted = table(Page(console.get(PAGE)), "par réponse")
    assert counted == {"code envoyé": 1, "à vérifier : autre adresse e-mail au dossier": 1, "rien ne correspond": 1}
    rows = rows_of(console.get(f"{PAGE}/demandes.csv"))
    assert len(rows) == 13
    assert rows[-1][1:] == ["1", "1", "1"]
    assert "1 demande à vérifier , depuis le" in Page(console.get(PAGE)).text
    assert Verification.get().created_at <= clock.now()
    assert AccessRequest.select().where(AccessRequest.outcome == Outcome.PENDING).count() == 0


def test_mails_that_failed_are_listed_with_the_server_s_words(console, make_tenant):
    tenant = make_tenant("=ROSSI", "Paul")
    sender = "x@exemple.test"
    said = "SMTPRecipientsRefused 550 5.1.1 mailbox unknown"
    OutboxMessage.put(sender, mail="credentials", tenant=tenant, state=MailState.REFUSED, last_error=said)
    OutboxMessage.put(sender, mail="credentials", tenant=tenant, state=MailState.SENT)
    OutboxMessage.put(sender, mail="no_match", state=MailState.WAITING, last_error="=cmd|' /C calc'!A0")
    page = Page(console.get(PAGE))
    assert table(page, "par état") == {"en attente": 1, "partis": 1, "refusés par le serveur": 1}
    assert page.one(f"a[href='/agents/locataires/{tenant.id}']").text == "Paul =ROSSI"
    assert "cette adresse n'existe pas 550 5.1.1 mailbox unknown" in page.text
    assert "SMTPRecipientsRefused" not in page.text
    rows = rows_of(console.get(f"{PAGE}/e-mails.csv"))
    assert {row[4] for row in rows[1:]} == {said, "'=cmd|' /C calc'!A0"}


def test_a_request_whose_answer_cannot_be_written_is_among_them(console):
    OutboxMessage.put("x@exemple.test", state=MailState.WAITING, last_error="OSError")
    assert "nouvel essai prévu · OSError" in Page(console.get(PAGE)).text
    assert rows_of(console.get(f"{PAGE}/e-mails.csv"))[1][2:] == [
        "Réponse à une demande de code", "nouvel essai prévu", "OSError",
    ]  # fmt: skip


@stores.on_sqlite
def test_counting_the_mails_of_a_month_does_not_read_those_of_all_time(console, monkeypatch):
    asked = []
    execute = proxy.obj.execute_sql
    noted = lambda sql, values=None, *more: asked.append((sql, values)) or execute(sql, values, *more)  # noqa: E731
    monkeypatch.setattr(proxy.obj, "execute_sql", noted)
    figures.mails_by_state(clock.now())
    ((sql, values),) = asked
    plan = [row[3] for row in proxy.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plan[0] == "SEARCH t1 USING INDEX outbox_message_state_due_at (state=? AND due_at>?)"


@pytest.mark.parametrize(
    ("activated", "tenants", "words"),
    [(2367, 2368, "99 %"), (2368, 2368, "100 %"), (1, 2368, "moins de 1 %"), (0, 2368, "0 %"), (0, 0, "0 %")],
)
def test_a_share_is_not_rounded_to_all_nor_to_nobody(activated, tenants, words):
    assert as_read(figures.Share(activated, tenants).words) == words


def test_the_longest_bar_fills_its_place():
    assert [bar.share for bar in bars([("a", 4), ("b", 1), ("c", 0)])] == [100, 25, 0]
    assert [bar.share for bar in bars([("a", 0)])] == [0]
    assert bars([]) == []


def test_nights_that_bring_no_import_any_more_are_told(console):
    """The agents see it first, where nobody watches the server."""
    for days in range(3, 13):
        Job.create(kind="import_ledger", state=JobState.DONE, finished_at=clock.now() - timedelta(days=days))
    read = Page(console.get(PAGE)).text
    assert "« Écritures » : aucun fichier n'est entré depuis le" in read
    assert "Prévenez la personne qui tient le serveur." in read


def test_a_table_that_is_not_there_is_not_found(console):
    assert console.get(f"{PAGE}/tout.csv").status_code == 404
    assert rows_of(console.get(f"{PAGE}/imports.csv")) == [
        ["Date", "Contenu", "Fichier", "Agent", "État", "Lignes", "Lignes refusées"]
    ]


def test_old_mails_are_not_counted(console, make_tenant):
    OutboxMessage.put(
        "x@exemple.test", mail="credentials", tenant=make_tenant(), created_at=clock.now() - timedelta(days=40)
    )
    assert "Aucun e-mail depuis trente jours." in Page(console.get(PAGE)).text
