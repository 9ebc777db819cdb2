"""French on screen: dates, times and no-break spaces."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from ophportal.formatting import (
    counted,
    date_and_time,
    euros,
    long_date,
    month_name,
    of_whom,
    owed,
    sentence,
    typography,
    whole,
    window_date,
)

# In what is expected, ~ stands for the no-break space, which editors hide.
NO_BREAK = "\u00a0"


def expected(text):
    return text.replace("~", NO_BREAK)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2024, 8, 7), "Mercredi 07 Août"),
        (date(2024, 1, 1), "Lundi 01 Janvier"),
        (date(2024, 2, 29), "Jeudi 29 Février"),
        (date(2023, 12, 31), "Dimanche 31 Décembre"),
    ],
)
def test_the_window_shows_the_day_as_it_always_has(day, shown):
    assert window_date(day) == shown


def test_every_day_and_month_has_its_french_name():
    days = {window_date(date(2024, 1, day)).split()[0] for day in range(1, 8)}
    months = [window_date(date(2024, month, 1)).split()[2] for month in range(1, 13)]

    assert days == {"Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"}
    assert len(set(months)) == 12
    assert (months[1], months[7], months[11]) == ("Février", "Août", "Décembre")


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2024, 8, 7), "7~août 2024"),
        (date(2024, 8, 1), "1er~août 2024"),
        (date(2024, 8, 11), "11~août 2024"),
        (date(2024, 8, 21), "21~août 2024"),
    ],
)
def test_only_the_first_of_a_month_is_an_ordinal(day, shown):
    assert long_date(day) == expected(shown)


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2024, 8, 7, 12, 5, tzinfo=UTC), "mercredi 7~août 2024 à 14~h~05"),
        (datetime(2024, 1, 1, 8, 0, tzinfo=UTC), "lundi 1er~janvier 2024 à 9~h~00"),
        # A summer evening in UTC is already tomorrow in Paris.
        (datetime(2024, 7, 31, 22, 30, tzinfo=UTC), "jeudi 1er~août 2024 à 0~h~30"),
        # Clocks go forward on 31 March 2024: two o'clock does not exist.
        (datetime(2024, 3, 31, 0, 59, tzinfo=UTC), "dimanche 31~mars 2024 à 1~h~59"),
        (datetime(2024, 3, 31, 1, 0, tzinfo=UTC), "dimanche 31~mars 2024 à 3~h~00"),
        # Clocks go back on 27 October 2024: half past two comes twice.
        (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), "dimanche 27~octobre 2024 à 2~h~30"),
        (datetime(2024, 10, 27, 1, 30, tzinfo=UTC), "dimanche 27~octobre 2024 à 2~h~30"),
    ],
)
def test_an_instant_is_told_in_the_time_of_paris(instant, shown):
    assert date_and_time(instant) == expected(shown)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("« Valider »", "«~Valider~»"),
        ("Attention : un « code » ?", "Attention~: un «~code~»~?"),
        ("Oui ; non ! 12 € ou 5 %.", "Oui~; non~! 12~€ ou 5~%."),
        ("Vraiment ?!", "Vraiment~?!"),
        ("Il dit : « Non ! »", "Il dit~: «~Non~!~»"),
        ("(Pourquoi ?)", "(Pourquoi~?)"),
        ("de 8 h 30 à 12 h et de 13 h 30 à 16 h 30", "de 8~h~30 à 12~h et de 13~h~30 à 16~h~30"),
        ("Ouvert 24 h.", "Ouvert 24~h."),
        ("au 04 65 71 00 00, de 8 h à 12 h", "au 04~65~71~00~00, de 8~h à 12~h"),
        ("la loi n° 89-462, N° 12345", "la loi n°~89-462, N°~12345"),
        ("+33 4 65 71 00 00 ou 0 800 000 000", "+33~4~65~71~00~00 ou 0~800~000~000"),
    ],
)
def test_spaces_that_must_not_break_do_not(typed, shown):
    assert typography(typed) == expected(shown)
    assert typography(typography(typed)) == expected(shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://x.fr",
        "http://x.fr/?a=1&b=2;c",
        "à 8:30",
        "nom@exemple.fr",
        "a :smile",
        "rendez-vous, demain",
        "margin:0 0 24px;padding:0 0 0 8px",
        "M23 20v-7a9 9 0 0 1 17-4",
        "le 8 heures",
        "3 hommes et 12 habitants",
        "dans 2h environ",
        "width=device-width, initial-scale=1",
    ],
)
def test_what_is_not_french_punctuation_is_left_alone(text):
    assert typography(text) == text


@pytest.mark.parametrize("written", ["Le matin", "Le matin.", "Le matin !", "Le matin…", "Le matin ?"])
def test_a_sentence_ends_once(written):
    assert sentence(written) == ("Le matin." if written == "Le matin" else written)


class TestTemplates:
    def test_authors_type_plain_spaces(self, app):
        template = app.jinja_env.from_string("{{ name }} : « {{ name }} » {{ 'Vrai ?' }}")

        assert template.render(name="Oui") == expected("Oui~: «~Oui~» Vrai~?")

    def test_what_people_wrote_is_shown_as_they_wrote_it(self, app):
        assert app.jinja_env.from_string("{{ text }}").render(text="Oui ?") == "Oui ?"

    def test_addresses_and_attributes_come_through(self, app):
        source = '<a href="http://x.fr/?a=1">8:30</a><meta content="a, b=1">'

        assert app.jinja_env.from_string(source).render() == source

    def test_a_misspelt_variable_is_an_error_not_a_blank(self, app):
        with pytest.raises(UndefinedError):
            app.jinja_env.from_string("{{ tennant }}").render()

    def test_the_office_s_own_words_get_their_spaces_too(self, app):
        assert "8\u00a0h\u00a030" in app.jinja_env.from_string("{{ office.hours }}").render()


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1234.56", "1~234,56~€"),
        ("1234567.8", "1~234~567,80~€"),
        ("0", "0,00~€"),
        ("-0.00", "0,00~€"),
        ("-20", "−20,00~€"),
        ("0.01", "0,01~€"),
        ("999.99", "999,99~€"),
    ],
)
def test_money_is_shown_as_the_french_write_it(amount, shown):
    assert euros(Decimal(amount)) == expected(shown)


def test_money_finer_than_a_cent_is_not_rounded_in_silence():
    with pytest.raises(ValueError, match="finer"):
        euros(Decimal("1.005"))


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (999, "999"), (2368, "2~368"), (1234567, "1~234~567")])
def test_a_count_has_its_thousands_apart(number, shown):
    assert whole(number) == expected(shown)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_money_reads_back_as_it_was(cents):
    amount = Decimal(cents) / 100
    shown = euros(amount)
    assert " " not in shown
    figures = shown.removesuffix(f"{NO_BREAK}€").replace(NO_BREAK, "").replace(",", ".").replace("−", "-")
    assert Decimal(figures) == amount


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ("412.35", "Vous devez 412,35~€"),
        ("0.00", "Votre compte est à jour"),
        ("-20", "Vous avez 20,00~€ d'avance"),
    ],
)
def test_a_balance_is_told_in_words(balance, said):
    assert owed(Decimal(balance)) == expected(said)


def test_a_month_has_its_name_and_its_year():
    assert month_name(date(2026, 8, 1)) == "août 2026"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mme Olive LAURIER", "de Mme Olive LAURIER"),
        ("Olive LAURIER", "d'Olive LAURIER"),
        ("Élise PAOLI", "d'Élise PAOLI"),
        ("œuvre des Lilas", "d'œuvre des Lilas"),
        ("Hugo PAOLI", "de Hugo PAOLI"),
        ("Yasmine PAOLI", "de Yasmine PAOLI"),
    ],
)
def test_a_vowel_takes_the_place_of_an_e(name, said):
    """The ERP gives no title to some tenants, and agents have none: their first name comes first."""
    assert of_whom(name) == said


@pytest.mark.parametrize(("number", "shown"), [(0, "0 bail"), (1, "1 bail"), (2, "2 baux"), (2368, "2~368 baux")])
def test_none_and_one_are_singular(number, shown):
    assert counted(number, "bail", "baux") == expected(shown)
