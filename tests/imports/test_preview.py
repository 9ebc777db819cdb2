"""Before a file is written: what it would change, and what to look at twice."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal import clock
from ophportal.access.matching import is_name_of
from ophportal.database import proxy
from ophportal.imports import runs
from ophportal.imports.refusals import ImportRefused, Unsure
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.models import Account, Dwelling, Event, JournalEntry, Lease, Tenant
from tests import stores
from tests.conftest import log_in
from tests.spaces import as_read
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file

NEXT_YEAR = f"31/12/{clock.today().year + 1}"


def told(report):
    return {noun: counts(count) for noun, count in report.counts.items()}


class TestLooking:
    def test_it_says_what_the_import_then_does_and_writes_nothing(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        before = rows_on_file()
        new = PAUL | {"number": "3", "last_name": "LÉCA", "reference": "0123-04-056"}
        path = tenant_file(MARIA | {"phone": "04 65 71 99 99"}, PAUL, MARIA | {"reference": "G-7"}, new)

        seen = look_at_tenants(path)
        assert rows_on_file() == before
        assert told(seen) == {"Locataires": (1, 1, 1), "Logements": (1, 0, 2), "Baux": (2, 0, 2)}
        assert told(import_tenants(path)) == told(seen)

    def test_it_takes_nobody_s_turn_to_write(self, tenant_file):
        with stores.held():
            assert told(look_at_tenants(tenant_file(MARIA, PAUL)))["Locataires"] == (2, 0, 0)

    def test_refused_lines_are_counted_with_their_reasons_beside_the_rest(self, tenant_file):
        seen = look_at_tenants(tenant_file(MARIA, PAUL | {"email": "paul", "last_name": ""}, PAUL | {"number": "3"}))
        assert seen.rejected == 1
        assert [error.line for error in seen.refused.errors] == [3, 3]
        assert told(seen)["Locataires"] == (2, 0, 0)


class TestColumns:
    """What the file has and nobody reads, and what it has not."""

    @staticmethod
    def facts(path, import_=look_at_tenants):
        return [as_read(fact) for fact in import_(path).facts]

    @pytest.fixture
    def under(self, tenant_file):
        """A function that gives a file with these headers beside the required ones; its one line repeats them."""

        def under(*headers):
            path = tenant_file(MARIA, only=("number", "last_name", "reference"))
            first, line = path.read_text(encoding="utf-8").splitlines()
            path.write_text(f"{';'.join((first, *headers))}\n{';'.join((line, *headers))}\n", encoding="utf-8")
            return path

        return under

    def test_those_left_aside_and_those_that_lack_are_told_before_and_after(self, tenant_file):
        path = tenant_file(MARIA, only=set(MARIA) - {"address", "phone", "email"})
        text = path.read_text(encoding="utf-8").replace("Type", "Adresse (suite)").replace("CP", "Montant\tdû")
        path.write_text(text, encoding="utf-8")
        told = [
            "Colonnes laissées de côté : « Montant dû », « Adresse (suite) ».",
            "Colonnes absentes du fichier : « e-mail », « téléphone », « adresse », « code postal », « type ».",
        ]
        assert self.facts(path) == self.facts(path, import_tenants) == told

    def test_a_file_that_has_all_and_no_more_tells_nothing(self, tenant_file):
        assert self.facts(tenant_file(MARIA)) == []

    def test_a_column_without_a_header_is_not_told(self, under):
        assert self.facts(under("", "Solde", " "))[0] == "Colonnes laissées de côté : « Solde »."

    def test_of_two_for_one_field_the_one_that_is_not_read_is_told(self, under):
        assert self.facts(under("Nom de famille"))[0] == "Colonnes laissées de côté : « Nom de famille »."

    @pytest.mark.parametrize(
        ("headers", "phone", "address"),
        [
            (("Tél. portable", "Adresse 1"), "Tél. portable", "Adresse 1"),
            (("Portable", "Téléphone"), "Téléphone", ""),
            (("Tél. domicile", "Tél. bureau", "TEL MOBILE"), "TEL MOBILE", ""),
            (("Adresse 1", "Adresse 2", "Adresse"), "", "Adresse"),
            (("Adresse 1", "Rue"), "", "Rue"),
        ],
    )
    def test_what_comes_nearest_is_read_where_nothing_means_the_same(self, under, headers, phone, address):
        import_tenants(under(*headers))
        assert (Tenant.get().phone, Dwelling.get().address) == (phone, address)

    @pytest.mark.parametrize(
        ("headers", "line", "address"),
        [
            ("N° voie;Type voie;Voie", "12;rue;des Lilas", "12 rue des Lilas"),
            ("N° voie;Bis/ter;Type de voie;Nom de la voie", "12;B;RUE;DES LILAS", "12 B RUE DES LILAS"),
            ("N°;Type voie;Nom de la voie", "12;rue;des Lilas", "12 rue des Lilas"),
            ("N°;Voie", "12;rue des Lilas", "12 rue des Lilas"),
            ("N° rue;Rue;Complément d'adresse", " ;rue des Lilas;Bât. B", "rue des Lilas, Bât. B"),
            ("N° voie;Voie", "12;12 rue des Lilas", "12 rue des Lilas"),
            ("N° voie;Voie", "12; ", ""),
            ("Adresse 1;Adresse 2;Adresse 3", "RÉSIDENCE LES CANNES;BÂT D3;12 RUE DES LILAS",
             "RÉSIDENCE LES CANNES, BÂT D3, 12 RUE DES LILAS"),
            ("Adresse 1;Adresse 2;Adresse 3", ";;12 rue des Lilas", "12 rue des Lilas"),
            ("Adresse;Complément d'adresse;Lieu-dit", "12 rue des Lilas, bât. B;Bât. B;Pisciatello",
             "12 rue des Lilas, bât. B, Pisciatello"),
            ("Complément d'adresse", "Bât. B", ""),
        ],
    )  # fmt: skip
    def test_an_address_in_several_columns_is_read_whole(self, under, headers, line, address):
        path = under(*headers.split(";"))
        first, _ = path.read_text(encoding="utf-8").splitlines()
        path.write_text(f"{first}\n0012345;D'ANGELO-PAOLI;0123-04-056;{line}\n", encoding="utf-8")

        report = import_tenants(path)

        assert Dwelling.get().address == address
        assert any("laissées de côté" in fact for fact in report.facts) == (headers == "Complément d'adresse")
        assert counts(import_tenants(path).counts["Logements"]) == (0, 0, 1)

    def test_who_has_no_mobile_telephone_is_reached_at_home(self, under):
        path = under("Tél. portable", "Tél. domicile")
        first, line = path.read_text(encoding="utf-8").splitlines()
        path.write_text(f"{first}\n{line.replace('Tél. portable', ' ')}\n", encoding="utf-8")
        import_tenants(path)
        assert Tenant.get().phone == "Tél. domicile"

    def test_however_many_and_long_they_are_they_fit_on_the_page(self, under):
        told, _ = self.facts(under(*(f"Colonne {'très ' * 100}{n}" for n in range(900))))
        assert told.endswith("« Colonne très très très très très très tr » et 890 autres.")
        assert len(told) < 600


class TestAddressesAndEnds:
    """A column sorted alone gives each account another's address; an older file takes addresses and ends back."""

    def test_accounts_that_change_their_address_are_counted_before_and_after(self, app, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        Account.get_or_open(Tenant.by_number("12345"))
        swapped = tenant_file(MARIA | {"email": PAUL["email"]}, PAUL | {"email": MARIA["email"]})
        seen = look_at_tenants(swapped)
        assert seen.to_watch == ("1 compte change d'adresse e-mail",)
        (doubt,) = seen.doubts
        assert doubt.startswith("Comptes qui changent d'adresse e-mail\u00a0: 1 sur 1.")
        with app.app_context():
            assert import_tenants(swapped) == seen
        assert look_at_tenants(swapped).to_watch == ()

    def test_ended_leases_that_run_again_are_counted_before_and_after(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL, PAUL | {"reference": "G-7", "ends_on": "31/12/2020"}))
        newer = tenant_file(MARIA | {"ends_on": "31/12/2025"}, PAUL | {"ends_on": "31/12/2025"})
        assert look_at_tenants(newer).to_watch == ("2 baux en cours se terminent, d'après leurs dates",)
        import_tenants(newer)
        older = tenant_file(
            MARIA, PAUL | {"ends_on": "31/12/2090"}, PAUL | {"reference": "G-7", "ends_on": "30/06/2021"}
        )
        seen = look_at_tenants(older)
        assert seen.to_watch == ("2 baux terminés reprennent",)
        assert import_tenants(older) == seen

    @pytest.mark.parametrize(
        "dates",
        [{"ends_on": "31/12/2025"}, {"starts_on": "01/01/2001", "ends_on": "31/12/2009"}, {"starts_on": NEXT_YEAR}],
    )
    def test_running_leases_that_the_file_s_own_dates_end_are_counted_and_many_ask_twice(self, tenant_file, dates):
        lines = [PAUL | {"number": str(n), "reference": str(n)} for n in range(1, 11)]
        import_tenants(tenant_file(*lines))
        few = look_at_tenants(tenant_file(*(line | dates for line in lines[:2]), *lines[2:]))
        assert (few.to_watch, few.doubts) == (("2 baux en cours se terminent, d'après leurs dates",), ())

        path = tenant_file(*(line | dates for line in lines))
        seen = look_at_tenants(path)
        assert seen.to_watch == ("10 baux en cours se terminent, d'après leurs dates",)
        assert seen.doubts[0].startswith("Baux en cours qui se terminent\u00a0: 10 sur 10.")
        before = rows_on_file()
        with pytest.raises(Unsure):
            import_tenants(path, sure=False)
        assert rows_on_file() == before
        assert import_tenants(path) == seen
        assert not Lease.select().where(Lease.is_current()).exists()
        assert look_at_tenants(path).to_watch == ()

    def test_those_that_the_file_leaves_out_count_with_them(self, tenant_file):
        lines = [PAUL | {"number": str(n), "reference": str(n)} for n in range(1, 11)]
        import_tenants(tenant_file(*lines))
        path = tenant_file(*lines[2:9], lines[9] | {"ends_on": "31/12/2025"})
        assert look_at_tenants(path).doubts == ()
        assert "\u00a0: 3 sur 10." in look_at_tenants(path, full=True).doubts[0]

    def test_dates_that_the_file_does_not_tell_end_nothing(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        later = [line | {"starts_on": NEXT_YEAR, "city": "Alata"} for line in (MARIA, PAUL)]
        assert look_at_tenants(tenant_file(*later, only=("number", "last_name", "reference", "city"))).doubts == ()

    @pytest.mark.parametrize(("full", "told"), [(True, ("1 bail terminé reprend",)), (False, ())])
    def test_a_full_file_without_dates_says_that_its_leases_run(self, tenant_file, full, told):
        import_tenants(tenant_file(MARIA | {"ends_on": "31/12/2025"}))
        path = tenant_file(MARIA | {"starts_on": "01/03/2020"}, only=("number", "last_name", "reference", "starts_on"))
        assert look_at_tenants(path, full=full).to_watch == told

    def test_who_is_not_sure_changes_no_more_than_a_fifth_of_the_accounts(self, app, tenant_file):
        lines = [PAUL | {"number": str(n), "reference": str(n), "email": f"p{n}@exemple.test"} for n in range(1, 11)]
        import_tenants(tenant_file(*lines))
        for tenant in Tenant.select():
            Account.get_or_open(tenant)
        others = [line | {"email": f"autre-{line['email']}"} for line in lines]
        few, many = tenant_file(*others[:2], *lines[2:]), [*others[:5], *lines[5:]]
        with app.app_context():
            assert import_tenants(few, sure=False).to_watch == ("2 comptes changent d'adresse e-mail",)
            before = rows_on_file()
            with pytest.raises(ImportRefused, match="3 sur 10"):
                import_tenants(tenant_file(*many), sure=False)
            assert rows_on_file() == before
            assert import_tenants(tenant_file(*many)).to_watch == ("3 comptes changent d'adresse e-mail",)


lines = st.builds(
    lambda *cells: (
        MARIA | dict(zip(("number", "reference", "last_name", "first_names", "phone", "ends_on"), cells, strict=True))
    ),
    st.sampled_from(["1", "02", "3", "L4"]),
    st.sampled_from(["A-1", "a1", "B 2", "C3"]),
    st.sampled_from(["PAOLI", "Paoli", "ROSSI"]),
    st.sampled_from(["Maria Stella", "Paul"]),
    st.sampled_from(["", "04 65 71 00 00"]),
    st.sampled_from(["", "31/12/2020", "31/12/2090"]),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.lists(lines, min_size=1, max_size=6), st.booleans()), min_size=1, max_size=4))
