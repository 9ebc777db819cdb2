"""Every form, as who fills it in meets it; tests/page_forms.py is what is asked of any page."""

import pytest

from ophportal.models import Agent, Role, Verification
from tests.bad_input.console_forms import FORMS as CONSOLE_FORMS
from tests.bad_input.forms import FORMS, REQUEST, enter
from tests.conftest import OWN_PASSWORD, at_work, landing, log_in, request_code
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
# What these ask for may be left out, or is picked by a button.
FREE = {
    "/agents/recherche", "/agents/courriers", "/agents/courriers/imprimer",
    "/compte/coordonnees/telephone", "/compte/securite/deconnecter", "/compte/comptes",
}  # fmt: skip
ASKING = [form for form in (*FORMS, *CONSOLE_FORMS) if form.fields and form.path not in FREE]
every_form = pytest.mark.parametrize("form", ASKING, ids=[form.path for form in ASKING])
SECRET = {"password", "current_password", "new_password", "confirmation", "code"}


@pytest.fixture
def stand_before(app, client, another_browser, make_account, make_agent, outbox):
    """A function that leads a browser to a form; gives the browser, the page's address and the form's."""
    account = make_account()

    def at_a_tenant_s(form):
        if form.door:
            enter(client, account, must_choose=form.door == "choosing")
        return client, form.path, form.path

    def at_the_console_s(form):
        invited = Agent.enlist("ninon@office.exemple.test", "Ninon Essai", Role.AGENT)
        if form.path in {"/agents/identification", "/agents/premiere-connexion"}:
            client.get(f"/agents/invitation/{invited.invite()}")
            return client, form.path, form.path
        request_code(another_browser, email="stella@exemple.test")
        outbox.deliver()
        visitor = at_work(app, make_agent("Renée Essai", email="renee@office.exemple.test", role=Role.MANAGER))
        it = Verification.get()
        it.open_for(visitor.agent)
        action = form.path.format(tenant=account.tenant.id, agent=invited.id, verification=it.id)
        return visitor, action.removesuffix("/refuser"), action

    return lambda form: (at_the_console_s if form.path.startswith("/agents") else at_a_tenant_s)(form)


@pytest.fixture
def send(stand_before):
    """A function that fills a form in and sends it; the answer, and what its page asked for, in its order."""

    def send(form, *, htmx=False, **fields):
        visitor, page, action = stand_before(form)
        there = Page(visitor.get(page)).one(f"main form[action='{action}']")
        # What a browser sends by itself: the token, and the first line of a list.
        chosen = {box["name"]: box.select_one("option")["value"] for box in there.select("select")}
        data = {"csrf_token": there.select_one("[name=csrf_token]")["value"], **chosen, **fields}
        answer = visitor.post(action, data=data, headers={"HX-Request": "true"} if htmx else {})
        return answer, [control["name"] for control in there.select("[aria-required]")]

    return send


@pytest.mark.parametrize("htmx", [False, True], ids=["whole page", "fragment"])
@every_form
def test_sent_empty_it_names_each_missing_answer_once_in_the_order_of_the_page(send, form, htmx):
    answer, asked = send(form, htmx=htmx)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.is_whole is not htmx
    assert page.title.startswith("Erreur\u00a0: ")
    links = page.soup.select(".summary a")
    assert [link["href"] for link in links] == [f"#{name}" for name in asked]
    assert len({link.text for link in links}) == len(asked)


@every_form
def test_what_was_typed_comes_back_but_for_what_is_secret(send, form):
    """One answer is missing: no other is asked twice (WCAG 3.3.7), but for passwords and codes, which it excepts."""
    *_, missing = form.fields
    answer, _ = send(form, **{**form.fields, missing: ""})
    assert answer.status_code == 422
    page = Page(answer)
    for name, typed in form.fields.items():
        if name in SECRET:
            assert not page.one(f"#{name}").get("value")
        elif name != missing:
            box = page.one(f"#{name}")
            assert (box.select_one("option[selected]") or box)["value"] == typed


