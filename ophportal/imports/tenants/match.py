"""The lines of the tenant file beside the rows on file, in temporary tables.

Most lines of most files say what is on file already, to the letter. Of these only the rows that they speak of are kept:
they change nothing, contradict no other such line, and went through the checks when they came.
"""

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeAlias

from peewee import JOIN, IntegerField, ModelSelect

from ophportal.database import BaseModel, is_sqlite, proxy
from ophportal.imports.files import TableFile, cells
from ophportal.imports.reading import Written, in_steps, understood
from ophportal.imports.refusals import Refusals
from ophportal.imports.tenants.columns import BY_NAME, read_line
from ophportal.imports.tenants.line import TenantLine
from ophportal.models import Dwelling, Lease, Tenant
from ophportal.store import TEMPORARY

Lines: TypeAlias = "ModelSelect[Any]"
ON_FILE = Lease._meta.fields | Dwelling._meta.fields | Tenant._meta.fields
# What no text on file holds, nor the cell of a line that can be read.
MARK = "\x1f"
# For each number asked about, by its place, what is on file as `comparable` tells it. One text is fetched, since
# fetching it by columns takes twice as long; and the order of the joins is given.
SAME_TENANTS = """
    SELECT asked.place, {text}, tenant.id, dwelling.id, lease.id
    FROM {asked}
    {join} tenant ON tenant.number_key = asked.value
    {join} lease ON lease.tenant_id = tenant.id
    {join} dwelling ON dwelling.id = lease.dwelling_id
    WHERE tenant.email_key = tenant.erp_email_key AND tenant.phone = tenant.erp_phone
        AND NOT coalesce(lease.ends_on < lease.starts_on, FALSE)
"""
# A date is NULL where none is told, and goes into these texts as an empty one.
ON_SQLITE = SAME_TENANTS.format(
    text=f"printf('{MARK.join(['%s'] * len(BY_NAME))}', {', '.join(BY_NAME)})",
    asked="(SELECT key AS place, value FROM json_each(?)) AS asked",
    join="CROSS JOIN",
)
ON_POSTGRESQL = SAME_TENANTS.format(
    text="concat(" + f", '{MARK}', ".join(BY_NAME) + ")",
    asked="(SELECT place - 1, value FROM unnest(CAST(%s AS text[])) WITH ORDINALITY AS it (value, place))"
    " AS asked (place, value)",
    join="JOIN",
)


class Match(BaseModel):
    """A line, and the rows on file that it speaks of: NULL for what is not on file yet. A temporary table."""

    line = IntegerField(primary_key=True)
    tenant = IntegerField(null=True)
    dwelling = IntegerField(null=True)
    lease = IntegerField(null=True)

    class Meta:
        schema = TEMPORARY
        table_name = "import_match"

    @classmethod
    def find(cls) -> None:
        """Look each `TenantLine` up in the store, once for all the plans. What this import writes is not in it."""
        same = (Lease.tenant == Tenant.id) & (Lease.dwelling == Dwelling.id)
        found = lines_of_leases(JOIN.LEFT_OUTER).join(Lease, JOIN.LEFT_OUTER, on=same)
        found = found.select(TenantLine.line, Tenant.id, Dwelling.id, Lease.id)
        cls.delete().where(cls.line.in_(TenantLine.select(TenantLine.line))).execute()
        cls.insert_from(found, [cls.line, cls.tenant, cls.dwelling, cls.lease]).execute()
        proxy.look_at(cls)


def load(file: TableFile, refusals: Refusals, tell: Callable[[int], None]) -> int:
    """Make each line that can be read a `Match` where it says what is on file, else a `TenantLine`; how many."""
    is_first = not Tenant.select().exists()
    for written in in_steps(file, refusals, tell):
        # Outside the transaction: reading the store in one would keep others from writing.
        same = [] if is_first else on_file(written)
        known = {line for line, *_ in same}
        with proxy.atomic():
            Match.fill(same)
            TenantLine.fill(understood((it for it in written if it[0] not in known), read_line, refusals))
    count = Match.select().count() + TenantLine.select().count()
    stage_those_beside()
    TenantLine.compare_with_each_other()
    return count


def on_file(written: list[Written]) -> list[tuple[int, int, int, int]]:
    """The lines that say what is on file, with the tenant, the dwelling and the lease that they speak of.

    Not of tenants whose e-mail address or telephone here is not the ERP's, nor of leases that end before they begin:
    such lines are compared field by field, or refused.
    """
    told = [comparable(row) for _, row in written]
    with closing(same_tenants([key for key, _ in told])) as found:
        return [(written[place][0], *ids) for place, text, *ids in found if text == told[place][1]]


def same_tenants(keys: list[str]) -> Any:
    """A cursor of the places among `keys`, each with the text and the rows on file of a lease of that tenant's."""
    if is_sqlite():
        return proxy.execute_sql(ON_SQLITE, (json.dumps(keys),))
    return proxy.execute_sql(ON_POSTGRESQL, (keys,))


def comparable(row: tuple[str, ...]) -> tuple[str, str]:
    """The key of a line's tenant, and its cells in one text as `same_tenants` gives them; empty for cells refused."""
    number, *texts, entry, exit_ = row
    try:
        dates = cells.near_date(entry) or "", cells.iso_date(exit_) or ""
        return cells.key(number), MARK.join((number, *texts, *dates))
    except cells.CellError:
        return "", ""


def stage_those_beside() -> None:
    """Make a `TenantLine` too of what says what is on file, where a line about the same tenant or dwelling does not.

    For these have to be compared with each other.
    """
    tenants = TenantLine.select(Tenant.id).join(Tenant, on=(Tenant.number_key == TenantLine.number_key))
    dwellings = TenantLine.select(Dwelling.id).join(Dwelling, on=(Dwelling.reference_key == TenantLine.reference_key))
    fields = TenantLine._meta.sorted_fields
    beside = (
        Match.select(Match.line, *(ON_FILE[field.name] for field in fields[1:]))
        .join(Tenant, on=(Tenant.id == Match.tenant))
        .switch(Match)
        .join(Dwelling, on=(Dwelling.id == Match.dwelling))
        .switch(Match)
        .join(Lease, on=(Lease.id == Match.lease))
        .where(Match.tenant.in_(tenants) | Match.dwelling.in_(dwellings))
    )
    TenantLine.insert_from(beside, fields).execute()


def lines_of_leases(join: str) -> Lines:
    """The lines beside the tenants and dwellings that they speak of."""
    return (
        TenantLine.select()
        .join(Tenant, join, on=(Tenant.number_key == TenantLine.number_key))
        .switch(TenantLine)
        .join(Dwelling, join, on=(Dwelling.reference_key == TenantLine.reference_key))
    )
