"""Anything at all, thrown at the forms: an answer in French, never a fault, never a lost row."""

from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal.models import AccessRequest, Account, OutboxMessage
from ophportal.testing import Visitor
from tests.bad_input.forms import FORMS, NASTY, REQUEST, Form, check_stays, nothing_lost, send, stand_before

pytestmark = pytest.mark.usefixtures("no_limits")
TEXTS = st.one_of(st.text(max_size=80), st.sampled_from(list(NASTY.values())), st.sampled_from(list(REQUEST.values())))
BYTES = st.one_of(TEXTS.map(str.encode), st.binary(max_size=60))
TYPED = [form for form in FORMS if len(form.fields) > 1 and form.path != "/mot-de-passe-oublie"]
every_typed_form = pytest.mark.parametrize("form", TYPED, ids=[form.path for form in TYPED])


def bodies(form: Form) -> st.SearchStrategy[list[tuple[Any, bytes]]]:
    """Any pairs of a name and a value: each field of the form once, then others, some of them doubled."""
    whole = st.fixed_dictionaries(
        {name: st.one_of(st.just(text.encode()), BYTES) for name, text in form.fields.items()}
    )
    names = st.one_of(st.sampled_from([*form.fields, "csrf_token", "remember"]), BYTES)
    return st.builds(
        lambda fields, more: [*fields.items(), *more], whole, st.lists(st.tuples(names, BYTES), max_size=4)
    )


def check_anything(form: Form, visitor: Visitor, account: Account, examples: int) -> None:
    """Throw `examples` bodies at the form, the same ones each time."""
    token = ""

    @settings(max_examples=examples)
    @given(pairs=bodies(form), htmx=st.booleans())
    def anything(pairs: list[tuple[Any, bytes]], htmx: bool) -> None:
        nonlocal token
        token = token or stand_before(visitor, account, form)
        before = AccessRequest.select().count(), OutboxMessage.select().count()
        body = urlencode([("csrf_token", token), *pairs]).encode()
        answer = send(visitor, form.path, body, headers={"HX-Request": "true"} if htmx else {})

        assert answer.status_code in {200, 303, 400, 413, 422, 429}, answer.status
        done = answer.status_code in {200, 303}
        if form.fields == REQUEST:
            assert (AccessRequest.select().count(), OutboxMessage.select().count()) == (
                before[0] + done,
                before[1] + done,
            )
        check_stays(answer)
        if answer.status_code != 303 and "HX-Redirect" not in answer.headers:
            assert answer.mimetype == "text/html"
            assert ('<html lang="fr">' in answer.text) is not htmx
            assert done or "Erreur" in answer.text
        if done and form.door:
            token = ""

    with nothing_lost() if form.door != "choosing" else nullcontext():
        anything()


@pytest.fixture
def quick_visitor(app):
    """Without the house rules, that cost more than the page: every kind of answer has kept them in the files beside."""
    return Visitor(app, app.response_class)


@every_typed_form
def test_anything_at_all_gets_an_answer_in_french(quick_visitor, make_account, form, caplog, each_press_counts):
    check_anything(form, quick_visitor, make_account(), 400)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


@pytest.mark.slow
@every_typed_form
def test_and_keeps_the_house_rules_a_thousand_times(client, make_account, form, caplog, each_press_counts):
    check_anything(form, client, make_account(), 1000)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]
