"""Inside: what the tenant sees, and a session that ends when it is ended."""

from datetime import date, timedelta

import pytest
import time_machine

from ophportal.clock import now
from ophportal.models import Account, Event, JournalEntry, Lease, TenantSession
from ophportal.testing import add_lease
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read

NEW = "deux lunes rouges sur le toit"


def session_cookie(client):
    return client.get_cookie("session").value


def post_with_token(client, page, path, **fields):
    token = Page(client.get(page)).soup.select("input[name=csrf_token]")[0]["value"]
    return client.post(path, data={"csrf_token": token, **fields})


def with_cookie(client, value):
    client.set_cookie("session", value)
    return client


@pytest.fixture
def inside(client, make_account):
    log_in(client, make_account())
    return client


def test_the_account_names_the_tenant_every_lease_and_every_dwelling(client, make_account):
    account = make_account(civility="Mme")
    add_lease(account.tenant, "777-B")
    answer = log_in(client, account)
    page = Page(client.get(landing(answer)))
    assert "Vous êtes maintenant connecté à votre compte locataire" in page.one("main [role=status]").text
    assert "Mme Maria Stella D'ANGELO-PAOLI" in page.text
    assert len(page.soup.select("section.situation")) == 2
    assert page.one("form.log-out")["method"] == "post"


@pytest.mark.parametrize(
    ("path", "room", "current"),
    [
        ("/compte", "Accueil du compte", "page"),
        ("/compte/operations", "Opérations", "page"),
        ("/compte/baux/{lease}/operations", "Opérations", "true"),
        ("/compte/documents/accord", "Avis et documents", "true"),
        ("/compte/coordonnees/email", "Mes coordonnées", "true"),
        ("/compte/mot-de-passe", "Sécurité", "true"),
    ],
)
def test_the_menu_says_where_one_is(inside, path, room, current):
    link = Page(inside.get(path.format(lease=Lease.get().id))).one("#rubriques [aria-current]")
    assert (link.get_text(), link["aria-current"]) == (room, current)


def test_the_greeting_is_said_once(inside):
    assert "Vous êtes maintenant connecté" in inside.get("/compte").text
    assert "Vous êtes maintenant connecté" not in inside.get("/compte").text


def test_a_fragment_asked_after_the_end_sends_the_whole_page_away(client):
    answer = client.get("/compte", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/identification"
    assert answer.text == ""


def test_a_cookie_replayed_after_logout_opens_nothing(inside, another_browser):
    stolen = session_cookie(inside)
    assert with_cookie(another_browser, stolen).get("/compte").status_code == 200
    inside.log_out()
    assert landing(with_cookie(another_browser, stolen).get("/compte")) == "/identification"
    assert TenantSession.select().count() == 0


def test_a_cookie_replayed_after_a_change_of_password_opens_nothing(inside, another_browser):
    stolen = session_cookie(inside)
    answer = inside.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=NEW, confirmation=NEW)
    assert landing(answer) == "/compte"
    assert "Votre mot de passe est changé" in inside.get("/compte").text
    assert landing(with_cookie(another_browser, stolen).get("/compte")) == "/identification"


@pytest.mark.parametrize("page", ["mot-de-passe", "coordonnees/telephone", "coordonnees/email"])
def test_where_a_password_is_typed_inside_its_code_is_told_and_kept_with_it(client, make_account, page):
    """A password manager keeps it under the name before it: a telephone number, where that is all there is."""
    account = make_account()
    log_in(client, account)
    assert code_kept(client, f"/compte/{page}") == account.code


