"""Buildings' contacts: one file says whom to call for which dwellings, and takes the place of the file before."""

import io

import pytest
from openpyxl import Workbook

from ophportal import jobs
from ophportal.demo import contacts as demo_contacts
from ophportal.demo import households
from ophportal.imports import contacts
from ophportal.imports.contacts import import_contacts, look_at_contacts
from ophportal.imports.files.cells import PASTE_VALUES
from ophportal.imports.refusals import ImportRefused
from ophportal.models import BuildingContact, Dwelling, Event, Job, JournalEntry
from ophportal.models.keys import reference_start
from ophportal.testing import TOKEN, add_lease
from tests.conftest import landing, press
from tests.office import write_tenant_file
from tests.page import Page
from tests.spaces import as_read
from tests.tables import write_table
from tests.uploads import send

HEADERS = ("Référence (début)", "Rôle", "Nom", "Téléphone", "E-mail", "Horaires")
KEEPER = ("0123", "Gardien", "Loriot TISON", "06 39 98 02 01", "", "Le matin")
NIGHT = ("", "Astreinte", "", "04 65 71 00 09", "", "")


@pytest.fixture
def contact_file(make_tenant, tmp_path):
    """A function that writes a file of these contacts; Maria's dwelling, 0123-04-056, is on file."""
    make_tenant()

    def write(*lines, headers=HEADERS):
        return write_table(tmp_path / "contacts.csv", headers, lines)

    return write


@pytest.fixture
def reasons(contact_file):
    """The reasons for which a file of these lines is refused."""

    def reasons(*lines):
        with pytest.raises(ImportRefused) as refused:
            import_contacts(contact_file(*lines))
        assert BuildingContact.select().count() == 0
        return [as_read(str(error)) for error in refused.value.errors]

    return reasons


def named(reference="0123-04-056"):
    dwelling = Dwelling.get(Dwelling.reference == reference)
    return [(contact.role, contact.name or contact.phone) for contact in BuildingContact.of(dwelling)]


def counted(report):
    it = report.counts["Contacts"]
    return it.created, it.updated, it.unchanged, it.removed


def test_a_dwelling_gets_the_contacts_of_all_that_its_reference_begins_with_the_nearest_first(contact_file):
    import_contacts(
        contact_file(
            NIGHT,
            ("0123", "Chargé de secteur", "Milan SILEX", "1", "", ""),
            ("0123-04", "Gardien", "Geai CORNICHE", "2", "", ""),
            ("0123-0", "Ascenseur", "Société Poulie", "3", "", ""),
        )
    )
    assert named() == [
        ("Gardien", "Geai CORNICHE"),
        ("Ascenseur", "Société Poulie"),
        ("Chargé de secteur", "Milan SILEX"),
        ("Astreinte", "04 65 71 00 09"),
    ]


def test_of_one_role_the_nearest_wins_however_it_is_written(contact_file):
    import_contacts(
        contact_file(
            ("", "Gardien", "Partout", "1", "", ""),
            ("0123", "GARDIEN", "Résidence", "2", "", ""),
            ("L0123 04", "gardien", "Bâtiment", "3", "", ""),
            ("0123-04", "Gardien ", "Bâtiment aussi", "4", "", ""),
        )
    )
    assert named() == [("gardien", "Bâtiment"), ("Gardien", "Bâtiment aussi")]


def test_of_one_start_they_come_in_the_order_of_the_file_however_they_are_stored(make_tenant):
    make_tenant()
    for place, role in ((2, "Troisième"), (0, "Premier"), (1, "Deuxième")):
        BuildingContact.create(start="0123", role=role, phone=str(place), place=place)
    assert [role for role, _ in named()] == ["Premier", "Deuxième", "Troisième"]


def test_a_residence_is_not_taken_for_another_whose_reference_is_alike_but_for_a_zero(contact_file, make_tenant):
    make_tenant("ROSSI", number="9", reference="1230-01-001", email="r@exemple.test")
    import_contacts(contact_file(KEEPER, ("1230", "Gardien", "Grive FALAISE", "1", "", "")))
    assert named("0123-04-056") == [("Gardien", "Loriot TISON")]
    assert named("1230-01-001") == [("Gardien", "Grive FALAISE")]


@pytest.mark.parametrize(
    ("text", "start"),
    [("0123-04", "012304"), ("L 0123", "0123"), ("l0123", "0123"), ("０123", "0123"), ("a-b 1", "AB1"), ("", "")],
)
def test_how_a_reference_begins(text, start):
    assert reference_start(text) == start


def test_the_file_takes_the_place_of_the_one_before_and_says_so(contact_file):
    assert counted(import_contacts(contact_file(KEEPER, NIGHT))) == (2, 0, 0, 0)
    assert counted(import_contacts(contact_file(KEEPER, NIGHT))) == (0, 0, 2, 0)
    moved = (*KEEPER[:3], "06 39 98 02 02", *KEEPER[4:])
    file = contact_file(moved, ("0123", "Agence", "Accueil", "", "accueil@exemple.test", ""))
    assert counted(look_at_contacts(file)) == (1, 1, 0, 1)
    assert BuildingContact.select().count() == 2
    assert counted(import_contacts(file)) == (1, 1, 0, 1)
    assert named() == [("Gardien", "Loriot TISON"), ("Agence", "Accueil")]


