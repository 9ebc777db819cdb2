"""Finding a tenant from whatever an agent has heard of them, spelt as they heard it.

Each tenant has one row of folded words (names, number, references, addresses, telephone, code, e-mail address): a full
text index on both kinds of store. Triggers note whose words are out of date
(migrations/0003_search.py); `refresh` writes them anew. What is typed is folded the same way, and each of its words
must begin one of the tenant's, in any order.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

from peewee import OperationalError

from ophportal.database import is_sqlite, proxy, writing
from ophportal.models import Account, Dwelling, Lease, OutboxMessage, TemporaryPassword, Tenant
from ophportal.models.access_state import AccessState, access_state
from ophportal.models.keys import code_key, email_key, name_key, name_words, number_key, without_civility
from ophportal.telephone import folded

# Nothing longer is a search; folding a long run of combining letters takes seconds (python/cpython#149079).
LONGEST, MOST_WORDS = 200, 8
# The tables without a model: the words, and the tenants whose words are out of date.
TABLES = ("tenant_search", "search_stale")
# Most tenants that are ranked. Two letters fit thousands: 200 of those are ranked, and the agent types on.
CANDIDATES = 200
BATCH = 500
# Pages of FTS5's index: a fifth of a second's work at most.
MERGED_AT_ONCE = 500
# The shortest form of a number that is looked for, since shorter ones begin too many; how many words may be joined.
SHORTEST_NUMBER, MOST_JOINED = 4, 4
# Numbers of fewer digits are taken for a house's, and looked for whole: they begin too many others.
SHORTEST_BEGINNING = 3
# A family name stands in the row a second time behind this sign, which no folded word holds: so it can be asked for
# first, and a MARTIN is not drowned by all who live in a rue Martin.
FAMILY = "¶"
# Words between two names, which are part of neither.
LINKS = {"nee", "epouse"}
# Words in half of all addresses: looking for them is slow, and tells no street from another.
ARTICLES = {"a", "au", "aux", "d", "de", "des", "du", "l", "la", "le", "les"}

# What a word of the row begins with; a space at the end makes it the whole word.
Beginning: TypeAlias = str
# Of each inner list one must be there: « (a or b) and (c or d) ».
Clauses: TypeAlias = list[list[Beginning]]


class Found(NamedTuple):
    """A line of the results; `dwelling` is that of the first of `Lease.running_first`."""

    tenant: Tenant
    dwelling: Dwelling | None
    code: str
    state: AccessState


def find_tenants(typed: str, most: int = 20) -> list[Found]:
    """At most `most` tenants whom `typed` fits, the likeliest first."""
    typed = typed[:LONGEST]
    words = without_links(name_words(typed))[:MOST_WORDS]
    if not words:
        return []
    # While another writes, the search goes on with the old words. The worker refreshes the rest, and logs errors.
    with suppress(OperationalError):
        refresh(BATCH, proxy.writing_at_once)
    ways = spellings(words)
    named = set(exact_ids(typed))
    neighbours = ids_at_number(ways)
    ids = {*named, *candidate_ids(ways, compact_forms(typed), neighbours)}
    heard = {word for way in ways for word in way}
    # Rows, not models: two hundred are ranked, and only `most` shown.
    names: Any = Tenant.select(Tenant.id, Tenant.last_name, Tenant.birth_name, Tenant.first_names)
    rows = names.where(Tenant.id.in_(ids)).tuples()
    ranked = sorted(
        (tenant not in named, tenant not in neighbours, *rank(last, birth, first, heard), tenant)
        for tenant, last, birth, first in rows
    )
    return described([tenant for *_, tenant in ranked[:most]])


def without_links(words: list[str]) -> list[str]:
    """The words that a tenant can be found by: « Mme Paoli née Léca » gives « paoli » and « leca », « 2 rue du Port »
    « 2 », « rue » and « port ».
    """
    kept = [word for word in without_civility(words) if word not in LINKS] or words
    first, *others = kept or [""]
    telling = [word for word in others if word not in ARTICLES] if is_house_number(first) else []
    return [first, *telling] if telling else kept


def spellings(words: list[str]) -> list[list[str]]:
    """The words as typed, then with each two neighbours in one: « le goff » is looked for as « legoff », too."""
    ways = [words]
    for i in range(len(words) - 1 if len(words) <= MOST_JOINED else 0):
        joined = words[i] + words[i + 1]
        if joined.isalpha():
            ways.append([*words[:i], joined, *words[i + 2 :]])
    return ways


def exact_ids(typed: str) -> list[int]:
    """The ids of the tenants with exactly this number, code, reference or e-mail address."""
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
    """The forms of a typed number without its separators: « 04.65.71 » and « +33 4 65 71 » give « 046571 »."""
    if not any(letter.isdigit() for letter in typed):
        return []
    # Not of a text with letters: the digits of « 20090 paoli » alone would find the whole town.
    telephone = "" if any(letter.isalpha() for letter in typed) else folded(typed).lstrip("+")
    return written_alike(typed) + ([telephone] if len(telephone) >= SHORTEST_NUMBER else [])


def written_alike(number: str) -> list[str]:
    """The forms in which the rows may have this number, reference or code: « L0012345 » is there as « 12345 »."""
    forms = {number_key(number).lower(), code_key(number).lower()}
    return sorted(form for form in forms if form.isascii() and form.isalnum())


def candidate_ids(ways: list[list[str]], compact: list[str], first: set[int]) -> set[int]:
    """`first` and, while there are fewer than CANDIDATES, tenants whose rows have what is typed; family names first."""
    found = set(first)
    for stage in stages(ways, compact):
        if len(found) < CANDIDATES:
            found.update(ids_of(stage))
    return found


def ids_at_number(ways: list[list[str]]) -> set[int]:
    """At most CANDIDATES of the tenants at a typed « 2 rue du Port »: at number 2, not at those that begin with 2.

    None where what is typed does not begin with a house number, or has no word without a digit.
    """
    first, *others = ways[0]
    if not (is_house_number(first) and any(map(str.isalpha, others))):
        return set()
    return set(
        ids_of([[[word + " "] if is_house_number(word) else alternatives(word) for word in way] for way in ways])
    )


def is_house_number(word: str) -> bool:
    return word.isdecimal() and len(word) < SHORTEST_BEGINNING


def stages(ways: list[list[str]], compact: list[str]) -> Iterator[list[Clauses]]:
    """The searches to make, the likeliest first. A stage is met when one of its `Clauses` is."""
    anywhere = [[alternatives(word) for word in way] for way in ways]
    for end in (" ", ""):
        families = [[FAMILY + word + end for word in way if word.isalpha()] for way in ways]
        if stage := [[names, *clauses] for names, clauses in zip(families, anywhere, strict=True) if names]:
            yield stage
    yield [*anywhere, *([[compact]] if compact else [])]


def alternatives(word: str) -> list[Beginning]:
    if any(letter.isdigit() for letter in word):
        return [word, *(form for form in written_alike(word) if len(form) >= SHORTEST_NUMBER and form != word)]
    return [word]


def ids_of(stage: list[Clauses]) -> Iterable[int]:
    return ids_by_fts5(stage) if is_sqlite() else ids_by_gin(stage)


def ids_by_fts5(stage: list[Clauses]) -> Iterable[int]:
    # Folded words have only letters and digits: what is typed cannot be syntax of FTS5.
    query = any_of(stage, lambda word: f'"{word.rstrip()}"' if word.endswith(" ") else f'"{word}"*')
    statement = "SELECT rowid FROM tenant_search WHERE tenant_search MATCH ? LIMIT ?"
    return [row[0] for row in proxy.execute_sql(statement, (query, CANDIDATES))]


def ids_by_gin(stage: list[Clauses]) -> Iterable[int]:
    query = any_of(stage, lambda word: f"'{word.rstrip()}'" + ("" if word.endswith(" ") else ":*"), "&", "|")
    # The index is on this very expression (migrations/0003_search.py), and none of PostgreSQL's parsers splits words.
    statement = (
        "SELECT rowid FROM tenant_search"
        " WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(%s AS tsquery) LIMIT %s"
    )
    return [row[0] for row in proxy.execute_sql(statement, (query, CANDIDATES))]


def any_of(stage: list[Clauses], write: Callable[[Beginning], str], both: str = "AND", either: str = "OR") -> str:
    """The stage as one condition; `write` gives each word in the index's syntax."""
    either, both = f" {either} ", f" {both} "
    return either.join(
        "(" + both.join("(" + either.join(map(write, clause)) + ")" for clause in clauses) + ")" for clauses in stage
    )