def test_whatever_the_files_a_look_says_what_the_import_then_does(tenant_file, files):
    for table in (Lease, Dwelling, Tenant):
        table.delete().execute()
    for file, full in files:
        path = tenant_file(*file)
        before = rows_on_file()
        seen = look_at_tenants(path, full=full)
        assert rows_on_file() == before
        if seen.refused:
            with pytest.raises(ImportRefused) as refused:
                import_tenants(path, full=full)
            assert set(refused.value.errors) <= set(seen.refused.errors)
            assert rows_on_file() == before
            continue
        done = import_tenants(path, full=full)
        assert done == seen
        again = import_tenants(path, full=full)
        assert [(created, updated) for created, updated, _ in told(again).values()] == [(0, 0)] * 3


class TestSharedReferences:
    """One reference told at two addresses is most likely a door's number: strangers would be told to live together."""

    @pytest.mark.parametrize(
        "elsewhere", [{"address": "7 avenue du Port"}, {"address": "Rue des Lilas", "postal_code": "20000"}]
    )
    def test_many_of_them_ask_twice(self, tenant_file, elsewhere):
        path = tenant_file(*(line | {"reference": "12"} for line in (MARIA, PAUL | elsewhere)))
        (doubt,) = look_at_tenants(path).doubts
        assert as_read(doubt) == (
            "Logements dont le fichier donne plusieurs adresses : 1 sur 1, d'abord ligne 3 : la référence 12. "
            "Elle n'est peut-être pas unique, comme un numéro de porte : le portail dirait à des inconnus qu'ils "
            "louent ensemble."
        )
        with pytest.raises(Unsure):
            import_tenants(path, sure=False)
        assert not Tenant.select().exists()
        assert import_tenants(path).doubts == (doubt,)

    def test_a_few_are_told(self, tenant_file):
        many = [PAUL | {"number": str(n), "reference": str(n)} for n in range(2, 12)]
        path = tenant_file(*many, MARIA, PAUL | {"reference": MARIA["reference"], "address": "7 avenue du Port"})
        seen = look_at_tenants(path)
        assert seen.doubts == ()
        assert [as_read(sentence) for sentence in seen.to_watch] == [
            "1 logement a plusieurs adresses dans le fichier, d'abord ligne 13 : la référence 0123-04-056"
        ]

    @pytest.mark.parametrize("spelt", [{"address": "12, RUE DES LILAS"}, {"address": "", "postal_code": ""}])
    def test_a_couple_in_one_dwelling_is_none(self, tenant_file, spelt):
        seen = look_at_tenants(tenant_file(MARIA, PAUL | {"reference": MARIA["reference"]} | spelt))
        assert (seen.doubts, seen.to_watch) == ((), ())


