"""Errors in the portal's dress: what happened, what to do, and nothing of what went wrong inside."""

import errno

import pytest
from peewee import OperationalError
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    InternalServerError,
    RequestEntityTooLarge,
    ServiceUnavailable,
    TooManyRequests,
    UnprocessableEntity,
)

from ophportal.errors import EXPLANATIONS
from tests.conftest import log_in
from tests.page import Page

SECRET = "mot-de-passe-de-la-base"
HTMX = {"HX-Request": "true"}


def token(client):
    return Page(client.get("/identification")).one("input[name=csrf_token]")["value"]


def check_dress(response, status):
    """The error as a whole page, that nobody keeps."""
    page = Page(response)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert page.is_whole
    assert page.one("header a.account-link")
    assert page.one("footer a[href='/aide']")
    assert page.title.startswith(page.one("h1").text)
    assert page.one("main a[href='/']").text == "Retour à l'accueil"
    assert page.one("main a[href='/contact']")
    assert f"Erreur {status}" in page.text
    return page


def check_explanation(page, status):
    explanation = EXPLANATIONS[status]
    assert page.one("h1").text == explanation.title
    for sentence in explanation.advice.replace("« ", "«\u00a0").replace(" »", "\u00a0»").split(". "):
        assert sentence in page.one("main").get_text()


@pytest.mark.parametrize(
    "error",
    [
        BadRequest(SECRET),
        Forbidden(SECRET),
        RequestEntityTooLarge(SECRET),
        UnprocessableEntity(SECRET),
        TooManyRequests(SECRET),
        InternalServerError(SECRET),
        ServiceUnavailable(SECRET),
    ],
    ids=lambda error: str(error.code),
)
def test_an_error_wears_the_portal_s_dress_and_keeps_its_details(client, home_fails, error):
    home_fails(error)

    response = client.get("/")

    check_explanation(check_dress(response, error.code), error.code)
    assert SECRET not in response.text


@pytest.mark.parametrize("status", EXPLANATIONS)
def test_every_explanation_says_what_to_do(status):
    advice = EXPLANATIONS[status].advice

    assert any(word in advice for word in ("Revenez", "Réessayez", "Attendez", "Écrivez", "corrigez"))
    assert all(len(sentence.split()) <= 22 for sentence in advice.split("."))


class TestFromOutside:
    def test_an_unknown_address_is_not_found(self, client):
        check_explanation(check_dress(client.get("/nulle-part"), 404), 404)

    @pytest.mark.parametrize(
        "address", ["/static/nothing.js", "/static/../config.py", "/static/%00", "/%c3%28", "/compt"]
    )
    def test_nothing_odd_in_an_address_breaks_the_dress(self, client, address):
        check_dress(client.get(address), 404)

    def test_a_wrong_method_is_told_which_ones_are_right(self, client):
        response = client.post("/aide")

        check_explanation(check_dress(response, 405), 405)
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}

    def test_a_huge_form_is_too_large(self, app, client):
        response = client.post("/demander-un-code", data={"name": "a" * (app.config["MAX_CONTENT_LENGTH"] + 1)})

        check_explanation(check_dress(response, 413), 413)

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:99999", "a b", "<b>"])
    @pytest.mark.parametrize("address", ["/", "/identification", "/nulle-part", "/portal.css"])
    def test_another_host_s_name_is_a_bad_request(self, client, host, address):
        response = client.get(address, headers={"Host": host})

        check_explanation(check_dress(response, 400), 400)
        assert host not in response.text

    def test_a_form_without_its_token_is_a_stale_page(self, client, make_account):
        log_in(client, make_account())
        page = check_dress(client.post("/deconnexion"), 400)

        assert page.one("h1").text == "Page restée ouverte trop longtemps"
        assert "Rien n'a été envoyé" in page.text

    def test_a_form_that_another_site_sends_is_refused_and_nothing_done(self, client, make_account):
        log_in(client, make_account())
        page = check_dress(client.post("/deconnexion", headers={"Sec-Fetch-Site": "cross-site"}), 403)

        assert page.one("h1").text == "Envoi venu d'un autre site"
        assert "Rien n'est enregistré" in page.text
        assert client.get("/compte").status_code == 200

    def test_a_head_request_has_the_status_and_no_body(self, client):
        response = client.head("/nulle-part")

        assert (response.status_code, response.data) == (404, b"")


class TestWaiting:
    @pytest.mark.parametrize("error", [TooManyRequests(retry_after=120), ServiceUnavailable(retry_after=120)])
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_retry_after_is_kept(self, client, home_fails, error, headers):
        home_fails(error)

        assert client.get("/", headers=headers).headers["Retry-After"] == "120"

    def test_a_store_that_is_away_is_a_passing_trouble(self, client, without_store):
        response = client.submit("/identification", identifier="7K2M-94QF", password="x")

        check_explanation(check_dress(response, 503), 503)
        assert response.headers["Retry-After"] == "60"
        assert "sqlite" not in response.text
        assert "database" not in response.text

    def test_a_locked_store_is_a_passing_trouble(self, client, home_fails, caplog):
        home_fails(OperationalError("database is locked"))

        check_dress(client.get("/"), 503)
        assert "database is locked" in caplog.text

    def test_a_full_disk_is_a_passing_trouble(self, client, home_fails, caplog):
        home_fails(OSError(errno.ENOSPC, "No space left on device", "/srv/documents"))

        response = client.get("/")
        check_dress(response, 503)
        assert "Son disque est plein." in Page(response).text
        assert response.headers["Retry-After"] == "60"
        assert "the disk is full: /srv/documents" in caplog.text


