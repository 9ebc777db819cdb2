"""The papers that the demo's office has sent to its three guests, each a PDF that says that it is a demonstration.

Their figures are those of the ledger: a paper and the account say the same. The folder is one that `ophportal import
documents` takes: `<numéro>_<AAAA-MM>_<type>.pdf`.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from flask import Flask, current_app

from ophportal import ROOT, clock
from ophportal.clock import months_before
from ophportal.demo import households
from ophportal.demo.book import Book, Times
from ophportal.demo.ledger import book_of
from ophportal.demo.lives import INSTALMENT
from ophportal.demo.rents import REGULARISATION_MONTH
from ophportal.formatting import euros, long_date, month_name, typography
from ophportal.models.rent_call import RentCall, calls_of
from ophportal.models.statement import sum_of
from ophportal.papers.typesetting import compiled, letterhead, place_and_date

TEMPLATE = ROOT / "templates" / "demo" / "paper.typ"
# How the ERP's capitals read in a letter.
IN_FULL = {
    "LOYER PRINCIPAL": "Loyer",
    "PROV. CHARGES": "Charges de l'immeuble",
    "PROV. EAU FROIDE": "Eau froide",
    "REGUL CHARGES": "Régularisation des charges",
    "APL": "Aide au logement (APL)",
    "FRAIS DE REJET": "Frais de prélèvement refusé",
}
MONEY = ("Votre compte", "Montant")


class Paper(NamedTuple):
    """`kind` is the file's type; the last of `rows` is what the others come to."""

    line: households.Line
    kind: str
    sent_on: date
    title: str
    before: tuple[str, ...]
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return f"{self.line.number}_{self.sent_on:%Y-%m}_{self.kind}.pdf"


def write_folder(folder: Path, due_day: int) -> None:
    """Make the papers, in a folder of their own.

    And in a process of their own: this one goes on to serve, and what it forks would wait for ever for the threads
    that typst has in it, at the first avis that a tenant opens.
    """
    folder.mkdir(exist_ok=True)
    times = Times(clock.today(), due_day)
    maker = get_context("spawn").Process(target=make, args=(folder, times, current_app.config["OFFICE"]))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise RuntimeError("the demo's papers could not be made")


def make(folder: Path, times: Times, office: dict[str, str]) -> None:
    app = Flask("papers")
    app.config["OFFICE"] = office
    with app.app_context():
        for paper in papers(times):
            (folder / paper.file_name).write_bytes(pdf(paper))


def papers(times: Times) -> Iterator[Paper]:
    """Every paper, guest by guest."""
    laurier, behind, figuier = (
        book_of(line, times) for line in (households.LAURIER, households.D_ANGELO_PAOLI, households.FIGUIER)
    )
    for book in (laurier, behind, figuier):
        yield from regularisations(book)
    for call in calls_of(laurier.in_order())[-4:-2]:
        yield avis(laurier, call)
    yield attestation(laurier, times.months[-2])
    yield house_rules(laurier, times.months[-9])
    yield avis(behind, calls_of(behind.in_order())[-4])
    yield plan(behind)
    yield works(figuier, times.months[-5])
    yield attestation(figuier, times.months[-8])


def avis(book: Book, call: RentCall) -> Paper:
    rows = [("Solde de votre compte avant cet avis", euros(call.previous))]
    if call.settled:
        rows.append(("Vos paiements depuis, sans ceux que la banque a refusés", euros(call.settlement)))
    rows += [(in_full(entry.label), euros(entry.amount)) for entry in call.lines]
    rows.append(("À payer" if call.net > 0 else "Votre avance", euros(abs(call.net))))
    due = long_date(call.due_on(book.times.due_day))
    until = f"À payer au plus tard le {due}." if call.net > 0 else "Rien à payer."
    title = f"Avis d'échéance, {month_name(call.month)}"
    after = (until, "Vous ne pouvez pas payer toute la somme ? Appelez l'office avant la date limite.")
    return Paper(book.line, "avis", call.called_on, title, (), MONEY, tuple(rows), after)


def regularisations(book: Book) -> Iterator[Paper]:
    """One for each yearly adjustment that the ledger has: its figures are what makes the difference."""
    for entry in book.entries:
        if entry.label.startswith("REGUL") and entry.date.month == REGULARISATION_MONTH:
            yield regularisation(book, entry.date, entry.amount)