def test_an_account_s_address_that_the_erp_changes_is_told(app, tenant_file, outbox, client, make_account):
    import_tenants(tenant_file(MARIA, PAUL))
    Account.get_or_open(Tenant.by_number("12345"))
    with app.app_context():
        import_tenants(tenant_file(MARIA | {"email": "stella@exemple.test"}, PAUL | {"email": "paulo@exemple.test"}))
    assert outbox.deliver().recipients == ["maria@exemple.test"]
    assert "adresse" in outbox.sent[0].subject
    assert len(outbox.sent) == 1
    assert JournalEntry.select().where(JournalEntry.event == Event.EMAIL_CHANGED).count() == 1


def test_what_a_job_keeps_for_good_names_nobody(tenant_file):
    import_tenants(tenant_file(MARIA, PAUL))
    kept = str(runs.numbers(look_at_tenants(tenant_file(MARIA))))
    assert "ROSSI" not in kept
    assert "0067890" not in kept


class TestMeanwhile:
    """Tenants go on reading and logging in while a file is imported."""

    @pytest.fixture
    def during(self, tenant_file):
        """A function that imports a file and has `deed` done by somebody else once, when it is so far."""

        def during(share, deed):
            lines = [PAUL | {"number": str(n), "reference": str(n), "email": ""} for n in range(1, 3000)]
            started = []

            def progress(done, total):
                if not started and done >= share * total:
                    started.append(threading.Thread(target=deed))
                    started[0].start()
                    if share < 5 / 8:
                        started[0].join(timeout=30)

            import_tenants(tenant_file(*lines), progress)
            started[0].join(timeout=30)
            assert not started[0].is_alive()

        return during

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.7, 0.9])
    def test_a_tenant_logs_in_and_reads(self, during, client, make_account, share):
        account = make_account(number="99999", reference="99-99")
        answers = []

        def visit():
            try:
                answers.append(log_in(client, account).status_code)
                answers.append(client.get("/compte").status_code)
            finally:
                proxy.close()  # this thread's own connection

        during(share, visit)
        assert answers == [303, 200]

    def test_a_page_is_read_while_it_writes(self, tenant_file, client, make_account):
        log_in(client, make_account(number="99999", reference="99-99"))
        answers = []

        def visit():
            answers.append(client.get("/compte").status_code)
            proxy.close()

        def progress(done, total):
            if done >= 0.7 * total and not answers:
                thread = threading.Thread(target=visit)
                thread.start()
                thread.join(timeout=30)

        import_tenants(tenant_file(MARIA, PAUL), progress)
        assert answers == [200]


