"""Whatever is thrown at the console's forms: an answer in French, never a fault; a page's own token, or nothing."""

from io import BytesIO

import pytest

from ophportal.models import Agent, AgentSession, Decision, Lease, Role, Tenant, Verification
from ophportal.testing import TOKEN
from tests.bad_input.console_forms import FORMS, TENANT, VERIFICATION, Form
from tests.bad_input.forms import IN_PARTS, NASTY, NO_TEXT, body_of, check_answer, in_parts, send
from tests.conftest import at_work, request_code

pytestmark = pytest.mark.usefixtures("no_limits")

# One button, and nothing to type.
BUTTONS = {
    "/agents/deconnexion", "/agents/prolonger", "/agents/mon-acces/deconnecter-les-autres",
    "/agents/agents/{agent}/desactiver", "/agents/agents/{agent}/reactiver",
    f"{TENANT}/code", f"{TENANT}/sessions", f"{TENANT}/debloquer", f"{TENANT}/courrier",
    f"{VERIFICATION}/ouvrir", f"{VERIFICATION}/laisser", f"{VERIFICATION}/accepter",
    f"{TENANT}/documents/{{token}}/retirer",
    "/agents/imports/{token}/confirmer", "/agents/imports/{token}/abandonner",
}  # fmt: skip
every_form = pytest.mark.parametrize("form", FORMS, ids=[form.path for form in FORMS])
every_field = pytest.mark.parametrize(
    ("form", "field"),
    [pytest.param(form, field, id=f"{form.path}-{field}") for form in FORMS for field in form.fields],
)


@pytest.fixture
def desk(app, make_agent, make_tenant, client, outbox):
    """The browser of a responsable who holds a one-time link of somebody's, and has a request to verify open."""
    make_tenant()
    request_code(client, email="stella@exemple.test")
    outbox.deliver()
    visitor = at_work(app, make_agent("Renée Essai", email="renee@office.exemple.test", role=Role.MANAGER))
    invited = Agent.enlist("ninon@office.exemple.test", "Ninon Essai", Role.AGENT)
    visitor.get(f"/agents/invitation/{invited.invite()}")
    Verification.get().open_for(visitor.agent)
    return visitor


@pytest.fixture
def stand_before(desk):
    """A function that gives a form's address, and a token that is good for it."""

    def stand(form: Form) -> tuple[str, str]:
        # What an example before this one has done is undone.
        Verification.update(decision=Decision.PENDING).execute()
        token = TOKEN.search(desk.get("/agents/mon-acces/codes-de-secours").text)
        colleague = Agent.get(Agent.email == "ninon@office.exemple.test")
        ids = {"tenant": Tenant.get().id, "verification": Verification.get().id, "agent": colleague.id}
        return form.path.format(**ids), token[1]

    return stand


@pytest.fixture(autouse=True)
def nobody_lost(app):
    """Whatever is thrown, tenants, leases and agents stay, and no session but the desk's opens."""
    yield
    assert AgentSession.select().count() <= 1
    assert [tenant.email for tenant in Tenant.select()] in ([], ["maria@exemple.test"])
    assert Lease.select().count() == Tenant.select().count()


def test_no_form_of_the_console_is_forgotten_here(app):
    rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    ours = {rule for rule in rules if rule.startswith("/agents")}
    names = {"tenant": "<int:tenant_id>", "verification": "<int:verification_id>", "agent": "<int:agent_id>"}
    known = {path.format(**names, token="<token>") for path in (*BUTTONS, *(form.path for form in FORMS))}
    assert ours == known


@every_form
def test_a_form_sent_as_it_should_be_gets_its_answer(desk, stand_before, form):
    path, token = stand_before(form)
    check_answer(desk.post(path, data={"csrf_token": token, **form.fields}), *form.statuses)


@every_form
@pytest.mark.parametrize("token", [None, "", "x", "x" * 5000, "{another}"])
def test_a_wrong_token_does_nothing(desk, another_browser, stand_before, form, token):
    path, _ = stand_before(form)
    if token == "{another}":
        token = TOKEN.search(another_browser.get("/agents/identification").text)[1]
    before = [table.select().count() for table in (Tenant, Agent, AgentSession, Verification)]
    answer = desk.post(path, data={**form.fields, **({} if token is None else {"csrf_token": token})})
    assert "restée ouverte trop longtemps" in check_answer(answer, 400).text
    assert [table.select().count() for table in (Tenant, Agent, AgentSession, Verification)] == before
    assert Verification.get().decision == Decision.PENDING


@every_form
def test_a_body_that_is_no_form_does_nothing(desk, stand_before, form):
    for kind, body in (
        ("application/json", b'{"csrf_token": "%s", "reason": "parce que", "q": 5}'),
        ("text/plain", b"csrf_token=%s&reason=parce que"),
        ("application/octet-stream", b"\x00\xff" * 100),
        ("multipart/form-data", b"--x\r\n"),
    ):
        path, token = stand_before(form)
        check_answer(send(desk, path, body.replace(b"%s", token.encode()), kind), 400, about=kind)


@every_field
def test_nasty_letters_get_an_answer_in_french(desk, stand_before, form, field, caplog):
    for what, text in NASTY.items():
        path, token = stand_before(form)
        answer = desk.post(path, data={"csrf_token": token, **form.fields, field: text})
        check_answer(answer, *form.statuses, about=what)
        assert "<script>alert" not in answer.text
        assert "58588629971041" not in answer.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@every_field
def test_bytes_that_are_no_text_are_no_fault(desk, stand_before, form, field, caplog):
    for raw in NO_TEXT:
        for name, value in ((field.encode(), raw), (raw, b"x")):
            path, token = stand_before(form)
            others = {"csrf_token": token, **{key: text for key, text in form.fields.items() if key != field}}
            body = b"&".join((body_of(others), name + b"=" + value))
            check_answer(send(desk, path, body), *form.statuses, 422, about=(name, value))
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@every_field
def test_letters_dear_to_normalise_are_refused_before_they_cost_anything(desk, stand_before, form, field, normalised):
    path, token = stand_before(form)
    normalised.clear()
    for letters in ("a" + "\u0301\u0323" * 10_000, "\ufdfa" * 10_000):
        body = in_parts({"csrf_token": token, **form.fields, field: letters})
        check_answer(send(desk, path, body, IN_PARTS), *form.statuses, 422)
    assert max(normalised, default=0) <= 1000


@every_field
def test_a_megabyte_in_a_field_is_too_large(desk, stand_before, form, field):
    path, token = stand_before(form)
    for in_pieces in (False, True):
        fields = {"csrf_token": token, **form.fields, field: "a" * (2**21)}
        body, kind = (in_parts(fields), IN_PARTS) if in_pieces else (body_of(fields), None)
        answer = send(desk, path, body, kind) if kind else send(desk, path, body)
        check_answer(answer, 413)


@every_field
def test_a_file_in_place_of_an_answer_is_an_answer_that_is_missing(desk, stand_before, form, field):
    path, token = stand_before(form)
    fields = {"csrf_token": token, **form.fields, field: (BytesIO(b"octets du fichier"), "fichier.txt")}
    answer = desk.post(path, data=fields, content_type="multipart/form-data")
    check_answer(answer, *{*form.statuses, 422})
    assert "octets du fichier" not in answer.text
