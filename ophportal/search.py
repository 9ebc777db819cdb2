"""Finding a tenant from whatever an agent has heard of them, spelt as they heard it.

Each tenant has one row of folded words (names, number, references, addresses, telephone, code, e-mail address): a full
text index (FTS5) on SQLite, an ordinary table elsewhere. Triggers note whose words are out of date
(migrations/0003_search.py); `refresh` writes them anew. What is typed is folded the same way, and each of its words
must begin one of the tenant's, in any order.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import SqliteDatabase

from ophportal import clock
from ophportal.database import proxy, writing
from ophportal.models import Account, Dwelling, Lease, TemporaryPassword, Tenant
from ophportal.models.access_state import AccessState, access_state
from ophportal.models.keys import code_key, email_key, name_key, name_words, number_key

# Nothing longer is a search; folding a long run of combining letters takes seconds (python/cpython#149079).
LONGEST, MOST_WORDS = 200, 8
# So many are ranked; who types two letters gets some of their thousands of bearers, and types on.
CANDIDATES = 200
BATCH = 500


@dataclass(frozen=True)
class Found:
    """What a line of results shows; `dwelling` is that of the newest lease, running ones first."""

    tenant: Tenant
    dwelling: Dwelling | None
    code: str
    state: AccessState


def find_tenants(typed: str, most: int = 20) -> list[Found]:
    """At most `most` tenants of whom `typed` tells something, the likeliest first."""
    typed = typed[:LONGEST]
    words = name_words(typed)[:MOST_WORDS]
    if not words:
        return []
    # After a large import the worker writes the rest: nobody waits for it here.
    refresh(BATCH)
    named = set(exact_ids(typed))
    ids = [*named, *(found for found in candidate_ids(words, compact_forms(typed)) if found not in named)]
    tenants = {tenant.id: tenant for tenant in Tenant.select().where(Tenant.id.in_(ids))}
    ranked = sorted(tenants.values(), key=lambda tenant: (tenant.id not in named, *rank(tenant, words)))
    return described(ranked[:most])


def exact_ids(typed: str) -> list[int]:
    """Who bears exactly this number, code, reference or e-mail address."""
    number = number_key(typed)
    by_reference = Lease.select(Lease.tenant).join(Dwelling).where(Dwelling.reference_key == number)
    queries: list[Any] = [
        Tenant.select(Tenant.id).where(Tenant.number_key == number),
        Tenant.select(Tenant.id).where((Tenant.email_key == email_key(typed)) & (Tenant.email_key != "")),
        Account.select(Account.tenant).where(Account.code_key == code_key(typed)),
        by_reference.limit(CANDIDATES),
    ]
    return [row[0] for query in queries for row in query.tuples()]


def compact_forms(typed: str) -> list[str]:
    """A number typed with its separators elsewhere, or none: « 04.65.71 » and « +33 4 65 71 » as « 046571 »…"""
    if not any(letter.isdigit() for letter in typed):
        return []
    telephone = digits_of(typed)
    forms = {number_key(typed).lower(), code_key(typed).lower(), telephone if len(telephone) >= 4 else ""}
    return sorted(form for form in forms if form.isascii() and form.isalnum())


def candidate_ids(words: list[str], compact: list[str]) -> list[int]:
    """The tenants each of `words` begins a word of, or one of the `compact` forms; at most CANDIDATES, in no order."""
    if isinstance(proxy.obj, SqliteDatabase):
        # Words hold letters and digits alone: nothing of FTS5's own syntax can come from what is typed.
        query = " OR ".join([f"({' AND '.join(map(beginning, words))})", *map(beginning, compact)])
        found = proxy.execute_sql(
            "SELECT rowid FROM tenant_search WHERE tenant_search MATCH ? LIMIT ?", (query, CANDIDATES)
        )
        return [row[0] for row in found]
    return candidate_ids_by_scan(words, compact)


def candidate_ids_by_scan(words: list[str], compact: list[str]) -> list[int]:
    """`candidate_ids` without a full text index: every row of words is read."""
    all_of = " AND ".join(["(' ' || words) LIKE ?"] * len(words))
    condition = " OR ".join([f"({all_of})", *["(' ' || words) LIKE ?"] * len(compact)])
    mark = proxy.obj.param
    statement = f"SELECT rowid FROM tenant_search WHERE {condition} LIMIT ?".replace("?", mark)  # noqa: S608 - marks alone
    found = proxy.execute_sql(statement, (*(f"% {word}%" for word in (*words, *compact)), CANDIDATES))
    return [row[0] for row in found.fetchall()]


def beginning(word: str) -> str:
    return f'"{word}"*'


def rank(tenant: Tenant, words: list[str]) -> tuple[Any, ...]:
    """Family names that are, or begin with, what is typed first; then the alphabet."""
    family = name_words(f"{tenant.last_name} {tenant.birth_name}")
    return (
        not any(word in family for word in words),
        not any(name.startswith(word) for word in words for name in family),
        name_key(tenant.last_name),
        name_key(tenant.first_names),
        tenant.id,
    )


def described(tenants: list[Tenant]) -> list[Found]:
    """The tenants with what their lines show, in three queries however many they are."""
    ids = [tenant.id for tenant in tenants]
    accounts = {account.tenant_id: account for account in Account.select().where(Account.tenant.in_(ids))}
    temporary = {
        row.account_id: row
        for row in TemporaryPassword.select().where(
            TemporaryPassword.account.in_([account.id for account in accounts.values()])
            & TemporaryPassword.used_at.is_null()
            & (TemporaryPassword.expires_at > clock.now())
        )
    }
    leases: dict[int, list[Lease]] = {}
    for lease in Lease.select(Lease, Dwelling).join(Dwelling).where(Lease.tenant.in_(ids)).order_by(Lease.id):
        leases.setdefault(lease.tenant_id, []).append(lease)
    found = []
    for tenant in tenants:
        account = accounts.get(tenant.id)
        live = temporary.get(account.id) if account else None
        theirs = sorted(leases.get(tenant.id, []), key=lambda lease: lease.is_running)
        state = access_state(any(lease.is_running for lease in theirs), account, live)
        found.append(Found(tenant, theirs[-1].dwelling if theirs else None, account.code if account else "", state))
    return found


def refresh(most: int | None = None) -> int:
    """Write anew the words that are out of date, of `most` tenants or of all; of how many it was."""
    done = 0
    while (most is None or done < most) and (stale := stale_ids()):
        with writing():
            marks = ",".join([proxy.obj.param] * len(stale))
            proxy.execute_sql(f"DELETE FROM tenant_search WHERE rowid IN ({marks})", stale)  # noqa: S608 - marks alone
            insert = "INSERT INTO tenant_search (rowid, words) VALUES (?, ?)".replace("?", proxy.obj.param)
            proxy.cursor().executemany(insert, words_of(stale))
            proxy.execute_sql(f"DELETE FROM search_stale WHERE tenant IN ({marks})", stale)  # noqa: S608 - marks alone
        done += len(stale)
    return done


def stale_ids() -> list[int]:
    return [row[0] for row in proxy.execute_sql(f"SELECT tenant FROM search_stale LIMIT {BATCH}").fetchall()]  # noqa: S608


def words_of(ids: list[int]) -> Iterable[tuple[int, str]]:
    """Each of these tenants that is still there, with all the words that they can be found by, each once."""
    places: dict[int, list[str]] = {}
    leases = Lease.select(Lease.tenant, Dwelling).join(Dwelling).where(Lease.tenant.in_(ids))
    for lease in leases:
        home = lease.dwelling
        told = (home.reference, home.reference_key, home.address, home.postal_code, home.city)
        places.setdefault(lease.tenant_id, []).extend(told)
    codes = {account.tenant_id: account.code for account in Account.select().where(Account.tenant.in_(ids))}
    for it in Tenant.select().where(Tenant.id.in_(ids)):
        code = codes.get(it.id, "")
        texts = [
            it.last_name, it.first_names, it.birth_name, name_key(it.last_name), it.number, it.number_key,
            it.email, it.phone, digits_of(it.phone), code, code_key(code), *places.get(it.id, ()),
        ]  # fmt: skip
        yield it.id, " ".join(dict.fromkeys(name_words(" ".join(texts))))


def digits_of(telephone: str) -> str:
    """« +33 4 65 71 12 34 » and « 04.65.71.12.34 » as « 0465711234 »."""
    return re.sub(r"^(?:00|\+)33", "0", re.sub(r"[^\d+]", "", telephone, flags=re.ASCII)).lstrip("+")