def test_a_long_file_is_written_some_lines_at_a_time_in_its_order(contact_file, statements, monkeypatch):
    """Nobody else writes meanwhile: one at a time, 20 000 of them took as long as a login is willing to wait."""
    monkeypatch.setattr(contacts, "WRITTEN_AT_ONCE", 2)
    lines = [("0123", f"Rôle {place}", "", "1", "", "") for place in range(5)]
    import_contacts(contact_file(*lines))
    assert [role for role, _ in named()] == [role for _, role, *_ in lines]
    assert [contact.place for contact in BuildingContact.select().order_by(BuildingContact.id)] == [*range(5)]
    assert sum(sql.startswith('INSERT INTO "building_contact"') for sql, _ in statements) == 3


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(reasons):
    said = reasons(
        KEEPER,
        ("9999", "Gardien", "X", "1", "", ""),
        ("0123", "", "X", "1", "", ""),
        ("0123", "Gardien", "X", "", "", ""),
        ("0123", "Gardien", "X", "", "pas une adresse", ""),
        ("---", "Gardien", "X", "1", "", ""),
        ("1,23E+11", "Gardien", "X", "1", "", ""),
        ("0123", "=1+1", "X", "1", "", ""),
        KEEPER,
    )
    assert said == [
        "ligne 3 : aucune référence logement ne commence ainsi : importez d'abord les locataires",
        "ligne 4 : « rôle » est vide",
        "ligne 5 : ni téléphone, ni e-mail : personne ne pourrait appeler",
        "ligne 6 : « e-mail » n'est pas une adresse valable : « pas une adresse »",
        "ligne 7 : « référence (début) » ne désigne rien : « --- »",
        "ligne 8 : « référence (début) » a été abîmé par un tableur : « 1,23E+11 » (mettez la colonne au format texte)",
        f"ligne 9 : « rôle » commence par « = », comme une formule de tableur ({PASTE_VALUES})",
        "ligne 10 : ce contact est déjà celui de la ligne 2",
    ]


def test_a_start_whose_zeros_a_spreadsheet_took_is_refused_and_not_lost(reasons):
    assert "aucune référence logement ne commence ainsi" in reasons(("123", "Gardien", "X", "1", "", ""))[0]


def test_a_refused_file_leaves_the_contacts_as_they_were(contact_file):
    import_contacts(contact_file(KEEPER))
    with pytest.raises(ImportRefused):
        import_contacts(contact_file(NIGHT, ("0123", "", "", "", "", "")))
    assert named() == [("Gardien", "Loriot TISON")]


