"""`ophportal check`: the imports that no longer come, and the mail and work that nobody takes."""

from datetime import timedelta

import pytest
import time_machine
from peewee import fn

from ophportal import clock
from ophportal.checks import Level, store
from ophportal.formatting import date_and_time
from ophportal.imports import runs
from ophportal.imports.kinds import LEDGER
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.reports import Count, ImportReport
from ophportal.models import Event, Job, JobState, JournalEntry, MailState, OutboxMessage
from tests.conftest import request_code
from tests.spaces import as_read

OK, WARNING, ERROR = Level


def a_report(created):
    """Of a ledger file with so many new entries, and one that is on file."""
    return ImportReport(created + 1, {"Écritures": Count(created, 0, 1)})


class TestImports:
    """Of a nightly timer: a ledger that raises a doubt once a year waits for somebody's word, and nobody is there."""

    @pytest.fixture
    def refuse(self, app):
        def refuse(days_ago):
            runs.note_refusal(runs.LEDGER, "ecritures.csv", ImportRefused.whole("le fichier est vide"))
            Job.update(finished_at=clock.now() - timedelta(days=days_ago)).execute()

        return refuse

    def test_a_file_that_the_command_line_refused_is_told_until_one_has_entered(self, look, refuse):
        assert look(store.imports)[0][0] == OK
        refuse(days_ago=2)
        [(level, said)] = look(store.imports)
        assert level == WARNING
        assert said.startswith(f"« Écritures » : le fichier du {date_and_time(Job.get().finished_at)} a été refusé")
        assert "aucun n'est entré depuis" in said
        # It is a responsable who sends it again.
        Job.put(LEDGER.name, None).becomes(JobState.DONE)
        assert look(store.imports)[0][0] == OK

    def test_what_an_agent_has_sent_is_before_their_eyes(self, look, make_agent):
        Job.put(LEDGER.name, make_agent()).becomes(JobState.REFUSED)
        assert look(store.imports)[0][0] == OK

    @pytest.fixture
    def enter(self, app):
        """A function that has ledgers enter so many days ago, of the command line unless an agent is named; without
        `news` they are what was on file already.
        """

        def enter(*days_ago, agent=None, news=True):
            for days in days_ago:
                job = Job.put(LEDGER.name, agent)
                job.becomes(JobState.DONE, **runs.numbers(a_report(created=int(news))))
                job.change(finished_at=clock.now() - timedelta(days=days))

        return enter

    def test_nights_without_an_import_are_told_where_each_had_its_own(self, look, enter):
        """An export that did not come, a timer that is off, an import that was killed: none leaves a row."""
        enter(*range(2, 14))
        assert look(store.imports)[0][0] == OK
        Job.delete().where(Job.finished_at > clock.now() - timedelta(days=3)).execute()
        [(level, said)] = look(store.imports)
        assert level == WARNING
        since = date_and_time(Job.select(fn.MAX(Job.finished_at)).scalar())
        assert as_read(said) == as_read(
            f"« Écritures » : aucun fichier n'est entré depuis le {since}, et il en entrait un chaque jour. Regardez "
            "l'export de l'ERP, et le minuteur qui lance l'import."
        )
        enter(0)
        assert look(store.imports)[0][0] == OK

    def test_nights_that_bring_the_same_file_again_are_told_after_a_week(self, look, enter):
        """An export that has stalled comes each night, and enters: nothing else tells that the ERP writes no more."""
        enter(*range(8, 20))
        enter(*range(1, 8), news=False)
        with time_machine.travel(clock.now() - timedelta(days=1), tick=False):
            assert look(store.imports)[0][0] == OK
        since = date_and_time(Job.select(fn.MIN(Job.finished_at)).scalar() + timedelta(days=11))
        [(level, said)] = look(store.imports)
        assert level == WARNING
        assert as_read(said) == as_read(
            f"« Écritures » : les fichiers n'apportent rien de nouveau depuis le {since}, et il y en avait chaque "
            "jour. Regardez l'export de l'ERP, et le minuteur qui lance l'import."
        )
        enter(0)
        assert look(store.imports)[0][0] == OK

    def test_a_sunday_and_a_holiday_without_an_entry_are_no_stalled_export(self, look, enter):
        enter(*range(6, 20))
        enter(*range(6), news=False)
        assert look(store.imports)[0][0] == OK

    def test_nor_is_a_small_office_where_a_week_goes_by_without_an_entry(self, look, enter):
        enter(*range(12, 90, 7))
        enter(*range(90), news=False)
        assert look(store.imports)[0][0] == OK
        with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
            enter(0, news=False)
            assert "et il y en avait au moins tous les 7 jours" in as_read(look(store.imports)[0][1])

    def test_nights_of_a_week_end_are_nobody_s_habit(self, look, enter):
        weeks = [day for day in range(5, 40) if day % 7 not in (3, 4)]
        enter(*weeks)
        assert look(store.imports)[0][0] == OK
        with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
            assert "au moins tous les 3 jours" in look(store.imports)[0][1]

    def test_nor_are_a_few_tries_of_one_day_or_what_agents_send(self, look, enter, make_agent):
        enter(*[30] * 20)
        enter(*range(40, 60), agent=make_agent())
        assert look(store.imports)[0][0] == OK
        Job.delete().where(Job.agent.is_null()).execute()
        assert look(store.imports)[0][0] == OK