class TestFaults:
    def test_a_fault_is_told_to_the_log_alone(self, client, home_fails, caplog):
        home_fails(ValueError(SECRET))

        response = client.get("/")

        check_explanation(check_dress(response, 500), 500)
        assert SECRET not in response.text
        assert "ValueError" not in response.text
        assert SECRET in caplog.text

    def test_a_fault_is_told_without_the_store_nor_the_session(self, app, client, monkeypatch, without_store, caplog):
        def open_session(*_):
            raise ValueError(SECRET)

        monkeypatch.setattr(app.session_interface, "open_session", open_session)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

        response = client.get("/")

        check_dress(response, 500)
        assert SECRET not in response.text

    def test_nor_does_the_log_tell_the_address_which_may_be_a_secret_link(self, app, client, monkeypatch, caplog):
        def open_session(*_):
            raise ValueError("what went wrong")

        monkeypatch.setattr(app.session_interface, "open_session", open_session)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

        assert client.get(f"/agents/invitation/{SECRET}").status_code == 500
        assert "what went wrong" in caplog.text
        assert SECRET not in caplog.text

    def test_a_fault_in_a_form_is_told_as_well(self, app, client, monkeypatch):
        def view(**_):
            return {}[SECRET]

        monkeypatch.setitem(app.view_functions, "access.request_code", view)

        response = client.post("/demander-un-code", data={"csrf_token": token(client), "name": SECRET})

        check_explanation(check_dress(response, 500), 500)
        assert SECRET not in response.text


class TestConsole:
    """An agent is the office: they are told whom *they* may ask."""

    def test_a_fault_there_is_for_whoever_keeps_the_server(self, app, console, monkeypatch):
        def fail():
            raise ValueError(SECRET)

        monkeypatch.setitem(app.view_functions, "office.dashboard", fail)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

        main = Page(console.get("/agents/tableau-de-bord")).one("main")

        assert "Si cela continue, donnez ce numéro à la personne qui tient le serveur" in main.text
        assert "office" not in main.text
        assert not main.select("a[href='/contact'], a[href^='tel:']")

    def test_a_record_that_does_not_exist_is_said_so(self, console):
        response = console.get("/agents/locataires/999")

        assert response.status_code == 404
        main = Page(response).one("main")
        assert "Ce dossier n'existe pas, ou l'office l'a effacé après le départ." in main.text
        assert main.select_one("a[href='/agents']").text == "Retour à la recherche"

    @pytest.mark.parametrize(
        ("address", "title", "back"),
        [
            ("/agents/a-verifier/999", "Demande introuvable", "/agents/a-verifier"),
            ("/agents/courriers/999", "Impression introuvable", "/agents/courriers"),
            ("/agents/imports/nul", "Import introuvable", "/agents/imports"),
            ("/agents/agents/999/lien", "Agent introuvable", "/agents/agents"),
        ],
    )
    def test_what_is_not_there_is_called_by_its_name_beside_the_way_to_the_others(
        self, manager_console, address, title, back
    ):
        response = manager_console.get(address)

        assert response.status_code == 404
        main = Page(response).one("main")
        assert main.select_one("h1").text == title
        assert main.select_one("a.button")["href"] == back


class TestFragments:
    """htmx puts the error where the answer should have been: inside a page that has its own header and h1."""

    @pytest.mark.parametrize("status", [400, 403, 413, 422, 429, 500, 503])
    def test_htmx_gets_the_fragment_alone(self, client, home_fails, status):
        errors = (BadRequest, Forbidden, RequestEntityTooLarge, UnprocessableEntity, TooManyRequests)
        by_status = {error.code: error for error in (*errors, InternalServerError, ServiceUnavailable)}
        home_fails(by_status[status](SECRET))

        check_fragment(client.get("/", headers=HTMX), status)

    def test_so_it_does_from_outside(self, app, client, home_fails):
        check_fragment(client.get("/nulle-part", headers=HTMX), 404)
        check_fragment(client.post("/aide", headers=HTMX), 405)
        check_fragment(client.get("/", headers={**HTMX, "Host": "evil.example"}), 400)
        home_fails(ValueError(SECRET))
        check_fragment(client.get("/", headers=HTMX), 500)

    def test_405_keeps_allow(self, client):
        assert "GET" in client.post("/aide", headers=HTMX).headers["Allow"]


def check_fragment(response, status):
    page = Page(response)
    assert response.status_code == status
    assert not page.is_whole
    assert not page.soup.select("header, footer, h1")
    assert page.one("section#erreur h2").text == EXPLANATIONS[status].title
    assert page.title.startswith(EXPLANATIONS[status].title)
    assert page.one("section#erreur[autofocus]")
    assert "HX-Request" in response.headers["Vary"]
    assert response.headers["Cache-Control"] == "no-store"
    assert SECRET not in response.text


def test_a_message_waits_for_the_page_it_is_for(client):
    client.post("/deconnexion", data={"csrf_token": token(client)})

    assert "Cet appareil est déconnecté" not in client.get("/apple-touch-icon.png").text
    assert "Cet appareil est déconnecté" in Page(client.get("/")).text
