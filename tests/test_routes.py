"""Who may enter: asked of every route of the URL map, so that a new one cannot be forgotten."""

from tests.conftest import landing, log_in

# What anyone may open; everything else is behind a door.
OPEN = {
    "static", "stylesheet",
    "pages.home", "pages.guide", "pages.legal_notice", "pages.personal_data", "pages.accessibility", "pages.site_map",
    "pages.contact", "pages.robots",
    "access.log_in", "access.request_code", "access.code_sent", "access.change_password", "access.log_out",
}  # fmt: skip


LEADS_ON = {"access.lead_to_change_password": "/changer-mot-de-passe"}


def concrete(rule):
    return str(rule).replace("<path:filename>", "portal.js")


def test_every_route_is_either_open_or_sends_strangers_to_identification(client, app):
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        answer = client.get(concrete(rule))
        if rule.endpoint in LEADS_ON:
            assert landing(answer) == LEADS_ON[rule.endpoint]
        elif rule.endpoint in OPEN:
            assert answer.status_code == 200, rule
            answer.close()
        else:
            assert rule.endpoint.startswith("account."), f"{rule.endpoint}: open, or behind which door?"
            assert landing(answer) == "/identification", rule


def test_every_page_answers_htmx_too(client, app, make_account):
    log_in(client, make_account())
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods:
            answer = client.get(concrete(rule), headers={"HX-Request": "true"})
            assert answer.status_code in {200, 303}, rule
            answer.close()


def test_every_post_without_its_token_is_refused(client, app, make_account):
    log_in(client, make_account())
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    assert len(posts) >= 6
    for rule in posts:
        if rule.endpoint == "account.choose_password":
            continue  # leads away at once: this tenant has a password
        answer = client.post(concrete(rule), data={"name": "x"})
        assert answer.status_code == 400, rule
    assert client.get("/compte").status_code == 200


def test_every_page_is_at_home_in_a_text_browser(client, app):
    """No page hides its content behind a script: each has a heading and a form that has an action, or text."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN - {"static", "stylesheet", "pages.robots"} and "GET" in rule.methods:
            assert "<noscript" not in client.get(str(rule)).text
