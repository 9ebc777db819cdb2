"""Who may enter: asked of every route of the URL map, so that a new one cannot be forgotten."""

import re

import pytest

from tests.conftest import landing, log_in
from tests.page import Page
from tests.routes import LEADS_ON, ask_with

# What anyone may open; everything else is behind a door.
OPEN = {
    "static",
    "pages.home", "pages.guide", "pages.legal_notice", "pages.personal_data", "pages.accessibility", "pages.site_map",
    "pages.contact", "pages.robots",
    "access.log_in", "access.request_code", "access.use_letter", "access.code_sent", "access.change_password",
    "access.log_out",
    "health.alive", "health.ready",
}  # fmt: skip


# The agents' own way in: open to anyone, who gets nothing from it without a link or three proofs.
AGENTS_DOOR = {
    "office_entry.log_in", "office_entry.open_invitation", "office_entry.first_login", "office_entry.log_out",
}  # fmt: skip
# Where the links of mails lead: open to anyone, who gets nothing from them without the secret.
LINKS = {
    "address_links.open_confirmation", "address_links.look_at_confirmation", "address_links.confirm",
    "address_links.open_undo", "address_links.look_at_undo", "address_links.undo",
}  # fmt: skip
MANAGERS = {
    "office.agents", "office.invite_again", "office.disable_agent", "office.enable_agent",
    "office.imports", "office.one_import", "office.confirm_import", "office.drop_import", "office.rejects",
    "office.withdraw_document", "office.hand_data_over",
}  # fmt: skip

# The pages of a list that shrinks: beyond its end they lead to its last.
SHRINKING = {"office.verifications"}


def names_what_is_not_there(rule):
    """Whether the rule's concrete address does."""
    return "<" in str(rule) and rule.endpoint not in SHRINKING


def concrete(rule):
    """An address of this rule; what its numbers name is not there."""
    address = str(rule).replace("<path:name>", "portal.js")
    return re.sub(r"<(?:\w+:)?\w+>", "999999", address)


def door_of(rule):
    """Behind which door a route is. A new one that is behind none fails here, until somebody decides."""
    if rule.endpoint in LEADS_ON or rule.endpoint in OPEN | AGENTS_DOOR | LINKS:
        return "open"
    if rule.endpoint in MANAGERS:
        return "managers"
    room = rule.endpoint.partition(".")[0]
    assert room in {"account", "office"}, f"{rule.endpoint}: open, or behind which door?"
    return room


def ask(visitor, rule):
    """The answers to everything that can be asked of a route, a POST with a token that is good for this visitor."""
    yield from ask_with(visitor, rule, concrete(rule), {})


def routes(app, *doors):
    return [rule for rule in app.url_map.iter_rules() if door_of(rule) in doors]


def test_anyone_may_open_what_is_open(client, app):
    for rule in routes(app, "open"):
        if "GET" in rule.methods:
            answer = client.get(concrete(rule))
            if rule.endpoint in LEADS_ON:
                assert landing(answer) == LEADS_ON[rule.endpoint]
            elif rule.endpoint in OPEN:
                assert answer.status_code == 200, rule
            answer.close()


def test_a_stranger_is_sent_to_the_door_of_each_room(client, app):
    for room, door in (("account", "/identification"), ("office", "/agents/identification")):
        for rule in routes(app, *({"office", "managers"} if room == "office" else {room})):
            for answer in ask(client, rule):
                assert landing(answer) == door, rule


def test_a_tenant_is_a_stranger_to_the_console(client, app, make_account):
    log_in(client, make_account())
    for rule in routes(app, "office", "managers"):
        for answer in ask(client, rule):
            assert landing(answer) == "/agents/identification", rule


def test_an_agent_is_a_stranger_to_the_tenants_accounts(manager_console, app):
    for rule in routes(app, "account"):
        for answer in ask(manager_console, rule):
            assert landing(answer) == "/identification", rule


