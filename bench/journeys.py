"""What the visitors of `bench/load.py` do, run by locust: its plan says who they are, their notes what they did.

A locust user is one visit, which begins at the second that the plan gives it, however slow the ones before it are, and
ends with its journey: arrivals do not wait for the portal. Each comes from a network address of its own, with an empty
browser, and pauses between two pages. Each answer is read: its status, where it leads, and words that only the right
page has.
"""

import html
import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gevent
import pyotp
from locust import FastHttpUser, constant, events, task
from locust.exception import StopUser

FOLDER = Path(os.environ["BENCH_FOLDER"])
PLAN = json.loads((FOLDER / "plan.json").read_text())
BEGUN = time.monotonic()
COMING, DESKS = iter(PLAN["visits"]), iter(PLAN["desks"])
NOTES = (FOLDER / "notes.jsonl").open("a", buffering=1)
BROWSER = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
)
# Seconds between two pages: shorter than people's, so that a visit fits in the miniature; the pages are as many.
PAUSE = (1, 5)
# Seconds that a visitor gives the mail.
PATIENCE = 60
CONNECTED = "Vous êtes maintenant connecté à votre compte locataire"


def note(**what: Any) -> None:
    NOTES.write(json.dumps(what) + "\n")


@events.request.add_listener
def note_request(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
    note(page=name, seconds=response_time / 1000, until=time.monotonic(), fault=str(exception) if exception else "")


class UnexpectedError(Exception):
    """An answer that is not the right one: the visit ends there."""


class Browser(FastHttpUser):
    """One visitor's; `text` is the last page as it is read, `source` as it came."""

    abstract = True
    wait_time = constant(0)
    connection_timeout = network_timeout = 30.0

    def on_start(self) -> None:
        self.seen: set[str] = set()
        self.address = ""
        self.source = self.text = ""

    def ask(
        self, name: str, path: str, *expected: str, form: dict[str, str] | None = None, status: int = 200, to: str = ""
    ) -> Any:
        """The answer to a page's address, or to its form: `expected` words on it, or the address that it leads `to`."""
        headers = {"X-Forwarded-For": self.address, "User-Agent": BROWSER}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"csrf_token": self.token, **form})
        with self.client.request(
            "GET" if form is None else "POST", path, name=name, data=body, headers=headers, allow_redirects=False,
            catch_response=True,
        ) as answer:  # fmt: skip
            if problem := self.problem(answer, expected, 303 if to else status, to):
                answer.failure(problem)
            else:
                answer.success()  # a 422 too, where it is right
        if problem:
            raise UnexpectedError(f"{name}: {problem}")
        return answer

    def problem(self, answer: Any, expected: tuple[str, ...], status: int, to: str) -> str:
        """What is not right about this answer, once read; empty when all is."""
        # Where there was no connection, there is nothing to read.
        is_text = answer.headers is not None and "text" in answer.headers.get("Content-Type", "text")
        self.source = answer.text if is_text else ""
        self.text = plain(self.source)
        if answer.status_code != status:
            return f"{answer.status_code}, and not {status} ({getattr(answer, 'error', None) or 'no error'})"
        if to and answer.headers.get("Location") != to:
            return f"leads to {answer.headers.get('Location')}, and not to {to}"
        missing = [words for words in expected if words not in self.text]
        return f"without {missing}" if missing else ""

    def read(self, name: str, path: str, *expected: str) -> None:
        """A page, what a browser loads with it for the first time, and the time that it is looked at."""
        self.ask(name, path, *expected)
        source, text = self.source, self.text
        for part in re.findall(r'(?:href|src)="(/static/[^"]+)"', source):
            if part not in self.seen:
                self.seen.add(part)
                self.ask("static files", part)
        self.source, self.text = source, text
        gevent.sleep(random.uniform(*PAUSE))

    @property
    def token(self) -> str:
        """The token of the form on the last page."""
        return self.found('name="csrf_token" value="([^"]+)"')

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.source)
        if match is None:
            raise UnexpectedError(f"no {pattern} on the page")
        return match[1]


def plain(source: str) -> str:
    """Words as they are compared: no entity, no place to break, no kind of space or apostrophe but the plain one."""
    return " ".join(html.unescape(source.replace("<wbr>", "")).replace("’", "'").split())


