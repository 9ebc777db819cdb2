"""The CSV files of ERPs and spreadsheets: any encoding, any delimiter, headers as people write them."""

import codecs

import pytest

from ophportal.imports.files import columns, opened
from ophportal.imports.files.columns import Column
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.tenants.columns import COLUMNS
from ophportal.models import keys
from tests.spaces import as_read

PEOPLE = (
    Column("number", "numéro", ("n°", "no"), required=True),
    Column("name", "nom", required=True),
    Column("city", "ville"),
)


@pytest.fixture
def read(tmp_path):
    """What a file of these contents gives: its lines, and the reasons of those that are refused."""

    def read(contents, columns=PEOPLE):
        path = tmp_path / "fichier.csv"
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        refusals = Refusals()
        with opened(path, columns) as file:
            return list(file.lines(refusals)), [str(error) for error in refusals.kept]

    return read


@pytest.fixture
def notices(tmp_path):
    """What is to be looked at in a file of these contents."""

    def notices(contents):
        path = tmp_path / "fichier.csv"
        path.write_bytes(contents.encode())
        refusals = Refusals()
        with opened(path, PEOPLE) as file:
            assert list(file.lines(refusals))
        return [as_read(notice) for notice in refusals.notices]

    return notices


@pytest.fixture
def refusal(read):
    """The one sentence with which a file of these contents is refused as a whole."""

    def refusal(contents, columns=PEOPLE):
        with pytest.raises(ImportRefused) as refused:
            read(contents, columns)
        (error,) = refused.value.errors
        return str(error)

    return refusal


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_delimiter_is_read_in_every_encoding(read, delimiter, encoding):
    text = "N°;Nom;Ville\r\n1;Colonna d’Istria;Bastia\r\n2;Œuvrard;Évisa\r\n".replace(";", delimiter)

    lines, errors = read(text.encode(encoding))

    assert lines == [(2, ("1", "Colonna d’Istria", "Bastia")), (3, ("2", "Œuvrard", "Évisa"))]
    assert errors == []


def test_windows_1252_keeps_its_curly_apostrophe_and_its_oe(read):
    lines, _ = read(b"n\xb0;nom\n1;Colonna d\x92Istria\n2;\x8cuvrard-C\x9cur\n")

    assert [cells[1] for _, cells in lines] == ["Colonna d’Istria", "Œuvrard-Cœur"]


def test_accents_after_a_million_plain_letters_still_decide_the_encoding(read):
    filler = "1;Martin\n" * 150_000

    assert read(("n°;nom\n" + filler + "2;Léca\n").encode("cp1252").replace(b"\xb0", b""))[0][-1][1][1] == "Léca"
    assert read("numero;nom\n" + filler + "2;Léca\n")[0][-1] == (150_002, ("2", "Léca", ""))


@pytest.mark.parametrize(
    "header", ["Ville;NOM;Numéro", "ville ; nom ; numero", '"VILLE";"Nom";"N°"', "Ville;Nom;N °", "VILLE;Nom;NUMÉRO"]
)
def test_headers_come_in_any_order_case_and_accent(read, header):
    assert read(f"{header}\nBastia;Martin;1\n")[0] == [(2, ("1", "Martin", "Bastia"))]


def test_extra_columns_are_ignored_whatever_they_hold(read):
    text = 'Solde;N°;Commentaire;Nom;\n"1 200,50 €";1;"deux\nlignes; et « plus »";Martin;\n=1+1;2;;Rossi\n'

    assert read(text) == ([(2, ("1", "Martin", "")), (4, ("2", "Rossi", ""))], [])


def test_line_numbers_are_those_of_the_text_editor(read):
    text = '\n\nn°;nom;ville\n\n1;"Martin\nLéca";Bastia\n;;\n  ; ;\n2;Rossi;Calvi\n'

    assert [line for line, _ in read(text)[0]] == [5, 9]


def test_old_macintosh_line_ends_are_read(read):
    assert read("n°;nom\r1;Martin\r2;Rossi\r")[0] == [(2, ("1", "Martin", "")), (3, ("2", "Rossi", ""))]


@pytest.mark.parametrize(
    "above", ["Liste des locataires", "Liste des locataires;;", "Liste des locataires; éditée;le 24/11", ";;"]
)
def test_a_title_may_stand_above_the_header(read, above):
    lines, _ = read(f"{above}\n\nN°;Nom;Ville\n1;PAOLI;Bastia\n".encode())
    assert lines == [(4, ("1", "PAOLI", "Bastia"))]


