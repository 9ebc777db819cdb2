"""Amounts, as people and programs write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ophportal.imports.files.amounts import LARGEST, amount
from ophportal.imports.files.cells import CellError
from ophportal.models.money import MoneyField, cents, euros

amounts = st.decimals(min_value=-LARGEST, max_value=LARGEST, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1 234,56", "1234.56"), ("1\u202f234,56", "1234.56"), ("1\u00a0234,56", "1234.56"),
        ("1\u2009234,56", "1234.56"),
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1'234.56", "1234.56"), ("1234,56", "1234.56"),
        ("1234.5", "1234.5"), ("12", "12"), ("0", "0"), ("0,00", "0"), ("1 234 567,00", "1234567"),
        ("1.234.567", "1234567"), ("-12,50", "-12.5"), ("12,50-", "-12.5"), ("12,50 -", "-12.5"), ("− 12,50", "-12.5"),
        ("–12,50", "-12.5"), ("\u201112,50", "-12.5"), ("\u201212,50", "-12.5"), ("\ufe6312,50", "-12.5"),
        ("\uff0d12,50", "-12.5"), ("12,50 €", "12.5"), ("€12.50", "12.5"), ("-12,50\u00a0€", "-12.5"),
        ("12,50 EUR", "12.5"),
        (" 412,35 ", "412.35"), ("+3,00", "3"), ("00012,30", "12.3"), ("1 234", "1234"), ("12 345 678", "12345678"),
        ("-€12", "-12"), ("12€-", "-12"), ("€ -12", "-12"), ("12 EUROS", "12"), ("1 euro", "1"), ("eur 12,50", "12.5"),
        ("'412,35", "412.35"), ("'-12", "-12"),
    ],
)  # fmt: skip
def test_it_is_read_to_the_cent(written, value):
    assert amount(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", " ", "\u00a0", "\t", "-", " -   €", "–", "- EUR"])
def test_an_empty_cell_is_no_amount_and_not_zero(written):
    assert amount(written) is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,234", "peut se lire de deux façons"), ("1.234", "peut se lire de deux façons"), ("-12.345", "deux façons"),
        ("123,456", "deux façons"), ("123.456", "deux façons"),
        ("12,3456", "plus de deux chiffres .*au centime"), ("1234,567", "plus de deux chiffres"),
        ("douze", "n'est pas un montant"),
        ("12 34,50", "n'est pas un montant"), ("1 23", "n'est pas un montant"), ("--12", "n'est pas un montant"),
        ("-12-", "deux signes moins"), ("€", "n'est pas un montant"), ("12,,5", "n'est pas un montant"),
        ("=1+1", "formule de tableur .*« Valeurs »"),
        ("1E5", "n'est pas un montant"), ("12,50 $", "n'est pas un montant"),
        ("9999999999", "est trop grand"), ("１２", "n'est pas un montant"), ("1.234,567", "n'est pas un montant"),
        ("12€50", "n'est pas un montant"), ("€ 12 €", "n'est pas un montant"),
        ("(12", "^n'est pas un montant"),
        ("1€234", "n'est pas un montant"), ("€€12", "n'est pas un montant"), ("12 € €", "n'est pas un montant"),
        ("(12,00)", "entre parenthèses .*-12,00"), ("(1 234,56 €)", "entre parenthèses .*-1 234,56"),
        ("12 (sens : X)", "n'est pas un montant"),
        ("1eur2", "n'est pas un montant"), ("1,234,56", "n'est pas un montant"),
        ("#N/A", "erreur de tableur .*formule"),
        ("-1,8E-12", "abrégé par un tableur .*0,00"), ("-1.8E-12", "0,00"), ("4,1235E+07", "abrégé .*en entier"),
    ],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_refused(written, said):
    with pytest.raises(CellError, match=said):
        amount(written)


@given(amounts, st.sampled_from([" ", "\u202f", "\u00a0", "", "."]), st.booleans())
def test_every_amount_written_in_french_is_read_back(value, mark, minus_behind):
    digits = f"{abs(value):,.2f}".replace(",", "_").replace(".", ",").replace("_", mark)
    sign = "-" if value < 0 else ""
    assert amount(f"{digits}{sign} €" if minus_behind else f"{sign}{digits}") == value


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text):
    try:
        read = amount(text)
    except CellError:
        return
    assert read is None or read == read.quantize(Decimal("0.01"))


@given(st.lists(amounts, max_size=30))
def test_cents_sum_exactly(values):
    assert euros(sum(map(cents, values))) == sum(values, Decimal(0))


@pytest.mark.parametrize("value", [0.1, 3, Decimal("0.001"), "12"])
def test_the_store_takes_nothing_finer_than_a_cent_nor_a_float(value):
    with pytest.raises(ValueError, match="Decimal to the cent"):
        MoneyField().db_value(value)
