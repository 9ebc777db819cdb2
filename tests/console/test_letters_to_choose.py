"""Courriers: whom the list offers to write to, and how it is filtered."""

from datetime import date, timedelta

import pytest
import time_machine

from ophportal.clock import now
from ophportal.models import Account, PaperCode, Tenant
from ophportal.office.selection import unreachable
from tests.console.letters import listed
from tests.page import Page


class TestSelection:
    @pytest.fixture(autouse=True)
    def people(self, household, make_account, app):
        """Two whom nobody reaches, and one of each kind who is not to be listed."""
        household(1)
        household(2)
        household(3, "AVEC-ADRESSE", email="a@exemple.test")
        household(4, "PARTI", ends_on=date(2020, 1, 1))
        make_account("DEDANS", number="5", reference="5", email="")
        Account.get_or_open(household(6, "BLOQUÉ")).block()

    def test_it_lists_who_has_no_address_no_account_and_a_lease(self, console):
        page = Page(console.get("/agents/courriers"))
        assert [line.split(" ")[2] for line in listed(page)] == ["ESSAI-1", "ESSAI-2"]
        assert "2 locataires sans adresse e-mail" in page.text
        assert len(page.soup.select(".picks input[checked]")) == 2

    @pytest.mark.parametrize(
        ("place", "count"),
        [
            ("", 2), ("lilas", 2), ("Rue des LILAS, ajaccio", 2), ("20090", 2), ("200", 2), ("R-00002", 1), ("r 0", 2),
            ("00001", 0), ("r00", 2), ("cyprès", 0), ("%", 2), ("<b>", 0),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("htmx", [False, True])
    def test_it_is_filtered_by_residence(self, console, place, count, htmx):
        console.htmx = htmx
        page = Page(console.submit("/agents/courriers", place=place, days="30"))
        assert len(listed(page)) == count
        assert page.is_whole is not htmx

    @pytest.mark.parametrize(
        ("start", "found"), [("0101", "0101-05-001"), ("1010", "1010-05-001"), ("L 01.01", "0101-05-001")]
    )
    def test_the_zeros_of_a_reference_tell_two_residences_apart(self, console, make_tenant, start, found):
        for n, reference in enumerate(("0101-05-001", "1010-05-001")):
            make_tenant(f"RÉSIDENCE-{reference}", number=f"9{n}", reference=reference, email="")
        (line,) = listed(Page(console.submit("/agents/courriers", place=start, days="30")))
        assert found in line

    def test_accents_do_not_count_in_a_place(self, console, household):
        dwelling = household(7).leases.get().dwelling
        dwelling.address = "3 allée des Érables"
        dwelling.save()
        assert len(listed(Page(console.submit("/agents/courriers", place="allee erables", days="30")))) == 1

    def test_who_has_a_recent_letter_is_left_out(self, console, household):
        with time_machine.travel(now() - timedelta(days=10)):
            PaperCode.issue({Tenant.get(Tenant.last_name == "ESSAI-1").id: "x"}, None)
        for days, count in (("30", 1), ("11", 1), ("9", 2), ("0", 2), ("60", 1), (" 09 ", 2)):
            assert len(listed(Page(console.submit("/agents/courriers", place="", days=days)))) == count, days

    @pytest.mark.parametrize("days", ["9999", "61", "-5", "", "x", "1.5", "99999999999", "٣"])
    @pytest.mark.parametrize("htmx", [False, True])
    def test_days_that_are_none_are_refused_in_words_and_list_nobody(self, console, days, htmx):
        console.htmx = htmx
        answer = console.submit("/agents/courriers", place="lilas", days=days)
        page = Page(answer)
        assert answer.status_code == 422
        assert "Écrivez un nombre de jours, de 0 à 60." in page.one("#days-erreur").text
        assert page.one("#place")["value"] == "lilas"
        assert not listed(page)

    def test_a_place_too_long_to_be_one_is_refused(self, console):
        answer = console.submit("/agents/courriers", place="x" * 101, days="30")
        assert answer.status_code == 422
        assert "«\u00a0Résidence\u00a0»\u00a0: trop long." in Page(answer).one("#place-erreur").text

    def test_a_list_longer_than_a_page_says_what_to_do(self, console, monkeypatch):
        monkeypatch.setattr("ophportal.office.letters.MOST_LISTED", 1)
        page = Page(console.get("/agents/courriers"))
        assert len(listed(page)) == 1
        assert "2 locataires sans adresse e-mail ni compte activé. Voici les 1 premiers" in page.text

    def test_nobody_to_write_to_is_said(self, console):
        Tenant.update(email="x@exemple.test", email_key="x@exemple.test").execute()
        assert "Aucun locataire : tous ont une adresse e-mail, un compte, ou un courrier récent." in (
            Page(console.get("/agents/courriers")).text
        )

    def test_a_place_that_is_misspelt_is_not_said_to_be_one_where_everybody_is_reached(self, console):
        page = Page(console.submit("/agents/courriers", place="rue du Prot", days="30"))
        said = (
            "aucun bail en cours à « rue du Prot », ou tous y ont une adresse e-mail, un compte, ou un courrier récent."
        )
        assert f"Aucun locataire : {said}" in page.text

    def test_it_goes_by_address_so_that_one_may_carry_them_round(self, app, household):
        for n, address in ((8, "2 rue A"), (9, "1 rue A"), (10, "1 rue B")):
            dwelling = household(n).leases.get().dwelling
            dwelling.address, dwelling.postal_code = address, "10000"
            dwelling.save()
        names = [each.tenant.last_name for each in unreachable("10000", 30)]
        assert names == ["ESSAI-9", "ESSAI-10", "ESSAI-8"]
