"""A session's cookie: what it was worth when it was given, and never more."""

from itsdangerous import URLSafeTimedSerializer

from ophportal.models import Account, TenantSession
from ophportal.testing import TOKEN
from tests.conftest import OWN_PASSWORD, landing, log_in
from tests.doors import change_inside, choose, cookie, landing_or_page, opens, try_in
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
OTHER = "trois nuages gris au galop"


class TestFixation:
    """A cookie is worth what it was worth when it was given, and never more."""

    def test_a_cookie_from_before_the_login_stays_a_stranger_s(self, client, another_browser, make_account):
        client.get("/identification")
        before = cookie(client)
        log_in(client, make_account())
        assert not opens(another_browser, before)
        assert cookie(client) != before

    def test_a_planted_cookie_is_not_promoted(self, client, another_browser, make_account):
        another_browser.get("/identification")
        planted = cookie(another_browser)
        client.set_cookie("session", planted)
        log_in(client, make_account())
        assert landing_or_page(client) == "/compte"
        assert not opens(another_browser, planted)

    def test_nor_does_the_token_that_its_planter_knows_work_inside(self, client, another_browser, make_account):
        known = TOKEN.search(another_browser.get("/identification").text)[1]
        client.set_cookie("session", cookie(another_browser))
        log_in(client, make_account())
        assert client.post("/deconnexion", data={"csrf_token": known}).status_code == 400

    def test_who_logs_in_over_a_planted_session_is_in_their_own_account(self, client, another_browser, make_account):
        thief = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test")
        tenant = make_account()
        log_in(another_browser, thief)
        planted = cookie(another_browser)
        token = TOKEN.search(client.get("/identification").text)[1]
        with client.session_transaction() as session, another_browser.session_transaction() as theirs:
            session["_user_id"] = theirs["_user_id"]

        data = {"csrf_token": token, "identifier": tenant.code, "password": OWN_PASSWORD}
        assert landing(client.post("/identification", data=data)) == "/compte"

        assert "D'ANGELO-PAOLI" in Page(client.get("/compte")).text
        assert not opens(another_browser, planted)
        assert TenantSession.get().account == tenant

    def test_what_the_browser_kept_of_a_visitor_before_is_nobody_s_inside(self, client, make_account):
        account = make_account()
        client.get("/annuler-changement/what-somebody-else-was-mailed")
        client.get("/confirmer-adresse/what-somebody-else-was-mailed")
        client.get("/compte/documents")
        log_in(client, account)
        with client.session_transaction() as session:
            assert not {"undo_address", "confirm_address"} & {*session}
            assert session["wanted"] == "/compte/documents"

    def test_a_second_login_in_one_browser_ends_the_first_session(self, client, another_browser, make_account):
        account = make_account()
        log_in(client, account)
        first = cookie(client)
        token = TOKEN.search(client.get("/compte/mot-de-passe").text)[1]
        data = {"csrf_token": token, "identifier": account.code, "password": OWN_PASSWORD}
        assert landing(client.post("/identification", data=data)) == "/compte"
        assert not opens(another_browser, first)
        assert landing_or_page(client) == "/compte"

    def test_the_session_of_a_temporary_password_ends_with_the_choice(
        self, client, another_browser, make_tenant, mailed
    ):
        make_tenant()
        code, temporary = mailed()
        try_in(client, code, temporary)
        before = cookie(client)
        assert opens(another_browser, before)
        choose(client, NEW)
        assert not opens(another_browser, before)

    def test_a_forged_cookie_opens_nothing(self, app, client, another_browser, make_account):
        log_in(client, make_account())
        row = TenantSession.get()
        with client.session_transaction() as session:
            token = session["_user_id"]
        ours = app.session_interface.get_signing_serializer(app)
        theirs = URLSafeTimedSerializer("another key", salt="cookie-session")
        digest = row.token_digest
        forged = [
            theirs.dumps({"_user_id": token}),
            "x" + ours.dumps({"_user_id": token}),
            ours.dumps({"_user_id": token}).rpartition(".")[0],
            # Signed even so: the row's id, its digest and a stranger's token name no session.
            *[ours.dumps({"_user_id": wrong}) for wrong in (str(row.id), "1", "", digest, token + "x", token.upper())],
        ]
        for each in forged:
            assert not opens(another_browser, each), each
        assert opens(another_browser, ours.dumps({"_user_id": token}))

    def test_one_tenant_s_session_acts_for_nobody_else(self, client, another_browser, make_account):
        mine = make_account()
        theirs = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test", password=OTHER)
        log_in(another_browser, theirs, OTHER)
        log_in(client, mine)
        # Neither their password nor their code typed into my forms touches them.
        assert change_inside(client, OTHER, NEW).status_code == 422
        fields = {"identifier": theirs.code, "account": theirs.id, "tenant": theirs.tenant.id, "_user_id": theirs.id}
        answer = client.submit(
            "/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=NEW, confirmation=NEW, **fields
        )
        assert landing(answer) == "/compte"
        assert landing_or_page(another_browser) == "/compte"
        another_browser.log_out()
        client.log_out()
        assert try_in(another_browser, theirs.code, OTHER) == 303
        assert try_in(client, mine.code, NEW) == 303
        assert Account.select().count() == 2
