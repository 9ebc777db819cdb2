"""The year that a page of the account is asked for."""

from collections.abc import Iterable, Sequence
from datetime import date

from flask import abort, request


def years_of(days: Iterable[date]) -> list[int]:
    """Newest first."""
    return sorted({day.year for day in days}, reverse=True)


def asked_year(years: Sequence[int], otherwise: int | None) -> int | None:
    """The year of the address's `annee`, `otherwise` where it asks for none. Not found when it is none of `years`."""
    asked = request.args.get("annee", "")
    if not asked:
        return otherwise
    return next((year for year in years if str(year) == asked), None) or abort(404)


def asked_year_or_all(years: Sequence[int], otherwise: int | None) -> int | None:
    """As `asked_year`; None for « toutes »."""
    return None if request.args.get("annee") == "toutes" else asked_year(years, otherwise)