def test_where_the_first_password_is_chosen_too(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    code, password = code_and_password(outbox.deliver().body)
    client.submit("/identification", identifier=code, password=password)
    assert code_kept(client, "/compte/choisir-mot-de-passe") == code


def code_kept(client, address):
    field = Page(client.get(address)).one("form:has([type=password]) [autocomplete=username][readonly]")
    return field["value"]


def test_a_session_ends_after_thirty_idle_minutes_and_says_so(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        clock.shift(timedelta(minutes=29))
        assert client.get("/compte").status_code == 200
        clock.shift(timedelta(minutes=29))
        assert client.get("/compte").status_code == 200
        clock.shift(timedelta(minutes=31))
        page = Page(client.get(landing(client.get("/compte"))))
        assert "Votre session est terminée. Identifiez-vous de nouveau." in page.text


def test_the_end_is_told_once_and_leaves_nothing_to_who_is_at_the_computer_next(client, make_account, clock):
    account = make_account()
    log_in(client, account)
    client.get("/confirmer-adresse/what-the-tenant-was-mailed")
    clock.shift(timedelta(minutes=31))
    assert "Votre session est terminée." in Page(client.get(landing(client.get("/compte")))).text

    with client.session_transaction() as session:
        assert not {"_user_id", "confirm_address"} & {*session}
    assert "Votre session est terminée." not in Page(client.get(landing(client.get("/compte")))).text


def test_a_device_whose_session_has_ended_by_itself_is_not_among_the_connected(
    client, another_browser, make_account, clock
):
    account = make_account()
    log_in(another_browser, account)
    clock.shift(timedelta(minutes=31))
    log_in(client, account)
    assert TenantSession.select().count() == 2  # the purge has not come by yet
    assert "Déconnecter les autres appareils" not in Page(client.get("/compte/securite")).text


def test_pages_read_within_a_minute_write_nothing(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        begun = TenantSession.get().last_seen_at
        clock.shift(timedelta(seconds=59))
        client.get("/compte")
        assert TenantSession.get().last_seen_at == begun
        clock.shift(timedelta(seconds=2))
        client.get("/compte")
        assert TenantSession.get().last_seen_at == begun + timedelta(seconds=61)


def test_what_is_sent_after_the_end_was_told_in_another_tab_is_not_lost_without_a_word(inside):
    """By « Se déconnecter » there, by the end itself, or since the browser was closed and has opened its pages anew."""
    token = Page(inside.get("/compte/coordonnees/telephone")).one("main input[name=csrf_token]")["value"]
    inside.log_out()
    inside.get("/")  # where « vous êtes déconnecté » is said
    answer = inside.post("/compte/coordonnees/telephone", data={"csrf_token": token, "telephone": "0639981234"})
    assert "Ce que vous venez d'envoyer n'a pas été enregistré." in Page(inside.get(landing(answer))).text


def test_who_logs_out_again_from_another_tab_reads_that_they_are_out(inside):
    token = Page(inside.get("/compte/securite")).soup.select("form.log-out input[name=csrf_token]")[0]["value"]
    inside.log_out()
    inside.get("/")  # where the first tab is told
    answer = inside.post("/deconnexion", data={"csrf_token": token})
    assert "Cet appareil est déconnecté." in Page(inside.get(landing(answer))).text


def test_a_session_ends_after_twelve_hours_however_busy(client, make_account):
    with time_machine.travel("2026-03-02 08:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        for _ in range(28):
            clock.shift(timedelta(minutes=25))
            assert client.get("/compte").status_code == 200
        clock.shift(timedelta(minutes=21))
        assert landing(client.get("/compte")) == "/identification"


def test_a_session_ends_with_the_last_of_the_leases(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
        account = make_account()
        garage = add_lease(account.tenant, "777-B")
        log_in(client, account)
        Lease.update(ends_on=date(2026, 3, 1)).where(Lease.id != garage.id).execute()
        assert client.get("/compte").status_code == 200
        Lease.update(ends_on=date(2026, 3, 1)).execute()
        assert landing(client.get("/compte")) == "/identification"


def test_no_session_of_a_blocked_account_goes_on(inside):
    Account.update(blocked_at=now()).execute()
    assert landing(inside.get("/compte")) == "/identification"


def test_before_a_password_is_chosen_nothing_else_is_shown(client, make_tenant, outbox, app):
    make_tenant()
    request_code(client)
    body = outbox.deliver().body
    code, password = [line.strip() for line in body.splitlines() if line.startswith("    ")]
    client.submit("/identification", identifier=code, password=password)
    for path in ("/compte", "/compte/mot-de-passe"):
        assert landing(client.get(path)) == "/compte/choisir-mot-de-passe"
    answer = client.submit("/compte/choisir-mot-de-passe", new_password="trop court", confirmation="trop court")
    assert answer.status_code == 422
    answer = client.submit("/compte/choisir-mot-de-passe", new_password=NEW, confirmation=NEW + "s")
    assert "Les deux mots de passe ne sont pas les mêmes." in Page(answer).text
    answer = client.submit(
        "/compte/choisir-mot-de-passe", new_password="maria stella 2a", confirmation="maria stella 2a"
    )
    assert "votre nom" in Page(answer).text
    assert landing(client.get("/compte")) == "/compte/choisir-mot-de-passe"


def test_who_has_a_password_is_not_asked_to_choose_one(inside):
    assert landing(inside.get("/compte/choisir-mot-de-passe")) == "/compte"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current_password": "faux"}, "Ce n'est pas votre mot de passe actuel."),
        ({"confirmation": "autre"}, "Les deux mots de passe ne sont pas les mêmes."),
        ({"new_password": "court", "confirmation": "court"}, "au moins 12 caractères"),
        ({"new_password": "mariastella12", "confirmation": "mariastella12"}, "votre nom"),
    ],
)
def test_a_change_that_will_not_do_is_explained_and_changes_nothing(inside, fields, said):
    answer = inside.submit(
        "/compte/mot-de-passe",
        **{"current_password": OWN_PASSWORD, "new_password": NEW, "confirmation": NEW, **fields},
    )
    assert answer.status_code == 422
    assert said in Page(answer).text.replace("’", "'")
    inside.log_out()
    assert TenantSession.select().count() == 0


def test_the_tenant_sees_their_devices_and_ends_the_others(inside, another_browser, make_account):
    windows = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"
    another_browser.environ_base["HTTP_USER_AGENT"] = windows
    log_in(another_browser, Account.get())
    page = Page(inside.get("/compte/securite"))
    assert "Firefox sur Windows" in page.text
    # The name, and not the model and versions that browsers tell beside it: « Données personnelles » speaks of no more.
    assert TenantSession.select().order_by(TenantSession.id.desc()).first().device == "Firefox sur Windows"
    assert "(cet appareil)" in page.text
    assert len(page.soup.select("form[action='/compte/securite/deconnecter']")) == 1

    answer = post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter-les-autres")
    assert "Les autres appareils sont déconnectés." in inside.get(landing(answer)).text
    assert landing(another_browser.get("/compte")) == "/identification"


def test_one_device_can_be_ended_alone(inside, another_browser):
    log_in(another_browser, Account.get())
    button = Page(inside.get("/compte/securite")).one("button[name=session]")
    post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter", session=button["value"])
    assert landing(another_browser.get("/compte")) == "/identification"
    assert inside.get("/compte").status_code == 200


@pytest.mark.parametrize("cause", ["pressed twice", "it has logged out itself"])
def test_one_that_is_disconnected_already_is_said_to_be_so(inside, another_browser, cause):
    log_in(another_browser, Account.get())
    button = Page(inside.get("/compte/securite")).one("button[name=session]")
    if cause == "pressed twice":
        post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter", session=button["value"])
        inside.get("/compte/securite")
    else:
        another_browser.log_out()
    answer = post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter", session=button["value"])
    assert "L'appareil est déconnecté." in Page(inside.get(landing(answer))).text
    ended = JournalEntry.select().where(JournalEntry.event == Event.SESSIONS_ENDED)
    assert ended.count() == (cause == "pressed twice")


@pytest.mark.parametrize("value", ["999999", "x", "", "-1"])
def test_a_session_that_is_not_the_tenants_ends_none(inside, value):
    post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter", session=value)
    assert inside.get("/compte").status_code == 200
    assert not JournalEntry.select().where(JournalEntry.event == Event.SESSIONS_ENDED).exists()


def test_a_tenant_cannot_end_another_tenants_session(inside, another_browser, make_account):
    log_in(another_browser, make_account("PAOLI", number="9", reference="9", email="ange@exemple.test"))
    theirs = TenantSession.select().order_by(TenantSession.id.desc()).first()
    post_with_token(inside, "/compte/securite", "/compte/securite/deconnecter", session=str(theirs.id))
    assert another_browser.get("/compte").status_code == 200


def test_the_last_logins_tell_successes_and_failures_of_this_account_alone(inside, another_browser, make_account):
    log_in(another_browser, Account.get(), "faux")
    log_in(another_browser, make_account("PAOLI", number="9", reference="9", email="ange@exemple.test"), "faux")
    text = Page(inside.get("/compte/securite")).text
    assert text.count("Essai refusé") == 1
    assert text.count("Connexion,") == 1


def test_an_intruder_does_not_push_their_login_out_of_the_list_by_failing_afterwards(inside, another_browser):
    account, intruder = Account.get(), "203.0.113.7"
    another_browser.environ_base["REMOTE_ADDR"] = intruder
    log_in(another_browser, account)
    another_browser.log_out()
    another_browser.delete_cookie("appareil")
    for _ in range(12):
        log_in(another_browser, account, "faux")
    logins, refused = Page(inside.get("/compte/securite")).soup.select("main ul.rows")[1:]
    assert [intruder in line.text for line in logins.select("li")] == [True, False]
    assert len(refused.select("li")) == 5


def test_many_failures_are_counted_and_the_last_shown(inside, another_browser):
    assert "Essais refusés" not in Page(inside.get("/compte/securite")).text
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as then:
        for _ in range(8):
            log_in(another_browser, Account.get(), "faux")
            then.shift(timedelta(minutes=1))
    text = Page(inside.get("/compte/securite")).text
    assert "8 essais refusés depuis le lundi 2 mars 2026 à 10 h 00. Voici les 5 derniers." in text
    assert text.count("Essai refusé,") == 5


def test_entering_and_leaving_are_in_the_journal_without_a_secret(inside):
    inside.log_out()
    entries = list(JournalEntry.select().order_by(JournalEntry.id))
    assert [entry.event for entry in entries] == ["login", "logout"]
    assert all(OWN_PASSWORD not in str(entry.__data__) for entry in entries)


def test_a_session_is_put_off_without_a_script_too(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        clock.shift(timedelta(minutes=25))
        assert (
            "Si vous ne faites rien pendant 30 minutes, votre session se termine." in Page(client.get("/compte")).text
        )
        clock.shift(timedelta(minutes=25))
        assert landing(post_with_token(client, "/compte", "/compte/prolonger")) == "/compte"
        clock.shift(timedelta(minutes=29))
        assert client.get("/compte").status_code == 200


def test_htmx_gets_the_fragment_that_puts_it_off_alone(inside):
    token = Page(inside.get("/compte")).soup.select("input[name=csrf_token]")[0]["value"]
    answer = inside.post("/compte/prolonger", data={"csrf_token": token}, headers={"HX-Request": "true"})
    assert not Page(answer).is_whole
    assert Page(answer).one("form#session")


def test_asking_what_is_left_of_the_session_puts_nothing_off(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        clock.shift(timedelta(minutes=25))
        left = Page(client.get("/compte/prolonger", headers={"HX-Request": "true"}))
        assert "Votre session se termine dans 5 minutes. Voulez-vous continuer ?" in left.text
        clock.shift(timedelta(minutes=4, seconds=30))
        left = Page(client.get("/compte/prolonger", headers={"HX-Request": "true"}))
        assert "Votre session se termine dans 1 minute." in left.text
        assert left.one("#session")["data-seconds"] == "30"
        clock.shift(timedelta(seconds=30))
        answer = client.get("/compte/prolonger", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == "/identification"


def test_an_end_that_cannot_be_put_off_is_told_beforehand(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
        log_in(client, make_account())
        for _ in range(27):
            clock.shift(timedelta(minutes=25))
            assert "Si vous ne faites rien" in Page(client.get("/compte")).text
        clock.shift(timedelta(minutes=25))
        page = Page(client.get("/compte"))
        assert "Votre session se termine à 22 h 00, même si vous continuez : elle dure 12 heures au plus." in page.text
        assert page.one("#session")["data-seconds"] == "1200"
        assert not page.soup.select("#session button")


class TestNewDevice:
    def test_a_login_from_a_browser_that_was_never_inside_is_told_by_mail(
        self, client, another_browser, make_account, outbox
    ):
        client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0"
        with time_machine.travel("2026-03-02 10:05+01:00"):
            account = make_account()
            log_in(client, account)
            log_in(another_browser, account)  # before the worker has come to the first
            outbox.deliver()
        mail, _ = outbox.sent
        assert mail.recipients == [account.tenant.email]
        assert mail.subject == "Connexion à votre compte depuis un nouvel appareil"
        for body in (mail.body, mail.html):
            told = as_read(body)
            assert "avec un nouvel appareil (Firefox sur Linux), le lundi 2 mars 2026 à 10 h 05" in told

    def test_the_same_browser_is_known_from_then_on(self, client, make_account, outbox):
        account = make_account()
        log_in(client, account)
        outbox.deliver()
        client.log_out()
        log_in(client, account)
        assert outbox.deliver() is None

    def test_a_login_that_failed_tells_nobody(self, client, make_account, outbox):
        log_in(client, make_account(), "faux")
        assert outbox.deliver() is None

    def test_a_tenant_without_an_address_is_not_written_to(self, client, make_account, outbox):
        log_in(client, make_account(email=""))
        assert outbox.deliver() is None


def test_the_page_of_security_tells_devices_logins_and_since_when_the_password_is_there(client, make_account):
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
        log_in(client, make_account())
        page = Page(client.get("/compte/securite"))
    assert [heading.text for heading in page.soup.select("main h2")] == [
        "Vos appareils",
        "Vos dernières connexions",
        "Votre mot de passe",
    ]
    assert "Vous l'avez choisi le lundi 2 mars 2026 à 10 h 00." in page.text
    assert not page.soup.select("main a[href='/compte']")