class Visit(Browser):
    """One tenant's, from the plan."""

    @task
    def walk(self) -> None:
        self.who = next(COMING)
        gevent.sleep(max(0.0, BEGUN + self.who["at"] - time.monotonic()))
        self.address = self.who["address"]
        try:
            JOURNEYS[self.who["journey"]](self)
            note(ended=self.who["journey"])
        except Exception as fault:  # whatever it is, the visit has failed, and the verdict says so
            note(broken=f"{self.who['journey']}: {fault!r}")
        Visit.over = getattr(Visit, "over", 0) + 1
        if Visit.over == len(PLAN["visits"]):
            # From another greenlet: the end of the run ends this one.
            gevent.spawn_later(0, self.environment.runner.quit)
        raise StopUser

    def come_back(self) -> None:
        self.read("home page", "/", "Accès Compte locataire")
        self.enter(self.who["password"])
        self.look_around()
        self.leave()

    def mistype(self) -> None:
        """The password without its last letter, then as it is."""
        self.read("Identification", "/identification", "Identification")
        form = {"identifier": self.who["code"], "password": self.who["password"][:-1]}
        self.ask("login that fails", "/identification", "le mot de passe n'est pas le bon", form=form, status=422)
        note(failed=self.who["email"])
        self.enter(self.who["password"])
        self.look_around()
        self.leave()

    def come_for_the_first_time(self) -> None:
        who = self.who
        self.read("home page", "/", "Accès Compte locataire")
        self.read("request form", "/demander-un-code", "Demander un code d'accès")
        fields = ("name", "email", "dwelling_reference", "tenant_number")
        note(asked=who["email"])
        asked = time.time()
        self.ask("request", "/demander-un-code", form={it: who[it] for it in fields}, to="/code-envoye")
        self.read("request's confirmation", "/code-envoye", f"a été envoyé à l'adresse {who['email']}")
        who["code"], password = self.code_and_password(asked)
        self.enter(password, is_temporary=True)
        self.read("choice of a password", "/compte/choisir-mot-de-passe", "Choisissez votre mot de passe")
        own = {"new_password": who["own"], "confirmation": who["own"]}
        self.ask("password chosen", "/compte/choisir-mot-de-passe", form=own, to="/compte")
        note(chose=who["email"], code=who["code"], password=who["own"])
        self.read("account", "/compte", CONNECTED, who["reference"], who["name"])
        self.look_around()
        self.leave()

    def only_read(self) -> None:
        self.read("home page", "/", "Accès Compte locataire")
        self.read("help", "/aide", "Aide", "code d'accès")
        self.read("contact", "/contact", "04 65 71 00 00")

    def enter(self, password: str, *, is_temporary: bool = False) -> None:
        self.read("Identification", "/identification", "Identification")
        form = {"identifier": self.who["code"], "password": password}
        self.ask("login", "/identification", form=form, to="/compte")
        note(entered=self.who["email"])
        if is_temporary:
            self.ask("account, closed", "/compte", to="/compte/choisir-mot-de-passe")
        else:
            self.read("account", "/compte", CONNECTED, self.who["reference"], self.who["name"])

    def look_around(self) -> None:
        """The balance, where it comes from, and the newest avis; all of this tenant and of nobody else."""
        self.ask("account", "/compte", self.who["reference"])
        if not any(f"Vous devez {balance} €" in self.text for balance in self.who["balances"]):
            raise UnexpectedError(f"the account does not tell one of {self.who['balances']}")
        operations = self.found(r'href="(/compte/baux/\d+/operations)"')
        self.read("operations", operations, "Vos opérations", f"{self.who['rent']} €", "Loyer")
        self.read("documents", "/compte/documents", "Avis et documents", "Avis d'échéance")
        avis = self.found(r'href="(/compte/baux/\d+/avis/[\d-]+\.pdf)\?telecharger"')
        pdf = self.ask("avis (PDF)", f"{avis}?telecharger")
        if not (pdf.content.startswith(b"%PDF-") and pdf.content.rstrip().endswith(b"%%EOF")):
            raise UnexpectedError(f"{avis} is no whole PDF")
        self.read("account", "/compte", self.who["reference"])

    def leave(self) -> None:
        self.ask("logout", "/deconnexion", form={}, to="/")
        note(left=self.who["email"])
        self.ask("home page", "/", "Vous êtes déconnecté.")
        self.ask("account, left", "/compte", to="/identification")

    def code_and_password(self, asked: float) -> tuple[str, str]:
        """What the mail says, once it has come."""
        letter = FOLDER / "letterbox" / self.who["email"]
        while not letter.exists():
            if time.time() - asked > PATIENCE:
                raise UnexpectedError(f"no mail after {PATIENCE} s")
            gevent.sleep(0.1)
        note(mailed=letter.stat().st_mtime - asked)
        code, password = re.findall(r"^    (\S+)\s*$", letter.read_text(), re.MULTILINE)
        return code, password


JOURNEYS: dict[str, Callable[[Visit], None]] = {
    "returning": Visit.come_back,
    "mistyping": Visit.mistype,
    "first": Visit.come_for_the_first_time,
    "reading": Visit.only_read,
}


class Desk(Browser):
    """An agent on the telephone: finds the caller, looks at their record, sends them their code; then the next one."""

    fixed_count = len(PLAN["desks"])

    def on_start(self) -> None:
        super().on_start()
        self.mine = next(DESKS)
        self.address = self.mine["address"]
        self.callers = iter(self.mine["callers"])
        self.attempt(self.come_to_work)

    @task
    def help(self) -> None:
        self.attempt(self.help_the_next)

    def attempt(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Exception as fault:  # as for a visit
            note(broken=f"desk: {fault!r}")
            raise StopUser from None

    def come_to_work(self) -> None:
        """The one-time link, a password and a telephone."""
        self.ask("agent: link", self.mine["link"], to="/agents/premiere-connexion")
        self.read("agent: first login", "/agents/premiere-connexion", "Première connexion")
        secret = re.search(r"clé : <span class=\"copy\">([A-Z2-7]+)<", plain(self.source))
        if secret is None:
            raise UnexpectedError("no secret for the telephone")
        form = {"new_password": self.mine["password"], "confirmation": self.mine["password"]}
        code = pyotp.TOTP(secret[1]).now()
        path = "/agents/premiere-connexion"
        self.ask("agent: password chosen", path, "Vos codes de secours", form={**form, "code": code})

    def help_the_next(self) -> None:
        caller = next(self.callers)
        self.read("agent: home", "/agents", "Recherche")
        self.ask("agent: search", "/agents/recherche", caller["email"], form={"q": caller["typed"]})
        gevent.sleep(random.uniform(*PAUSE))
        record = self.found(r'href="(/agents/locataires/\d+)"')
        self.read("agent: record", record, caller["email"], caller["reference"])
        note(asked=caller["email"])
        self.ask("agent: code sent", f"{record}/code", form={}, to=record)
        self.ask("agent: record", record, "Le code d'accès part à l'adresse du dossier.")
        gevent.sleep(random.uniform(*PAUSE))