def test_the_header_is_looked_for_in_the_first_twenty_lines(read, refusal):
    below = "N°;Nom;Ville\n1;PAOLI;Bastia\n"
    assert read("Liste des locataires\n" * 19 + below)[0] == [(21, ("1", "PAOLI", "Bastia"))]
    assert "ne sont séparées" in refusal("Liste des locataires\n" * 20 + below)


def test_a_header_that_comes_again_on_each_page_is_no_line(read):
    lines, reasons = read("Liste\nN°;Nom;Ville\n1;PAOLI;Bastia\n\nListe;;\nN°;Nom;Ville\n2;Nom;Ville\n")
    assert lines == [(3, ("1", "PAOLI", "Bastia")), (5, ("Liste", "", "")), (7, ("2", "Nom", "Ville"))]
    assert reasons == []


def test_cells_dropped_at_the_end_of_a_line_are_empty(read):
    assert read("n°;nom;ville\n1;Martin\n2;Rossi;Calvi;;\n") == (
        [(2, ("1", "Martin", "")), (3, ("2", "Rossi", "Calvi"))],
        [],
    )
    # Nor is a space behind the last column any cell of a column that the file has not.
    assert read("n°;nom\n1;Martin; \n")[0] == [(2, ("1", "Martin", ""))]


@pytest.mark.parametrize("last", ["2;Rossi;Cal", '2;Rossi;"Calvi"', "2;Rossi;"])
def test_a_file_that_may_be_cut_inside_its_last_cell_is_pointed_out_with_its_last_line(notices, last):
    assert notices(f"n°;nom;ville\r\n1;Martin;Bastia\r\n{last}") == [
        "Le fichier est peut-être coupé : sa dernière ligne ne finit pas comme les autres. "
        f"Regardez dans l'ERP si elle est entière : « {last.replace(';', '; ').strip()} »"
    ]
    assert notices(f"n°;nom;ville\r\n1;Martin;Bastia\r\n{last}\r\n") == []


def test_of_a_long_last_line_the_end_is_told(notices):
    (notice,) = notices("n°;nom;ville\n2;" + "Rossi " * 100 + ";Cal\tvi")
    assert notice.endswith("Rossi Rossi ; Cal vi »")
    assert "« …" in notice
    assert len(notice) < 300


@pytest.mark.parametrize("last", ["2;Rossi", "2;Ros", "2", '2;"Rossi"'])
def test_a_file_cut_inside_its_last_line_is_refused(read, last):
    lines, errors = read(f"n°;nom;ville\r\n1;Martin;Bastia\r\n{last}")

    assert lines == [(2, ("1", "Martin", "Bastia"))]
    assert errors[0].startswith("ligne 3\u00a0: la ligne a moins de cellules que l'en-tête, et le fichier ne finit pas")
    assert "est peut-être coupé" in errors[0]


@pytest.mark.parametrize("last", ["2;Rossi;Calvi", "2;Rossi;", "2;Rossi\r\n", "2;Rossi\n", "2;Rossi\r", "  ", ";"])
def test_a_file_whose_last_line_is_whole_or_ended_is_not_cut(read, last):
    lines, errors = read(f"n°;nom;ville\n1;Martin\n{last}")

    assert lines[0] == (2, ("1", "Martin", ""))
    assert errors == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("lines", [1, 30])
def test_the_end_mark_of_dos_is_no_line(read, notices, lines, end):
    contents = f"n°;nom;ville{end}" + f"1;Martin{end}" * lines
    assert read(f"{contents}\x1a") == read(f"{contents}\x1a\x1a") == read(contents)
    assert notices(f"{contents}\x1a") == []


def test_a_line_that_the_mark_cuts_is_cut(read, notices):
    assert read("n°;nom;ville\r\n1;Mar\x1a")[1][0].startswith("ligne 2\u00a0: la ligne a moins de cellules")
    assert len(notices("n°;nom;ville\r\n1;Martin;Bas\x1a")) == 1


def test_a_file_of_the_mark_alone_is_empty(refusal):
    assert refusal("\x1a") == refusal("\r\n\x1a") == "le fichier est vide"


def test_a_line_longer_than_the_header_is_refused(read):
    lines, errors = read("n°;nom;ville\n1;Martin;Bastia;20200\n2;Rossi;Calvi\n")

    assert errors == ["ligne 2\u00a0: la ligne a 4 cellules, et l'en-tête 3 colonnes"]
    assert len(lines) == 1


@pytest.mark.parametrize("line", ['1;"Martin" fils;Bastia', '1;Martin;"Bastia', '1;"Martin;Bastia'])
def test_misplaced_quotes_are_refused_with_the_line_where_they_begin(read, line):
    _, errors = read(f"n°;nom;ville\n9;Rossi;Calvi\n{line}\n2;Léca;Corte\n")

    assert errors == ["ligne 3\u00a0: les guillemets sont mal placés, ou ne sont pas refermés"]


