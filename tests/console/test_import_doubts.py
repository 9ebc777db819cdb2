"""What a file would do that somebody has to be sure of, before it is written."""

from datetime import timedelta

from ophportal import clock
from ophportal.models import Job, JobState, Lease, LedgerEntry, Tenant
from tests.conftest import landing, press
from tests.page import Page
from tests.tenant_lines import MARIA, PAUL
from tests.uploads import ROMARIN, confirm_twice, send, sent


def test_a_full_file_that_leaves_many_out_wants_a_second_yes(manager_console, worker, make_tenant):
    for number in range(2, 6):
        make_tenant("ROSSI", number=f"{number}", reference=f"{number}", email=f"r{number}@exemple.test")
    address = sent(manager_console, MARIA, full="y")
    worker()
    page = Page(manager_console.get(address))
    assert "4 baux en cours se terminent" in page.text
    assert "ROSSI Maria Stella, n° 2" in page.text
    confirm_twice(manager_console, address)
    worker()
    assert Lease.select().where(Lease.is_current()).count() == 1
    assert "4 baux en cours sont terminés" in Page(manager_console.get(address)).text


def test_a_file_that_moves_many_accounts_wants_a_second_yes(manager_console, worker, make_account):
    account = make_account(number=MARIA["number"], reference=MARIA["reference"])
    Lease.update(ends_on=clock.today() - timedelta(days=1)).execute()
    address = sent(manager_console, MARIA | {"email": "stella@exemple.test"})
    worker()
    page = Page(manager_console.get(address))
    assert "À regarder de près" in page.text
    assert "1 compte change d'adresse e-mail" in page.text
    assert "1 bail terminé reprend" in page.text
    confirm_twice(manager_console, address)
    worker()
    assert Tenant.get_by_id(account.tenant_id).email == "stella@exemple.test"
    assert "À regarder" not in Page(manager_console.get(address)).text


def test_of_what_is_not_written_nothing_is_told_to_change(manager_console, worker, make_account):
    """A refused file ends no lease, and there is nothing to abandon; once it is abandoned, neither."""
    make_account(number=MARIA["number"], reference=MARIA["reference"])
    make_account(number="77", reference="77")
    sound, moved = PAUL | {"number": "3"}, MARIA | {"email": "stella@exemple.test"}
    told = "1 bail en cours se termine"

    refused = sent(manager_console, moved, sound | {"email": "paul"}, full="y")
    looked_at = sent(manager_console, moved, sound, full="y")
    worker()
    text = Page(manager_console.get(looked_at)).text
    assert told in text
    assert "abandonnez, et exportez-le de nouveau" in text
    press(manager_console, looked_at, f"{looked_at}/abandonner")

    for address in (refused, looked_at):
        page = Page(manager_console.get(address))
        assert "2 lignes lues" in page.text
        assert not page.soup.select("table.counts")
        assert told not in page.text
        assert "À regarder de près" not in page.text


def test_no_more_leases_end_than_were_agreed_to(manager_console, worker, make_tenant):
    for number in range(2, 9):
        make_tenant("ROSSI", number=f"{number}", reference=f"{number}", email=f"r{number}@exemple.test")
    rossi = [
        MARIA | {"last_name": "ROSSI", "number": f"{number}", "reference": f"{number}", "email": ""}
        for number in range(3, 9)
    ]
    address = sent(manager_console, *rossi, full="y")
    worker()
    assert "1 bail en cours se termine" in Page(manager_console.get(address)).text
    make_tenant("LÉCA", number="77", reference="77", email="leca@exemple.test")

    press(manager_console, address, f"{address}/confirmer")
    worker()
    page = Page(manager_console.get(address))
    assert "baux qui se termineraient : 2, et non 1 comme quand le fichier a été regardé" in page.text
    assert Lease.select().where(Lease.is_current()).count() == 8
    assert Job.get().state == JobState.REFUSED


def test_a_number_that_changes_hands_is_pointed_out_and_wants_a_second_yes(manager_console, worker, make_tenant):
    make_tenant(number=MARIA["number"], reference=MARIA["reference"])
    address = sent(manager_console, ROMARIN)
    worker()
    text = Page(manager_console.get(address)).text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis, pour un autre bail" in text
    assert "Numéros de locataire qui passent d'une personne à une autre : 1." in text
    confirm_twice(manager_console, address)
    worker()
    assert Tenant.by_number(MARIA["number"]).last_name == "ROMARIN"
    assert "passe de" not in Page(manager_console.get(address)).text


def test_nobody_is_sure_of_what_the_page_did_not_tell(manager_console, worker, make_tenant):
    address = sent(manager_console, ROMARIN)
    worker()
    make_tenant(number=MARIA["number"], reference=MARIA["reference"])
    press(manager_console, address, f"{address}/confirmer", sure="y")
    worker()
    text = Page(manager_console.get(address)).text
    assert "Le fichier est refusé" in text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis" in text
    assert "le portail a changé depuis que le fichier a été regardé" in text
    assert Tenant.by_number(MARIA["number"]).last_name == "D'ANGELO-PAOLI"


def test_nor_of_more_than_it_told(manager_console, worker, make_account, make_tenant):
    """It told of an address that changes; meanwhile, a number has come to be somebody else's."""
    account = make_account(number=MARIA["number"], reference=MARIA["reference"])
    address = sent(manager_console, MARIA | {"email": "stella@exemple.test"}, PAUL)
    worker()
    assert "Comptes qui changent d'adresse e-mail : 1 sur 1." in Page(manager_console.get(address)).text
    make_tenant("ROMARIN", "Anis", number=PAUL["number"], reference="9", email="anis@exemple.test")
    press(manager_console, address, f"{address}/confirmer", sure="y")
    worker()
    text = Page(manager_console.get(address)).text
    assert "passe de ROMARIN Anis à ROSSI Paul" in text
    assert "le portail a changé depuis que le fichier a été regardé" in text
    assert Tenant.get_by_id(account.tenant_id).email == "maria@exemple.test"


def test_but_what_it_told_may_have_other_figures_by_now(manager_console, worker, make_account):
    account = make_account(number=MARIA["number"], reference=MARIA["reference"])
    address = sent(manager_console, MARIA | {"email": "stella@exemple.test"})
    worker()
    make_account("LÉCA", number="77", reference="77", email="leca@exemple.test")
    press(manager_console, address, f"{address}/confirmer", sure="y")
    worker()
    assert Tenant.get_by_id(account.tenant_id).email == "stella@exemple.test"


def test_a_ledger_tells_its_sums_and_crossed_columns_want_a_second_yes(manager_console, worker, make_account):
    make_account()
    lines = "12345;0123-04-056;01/11/2026;Loyer;;412,35\n12345;0123-04-056;05/11/2026;Virement;400;\n"
    content = f"N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n{lines}".encode()
    address = landing(send(manager_console, content, kind="import_ledger"))
    worker()
    text = Page(manager_console.get(address)).text
    assert "Débits : 400,00 €. Crédits : 412,35 €. Écritures du 1er novembre 2026 au 5 novembre 2026." in text
    assert "Le solde d'un bail change." in text
    assert "Les colonnes « débit » et « crédit » sont peut-être croisées, ou leurs signes inversés." in text
    confirm_twice(manager_console, address)
    worker()
    assert LedgerEntry.select().count() == 2