class TestNameInOneColumn:
    """« PAOLI Jeanne », or « Mme PAOLI Jeanne », as some ERPs export it."""

    @pytest.fixture
    def table(self, app, tmp_path):
        def table(*titles, cell="PAOLI Jeanne"):
            line = ["0070013", "0123-04-056", *[cell] * len(titles)]
            return write_table(tmp_path / "locataires.csv", ["N° locataire", "Réf. logement", *titles], [line])

        return table

    @pytest.mark.parametrize("title", ["Nom et prénom", "NOM PRENOM", "Nom/Prénoms", "Nom et prénoms du locataire"])
    @pytest.mark.parametrize("cell", ["PAOLI Jeanne", "Mme PAOLI Jeanne"])
    @pytest.mark.parametrize("typed", ["Paoli", "Jeanne Paoli", "paoli jeanne", "Mme Paoli"])
    def test_its_bearer_is_known_by_what_they_type(self, table, title, cell, typed):
        import_tenants(table(title, cell=cell))
        assert is_name_of(Tenant.get(), typed)

    @pytest.mark.parametrize("titles", [("Nom et prénom", "Prénom"), ("Prénom et nom",)])
    def test_where_the_name_alone_cannot_be_told_the_refusal_says_what_to_ask_for(self, table, titles):
        with pytest.raises(ImportRefused) as refused:
            look_at_tenants(table(*titles))
        assert as_read(str(refused.value)) == (
            "une colonne a le nom et le prénom ensemble : demandez à l'ERP deux colonnes, « nom » et « prénoms »"
        )


class TestLostAccents:
    """« Lef?vre »: a system without accents wrote one sign for each, and no reader can tell which letter it was."""

    def test_how_many_lines_have_some_is_told_with_the_first(self, tenant_file):
        lines = [
            MARIA | {"number": f"{n}", "reference": f"{n}", "last_name": name, "email": ""}
            for n, name in enumerate(("LEF?VRE", "ROMARIN", "Andr?", "?VISA", "LEF?VRE"), 1)
        ]
        report = look_at_tenants(tenant_file(*lines))
        assert [as_read(notice) for notice in report.to_watch] == [
            "4 lignes ont un « ? » à la place d'une lettre : « LEF?VRE » (ligne 2), « Andr? » (ligne 4), « ?VISA » "
            "(ligne 5)… Si ce sont des accents perdus, demandez à l'ERP un export en UTF-8."
        ]
        assert import_tenants(tenant_file(*lines)).to_watch == report.to_watch

    def test_a_question_is_none(self, tenant_file):
        asked = MARIA | {"first_names": "?", "address": "12 rue des Lilas (bât. ?)", "email": "a?b@exemple.test"}
        assert look_at_tenants(tenant_file(asked)).to_watch == ()