class TestDelivery:
    def test_nothing_is_late(self, look, client, make_tenant):
        assert look(store.delivery) == [(OK, "e-mails en attente : 0, aucun en retard.")]
        make_tenant()
        request_code(client)
        assert look(store.delivery) == [(OK, "e-mails en attente : 1, aucun en retard.")]

    def test_a_mail_that_nobody_delivers(self, look, client, make_tenant):
        make_tenant()
        request_code(client)
        then = clock.now() - timedelta(minutes=35)
        OutboxMessage.update(created_at=then, due_at=then).execute()
        [(level, said)] = look(store.delivery)
        assert level == ERROR
        assert said.startswith("un e-mail attend depuis 35 minutes, et personne ne s'en occupe")

    def test_many_mails_that_a_slow_server_takes_one_by_one(self, look, app):
        """An import has corrected two thousand addresses: whoever reads that nobody delivers would start a second."""
        then = clock.now() - timedelta(minutes=35)
        for _ in range(3):
            OutboxMessage.put("x@exemple.test", mail="email_changed", created_at=then, due_at=then)
        OutboxMessage.claim_next()
        told = "e-mails en attente : 3, le plus ancien depuis 35 minutes ; le serveur de courrier les prend un à un."
        assert look(store.delivery) == [(OK, told)]

        OutboxMessage.update(claimed_until=clock.now() - timedelta(minutes=1)).execute()  # that worker is dead
        [(level, said)] = look(store.delivery)
        assert level == ERROR
        assert "personne ne s'en occupe" in said

    @pytest.mark.parametrize(("seconds", "said"), [(61, "1 minute"), (121, "2 minutes"), (7201, "2 heures")])
    def test_how_long_ago_is_in_words(self, seconds, said):
        assert store.ago(clock.now() - timedelta(seconds=seconds)) == said

    def test_a_mail_that_was_written_while_the_clock_ran_ahead(self, look, client, make_tenant):
        make_tenant()
        request_code(client)
        then = clock.now() + timedelta(days=300)
        OutboxMessage.update(created_at=then, due_at=then).execute()
        (level, said), _ = look(store.delivery)
        assert level == WARNING
        assert said.startswith("e-mails datés de plus tard que l'heure qu'il est : 1. L'horloge")

    def test_a_journal_without_a_line_of_the_last_month(self, look, app):
        JournalEntry.create(event=Event.LOGIN, at=clock.now() - timedelta(days=29))
        assert [level for level, _ in look(store.delivery)] == [OK]
        JournalEntry.update(at=clock.now() - timedelta(days=365)).execute()
        (level, said), _ = look(store.delivery)
        assert level == WARNING
        assert said.startswith("à l'heure de cette machine, personne n'est venu depuis plus d'un mois")

    def test_a_mail_that_no_server_takes(self, look, client, make_tenant):
        make_tenant()
        request_code(client)
        OutboxMessage.update(created_at=clock.now() - timedelta(hours=3)).execute()
        OutboxMessage.claim_next().retry("ConnectionRefusedError")
        [(level, said)] = look(store.delivery)
        assert level == WARNING
        assert said.startswith("e-mails que le serveur n'a pas pris : 1, le plus ancien d'il y a 3 heures")

    @pytest.mark.parametrize(("count", "ago", "levels"), [(2, 59, [OK]), (3, 59, [WARNING, OK]), (3, 61, [OK])])
    def test_several_mails_that_the_server_refused_of_late(self, look, count, ago, levels):
        for _ in range(count):
            OutboxMessage.put("x@exemple.test", mail="no_match").finish(MailState.REFUSED, "SMTPDataError 550")
        OutboxMessage.update(finished_at=clock.now() - timedelta(minutes=ago)).execute()
        found = look(store.delivery)
        assert [level for level, _ in found] == levels
        if WARNING in levels:
            assert found[0][1].startswith("e-mails que le serveur a refusés pour de bon depuis une heure : 3")

    def test_an_import_that_nobody_takes(self, look, app):
        Job.put(LEDGER.name, None)
        assert look(store.delivery)[0][0] == OK
        Job.update(created_at=clock.now() - timedelta(minutes=35)).execute()
        [(level, said)] = look(store.delivery)
        assert level == ERROR
        assert said.startswith("un import ou un courrier attend depuis 35 minutes")

    def test_an_import_that_the_store_cuts_short_again_and_again(self, look, app):
        Job.put(LEDGER.name, None)
        Job.claim_next().give_back()
        assert [level for level, _ in look(store.delivery)] == [OK]
        Job.update(created_at=clock.now() - timedelta(hours=3)).execute()
        (level, said), _ = look(store.delivery)
        assert level == WARNING
        assert said.startswith("un import ou un courrier demandé il y a 3 heures est interrompu par la base")