def regularisation(book: Book, day: date, difference: Decimal) -> Paper:
    year, provided = day.year - 1, [(label, 12 * amount) for label, amount in book.terms.charges]
    # All of the difference is on the building's charges, the first.
    spent = [amount + (0 if place else difference) for place, (_, amount) in enumerate(provided)]
    rows = [(in_full(label), euros(amount), euros(cost)) for (label, amount), cost in zip(provided, spent, strict=True)]
    total = sum((amount for _, amount in provided), Decimal(0))
    rows.append(("Total", euros(total), euros(total + difference)))
    told = f"Vous devez {euros(difference)}." if difference > 0 else f"L'office vous rend {euros(-difference)}."
    after = (f"{told} Cette somme est sur votre avis d'échéance de {month_name(day)}.",
             "Vous pouvez voir les factures à l'office pendant six mois.")  # fmt: skip
    before = (f"Chaque mois de {year}, vous avez payé une avance pour les charges. Voici ce qu'elles ont coûté.",)
    header = ("Charges", "Vous avez payé", "Coût réel")
    return Paper(
        book.line, "regularisation", day, f"Régularisation des charges {year}", before, header, tuple(rows), after
    )


def attestation(book: Book, month: date) -> Paper:
    """Made on the first day of the month that follows."""
    sent_on = months_before(month, -1)
    since = long_date(households.day_of(book.line.starts_on))
    home = book.line.home
    before = (
        f"L'office atteste que {name_of(book.line)} est locataire depuis le {since}. "
        f"Le logement est à cette adresse : {home.address}, {home.postal_code} {home.city}.",
        f"Pour {month_name(month)}, le loyer et les charges étaient :",
    )
    asked = [(label, amount) for label, amount in book.terms.month(month, sent_on - timedelta(days=1)) if amount > 0]
    rows = [(in_full(label), euros(amount)) for label, amount in asked]
    rows.append(("Total", euros(sum((amount for _, amount in asked), Decimal(0)))))
    after = ("Cette attestation sert pour vos démarches : CAF, assurance, banque.",)
    return Paper(book.line, "attestation", sent_on, "Attestation de loyer", before, MONEY, tuple(rows), after)


def plan(book: Book) -> Paper:
    """What was agreed before the first instalment: all that was owed then but the call of that day."""
    sent_on = calls_of(book.in_order())[-3].called_on
    owed = sum_of(entry for entry in book.entries if entry.date < sent_on)
    before = (
        f"Vous devez à l'office {euros(owed)}, en plus de votre loyer de ce mois.",
        f"Nous en avons parlé ensemble. Chaque mois, vous payez votre loyer, et {euros(INSTALMENT)} de plus, "
        "jusqu'à la fin de la dette.",
        "Si un mois est trop difficile, appelez-nous avant la date limite. Ne restez pas sans rien dire.",
    )
    return Paper(book.line, "courrier", sent_on, "Votre plan pour payer votre dette", before)


def house_rules(book: Book, day: date) -> Paper:
    before = (
        "Votre immeuble a un règlement. Nous rappelons trois règles :",
        "1. Le bruit gêne vos voisins, le jour comme la nuit.",
        "2. Les poubelles vont dans le local. Rien ne reste dans les couloirs : les secours doivent passer.",
        "3. Les voitures restent sur les places de parking.",
        "Merci de respecter ces règles, et de les dire aux personnes qui vous rendent visite.",
    )
    return Paper(book.line, "courrier", day, "Le règlement de votre immeuble", before)


def works(book: Book, day: date) -> Paper:
    before = (
        f"Une entreprise va réparer les portes des garages de l'immeuble, {book.line.home.address}.",
        f"Les travaux durent deux jours, les 15 et 16 {month_name(months_before(day, -1))}, de 8 h à 17 h. "
        "Pendant ces deux jours, votre voiture ne peut ni entrer ni sortir.",
        "Ces travaux ne vous coûtent rien.",
    )
    return Paper(book.line, "courrier", day, "Des travaux dans les garages", before)


def in_full(label: str) -> str:
    return next((said for start, said in IN_FULL.items() if label.startswith(start)), label.capitalize())


def name_of(line: households.Line) -> str:
    return f"{line.civility} {line.first_names} {line.last_name}"


def pdf(paper: Paper) -> bytes:
    home, sent_at = paper.line.home, datetime.combine(paper.sent_on, time(12), clock.here())
    given = {
        "office": letterhead(),
        "addressee": [name_of(paper.line), home.address, f"{home.postal_code} {home.city.upper()}"],
        "references": [
            f"Numéro locataire : {paper.line.number}",
            f"Référence logement : {home.reference}",
        ],
        "place_and_date": place_and_date(paper.sent_on),
        **{name: getattr(paper, name) for name in ("title", "before", "header", "rows", "after")},
    }
    return compiled(TEMPLATE.read_bytes(), {"given": typography(json.dumps(given, ensure_ascii=False))}, sent_at)