@pytest.mark.parametrize(
    ("headers", "lines", "said"),
    [
        (HEADERS, [], "le fichier ne contient aucun contact"),
        (("Référence (début)", "Nom"), [("0123", "X")], "il manque la colonne « rôle »"),
        (("Rôle", "Téléphone"), [("Gardien", "1")], "il manque la colonne « référence (début) »"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(contact_file, headers, lines, said):
    with pytest.raises(ImportRefused) as refused:
        import_contacts(contact_file(*lines, headers=headers))
    assert said in as_read(str(refused.value))


def test_a_file_of_another_kind_does_not_fill_the_memory(contact_file, monkeypatch):
    monkeypatch.setattr(contacts, "MOST", 2)
    import_contacts(contact_file(KEEPER, NIGHT))
    with pytest.raises(ImportRefused, match="plus de 2 contacts"):
        import_contacts(contact_file(KEEPER, NIGHT, ("0123", "Agence", "", "1", "", "")))


def test_a_telephone_that_a_spreadsheet_took_for_a_number_is_refused(reasons):
    assert reasons((*KEEPER[:3], "3,3495E+10", *KEEPER[4:])) == [
        "ligne 2 : « téléphone » a été abîmé par un tableur : « 3,3495E+10 » (mettez la colonne au format texte)"
    ]


def test_a_workbook_will_do_and_its_telephones_may_begin_with_a_plus(contact_file, tmp_path):
    book = Workbook()
    book.active.append(HEADERS)
    book.active.append(("0123", "Gardien", "Loriot TISON", "+33 6 39 98 02 01", None, "Le matin\nLe soir"))
    book.save(tmp_path / "contacts.xlsx")
    import_contacts(tmp_path / "contacts.xlsx")
    contact = BuildingContact.get()
    assert (contact.phone, contact.hours) == ("+33 6 39 98 02 01", "Le matin Le soir")


def test_a_number_in_a_workbook_may_have_lost_the_zeros_of_its_start(contact_file, tmp_path):
    """« 0101 » is a residence, and « 101 » how another one's references begin."""
    book = Workbook()
    book.active.append(HEADERS)
    book.active.append((123, "Gardien", "Loriot TISON", "06 39 98 02 01"))
    book.active.append((None, "Astreinte", None, "04 65 71 00 09"))
    book.save(tmp_path / "contacts.xlsx")
    with pytest.raises(ImportRefused) as refused:
        import_contacts(tmp_path / "contacts.xlsx")
    assert as_read(str(refused.value)) == (
        "ligne 2 : « référence (début) » a peut-être perdu ses zéros : « 123 » (mettez la colonne au format texte)"
    )


def test_a_mobile_telephone_is_one(contact_file):
    import_contacts(contact_file(("", "Gardien", "06 39 98 02 01"), headers=("Référence", "Rôle", "Portable")))
    assert BuildingContact.get().phone == "06 39 98 02 01"


def test_a_responsable_sends_the_file_sees_what_goes_and_says_yes(manager_console, worker, contact_file):
    import_contacts(contact_file(NIGHT))
    token = TOKEN.search(manager_console.get("/agents/imports").text)[1]
    file = (io.BytesIO(contact_file(KEEPER).read_bytes()), "contacts.csv")
    data = {"csrf_token": token, "kind": "import_contacts", "file": file}
    address = landing(manager_console.post("/agents/imports", data=data, content_type="multipart/form-data"))
    worker()
    page = Page(manager_console.get(address))
    assert "Contacts Nouveaux : 1 Modifiés : 0 Inchangés : 0" in page.text
    assert "Contacts qui ne sont pas dans le fichier, et seraient retirés : 1." in page.text
    press(manager_console, address, f"{address}/confirmer")
    worker()
    assert "sont retirés : 1." in Page(manager_console.get(address)).text
    assert named() == [("Gardien", "Loriot TISON")]
    entry = JournalEntry.get(JournalEntry.event == Event.IMPORTED)
    assert entry.detail == f"Contacts des immeubles, import n°\u00a0{Job.get().id}"


def test_none_is_said_to_go_by_a_file_that_is_refused(manager_console, app, contact_file):
    import_contacts(contact_file(NIGHT))
    path = contact_file(KEEPER, ("9", "Gardien", "", "1", "", ""))
    address = landing(send(manager_console, path.read_bytes(), kind="import_contacts"))
    with app.app_context():
        assert jobs.do_due()
    text = Page(manager_console.get(address)).text
    assert "2 lignes lues, dont 1 refusée." in text
    assert "retirés" not in text


def test_the_command_imports_them_too(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    file = office.folder / "contacts.csv"
    file.write_text("Référence (début);Rôle;Téléphone\n0001;Gardien;1\n;Astreinte;2\n", encoding="utf-8")
    looked = office.run("import", "contacts", file, "--dry-run")
    assert "Essai : rien n'a été écrit." in looked.stdout
    assert "Colonnes absentes du fichier\u00a0: «\u00a0nom\u00a0», «\u00a0e-mail\u00a0»" in looked.stdout
    done = office.run("import", "contacts", file).stdout
    assert "Contacts : 2 en plus, 0 avec un changement, 0 sans changement" in done
    file.write_text("Référence (début);Rôle;Téléphone\n0001;Gardien;1\n", encoding="utf-8")
    said = office.run("import", "contacts", file).stdout
    assert "Contacts : 0 en plus, 0 avec un changement, 1 sans changement, 1 en moins" in said
    file.write_text("Référence (début);Rôle;Téléphone\n9;Gardien;1\n", encoding="utf-8")
    rejects = office.folder / "rejets.csv"
    refused = office.run("import", "contacts", file, "--rejects", rejects)
    assert refused.returncode == 1
    looked = office.run("import", "contacts", file, "--dry-run").stdout
    assert "L'import n'écrirait rien." in looked
    assert "Contacts :" not in looked
    assert "aucune référence logement ne commence ainsi" in refused.stderr
    assert "Gardien" in rejects.read_text(encoding="utf-8-sig")


def test_the_demo_has_somebody_to_call_for_each_of_its_dwellings(app, tmp_path):
    from ophportal.imports.tenants import import_tenants

    households.write_file(tmp_path / "locataires.csv")
    import_tenants(tmp_path / "locataires.csv")
    with app.app_context():
        demo_contacts.import_file(tmp_path / "contacts.csv")
        demo_contacts.import_file(tmp_path / "contacts.csv")
    assert BuildingContact.select().count() == len(demo_contacts.lines())
    for dwelling in Dwelling.select():
        roles = [contact.role for contact in BuildingContact.of(dwelling)]
        assert roles.count("Gardien") == 1
        assert {"Astreinte", "Agence"} < set(roles)
    assert named("0101-05-004")[0] == ("Gardien", "Huppe GRANIT")


def test_a_second_lease_elsewhere_has_its_own(contact_file):
    from ophportal.models import Tenant

    add_lease(Tenant.get(), "0777-01")
    import_contacts(contact_file(KEEPER, ("0777", "Gardien", "Geai CORNICHE", "1", "", "")))
    assert named("0777-01") == [("Gardien", "Geai CORNICHE")]
