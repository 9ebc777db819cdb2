"""The time of an answer tells nobody who has an account.

Minutes long, and run by « make test-slow »; with `--log-cli-level=INFO` each comparison is shown.
"""

import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations
from statistics import NormalDist, median

import pytest

from ophportal.access import login
from ophportal.models import Account
from ophportal.passwords import hash_password, verify_password
from ophportal.testing import TOKEN, Visitor
from tests.conftest import OWN_PASSWORD

logger = logging.getLogger(__name__)
pytestmark = pytest.mark.usefixtures("dear_hashes")

SAMPLES = 200
NEW = "deux lunes rouges sur le toit"
OTHER_PASSWORD = "trois nuages gris au galop"
LIMITS = ("LOGIN_FAILURES", "LOGIN_FAILURES_DAY", "LOGIN_FAILURES_ADDRESS", "REQUESTS_TARGET", "REQUESTS_ADDRESS")
# A difference counts when it is no chance (one time in ten thousand) and when it is one that could be used: with
# |AUC - 1/2| below this, hundreds of tries on one person give a guess, and the throttle allows five.
SIGNIFICANT, USABLE = 1e-4, 0.1


class Comparison:
    """Two samples by their ranks: `auc` is how often the first one's is the greater, `p` how often chance does that.

    Mann and Whitney's U, by its normal approximation, with the correction for ties.
    """

    def __init__(self, first: Sequence[float], second: Sequence[float]):
        pooled = sorted((value, which) for which, sample in enumerate((first, second)) for value in sample)
        ranks, ties, start = [0.0, 0.0], 0, 0
        while start < len(pooled):
            end = start
            while end < len(pooled) and pooled[end][0] == pooled[start][0]:
                end += 1
            for _, which in pooled[start:end]:
                ranks[which] += (start + 1 + end) / 2
            ties += (end - start) ** 3 - (end - start)
            start = end
        pairs, total = len(first) * len(second), len(pooled)
        u = ranks[0] - len(first) * (len(first) + 1) / 2
        spread = math.sqrt(pairs / 12 * (total + 1 - ties / (total * (total - 1))))
        self.auc = u / pairs
        self.p = 2 * NormalDist().cdf(-abs(u - pairs / 2) / spread) if spread else 1.0

    @property
    def tells(self) -> bool:
        return self.p < SIGNIFICANT and abs(self.auc - 0.5) > USABLE


def test_ranks_are_compared_as_the_books_do():
    worked_by_hand = Comparison([19, 22, 16, 29, 24], [20, 11, 17, 12])
    assert worked_by_hand.auc == 17 / 20
    assert worked_by_hand.p == pytest.approx(0.0864, abs=5e-5)  # z = (17 - 10) / 4.082
    assert Comparison([1, 2], [1, 2]).auc == 0.5
    assert Comparison([3, 3], [3, 3]).p == 1


@pytest.fixture
def visitor(app, monkeypatch):
    for limit in LIMITS:
        monkeypatch.setitem(app.config, limit, 10**6)
    return Visitor(app, app.response_class)


@pytest.fixture
def people(app, make_tenant):
    """The code and the four answers of one person of each kind."""
    own = hash_password(OWN_PASSWORD)
    people = {"unknown": ("ZZZZ-ZZZZ", request_of(0))}
    for number, kind in enumerate(("known", "ended", "without password"), 1):
        asked = request_of(number)
        account = Account.get_or_open(
            make_tenant(
                asked["name"], number=asked["tenant_number"], reference=asked["dwelling_reference"],
                email=asked["email"], ends_on=date(2020, 1, 2) if kind == "ended" else None,
            )
        )  # fmt: skip
        account.choose_password("" if kind == "without password" else own)
        people[kind] = (account.code, asked)
    with app.app_context():
        verify_password("x", "")  # a process hashes its decoy once
    return people


@pytest.fixture
def shared(make_tenant) -> str:
    """An address of two accounts, each with its own password; three share the address `p8`."""
    for email, passwords in (
        ("p9@exemple.test", (OWN_PASSWORD, OTHER_PASSWORD)),
        ("p8@exemple.test", (OWN_PASSWORD, OTHER_PASSWORD, NEW)),
    ):
        for place, password in enumerate(passwords):
            number = f"9{email[1]}0{place}"
            tenant = make_tenant("AUTRE", number=number, reference=f"{number}-A", email=email)
            Account.get_or_open(tenant).choose_password(hash_password(password))
    return "p9@exemple.test"


def request_of(number: int) -> dict[str, str]:
    return {
        "name": f"NOM{'ABCD'[number]}",
        "email": f"p{number}@exemple.test",
        "dwelling_reference": f"200{number}-A",
        "tenant_number": f"100{number}",
    }


def pressing(visitor: Visitor, path: str, fields: dict[str, str], status: int) -> Callable[[], None]:
    token = TOKEN.search(visitor.get(path).text)
    assert token
    data = {"csrf_token": token[1], **fields}

    def press() -> None:
        assert visitor.post(path, data=data).status_code == status

    return press