class TestWordsOfTheAvis:
    def test_the_four_answers_have_the_guide_s_names_and_the_avis_s(self, client):
        page = Page(client.get("/demander-un-code"))
        labels = {label["for"]: label.text for label in page.soup.select(".field label")}
        assert list(labels.values()) == [
            "Votre Nom",
            "Votre adresse email",
            "Votre référence logement",
            "Votre numéro locataire",
        ]
        for name in ("dwelling_reference", "tenant_number"):
            assert f"«\u00a0{labels[name]}\u00a0»" in page.one(f"#{name}-aide").text

    @pytest.mark.parametrize(
        ("path", "name", "told"),
        [
            ("/demander-un-code", "email", "nom@exemple.fr"),
            ("/demander-un-code", "dwelling_reference", "tous les chiffres et toutes les lettres"),
            ("/demander-un-code", "tenant_number", "tous les chiffres et toutes les lettres"),
            ("/courrier-recu", "letter_code", "7K2M-94QF-D0XV"),
            ("/identification", "identifier", "7K2M-94QF"),
            ("/changer-mot-de-passe", "identifier", "7K2M-94QF"),
            ("/changer-mot-de-passe", "new_password", "12 caractères ou plus"),
        ],
    )
    def test_a_format_is_told_before_it_is_needed(self, client, path, name, told):
        assert told in Page(client.get(path)).one(f"#{name}-aide").text

    def test_so_are_those_of_the_account(self, client, make_account):
        log_in(client, make_account())
        assert (
            "06\u00a039\u00a098\u00a012\u00a034"
            in Page(client.get("/compte/coordonnees/telephone")).one("#telephone-aide").text
        )
        assert "facultatif" in Page(client.get("/compte/coordonnees/telephone")).one("label[for=telephone]").text
        assert "nom@exemple.fr" in Page(client.get("/compte/coordonnees/email")).one("#email-aide").text


class TestNothingAskedTwice:
    """WCAG 3.3.7. A new password is asked for twice, which it excepts, for whoever has no JavaScript to show it."""

    def typed(self, answer):
        return {name: Page(answer).one(f"#{name}")["value"] for name in REQUEST}

    def test_after_too_many_tries(self, app, client, monkeypatch, each_press_counts):
        monkeypatch.setitem(app.config, "REQUESTS_TARGET", 1)
        request_code(client)
        answer = request_code(client)
        assert answer.status_code == 429
        assert self.typed(answer) == REQUEST

    def test_at_the_door_the_box_to_be_remembered_stays_ticked(self, client, make_account):
        page = Page(log_in(client, make_account(), "faux", remember="y"))
        assert page.one("#remember").has_attr("checked")
        assert page.one("#identifier")["value"]

    def test_who_changes_the_password_in_the_window_finds_the_identifier_there_once(self, client, make_account):
        code = make_account().code
        answer = client.submit(
            "/changer-mot-de-passe",
            identifier=code,
            current_password=OWN_PASSWORD,
            new_password=NEW,
            confirmation=NEW,
        )
        page = Page(client.get(landing(answer)))
        assert page.one("#identifier")["value"] == code
        assert not Page(client.get("/identification")).one("#identifier").get("value")


class TestAnyoneCanProveWhoTheyAre:
    """WCAG 3.3.8: nothing to remember or to copy by eye; what is pasted or filled in by a manager is taken whole."""

    def test_a_password_manager_finds_the_pair(self, client):
        form = Page(client.get("/identification")).one("main form")
        assert [control["autocomplete"] for control in form.select("[autocomplete]")] == [
            "username",
            "current-password",
        ]

    def test_a_paste_with_spaces_around_is_taken(self, client, make_account):
        account = make_account()
        answer = client.submit("/identification", identifier=f"\u00a0{account.code} \n", password=OWN_PASSWORD)
        assert landing(answer) == "/compte"