def test_misplaced_quotes_in_the_header_are_refused_with_its_line_below_the_title(refusal):
    said = refusal('Liste des locataires\nn°;"nom" de famille;ville\n1;Martin;Bastia\n')
    assert said == "ligne 2\u00a0: les guillemets sont mal placés, ou ne sont pas refermés"


def test_a_quote_that_swallows_the_file_is_refused(read):
    _, errors = read('n°;nom\n1;"Martin\n' + "2;Rossi\n" * 20_000)

    assert errors[0].startswith("ligne 2\u00a0: une cellule dépasse 131072 caractères")


def test_an_empty_file_is_refused(refusal):
    assert refusal("") == refusal("\n \n") == refusal(codecs.BOM_UTF8) == "le fichier est vide"


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="est introuvable"), opened(tmp_path / "absent.csv", PEOPLE):
        pass


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("n°;nom\n1;Martin\n".encode("utf-16"), "c'est du texte en UTF-16"),
        (b"n;nom\n1;Mar\0tin\n", "ce n'est ni un CSV, ni un classeur .xlsx entier"),
        (b"\x03\x04\x14\0\x06\0[Content_Types].xml", "ce n'est ni un CSV, ni un classeur .xlsx entier"),
        (b"%PDF-1.7\n%\0", "c'est un PDF"),
        (b"\x89PNG\r\n\x1a\n\0", "c'est une image"),
        (b"<html><body><table><tr><td>n</td></tr></table>", "c'est une page HTML ou XML, sous le nom d'un classeur"),
        (codecs.BOM_UTF8 + b'\r\n<?xml version="1.0"?>\n<Workbook/>', "c'est une page HTML ou XML, sous le nom"),
    ],
)
def test_what_is_no_text_is_told_for_what_it_is(refusal, contents, said):
    assert refusal(contents).startswith(said)
    assert "CSV" in refusal(contents)


def test_a_file_without_lines_is_refused(refusal):
    assert "une de ses lignes dépasse un million" in refusal("x" * 3_000_000)


@pytest.mark.parametrize("encoding", ["cp437", "cp850", "cp858"])
def test_a_file_of_dos_is_refused_before_it_spoils_a_name(refusal, encoding):
    told = refusal("n°;nom\n1;Helène\n2;Hélène du Châtaignier\n".replace("°", "").encode(encoding))
    said = (
        "ligne 2 : les accents sont ceux de DOS ou d'un ancien Mac ; demandez à l'ERP un export en UTF-8, ou ouvrez le "
        "fichier avec LibreOffice, qui demande le jeu de caractères, et enregistrez-le en UTF-8"
    )
    assert as_read(told) == said


@pytest.mark.parametrize("name", ["René", "Michèle", "ANDRé", "Zoé"])
def test_one_accent_that_dos_wrote_is_enough(refusal, name):
    told = refusal(f"numero;nom\n1;{name}\n".encode("cp850"))
    assert as_read(told).startswith("ligne 2 : les accents sont ceux de DOS ou d'un ancien Mac ; ")


@pytest.mark.parametrize("name", ["René", "Duméry", "Voilà", "Noël", "Benoît", "DUMÉRY"])
def test_one_that_an_old_mac_wrote_is_refused_too(refusal, name):
    told = refusal(f"numero;nom\n1;{name}\n2;Amélie\n".encode("mac_roman"))
    assert "les accents sont ceux de DOS ou d'un ancien Mac ; " in as_read(told)


def test_letters_and_signs_of_windows_1252_are_not_taken_for_those(read):
    people = ["ŠIMUNEK", "Žofie", "KOŽUŠNÍK", "Vogt „le grand“", "Ana…", "L’Œuvre", "10 €", "Zoé"]
    lines = "".join(f"{number};{name}\n" for number, name in enumerate(people))
    assert [name for _, (_, name, _) in read(f"numero;nom\n{lines}".encode("cp1252"))[0]] == people


