"""The tenant file's cells: what is read as ERPs and spreadsheets write it, and what is refused for what it says."""

import unicodedata
from datetime import date

import pytest
import time_machine

from ophportal import clock
from ophportal.access.matching import is_name_of
from ophportal.imports.files import cells
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.models import Dwelling, Lease, Tenant
from ophportal.models.keys import number_key
from tests.spaces import as_read
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file


@pytest.mark.parametrize(
    "written",
    [
        "31/12/2024",
        "31-12-2024",
        "31.12.2024",
        "2024-12-31",
        "31/12/2024 00:00:00",
        "2024-12-31T00:00",
        "45657",
        "31/12/2024 ",
        "20241231",
        "31/12/2024 8:05",
        "31/12/2024 23:59:59",
        "31/12/2024 23:00:10",
        "2024-12-31 10:22:00.000",
    ],
)
def test_a_date_is_read_as_erps_and_spreadsheets_write_it(tenant_file, written):
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().ends_on == date(2024, 12, 31)


@pytest.mark.parametrize("written", ["31/12/9999", "99991231"])
def test_a_lease_may_end_when_no_calendar_goes_any_further(tenant_file, written):
    """Some ERPs write « no end » so."""
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().is_running


@pytest.mark.parametrize("written", ["", " ", "00/00/0000", "0000-00-00", "00/00/0000 00:00:00", "00000000"])
def test_no_date_is_written_in_several_ways(tenant_file, written):
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().ends_on is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("31/12/24", "a une année à deux chiffres : « 31/12/24 » (mettez la colonne au format 31/12/2024)"),
        ("29/02/2023", "n'existe pas dans le calendrier"),
        ("12/31/2024", "n'existe pas dans le calendrier"),
        ("31/12-2024", "n'est pas une date"),
        ("2024-12-30T23:00:00Z", "n'est pas une date"),
        ("2024-12-30T10:22", "n'est pas une date"),
        ("30/12/2024 23:00", "n'est pas une date"),
        ("2024-06-29 22:00:00.0", "n'est pas une date"),
        ("30/12/2024 24:30", "n'est pas une date"),
        ("31122024", "n'est pas une date"),
        ("20122024", "n'est pas une date"),
        ("12312024", "n'est pas une date"),
        ("20240230", "n'existe pas dans le calendrier"),
        ("hier", "n'est pas une date"),
        ("4565", "n'est pas une date"),
        ("٣١/١٢/٢٠٢٤", "n'est pas une date"),
        ("01/01/0202", "est d'avant 1900"),
    ],
)
def test_other_dates_are_refused(refusals, written, reason):
    (refusal,) = refusals(MARIA | {"starts_on": written})

    assert refusal.startswith(f"ligne 2 : « date d'entrée » {reason}")


@pytest.mark.parametrize(
    ("zone", "midnights"),
    [
        ("Europe/Paris", {22, 23}),
        ("Indian/Reunion", {20}),
        ("Pacific/Noumea", {13}),
        ("America/Guadeloupe", set()),  # whose days begin later than those of Greenwich, at four on the same day
    ],
)
def test_an_hour_that_may_be_midnight_where_the_office_is_is_refused(monkeypatch, zone, midnights):
    """Machines tell it by Greenwich, on the day before: taken as written, a lease would begin a day early."""
    monkeypatch.setattr(clock, "zone", zone)
    read = cells.iso_date.__wrapped__  # a process has one office, and this one several
    refused = set()
    for hour in range(24):
        try:
            assert read(f"30/12/2024 {hour}:00") == "2024-12-30"
        except cells.CellError:
            refused.add(hour)
    assert refused == midnights


def test_a_date_is_of_next_year_at_the_latest_as_paris_counts(refusals):
    with time_machine.travel("2026-12-31T23:30Z", tick=False):
        (refusal,) = refusals(MARIA | {"starts_on": "31/12/9999"})

    assert refusal.startswith("ligne 2 : « date d'entrée » est après 2028")


@pytest.mark.parametrize(
    "address", ["a.b+c_d-e@sous.exemple.test", "o'neil@exemple.test", "x@exemple.com", "A@EXEMPLE.TEST"]
)
def test_sound_addresses_are_taken_as_they_are(tenant_file, address):
    import_tenants(tenant_file(MARIA | {"email": f"\u00a0{address} "}))

    assert Tenant.get().email == address


@pytest.mark.parametrize(
    "address",
    [
        "paul", "paul@", "paul@exemple", "paul@@exemple.test", ".paul@exemple.test", "pa..ul@exemple.test",
        "pa ul@exemple.test", "paul@exemple..test", "paul@-exemple.test", "Paul <paul@exemple.test>",
        "élise@exemple.test", "paul@exemple.invalid", "paul@[127.0.0.1]", "a" * 65 + "@exemple.test",
        "a@" + "b" * 64 + ".test", "a@" + "bcdefghi." * 30 + "test", "paul@exemple.test.",
    ],
)  # fmt: skip
def test_malformed_addresses_are_refused(refusals, address):
    (refusal,) = refusals(MARIA | {"email": address})

    assert refusal.startswith("ligne 2 : « e-mail » n'est pas une adresse valable : « ")