def pressing_and_leaving(visitor: Visitor, fields: dict[str, str]) -> Callable[[], None]:
    """A login, from a browser that holds nothing but the token of its form."""
    token = TOKEN.search(visitor.get("/identification").text)
    assert token
    before = visitor.get_cookie("session").value

    def press() -> None:
        visitor.set_cookie("session", before)
        assert visitor.post("/identification", data={"csrf_token": token[1], **fields}).status_code == 303

    return press


def interleaved(deeds: dict[str, Callable[[], None]], rounds: int = SAMPLES) -> dict[str, list[float]]:
    """The seconds that each deed takes, `rounds` times, in an order drawn anew for each round."""
    order, times = random.Random(7), {name: [] for name in deeds}
    for name in deeds:
        deeds[name]()
    for _ in range(rounds):
        for name in order.sample(sorted(deeds), len(deeds)):
            start = time.perf_counter()
            deeds[name]()
            times[name].append(time.perf_counter() - start)
    return times


def check_alike(times: dict[str, list[float]]) -> None:
    told = []
    for one, other in combinations(times, 2):
        compared = Comparison(times[one], times[other])
        line = f"{one} {median(times[one]) * 1000:.2f} ms, {other} {median(times[other]) * 1000:.2f} ms"
        line += f": AUC {compared.auc:.3f}, p {compared.p:.2g}"
        logger.info(line)
        if compared.tells:
            told.append(line)
    assert not told


@pytest.mark.slow
class TestTiming:
    def test_a_wrong_login_takes_as_long_whoever_is_named(self, visitor, people):
        deeds = {
            kind: pressing(visitor, "/identification", {"identifier": code, "password": "faux"}, 422)
            for kind, (code, _) in people.items()
        }
        check_alike(interleaved(deeds))

    def test_so_it_does_by_address(self, visitor, people):
        deeds = {
            kind: pressing(visitor, "/identification", {"identifier": asked["email"], "password": "faux"}, 422)
            for kind, (_, asked) in people.items()
        }
        check_alike(interleaved(deeds))

    def test_so_it_does_by_an_address_that_two_share(self, visitor, people, shared):
        """Nor does the time tell that an address is shared, nor whose password came near."""
        emails = {kind: asked["email"] for kind, (_, asked) in people.items()} | {
            "of two": shared,
            "of three": "p8@exemple.test",
        }
        deeds = {
            kind: pressing(visitor, "/identification", {"identifier": email, "password": "faux"}, 422)
            for kind, email in emails.items()
        }
        check_alike(interleaved(deeds))

    def test_the_first_and_the_second_of_an_address_get_in_as_fast(self, visitor, shared):
        deeds = {
            password: pressing_and_leaving(visitor, {"identifier": shared, "password": password})
            for password in (OWN_PASSWORD, OTHER_PASSWORD)
        }
        check_alike(interleaved(deeds))

    def test_a_request_takes_as_long_whoever_is_named(self, visitor, people, each_press_counts):
        deeds = {kind: pressing(visitor, "/demander-un-code", asked, 303) for kind, (_, asked) in people.items()}
        check_alike(interleaved(deeds))

    def test_a_change_of_password_takes_as_long_whoever_is_named(self, visitor, people):
        fields = {"current_password": "faux", "new_password": NEW, "confirmation": NEW}
        deeds = {
            kind: pressing(visitor, "/changer-mot-de-passe", {"identifier": code, **fields}, 422)
            for kind, (code, _) in people.items()
        }
        check_alike(interleaved(deeds))

    def test_who_has_tried_too_often_waits_as_long_for_that_answer(
        self, app, visitor, people, monkeypatch, record_property
    ):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES", 1)
        deeds = {}
        for kind, (code, _) in people.items():
            fields = {"identifier": code, "password": OWN_PASSWORD}
            pressing(visitor, "/identification", {**fields, "password": "faux"}, 422)()
            deeds[kind] = pressing(visitor, "/identification", fields, 429)
        # No hash is made here: with few samples, chance makes something of the rows that are found.
        check_alike(interleaved(deeds, 5 * SAMPLES))

    def test_the_comparison_sees_a_hash_that_is_not_made(self, visitor, people, monkeypatch):
        """What these tests are worth: the oldest of these mistakes, no hash for who is not there, is found out."""
        monkeypatch.setattr(
            login, "verify_password", lambda password, stored: bool(stored) and verify_password(password, stored)
        )
        deeds = {
            kind: pressing(visitor, "/identification", {"identifier": people[kind][0], "password": "faux"}, 422)
            for kind in ("unknown", "known")
        }
        times = interleaved(deeds)
        assert Comparison(times["unknown"], times["known"]).tells

    def test_it_sees_a_tenth_of_a_hash_as_well(self, visitor, people, monkeypatch):
        def slower(password: str, stored: str) -> bool:
            if stored:
                spin(0.003)
            return verify_password(password, stored)

        monkeypatch.setattr(login, "verify_password", slower)
        deeds = {
            kind: pressing(visitor, "/identification", {"identifier": people[kind][0], "password": "faux"}, 422)
            for kind in ("unknown", "known")
        }
        times = interleaved(deeds)
        assert Comparison(times["known"], times["unknown"]).tells


def spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