def rank(last_name: str, birth_name: str, first_names: str, heard: set[str]) -> tuple[Any, ...]:
    """The sort key: family names that are typed whole come first, then those that are begun, then the alphabet."""
    family = family_words(last_name, birth_name)
    return (
        heard.isdisjoint(family),
        not any(name.startswith(word) for word in heard for name in family),
        name_key(last_name),
        name_key(first_names),
    )


def described(ids: list[int]) -> list[Found]:
    """The lines of these tenants, in five queries at most, however many they are."""
    tenants = {tenant.id: tenant for tenant in Tenant.select().where(Tenant.id.in_(ids))}
    accounts = {account.tenant_id: account for account in Account.select().where(Account.tenant.in_(ids))}
    live = TemporaryPassword.live_by_account([account.id for account in accounts.values()])
    mails = OutboxMessage.with_passwords(live.values())
    leases: dict[int, list[Lease]] = {}
    homes = Lease.select(Lease, Dwelling).join(Dwelling).where(Lease.tenant.in_(ids))
    for lease in homes.order_by(Lease.starts_on.asc(nulls="FIRST"), Lease.id):
        leases.setdefault(lease.tenant_id, []).append(lease)
    found = []
    for tenant in (tenants[it] for it in ids if it in tenants):
        account = accounts.get(tenant.id)
        mail = mails.get(account.id) if account else None
        theirs = leases.get(tenant.id, [])
        shown = next((lease for lease in theirs if lease.is_running), theirs[-1] if theirs else None)
        state = access_state(theirs, account, mail)
        found.append(Found(tenant, shown.dwelling if shown else None, account.code if account else "", state))
    return found