@pytest.mark.parametrize(
    "several", ["a@exemple.test; b@exemple.test", "a@exemple.test,b@exemple.test", "a@b.test c@d.test"]
)
def test_several_addresses_in_a_cell_are_refused(refusals, several):
    (refusal,) = refusals(MARIA | {"email": several})

    assert refusal == f"ligne 2 : « e-mail » contient plusieurs adresses : « {several} » (gardez-en une seule)"


def test_spaces_around_cells_are_trimmed_no_break_ones_too(tenant_file):
    import_tenants(tenant_file({field: f" \u00a0{text}\u202f " for field, text in MARIA.items()}))
    before = rows_on_file()

    assert counts(import_tenants(tenant_file(MARIA)).counts["Locataires"]) == (0, 0, 1)
    assert rows_on_file() == before


def test_a_letter_and_its_accent_apart_are_one_letter(tenant_file):
    """As a Mac writes them."""
    apart = {field: unicodedata.normalize("NFD", text) for field, text in MARIA.items()}
    import_tenants(tenant_file(apart | {"city": "E\u0301visa"}))
    before = rows_on_file()

    assert (Tenant.get().birth_name, Dwelling.get().city) == (MARIA["birth_name"], "\u00c9visa")
    assert counts(import_tenants(tenant_file(MARIA | {"city": "\u00c9visa"})).counts["Logements"]) == (0, 0, 1)
    assert rows_on_file() == before


def test_an_address_on_several_lines_is_put_on_one(tenant_file):
    import_tenants(tenant_file(MARIA | {"address": "Bât. B\n12 rue\tdes Lilas\n"}))

    assert Dwelling.get().address == "Bât. B 12 rue des Lilas"


@pytest.mark.parametrize("hidden", ["\x07", "\x1b", "\u200b", "\u202e", "\ufeff"])
@pytest.mark.parametrize("field", ["number", "last_name", "email", "reference", "city", "phone"])
def test_invisible_characters_are_refused(refusals, field, hidden):
    text = MARIA[field]

    (refusal,) = refusals(MARIA | {field: text[:3] + hidden + text[3:]})

    assert refusal.endswith(f" contient un caractère invisible (U+{ord(hidden):04X})")


def test_the_apostrophe_by_which_a_spreadsheet_keeps_a_text_is_no_part_of_it(tenant_file):
    """The tenant would read « '0070013 » for their number, and the agents look for it so."""
    shielded = {"number": "'0070013", "reference": "'0123-04-056", "phone": "'+33 6 39 98 12 34"}
    others = {"last_name": "'T HOOFT", "postal_code": "'20090", "starts_on": "'01/02/2020"}
    import_tenants(tenant_file(MARIA | shielded | others))

    tenant = Tenant.get()
    assert (tenant.number, tenant.phone, tenant.last_name) == ("0070013", "+33 6 39 98 12 34", "'T HOOFT")
    assert Dwelling.get().reference == "0123-04-056"


def misread(text, encoding):
    """What is left of `text` when UTF-8 was opened as `encoding`, and saved."""
    return text.encode().decode(encoding)


SPOILT = [
    ("Lefèvre", "cp1252"),
    ("Hélène", "cp1252"),
    ("Évisa", "cp1252"),
    ("DÈS Œuvrard", "cp1252"),
    ("Voilà", "latin-1"),
    ("D’Angelo", "cp1252"),
    ("bât. n° 2", "cp1252"),
    ("Áron", "latin-1"),
]


