"""Erasing tenants who have left, with all that the portal holds on them, when the office asks (RGPD, art. 5.1.e).

Or one tenant, named by their number, who should never have been on file (art. 17).
"""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from peewee import Expression, ModelSelect, fn

from ophportal import clock, retention, search
from ophportal.database import PAUSE_BETWEEN_BATCHES, proxy, writing
from ophportal.formatting import counted
from ophportal.models import (
    AccessRequest,
    Account,
    Document,
    Event,
    JournalEntry,
    Lease,
    LedgerEntry,
    OutboxMessage,
    Tenant,
)
from ophportal.progress import Tell, say_nothing

# Tenants erased in one transaction, with their ledgers: other writers get their turn in between.
STEP = 50


class Leavers(NamedTuple):
    """`ids` are the tenants to erase. Others have left and are kept: `owing` is how many have a ledger that is not at
    zero, `newest` is 1 where the holder of the newest account is among them (`of_newest_account`), else 0.
    """

    ids: list[int]
    owing: int
    newest: int


def find_leavers(day: date, among: Sequence[int] | None = None) -> Leavers:
    """The tenants, of those `among` or of all, who have leases and whose every lease ended before `day`."""
    gone = Lease.select(Lease.tenant).group_by(Lease.tenant)
    gone = gone.having((fn.COUNT(Lease.id) == fn.COUNT(Lease.ends_on)) & (fn.MAX(Lease.ends_on) < day))
    if among is not None:
        gone = gone.where(Lease.tenant.in_(among))
    owing = owing_among(Lease.tenant.in_(gone))
    newest = of_newest_account() - owing
    left = ids_of(gone)
    return Leavers(sorted(left - owing - newest), len(owing), len(left & newest))


def owing_among(condition: Expression) -> set[int]:
    """The ids of the tenants with a lease that meets `condition` and whose balance is not zero."""
    balance = fn.SUM(LedgerEntry.debit - LedgerEntry.credit)
    entries = LedgerEntry.select(Lease.tenant).join(Lease).where(condition)
    return ids_of(entries.group_by(Lease.id, Lease.tenant).having(balance != 0))


def of_newest_account() -> set[int]:
    """The id of the tenant with the newest account, who is not erased; an empty set without accounts.

    SQLite would give the freed key to the next account, which would then inherit this one's known devices and the
    failures counted at its door.
    """
    return ids_of(Account.select(Account.tenant).order_by(Account.id.desc()).limit(1))


def ids_of(query: "ModelSelect[Any]") -> set[int]:
    rows: Any = query.tuples()
    return {key for (key,) in rows}


def count_leavers(ids: Sequence[int]) -> Counter[str]:
    """How many tenants, leases, accounts, ledger entries and documents these tenants have, by table."""
    counts: Counter[str] = Counter()
    for first in range(0, len(ids), STEP):
        some = ids[first : first + STEP]
        leases = Lease.select(Lease.id).where(Lease.tenant.in_(some))
        counts["tenant"] += len(some)
        counts["lease"] += leases.count()
        counts["account"] += Account.select().where(Account.tenant.in_(some)).count()
        counts["ledger_entry"] += LedgerEntry.select().where(LedgerEntry.lease.in_(leases)).count()
        counts["document"] += Document.select().where(Document.tenant.in_(some)).count()
    return counts


def forget_leavers(day: date, tell: Tell = say_nothing) -> Counter[str]:
    """Erase the tenants whom `find_leavers` finds, in steps, and all that is theirs; how many rows, as `count_leavers`.

    What has been erased stays so when a later step fails. The journal has one line of it all.
    """
    with proxy.in_turn():  # not during an import of tenants, which has compared its file with those on file
        ids = find_leavers(day).ids
        done: Counter[str] = Counter()
        line = 0
        for first in range(0, len(ids), STEP):
            with writing():
                still = find_leavers(day, ids[first : first + STEP]).ids
                done += count_leavers(still)
                erase(still)
                line = note(line, done["tenant"])
            search.refresh(search.BATCH)
            tell(min(first + STEP, len(ids)), len(ids))
            time.sleep(PAUSE_BETWEEN_BATCHES)
    retention.purge()
    return done


def forget_one(tenant: Tenant) -> Counter[str]:
    """Erase this tenant, settled or not, and all that is theirs; how many rows, none when there is a `hindrance`."""
    with proxy.in_turn():
        with writing():
            if hindrance(tenant):
                return Counter()
            done = count_leavers([tenant.id])
            erase([tenant.id])
            note(0, 1)
        search.refresh(search.BATCH)
    retention.purge()
    return done


def hindrance(tenant: Tenant) -> str:
    """Why this tenant cannot be erased now, and what to do first; empty when nothing is against it."""
    has_not_ended = Lease.ends_on.is_null() | (Lease.ends_on >= clock.today())
    if Lease.select().where((Lease.tenant == tenant) & has_not_ended).exists():
        return (
            "Un de ses baux n'est pas terminé, et l'import suivant créerait ce locataire de nouveau : ôtez cette "
            "personne de l'ERP, ou terminez-y le bail, puis importez le fichier complet."
        )
    if tenant.id in of_newest_account():
        return "C'est le titulaire du dernier compte ouvert : attendez qu'un autre s'ouvre."
    return ""


def is_settled(tenant: Tenant) -> bool:
    return not owing_among(Lease.tenant == tenant)


def erase(ids: Sequence[int]) -> None:
    """Erase these tenants and what is theirs; the journal keeps its lines, without who it was and what was said."""
    JournalEntry.update(detail="").where(JournalEntry.tenant.in_(ids)).execute()
    # Their foreign keys would be set to NULL, and the rows keep what was typed and where mails went.
    for table in (AccessRequest, OutboxMessage):
        table.delete().where(table.tenant.in_(ids)).execute()
    Tenant.delete().where(Tenant.id.in_(ids)).execute()


def note(line: int, count: int) -> int:
    """Write into the journal how many tenants were erased, updating `line` where it is not 0; the line's id."""
    if not count:
        return line
    told = {"event": Event.TENANTS_FORGOTTEN, "detail": counted(count, "locataire", "locataires")}
    if not line:
        return JournalEntry.create(**told).id
    JournalEntry.update(told).where(JournalEntry.id == line).execute()
    return line
