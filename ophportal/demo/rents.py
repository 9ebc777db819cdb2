"""What the demo's leases are asked a month: invented rents, charges and aids, of the size that social housing has."""

import calendar
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple

from ophportal.demo.households import Home
from ophportal.formatting import month_name
from ophportal.models.money import CENT
from ophportal.models.nature import folded

# Rents are those of this year, and move by so much each first of January, as the IRL lets them.
REFERENCE_YEAR = 2025
YEARLY = Decimal("1.0195")
# Square metres, from and to.
SURFACES = {"T1": (27, 34), "T2": (42, 52), "T3": (60, 70), "T4": (75, 86), "T5": (90, 102)}
REGULARISATION_MONTH = 6

Item = tuple[str, Decimal]  # a label without its month, and an amount: above zero it is asked, below it is given


class Terms(NamedTuple):
    """One lease's, a month: `rents` are those of the reference year, `aids` are below zero."""

    rents: tuple[Item, ...]
    charges: tuple[Item, ...] = ()
    aids: tuple[Item, ...] = ()

    def month(self, first_day: date, last_day: date) -> list[Item]:
        """What a month is asked, or a part of it, its labels told in full; both days are included.

        An aid is never for a part of a month: the APL begins the month after the tenant does (CCH, art. R. 823-10).
        """
        days, month = calendar.monthrange(first_day.year, first_day.month)[1], capitals(first_day)
        share = Decimal((last_day - first_day).days + 1) / days
        period = month if share == 1 else f"DU {first_day.day} AU {last_day.day} {month}"
        rate = YEARLY ** (first_day.year - REFERENCE_YEAR)
        rents = [(label, to_the_cent(amount * rate * share)) for label, amount in self.rents]
        charges = [(label, to_the_cent(amount * share)) for label, amount in self.charges]
        aids = self.aids if share == 1 else ()
        return [(f"{label} {period}", amount) for label, amount in (*rents, *charges, *aids)]

    def regularisation(self, year: int, dice: Random) -> list[Item]:
        """What the charges of `year` cost more than was provided for, or less, by some parts in a hundred."""
        provided = 12 * sum((amount for _, amount in self.charges), Decimal(0))
        difference = to_the_cent(provided * dice.randint(-12, 15) / 100)
        return [(f"REGUL CHARGES {year}", difference)] if difference else []


def capitals(day: date) -> str:
    """« FEVRIER 2026 », as ERPs write it."""
    return folded(month_name(day)).upper()


def to_the_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def terms_of(home: Home, dice: Random) -> Terms:
    """The terms of a dwelling and of who lives in it, the same for the same dice."""
    if home.kind == "Garage":
        return Terms((("LOYER GARAGE", Decimal("46.20")),))
    surface = dice.randint(*SURFACES[home.kind])
    rent = to_the_cent(surface * between(dice, "4.85", "6.60"))
    rents = [("LOYER PRINCIPAL", rent)]
    if dice.random() < 0.2:
        rents.append(("LOYER PARKING", between(dice, "18.00", "36.00")))
    aids = aids_of(rent, dice)
    # Incomes above the ceiling, and none of the aids.
    if not aids and dice.random() < 0.08:
        rents.append(("SUPPLEMENT DE LOYER SLS", between(dice, "38.00", "164.00")))
    return Terms(tuple(rents), charges_of(home, surface, dice), aids)


def charges_of(home: Home, surface: int, dice: Random) -> tuple[Item, ...]:
    """A building has a lift, or a boiler for all, or not, whoever lives in it."""
    building = Random(home.reference.rpartition("-")[0])  # noqa: S311 - invented figures, no secret
    charges = [
        ("PROV. CHARGES", to_the_cent(surface * between(dice, "0.62", "0.95"))),
        ("PROV. EAU FROIDE", between(dice, "14.00", "38.00")),
    ]
    if building.random() < 0.4:
        charges.append(("ENTRETIEN ASCENSEUR", between(building, "6.50", "14.00")))
    if building.random() < 0.25:
        charges.append(("PROV. CHAUFFAGE", to_the_cent(surface * between(building, "0.55", "0.85"))))
    return tuple(charges)


def aids_of(rent: Decimal, dice: Random) -> tuple[Item, ...]:
    """Every other tenant's; the RLS lessens the rent of those who have the APL (CCH, art. L. 442-2-1)."""
    if dice.random() > 0.45:
        return ()
    aids = [("APL", -to_the_cent(rent * between(dice, "0.20", "0.60")))]
    if dice.random() < 0.5:
        aids.append(("RLS", -between(dice, "28.00", "46.00")))
    return tuple(aids)


def between(dice: Random, low: str, high: str) -> Decimal:
    """An amount to the cent."""
    return Decimal(dice.randint(int(Decimal(low) * 100), int(Decimal(high) * 100))) / 100
