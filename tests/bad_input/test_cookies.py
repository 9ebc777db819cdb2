"""A cookie that is not as the portal made it is worth nothing, and stands in nobody's way."""

import pytest
from itsdangerous import Signer, URLSafeSerializer
from werkzeug.http import dump_cookie

from tests.bad_input.forms import check_answer, token_on
from tests.conftest import OWN_PASSWORD, landing, log_in
from tests.page import Page

GARBAGE = ("", "x", "é", "a.b.c", ".", "." * 5000, "x" * 60_000, "\x00", '"', "%00%ff", '"\\377\\000"', "eyJ9.x.y")


@pytest.mark.parametrize("name", ["session", "appareil", "identifiant"])
def test_a_cookie_of_garbage_is_no_cookie(client, make_account, name):
    make_account()
    for garbage in GARBAGE:
        header = {"Cookie": f"{name}={garbage}"}
        for path in ("/", "/identification", "/code-envoye", "/changer-mot-de-passe", "/nulle-part"):
            check_answer(client.get(path, headers=header), 200, 404, about=garbage)
        assert landing(client.get("/compte", headers=header)) == "/identification"
        assert landing(client.post("/deconnexion", headers=header)) == "/"


@pytest.mark.parametrize("name", ["appareil", "identifiant"])
def test_nor_does_it_stand_in_the_way_of_a_login(client, make_account, name):
    account = make_account()
    for garbage in GARBAGE:
        token = token_on(client, "/identification")
        data = {"csrf_token": token, "identifier": account.code, "password": OWN_PASSWORD, "remember": "y"}
        cookies = f"{name}={garbage}; session={client.get_cookie('session').value}"
        answer = client.post("/identification", data=data, environ_overrides={"HTTP_COOKIE": cookies})
        assert landing(answer) == "/compte"
        client.log_out()


def test_a_header_of_cookies_that_is_no_list_is_no_fault(client):
    for header in ("=", ";;;", "session", "session=a; session=b; session", "a" * 60_000, "=x; é=é"):
        check_answer(client.get("/identification", headers={"Cookie": header}), 200, about=header)


@pytest.mark.parametrize(
    "payload",
    [
        5,
        None,
        "abc",
        True,
        [],
        [1],
        [1, 2],
        ["a", 5],
        ["a", "b"],
        ["a", [1, 2]],
        ["a", ["b"], "c"],
        {"a": 1, "b": 2},
    ],
)
def test_a_device_cookie_of_our_make_but_another_shape_is_worth_nothing(app, client, make_account, payload):
    account = make_account()
    client.set_cookie("appareil", URLSafeSerializer(app.config["SECRET_KEY"], salt="device").dumps(payload))
    assert log_in(client, account, "faux").status_code == 422
    assert landing(log_in(client, account)) == "/compte"
    assert client.get("/compte/securite").status_code == 200


@pytest.mark.parametrize("text", [b"bm90IGpzb24", b".eJw", b"", b"."])
def test_nor_is_one_that_holds_no_json(app, client, make_account, text):
    signer = Signer(app.config["SECRET_KEY"], salt="device", key_derivation="django-concat")
    client.set_cookie("appareil", signer.sign(text).decode())
    assert landing(log_in(client, make_account())) == "/compte"


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "x" * 5000, "\u202e\0\r\n", "{{ 7654321 * 7654321 }}"])
@pytest.mark.parametrize("path", ["/identification", "/changer-mot-de-passe"])
def test_a_forged_identifier_is_shown_as_text_and_cut(client, path, text):
    answer = client.get(path, environ_overrides={"HTTP_COOKIE": dump_cookie("identifiant", text, max_size=0)})
    assert "<script>alert" not in answer.text
    assert "58588629971041" not in answer.text
    assert len(str(Page(answer).one("#identifier").get("value", ""))) <= 254