def test_what_is_for_responsables_is_for_them_alone(console, manager_console, app):
    for rule in routes(app, "managers"):
        for answer in ask(console, rule):
            assert answer.status_code == 403, rule
        for answer in ask(manager_console, rule):
            assert answer.status_code != 403, rule


def test_an_agent_may_open_the_rest_of_the_console_and_does_not_find_what_is_not_there(console, app):
    for rule in routes(app, "office"):
        for answer in ask(console, rule):
            expected = {404} if names_what_is_not_there(rule) else {200, 303, 400, 422}
            assert answer.status_code in expected, (rule, answer.status)


def test_an_address_that_is_only_sent_to_leads_to_a_page_of_its_room(manager_console, app, make_account):
    """The session ends on a form that came back with its errors: the page that is opened anew has its address."""
    client = manager_console
    log_in(client, make_account())
    rooms = routes(app, "account", "office", "managers")
    opened = {str(rule) for rule in rooms if "GET" in rule.methods}
    sent_to = [rule for rule in rooms if str(rule) not in opened]
    assert len(sent_to) >= 15
    for rule in sent_to:
        page = landing(client.get(concrete(rule)))
        assert concrete(rule).startswith(f"{page}/")
        assert client.get(page).status_code in {200, 404}, rule  # what its numbers name is not there
    assert landing(client.get("/agents/courriers/imprimer")) == "/agents/courriers"


def test_every_page_answers_htmx_too(manager_console, app, make_account):
    client = manager_console
    log_in(client, make_account())
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods:
            answer = client.get(concrete(rule), headers={"HX-Request": "true"})
            behind_a_door = rule.endpoint.startswith(("office.", "account."))
            expected = {404} if names_what_is_not_there(rule) and behind_a_door else {200, 303, 400, 410}
            assert answer.status_code in expected, rule
            answer.close()


def test_every_post_without_its_token_is_refused(manager_console, app, make_account):
    client = manager_console
    log_in(client, make_account())
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    assert len(posts) >= 6
    for rule in posts:
        if rule.endpoint == "account.choose_password":
            continue  # leads away at once: this tenant has a password
        answer = client.post(concrete(rule), data={"name": "x"})
        # What is not there, or needs its link, is said before anything is read.
        expected = {400, 404} if "<" in str(rule) and rule.endpoint != "static" else {400, 410}
        assert answer.status_code in expected, rule
    assert client.get("/compte").status_code == 200
    assert client.get("/agents").status_code == 200


@pytest.mark.parametrize("where_from", ["cross-site", "same-site"])
def test_no_form_of_another_site_s_takes_a_visitor_s_cookies_away(client, app, where_from):
    """The browser holds the cookies back (SameSite), and would put ours to whom it does not know in their place."""
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            answer = client.post(concrete(rule), data={"name": "x"}, headers={"Sec-Fetch-Site": where_from})
            assert answer.status_code == 403, rule
            assert not {"Set-Cookie", "Clear-Site-Data"} & set(answer.headers.keys()), rule


@pytest.mark.parametrize("where_from", ["same-origin", "none"])
def test_our_own_forms_are_read_and_a_link_on_another_site_leads_in(client, make_account, where_from):
    log_in(client, make_account())
    page = Page(client.get("/compte", headers={"Sec-Fetch-Site": "cross-site"}))
    token = page.one("form[action='/deconnexion'] input[name=csrf_token]")["value"]
    answer = client.post("/deconnexion", data={"csrf_token": token}, headers={"Sec-Fetch-Site": where_from})
    assert landing(answer) == "/"
    assert landing(client.get("/compte")) == "/identification"


def test_every_page_is_at_home_in_a_text_browser(client, app):
    """No page hides its content behind a script: each has a heading and a form that has an action, or text."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN - {"static", "pages.robots", "health.alive", "health.ready"} and "GET" in rule.methods:
            assert "<noscript" not in client.get(str(rule)).text