class TestSpoiltAccents:
    """One name that is spoilt in the ERP would keep the news of all the others from coming in, each night."""

    @pytest.mark.parametrize(("name", "encoding"), SPOILT)
    def test_a_letter_that_was_misread_is_put_back(self, tenant_file, name, encoding):
        """The portal would write so to the tenant, who could not say that name to enter."""
        report = import_tenants(tenant_file(MARIA | {"last_name": misread(name, encoding)}))

        tenant = Tenant.get()
        assert tenant.last_name == name
        assert is_name_of(tenant, name)
        told = f"1 ligne a des accents abîmés : « {misread(name, encoding).strip()} » (ligne 2). "
        assert as_read(report.to_watch[0]).startswith(as_read(told))
        assert Tenant.get().last_name == name

    def test_a_sign_that_no_misread_letter_has_is_left_as_it_is(self, tenant_file):
        """Windows-1252 has no « \u201b »: nothing was misread, and nothing tells which letter it would be."""
        import_tenants(tenant_file(MARIA | {"last_name": "LÃ\u201bCA"}))

        assert Tenant.get().last_name == "LÃ\u201bCA"

    def test_a_text_that_lost_a_letter_stays_as_it_is_on_file(self, tenant_file):
        whole = MARIA | {"first_names": "Maria Stèlla", "address": "12 rue de l’Évêché"}
        import_tenants(tenant_file(whole))
        names = {"birth_name": "L\ufffdCA", "first_names": "Maria St\ufffd\ufffdlla"}
        left = names | {"address": "12 rue de l’\ufffdvêché"}

        report = import_tenants(tenant_file(whole | left | {"phone": "04 65 71 99 99"}))

        tenant = Tenant.get()
        assert (tenant.birth_name, tenant.first_names, tenant.phone) == ("LÉCA", "Maria Stèlla", "04 65 71 99 99")
        assert Dwelling.get().address == "12 rue de l’Évêché"
        assert as_read(report.to_watch[0]) == (
            "1 ligne a des accents abîmés : « Maria St\ufffd\ufffdlla » (ligne 2). Une lettre reconnue est remise, un "
            "texte sans sa lettre reste comme il est déjà enregistré. Corrigez-les dans l'ERP."
        )
        # Each night that it is not mended.
        assert import_tenants(tenant_file(whole | left)).to_watch == report.to_watch

    def test_but_not_as_the_name_of_somebody_else_who_had_the_number(self, tenant_file):
        import_tenants(tenant_file(MARIA))
        names = {"last_name": "LEF\ufffdVRE", "first_names": "Ren\ufffd", "birth_name": ""}
        other = MARIA | names | {"reference": "0900-01"}

        (doubt,) = look_at_tenants(tenant_file(other)).doubts

        assert doubt == "Numéros de locataire qui passent d'une personne à une autre\u00a0: 1."

    def test_one_who_is_new_comes_in_all_the_same(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL | {"last_name": "LEF\ufffdVRE"}))
        assert Tenant.by_number("67890").last_name == "LEF\ufffdVRE"

    @pytest.mark.parametrize("spoilt", [misread("Lefèvre", "cp1252"), "Lef\ufffdvre"])
    def test_a_file_that_has_many_is_spoilt_itself_and_refused(self, tenant_file, refusals, spoilt):
        """Most likely opened in a spreadsheet that took it for another's letters, and saved."""
        lines = [MARIA | {"number": f"{n}", "reference": f"{n}", "email": ""} for n in range(1, 200)]
        import_tenants(tenant_file(*(line | {"last_name": spoilt} for line in lines[:3]), *lines[3:]))

        (refusal,) = refusals(*(line | {"last_name": spoilt} for line in lines[:4]), *lines[4:])

        assert refusal == (
            "4 lignes ont des accents abîmés : "
            f"« {spoilt} » (ligne 2), « {spoilt} » (ligne 3), « {spoilt} » (ligne 4), "
            f"« {spoilt} » (ligne 5). Importez le fichier que l'ERP exporte, sans l'ouvrir dans un tableur ; s'il les "
            "abîme déjà, corrigez-les dans l'ERP."
        )

    @pytest.mark.parametrize(
        ("field", "title"),
        [("number", "numéro locataire"), ("reference", "référence logement"), ("phone", "téléphone")],
    )
    def test_a_number_that_lost_a_sign_could_be_another_s(self, refusals, field, title):
        (refusal,) = refusals(MARIA | {field: "00\ufffd12"})
        assert refusal == f"ligne 2 : « {title} » a perdu un caractère : « 00\ufffd12 » (corrigez-le dans l'ERP)"

    def test_nor_is_an_address_sent_to_that_lost_one(self, refusals):
        (refusal,) = refusals(MARIA | {"email": "ren\ufffd@exemple.test"})
        assert "n'est pas une adresse valable" in refusal


@pytest.mark.parametrize("name", ["ÂGÉE", "JOÃO", "IRMÃ", "CONCEIÇÃO", "ÅSTRÖM", "l’âne", "Nguyễn Thị Ân", "Brüyère"])
def test_letters_that_names_have_are_no_accents_that_were_lost(tenant_file, name):
    import_tenants(tenant_file(MARIA | {"last_name": name}))

    assert Tenant.get().last_name == name


@pytest.mark.parametrize(
    ("break_", "said"), [("\n", "un retour à la ligne"), ("\r\n", "un retour à la ligne"), ("\t", "une tabulation")]
)
def test_a_cell_on_two_lines_is_told_in_words(refusals, break_, said):
    """Two names, one under the other, as Alt and Enter make them in a spreadsheet."""
    assert refusals(MARIA | {"last_name": f"PAOLI{break_}ROSSI"}) == [
        f"ligne 2 : « nom » contient {said} : « PAOLI ROSSI » (écrivez tout sur une ligne, sans tabulation)"
    ]


