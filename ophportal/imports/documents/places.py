"""Where each document goes: its tenant, its lease, and what is on file in its place already."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

from peewee import chunked

from ophportal import clock
from ophportal.imports.documents.entry import Entry
from ophportal.imports.refusals import Refusals
from ophportal.models import Document, Dwelling, Lease, Tenant, Withdrawal
from ophportal.models.tenant import OLD

UNKNOWN = "aucun locataire n'a ce numéro : importez d'abord le fichier des locataires"
ELSEWHERE = "ce locataire n'a pas de bail de ce logement"
SEVERAL = "ce numéro a été celui de plusieurs locataires ce mois-là : dites la référence logement dans index.csv"
SEVERAL_THERE = (
    "ce numéro a été, pour ce logement, celui de plusieurs locataires ce mois-là : pour l'ancien, écrivez son n° avec "
    "« ANCIEN » ; pour le nouveau, donnez ce document autrement"
)
Row = TypeVar("Row", Document, Withdrawal)
# Values bound to one query: SQLite takes 32 766 in all.
BATCH = 500


class Held(NamedTuple):
    """A lease, by what tells whether a document is about it."""

    id: int
    starts_on: date | None
    ends_on: date | None
    reference_key: str

    def covers(self, period: date) -> bool:
        """Whether it runs on some day of that month."""
        return self.is_begun_in(period) and (self.ends_on is None or self.ends_on >= period)

    def is_begun_in(self, period: date) -> bool:
        """Whether it has begun by the end of that month."""
        return self.starts_on is None or self.starts_on <= clock.month_end(period)


def find_places(entries: Sequence[Entry], refusals: Refusals) -> None:
    """Find the place of each entry; those that have none, or one for two, go to `refusals`."""
    by_key = bearers_by_key({entry.number for entry in entries})
    known = [tenant for several in by_key.values() for tenant in several]
    leases, earlier = leases_of(known), EarlierDocuments(known)
    first_in: dict[Any, Entry] = {}
    for entry in entries:
        if entry.number not in by_key:
            refusals.add(None, UNKNOWN, entry.label)
            continue
        bearers = bearers_of(entry, by_key[entry.number], leases, earlier)
        if len(bearers) != 1:
            refusals.add(None, reason_against(entry, bearers), entry.label)
            continue
        entry.tenant = bearers[0]
        entry.lease = lease_of(entry, leases[entry.tenant])
        earlier.look_for(entry)
        first = first_in.setdefault(entry.place, entry)
        if first is not entry:
            reason = f"est le même document que {first.label} : même locataire, même mois, même type, même titre"
            refusals.add(None, reason, entry.label)


def bearers_of(
    entry: Entry, bearers: list[int], leases: dict[int, list[Held]], earlier: "EarlierDocuments"
) -> list[int]:
    """The tenants whose it may be, of those who have or had the number; none when none had the dwelling that is named.

    The ERP goes on writing a number on what was made before it was given again. Several are left where several had a
    lease in that month, of the dwelling if one is named, and none of them has the very same file already.
    """
    if entry.reference:
        bearers = [it for it in bearers if any(lease.reference_key == entry.reference for lease in leases[it])]
    if len(bearers) < 2:
        return bearers
    named = {it: [lease for lease in leases[it] if entry.reference in ("", lease.reference_key)] for it in bearers}
    holders = [it for it in bearers if earlier.same(entry, it)]
    holders += [it for it in bearers if earlier.taken_back(entry, it)]
    there = [it for it in bearers if any(lease.covers(entry.period) for lease in named[it])]
    begun = [it for it in bearers if any(lease.is_begun_in(entry.period) for lease in named[it])]
    return holders[:1] or there or begun[:1] or bearers[-1:]


def reason_against(entry: Entry, bearers: list[int]) -> str:
    if not bearers:
        return ELSEWHERE
    return SEVERAL_THERE if entry.reference else SEVERAL


def lease_of(entry: Entry, leases: list[Held]) -> int | None:
    """The lease that is named, or the only one of that month; of several, none."""
    if entry.reference:
        fit = [lease for lease in leases if lease.reference_key == entry.reference]
    else:
        fit = [lease for lease in leases if lease.covers(entry.period)]
    return fit[0].id if len(fit) == 1 else None


class EarlierDocuments:
    """The documents that these tenants have on file, and those taken back from them."""

    def __init__(self, tenants: Iterable[int]):
        self.by_place: dict[Any, Document] = {}
        # Whatever their lease.
        self.alike: dict[Any, list[Document]] = defaultdict(list)
        self.withdrawn: dict[Any, list[Withdrawal]] = defaultdict(list)
        for batch in chunked(tenants, BATCH):
            for document in Document.select().where(Document.tenant.in_(batch)):
                self.by_place[document.place] = document
                self.alike[without_lease(document.place)].append(document)
            for gone in Withdrawal.select().where(Withdrawal.tenant.in_(batch)):
                self.withdrawn[gone.tenant_id, gone.period, gone.kind, gone.title].append(gone)

    def look_for(self, entry: Entry) -> None:
        entry.on_file, entry.withdrawn_at = self.by_place.get(entry.place), None
        # The same file again, after a lease has begun or ended: it stays where it is.
        if entry.on_file is None and not entry.reference and (same := self.same(entry, entry.tenant)):
            entry.on_file, entry.lease = same[0], same[0].lease_id
        if entry.brings_news:
            gone = self.taken_back(entry, entry.tenant)
            there = (it.withdrawn_at for it in gone if not entry.reference or it.lease_id == entry.lease)
            entry.withdrawn_at = next(there, None)

    def same(self, entry: Entry, tenant: int) -> list[Document]:
        """What the tenant has of that month, kind and title with the very same content."""
        return same_content(self.alike, entry, tenant)

    def taken_back(self, entry: Entry, tenant: int) -> list[Withdrawal]:
        """As `same`, of what the office has taken back from the tenant."""
        return same_content(self.withdrawn, entry, tenant)


def same_content(documents: dict[Any, list[Row]], entry: Entry, tenant: int) -> list[Row]:
    alike = documents.get((tenant, entry.period, entry.kind.value, entry.title), [])
    return [it for it in alike if entry.content is not None and it.digest == entry.content.digest]


def without_lease(place: tuple[Any, ...]) -> tuple[Any, ...]:
    tenant, _, *rest = place
    return (tenant, *rest)


def bearers_by_key(keys: set[str]) -> dict[str, list[int]]:
    """By each of these keys that is known: the tenant who has the number, then those who had it, newest first."""
    found: dict[str, list[int]] = {}
    for batch in chunked(keys, BATCH):
        rows: Any = Tenant.select(Tenant.number_key, Tenant.id).where(Tenant.number_key.in_(batch)).tuples()
        found.update((key, [tenant]) for key, tenant in rows)
    rows = Tenant.select(Tenant.number_key, Tenant.id).where(Tenant.is_old()).order_by(Tenant.id.desc()).tuples()
    for key, tenant in rows:
        key = key.removesuffix(f"{OLD}{tenant}")
        if key in found:
            found[key].append(tenant)
    return found


def leases_of(tenants: Iterable[int]) -> dict[int, list[Held]]:
    found: dict[int, list[Held]] = defaultdict(list)
    for batch in chunked(tenants, BATCH):
        leases = Lease.select(Lease.tenant, Lease.id, Lease.starts_on, Lease.ends_on, Dwelling.reference_key)
        rows: Any = leases.join(Dwelling).where(Lease.tenant.in_(batch)).order_by(Lease.id)
        for tenant, *held in rows.tuples():
            found[tenant].append(Held(*held))
    return found


def write(entries: Sequence[Entry]) -> None:
    """Bring the rows up to date, in the caller's transaction."""
    new = [row_of(entry) for entry in entries if entry.is_new]
    for batch in chunked(new, BATCH):
        Document.insert_many(batch).execute()
    for entry in entries:
        if entry.on_file is not None and entry.brings_news and entry.content is not None:
            changes = {**entry.content._asdict(), "added_at": clock.now()}
            Document.update(changes).where(Document.id == entry.on_file.id).execute()


def row_of(entry: Entry) -> dict[str, Any]:
    assert entry.content is not None, "refused before, without one"  # noqa: S101
    tenant, lease, period, kind, title = entry.place
    place = {"tenant": tenant, "lease": lease, "period": period, "kind": kind, "title": title}
    return {**place, **entry.content._asdict()}