def test_a_damaged_utf_8_file_is_not_taken_for_windows_1252(refusal):
    mixture = "le fichier mélange l'UTF-8 et autre chose"

    assert refusal("n°;nom\n".encode() + "1;Léca\n".encode("cp1252")).startswith(f"ligne 2\u00a0: {mixture}")
    assert refusal("n°;nom\n1;Léca\n2;Zo".encode() + b"\xc3").startswith(f"ligne 3\u00a0: {mixture}")
    assert refusal(codecs.BOM_UTF8 + b"n;nom\n1;L\xe9ca\n").startswith(f"ligne 2\u00a0: {mixture}")
    assert refusal(codecs.BOM_UTF8 + b"n;pr\xe9nom\n1;Paul\n").startswith(f"ligne 1\u00a0: {mixture}")
    said = "ligne 2\u00a0: un caractère n'est ni de l'UTF-8 ni du Windows-1252\u00a0; demandez à l'ERP"
    assert refusal(b"n\xb0;nom\n1;\x81\n").startswith(said)


def test_of_several_damaged_lines_the_first_is_named(refusal):
    said = refusal("n°;nom\n1;Zoé\n".encode() + b"2;Andr\xe9\n3;Ren\xe9\n")
    assert said.startswith("ligne 3\u00a0: le fichier mélange l'UTF-8 et autre chose")


def test_below_a_title_the_line_with_the_most_columns_tells_those_found(refusal):
    found = "colonnes trouvées\u00a0: «\u00a0Code\u00a0», «\u00a0Bien\u00a0», «\u00a0Rue\u00a0»\u00a0;"
    assert found in refusal("Édité le 24/11, à 9 h\nCode|Bien|Rue\n1|2|Quai\n")


def test_missing_columns_are_named_with_those_found(refusal):
    assert refusal("Code;Ville\n1;Bastia\n") == (
        "il manque les colonnes «\u00a0numéro\u00a0», «\u00a0nom\u00a0»\u00a0; "
        "colonnes trouvées\u00a0: «\u00a0Code\u00a0», «\u00a0Ville\u00a0»\u00a0; "
        "si elles y sont sous d'autres titres, écrivez «\u00a0numéro\u00a0», «\u00a0nom\u00a0» à leur place"
    )


@pytest.mark.parametrize("header", ["N°;Numéro;Nom", "Numéro;N°;Nom"])
def test_of_two_columns_for_one_field_the_one_of_its_title_is_read(read, header):
    places = [header.split(";").index(title) for title in ("Numéro", "Nom")]
    assert read(f"{header}\na;b;c\n")[0] == [(2, (*("abc"[place] for place in places), ""))]


@pytest.mark.parametrize("doubles", ["N°;No", "Numéro;Numero"])
def test_two_columns_for_one_field_of_which_none_is_better_are_refused_with_what_to_do(refusal, doubles):
    first, second = doubles.split(";")
    assert as_read(refusal(f"{first};Nom;{second}\n1;Martin;2\n")) == (
        f"plusieurs colonnes pour « numéro » : « {first} », « {second} » ; retirez du fichier celle qui ne sert pas"
    )


def test_another_delimiter_is_refused_in_words(refusal):
    assert as_read(refusal("n°^nom^ville\n1^Martin^Bastia\n")) == (
        "les colonnes ne sont séparées ni par « ; », ni par « , », ni par « | », ni par une tabulation ; première "
        "ligne : « n°^nom^ville » ; demandez à l'ERP l'un d'eux, ou un classeur .xlsx"
    )


@pytest.mark.parametrize("above", ["", "Export du 3 novembre" + ";" * 2000 + "\n"])
def test_a_file_of_thousands_of_columns_is_refused(refusal, above):
    """It costs whoever waits behind it minutes, and nobody's export has so many."""
    header = "numéro;nom;" + ";".join(f"colonne {number}" for number in range(1500))
    assert "le fichier a 1502 colonnes, pour 1000 au plus" in refusal(f"{above}{header}\n1;Dupont\n")


def test_a_thousand_columns_are_read_whatever_empty_ones_stand_behind_them(read):
    header = "numéro;nom;" + ";".join(f"colonne {number}" for number in range(998)) + ";" * 500
    assert read(f"{header}\n1;Dupont\n")[0] == [(2, ("1", "Dupont", ""))]


def test_each_header_is_folded_once_however_many_columns_are_known(read, monkeypatch):
    folded = []
    monkeypatch.setattr(columns, "name_key", lambda text: folded.append(text) or keys.name_key(text))
    read("numéro;nom;" + ";".join(f"colonne {number}" for number in range(900)) + "\n1;Dupont\n")
    assert folded.count("colonne 7") <= 3


def test_commas_inside_a_header_do_not_decide_the_delimiter(read):
    assert read("N°;Nom;Rue, étage, porte, boîte\n1;Martin;x\n")[0] == [(2, ("1", "Martin", ""))]


def test_no_header_means_two_columns():
    keys = [key for column in COLUMNS for key in column.keys]

    assert len(keys) == len(set(keys))
