"""A whole office for tests: the real commands in processes of their own, a real SMTP server, a store on disk."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests import forked
from tests.page import WRONG_PLURAL
from tests.smtp import Postman, PostOffice, free_port
from tests.stores import new_store

ROOT = Path(__file__).parent.parent


class Office:
    """Its own folder, settings and mail server; `run` types a command, `serve` keeps the portal up meanwhile.

    `under` are the words of a command that runs another: it runs the portal from its first line on.
    """

    def __init__(self, folder: Path, under: Sequence[str] = ()):
        self.under = under
        self.ophportal = [*under, sys.executable, "-m", "ophportal"]
        self.folder = folder
        self.store = new_store(folder / "office.sqlite")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.postman = Postman()
        self.post_office = PostOffice(self.postman)
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Office":
        self.post_office.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_serving()
        self.post_office.stop()

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "SECRET_KEY": "a-key-for-this-test-office-0123456789",
            "DATABASE_URL": self.store,
            "DATA_FOLDER": str(self.folder),
            "BASE_URL": self.url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.post_office.port),
            "MAIL_USE_TLS": "non",
            "MAIL_SENDER": "ne-pas-repondre@exemple.test",
            "REQUESTS_ADDRESS": "1000",  # all who ask for a code in it do so from this machine
            "OFFICE_PHONE": "04 65 71 00 00",
            "OFFICE_PAYMENT": (
                "Prélèvement automatique : demandez le formulaire à l'office"
                "|Virement : IBAN FR00 0000 0000 0000 0000 0000 000"
                "|Chèque : à l'ordre de l'office"
                "|Carte ou espèces : à l'accueil de l'office"
            ),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPHPORTAL_")}
        return {**inherited, **{f"OPHPORTAL_{name}": value for name, value in ours.items()}}

    def run(self, *words: str | Path, typed: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
        """Type `ophportal words…`, then what it asks for, and wait for its end; `changes` replace settings, empty ones
        take them away.
        """
        environment = self.environment | {f"OPHPORTAL_{name}": value for name, value in changes.items()}
        if not (self.under or typed):  # a fork has nothing at its standard input
            done = forked.run([*map(str, words)], environment, ROOT)
        else:
            command = [*self.ophportal, *map(str, words)]
            kept = {"capture_output": True, "text": True, "timeout": forked.TIMEOUT}
            done = subprocess.run(command, cwd=ROOT, env=environment, input=typed, **kept)
        assert not WRONG_PLURAL.search(done.stdout + done.stderr), done.stdout + done.stderr
        return done

    def serve(self, *words: str) -> None:
        """Start `ophportal serve` and wait until it answers."""
        command = [*self.ophportal, "serve", "--port", str(self.port), "--workers", "1", *words]
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        wait_until(self.answers, f"the server does not answer: {self.folder / 'server.log'}")

    def answers(self) -> bool:
        try:
            return Visit(self).open("/").startswith("<!doctype html>")
        except OSError:
            return False

    def stop_serving(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=30)
            self.server = None

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def next_mail(self, address: str) -> str:
        """The text of the next mail to arrive at this address; mails to others are kept for later calls."""

        def arrived() -> list[EmailMessage]:
            return [mail for mail in self.postman.mails if mail["To"] == address]

        wait_until(lambda: bool(arrived()), f"no mail arrives at {address}")
        mail = arrived()[0]
        self.postman.mails.remove(mail)
        return mail.get_body(("plain",)).get_content()


class Visit:
    """A visitor who reads pages over the network and fills in their forms, without JavaScript."""

    def __init__(self, office: Office):
        self.url = office.url
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.status = 0

    def open(self, path: str, data: dict[str, str] | None = None) -> str:
        """The page as it is written; an address is in one piece, though it may break before its @."""
        body = urlencode(data).encode() if data is not None else None
        try:
            with self.opener.open(Request(self.url + path, body), timeout=30) as answer:
                self.status = answer.status
                return str(answer.read().decode().replace("<wbr>", ""))
        except HTTPError as error:
            with error:
                self.status = error.code
                return error.read().decode()

    def submit(self, path: str, **fields: str) -> str:
        """Open the page, then send its form; the page that the answer leads to."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.open(path))
        assert token, f"no form at {path}"
        return self.open(path, {"csrf_token": token[1], **fields})


def wait_until(condition, failure: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, failure
        time.sleep(0.05)


def code_and_password(mail: str) -> tuple[str, str]:
    """The access code and the temporary password, which stand on lines of their own in the mail."""
    code, password = re.findall(r"^    (\S+)\s*$", mail, re.MULTILINE)
    return code, password


def ask_for_a_code(visit: Visit, number: int) -> str:
    """The household of this number among `households` types what is on its file; the page that answers."""
    return visit.submit(
        "/demander-un-code",
        name=f"Essai-{letters(number)}",
        email=f"locataire{number}@exemple.test",
        dwelling_reference=f"{number}-A",
        tenant_number=str(number),
    )


def first_login(office: Office, visit: Visit, number: int, own_password: str) -> str:
    """From its request to its account, where it chooses its own password; the household's code."""
    ask_for_a_code(visit, number)
    code, password = code_and_password(office.next_mail(f"locataire{number}@exemple.test"))
    visit.submit("/identification", identifier=code, password=password)
    page = visit.submit("/compte/choisir-mot-de-passe", new_password=own_password, confirmation=own_password)
    assert "Vous êtes maintenant connecté à votre compte locataire" in page
    return code


def households(count: int) -> Iterator[dict[str, str]]:
    """`count` invented households, by the headers of an ERP."""
    for n in range(1, count + 1):  # a number of nothing but zeros names nobody
        yield {
            "N° locataire": f"L{n:07d}",
            "Civilité": "Mme",
            "Nom": f"ESSAI-{letters(n)}",
            "Prénoms": "Prune Olive",
            "Email": f"locataire{n}@exemple.test",
            "Réf. logement": f"{n:04d}-A",
            "Adresse": f"{n} rue de l’Exemple",
            "Code postal": "20000",
            "Commune": "Ajaccio",
            "Date d’entrée": "01/02/2019",
        }


def letters(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in str(number))


def write_tenant_file(path: Path, count: int) -> Path:
    """An ERP's export: Windows-1252, semicolons, a column that nobody asked for."""
    lines = [";".join([*household.values(), "x"]) for household in households(count)]
    header = ";".join([*next(households(1)), "Code interne"])
    path.write_text("\r\n".join([header, *lines, ""]), encoding="cp1252")
    return path
