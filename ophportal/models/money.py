"""Money: `Decimal` euros to the cent in Python, whole cents in the store, so that SQL sums it exactly (DESIGN 11)."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from peewee import BigIntegerField

CENT = Decimal("0.01")


class MoneyField(BigIntegerField):
    """Euros. Raises ValueError for what is finer than a cent, or is no Decimal: a float has lost some already."""

    def db_value(self, value: Any) -> int | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or value != value.quantize(CENT):
            raise ValueError("money is a Decimal to the cent")
        return cents(value)

    def python_value(self, value: Any) -> Decimal | None:
        return None if value is None else euros(int(value))


def cents(amount: Decimal) -> int:
    return int(amount * 100)


@lru_cache(maxsize=4096)  # the same rents come back month after month, tenant after tenant
def euros(cents: int) -> Decimal:
    """« 123456 » cents as Decimal("1234.56")."""
    return Decimal(cents) * CENT
