"""The office of `bench/load.py`: its tenants, their ledger, its agents; who comes on that day, and what they know."""

import random
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from bench.sites import PASSWORD
from ophportal import database
from ophportal.clock import months_before, today
from ophportal.models import Account, Tenant
from ophportal.passwords import hash_password
from tests.office import Office, households, wait_until, write_tenant_file
from tests.smtp import Postman, PostOffice
from tests.stores import ask

HOUSEHOLDS = 2368
# In hundredths of the visits.
SHARES = {"returning": 60, "first": 20, "mistyping": 12, "reading": 8}
DESKS, CALLERS = 2, 120
MONTHS = 18
WORKERS = 2
CREDENTIALS = "Votre code d'accès et votre mot de passe"


class Letterbox(Postman):
    """Keeps what it gets as any postman does; the mail with a password also as a file that its addressee can read."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        folder.mkdir()

    async def handle_DATA(self, *its: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(*its)
        mail = self.mails[-1]
        if mail["Subject"] == CREDENTIALS:
            draft = self.folder / ".draft"
            draft.write_text(text_of(mail))
            draft.rename(self.folder / mail["To"])
        return answer


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class Day(Office):
    """The office on that day, behind a proxy that tells the visitors' addresses."""

    def __init__(self, folder: Path):
        # A command's time is told with what Python takes to begin it, as an office's own would be.
        super().__init__(folder, under=["env"])
        self.postman = Letterbox(folder / "letterbox")
        self.post_office = PostOffice(self.postman)
        self.month = folder / "month.csv"
        self.entries = 0

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"OPHPORTAL_TRUSTED_PROXIES": "1"}

    def command(self, *words: str | Path) -> str:
        done = self.run(*words)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return done.stdout

    def open_doors(self) -> None:
        """The tenants and seventeen months of ledger on file, the portal served, and the search ready."""
        self.command("migrate")
        self.command("import", "tenants", write_tenant_file(self.folder / "tenants.csv", HOUSEHOLDS))
        past = self.folder / "past.csv"
        self.entries += write_ledger(past, range(MONTHS - 1, 0, -1))
        self.command("import", "ledger", past)
        self.entries += write_ledger(self.month, [0])
        self.serve("--workers", str(WORKERS))
        self.wait_for_search()

    def wait_for_search(self) -> None:
        wait_until(lambda: self.count("search_stale") == 0, "the search is not ready", seconds=120)

    def count(self, rows: str) -> int:
        [(found,)] = ask(self.store, f"SELECT COUNT(*) FROM {rows}")
        return int(found)

    def counter(self, query: str) -> Counter[str]:
        return Counter({name: int(count) for name, count in ask(self.store, query)})

    def journal(self, event: str) -> Counter[str]:
        """How often each tenant, by their address, has this event in the journal."""
        return self.counter(
            "SELECT tenant.email, COUNT(*) FROM journal_entry JOIN tenant ON tenant.id = journal_entry.tenant_id "
            f"WHERE event = '{event}' GROUP BY tenant.email"
        )

    def plan(self, count: int, seconds: float) -> dict[str, list[dict[str, Any]]]:
        """Who comes, at which second, and what each needs to know: by chance, but the same each time.

        Any second is as likely as any other, so that some come together, as people do (a Poisson process).
        """
        chance = random.Random(HOUSEHOLDS)
        people = list(enumerate(households(HOUSEHOLDS), 1))
        chance.shuffle(people)
        coming, callers = people[:count], people[-DESKS * CALLERS :]
        journeys = [journey for journey, share in SHARES.items() for _ in range(-(-share * len(coming) // 100))]
        chance.shuffle(journeys)
        guests = [
            {**guest(*one), "journey": journey, "at": chance.uniform(0, seconds)}
            for one, journey in zip(coming, journeys, strict=False)
        ]
        self.open_accounts([it for it in guests if it["journey"] in {"returning", "mistyping"}])
        return {"visits": guests, "desks": [self.desk(at, callers[at::DESKS]) for at in range(DESKS)]}

    def open_accounts(self, guests: list[dict[str, Any]]) -> None:
        """Those who come back have a password, the same for all: its hash is what opening an account would cost."""
        database.bind(self.store)
        password_hash = hash_password(PASSWORD)
        with database.writing():
            for it in guests:
                account = Account.get_or_open(Tenant.get(Tenant.email == it["email"]))
                account.choose_password(password_hash)
                it["code"], it["password"] = account.code, PASSWORD
        database.proxy.close()

    def desk(self, number: int, callers: list[tuple[int, dict[str, str]]]) -> dict[str, Any]:
        said = self.command("agent", "create", f"agent{number}@office.exemple.test", f"Agent Essai {number + 1}")
        link = re.search(r"/agents/invitation/\S+", said)
        assert link, said
        return {
            "link": link[0],
            "password": f"{PASSWORD} {secrets.token_hex(4)}",
            "address": f"10.255.0.{number + 1}",
            "callers": [guest(*one) for one in callers],
        }


def guest(number: int, household: dict[str, str]) -> dict[str, Any]:
    """What a household knows of itself, and the two balances that it may see: before the month's import and after."""
    rent, arrears = rent_of(number), number / 100
    return {
        "name": household["Nom"],
        "email": household["Email"],
        "dwelling_reference": household["Réf. logement"],
        "tenant_number": household["N° locataire"],
        "reference": household["Réf. logement"],
        "typed": household["N° locataire"].lstrip("L"),
        "own": f"chèvres bleues {secrets.token_hex(6)}",
        "address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        "rent": f"{rent},00",
        "balances": [cell(arrears), cell(arrears + rent + 80 - 100)],
    }


def rent_of(number: int) -> int:
    return 300 + number % 400


def cell(amount: float) -> str:
    return f"{amount:.2f}".replace(".", ",")


def write_ledger(path: Path, ages: Sequence[int]) -> int:
    """The ERP's file of the months so many ago, oldest first; how many lines. This month's is not paid yet.

    In the first month each household pays too little, by as many cents as its number: no two owe the same.
    """
    lines = ["N° locataire;Réf. logement;Date écriture;Libellé;Débit;Crédit"]
    for ago in ages:
        month = months_before(today(), ago).replace(day=1)
        for number, household in enumerate(households(HOUSEHOLDS), 1):
            paid = rent_of(number) - 20 - (number / 100 if ago == MONTHS - 1 else 0)
            entries = [("Loyer", rent_of(number), 0), ("Provision pour charges", 80, 0), ("APL", 0, 100)]
            entries += [("Prélèvement", 0, paid)] if ago else []
            who = f"{household['N° locataire']};{household['Réf. logement']};{month:%d/%m/%Y}"
            lines += [f"{who};{label};{cell(debit)};{cell(credit)}" for label, debit, credit in entries]
    path.write_text("\r\n".join([*lines, ""]), encoding="cp1252")
    return len(lines) - 1