def refresh(most: int | None = None, turn: Callable[[], Any] = writing) -> int:
    """Write the words anew of `most` tenants whose words are out of date, or of all; how many tenants it was."""
    done = 0
    while (most is None or done < most) and (stale := stale_ids()):
        with turn():
            marks = ",".join([proxy.obj.param] * len(stale))
            proxy.execute_sql(f"DELETE FROM tenant_search WHERE rowid IN ({marks})", stale)  # noqa: S608 - marks alone
            proxy.insert_rows("tenant_search", ("rowid", "words"), words_of(stale))
            proxy.execute_sql(f"DELETE FROM search_stale WHERE tenant IN ({marks})", stale)  # noqa: S608 - marks alone
        done += len(stale)
    return done


def forget_old_words() -> None:
    """Forget the words of those who are gone, or have others now. FTS5 keeps them until its index is in one piece.

    Merged a few pages at a time, so that others get their turn to write; nothing is done once it is. FTS5's own way,
    'secure-delete', makes `refresh` a hundred times as long.
    """
    if not is_sqlite():
        return
    pages = -MERGED_AT_ONCE  # below zero: begin with all the pieces, however few
    written = MERGED_AT_ONCE
    while written > 1:
        with writing(lasting=False):
            before = proxy.connection().total_changes
            proxy.execute_sql("INSERT INTO tenant_search (tenant_search, rank) VALUES ('merge', ?)", (pages,))
            # How FTS5 says that it is done (sqlite.org/fts5.html, 6.10).
            written = proxy.connection().total_changes - before
        pages = MERGED_AT_ONCE


def stale_ids() -> list[int]:
    return [row[0] for row in proxy.execute_sql(f"SELECT tenant FROM search_stale LIMIT {BATCH}").fetchall()]  # noqa: S608


def words_of(ids: list[int]) -> Iterable[tuple[int, str]]:
    """Each of these tenants that is still there, with all the words that they can be found by, each once."""
    # Rows, not models: of a million tenants, building models takes longer than writing the words.
    places: dict[int, list[str]] = {}
    told = (Dwelling.reference, Dwelling.reference_key, Dwelling.address, Dwelling.postal_code, Dwelling.city)
    leases: Any = Lease.select(Lease.tenant, *told).join(Dwelling).where(Lease.tenant.in_(ids)).tuples()
    for tenant, *texts in leases:
        places.setdefault(tenant, []).extend(texts)
    accounts: Any = Account.select(Account.tenant, Account.code).where(Account.tenant.in_(ids)).tuples()
    codes = dict(accounts)
    fields = (Tenant.last_name, Tenant.birth_name, Tenant.first_names, Tenant.phone)
    others = (Tenant.number, Tenant.number_key, Tenant.email)
    people: Any = Tenant.select(Tenant.id, *fields, *others).where(Tenant.id.in_(ids)).tuples()
    for tenant, last_name, birth_name, first_names, phone, *rest in people:
        code = codes.get(tenant, "")
        texts = [*rest, phone, folded(phone), code, code_key(code), *places.get(tenant, ())]
        family = family_words(last_name, birth_name)
        words = [*family, *parts_and_joined(first_names), *name_words(" ".join(texts))]
        yield tenant, " ".join(dict.fromkeys([*words, *(FAMILY + word for word in family)]))


def family_words(*names: str) -> list[str]:
    """The words of a family's name and of the name at birth."""
    return [word for name in names for word in parts_and_joined(name)]


def parts_and_joined(name: str) -> list[str]:
    """« D'Angelo-Paoli » as « d », « angelo », « paoli », « dangelopaoli » and « angelopaoli »."""
    words = name_words(name)
    return [*words, *("".join(words[i:]) for i in range(min(len(words) - 1, MOST_JOINED)))]
