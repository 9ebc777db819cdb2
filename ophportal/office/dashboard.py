"""Tableau de bord: the office's figures, to look at and to take away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, abort, render_template

from ophportal import clock, disks
from ophportal.csv_output import csv_answer
from ophportal.formatting import moment
from ophportal.imports.kinds import KINDS, overdue
from ophportal.models import Job, OutboxMessage, Verification
from ophportal.office import figures
from ophportal.office.room import office
from ophportal.wording import MAIL_STATES_COUNTED, job_state, mail_label, mail_state, outcome_label

MAILS_SINCE = timedelta(days=30)


class Bar(NamedTuple):
    """A line of a chart: what, how many, and its length as a share of the longest (0 to 100)."""

    label: str
    value: int
    share: float


def bars(counted: Sequence[tuple[str, int]]) -> list[Bar]:
    """The lines of a chart, each measured against the longest."""
    longest = max((value for _, value in counted), default=0)
    return [Bar(label, value, 100 * value / longest if longest else 0) for label, value in counted]


@office.get("/tableau-de-bord")
def dashboard() -> str:
    months = figures.last_months()
    activated = figures.activations(months)
    outcomes = figures.requests_by_outcome(months)
    late, more_late = OutboxMessage.not_delivered(20)
    return render_template(
        "office/dashboard.html",
        share=figures.activated_share(),
        activations=bars([(month.label, count) for month, count in zip(months, activated, strict=True)]),
        requests=bars([(outcome_label(outcome), sum(counts)) for outcome, counts in outcomes.items()]),
        mails=bars(
            [
                (MAIL_STATES_COUNTED[state], count)
                for state, count in figures.mails_by_state(clock.now() - MAILS_SINCE).items()
            ]
        ),
        late=late,
        more_late=more_late,
        untried=OutboxMessage.backlog().untried,
        waiting=Verification.pending_count(),
        oldest=Verification.pending().first(),
        imports=Job.newest(tuple(KINDS), 10),
        overdue=overdue(),
        room=disks.gigabytes(free) if (free := disks.least_free()) < disks.LOW else "",
        kinds=KINDS,
    )


@office.get("/tableau-de-bord/<name>.csv")
def figures_as_csv(name: str) -> Response:
    table = TABLES.get(name) or abort(404)
    return csv_answer(f"{name}.csv", *table())


def activations_table() -> tuple[list[str], list[list[Any]]]:
    months = figures.last_months()
    rows = zip(months, figures.activations(months), strict=True)
    return ["Mois", "Comptes activés"], [[month.label, count] for month, count in rows]


def requests_table() -> tuple[list[str], list[list[Any]]]:
    months = figures.last_months()
    outcomes = figures.requests_by_outcome(months)
    rows = [[month.label, *(counts[place] for counts in outcomes.values())] for place, month in enumerate(months)]
    return ["Mois", *map(outcome_label, outcomes)], rows


def mails_table() -> tuple[list[str], list[list[Any]]]:
    header = ["Date", "N° locataire", "E-mail", "État", "Réponse du serveur"]
    late, _ = OutboxMessage.not_delivered(10_000)
    return header, [
        [
            moment(mail.created_at),
            mail.tenant.number if mail.tenant else "",
            mail_label(mail),
            mail_state(mail),
            mail.last_error,
        ]
        for mail in late
    ]


def imports_table() -> tuple[list[str], list[list[Any]]]:
    header = ["Date", "Contenu", "Fichier", "Agent", "État", "Lignes", "Lignes refusées"]
    return header, [
        [
            moment(job.created_at), KINDS[job.kind].title, job.given.get("file", ""),
            job.agent.name if job.agent else "", job_state(job),
            job.found.get("lines", ""), job.found.get("rejected", ""),
        ]
        for job in Job.newest(tuple(KINDS), 1000)
    ]  # fmt: skip


TABLES = {
    "comptes-actives": activations_table,
    "demandes": requests_table,
    "e-mails": mails_table,
    "imports": imports_table,
}