@pytest.mark.parametrize("field", ["number", "last_name", "first_names", "reference", "address", "email"])
@pytest.mark.parametrize(
    ("sign", "remedy"), [("=", cells.PASTE_VALUES), ("+", "retirez ce signe"), ("@", "retirez ce signe")]
)
def test_formulas_are_refused_with_what_to_do(refusals, field, sign, remedy):
    (refusal,) = refusals(MARIA | {field: f'{sign}HYPERLINK("https://exemple.test")'})

    assert refusal.endswith(f" commence par « {sign} », comme une formule de tableur ({remedy})")


def test_a_text_that_an_erp_shields_from_spreadsheets_is_that_text(tenant_file, refusals):
    """« ="0012345" »: so that Excel leaves the zeros."""
    import_tenants(tenant_file(MARIA | {"number": '="0012345"', "phone": '="+33465711234"', "postal_code": '="06000"'}))

    assert (Tenant.get().number, Tenant.get().phone, Dwelling.get().postal_code) == ("0012345", "+33465711234", "06000")
    assert refusals(MARIA | {"last_name": '="=1"'})
    assert refusals(MARIA | {"number": '=""'}) == ["ligne 2 : « numéro locataire » est vide"]


def test_a_telephone_may_begin_with_plus(tenant_file, refusals):
    import_tenants(tenant_file(MARIA | {"phone": "+33 4 65 71 12 34"}))

    assert Tenant.get().phone == "+33 4 65 71 12 34"
    assert "formule" in refusals(MARIA | {"phone": "=33"})[0]


def test_a_telephone_that_a_spreadsheet_took_for_a_number_is_refused(refusals):
    assert refusals(MARIA | {"phone": "3,3495E+10"}) == [
        "ligne 2 : « téléphone » a été abîmé par un tableur : « 3,3495E+10 » (mettez la colonne au format texte)"
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [("6000", "06000"), (" 6000 ", "06000"), ("20090", "20090"), ("", ""), ("600", "600"), ("L-12", "L-12")],
)
def test_a_postal_code_has_the_zero_that_a_spreadsheet_took_from_it(tenant_file, written, read):
    import_tenants(tenant_file(MARIA | {"postal_code": read}))
    report = import_tenants(tenant_file(MARIA | {"postal_code": written}))

    assert Dwelling.get().postal_code == read
    assert counts(report.counts["Logements"]) == (0, 0, 1)


def test_very_long_cells_are_refused(tenant_file, refusals):
    import_tenants(tenant_file(MARIA | {"address": "a" * 500}))

    assert refusals(MARIA | {"address": "a" * 501}) == ["ligne 2 : « adresse » compte 501 caractères, pour 500 au plus"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1,23E+11", "a été abîmé par un tableur"),
        ("12345.0", "a été abîmé par un tableur"),
        ("9E+05", "a été abîmé par un tableur"),
        ("1,5E-05", "a été abîmé par un tableur"),
        ("12/04/2026", "a été changé par un tableur"),
        ("12-avr", "a été changé par un tableur"),
        ("1-févr.-26", "a été changé par un tableur"),
        ("avr-26", "a été changé par un tableur"),
        ("août-2026", "a été changé par un tableur"),
        ("4-Apr", "a été changé par un tableur"),
        ("000", "ne désigne rien"),
        ("--", "ne désigne rien"),
        ("", "est vide"),
    ],
)
@pytest.mark.parametrize(("field", "title"), [("number", "numéro locataire"), ("reference", "référence logement")])
def test_numbers_that_name_nothing_are_refused(refusals, field, title, number, reason):
    (refusal,) = refusals(MARIA | {field: number})

    assert refusal.startswith(f"ligne 2 : « {title} » {reason}")


@pytest.mark.parametrize(
    "number",
    ["0012345", "0123-04-056", "L 0012-345", "G-7", "A1", "１２３", "0-0-1", "9E05", "12/04/0056", "12/14/2026",
     "12/04/26", "1999-01-02", "MARS-12", "12-AVR", "12-A"],
)  # fmt: skip
def test_keys_are_those_of_the_models(number):
    assert cells.key(number) == number_key(number)


@pytest.mark.parametrize("today", [date(1990, 1, 1), date(2030, 1, 1)])
def test_what_is_written_does_not_depend_on_the_day(tenant_file, monkeypatch, today):
    # Leases that ended long ago are kept as the ERP has them.
    monkeypatch.setattr(clock, "today", lambda: today)

    import_tenants(tenant_file(MARIA | {"starts_on": "", "ends_on": "31/12/1999"}))

    assert Lease.get().ends_on == date(1999, 12, 31)
