"""From the lines of the tenant file to the rows of the store: first what they change, then the change itself."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

from peewee import JOIN, Expression, Field, IntegerField, ModelSelect, fn

from ophportal.database import BaseModel, proxy
from ophportal.imports.refusals import Refusals
from ophportal.imports.tenant_conflicts import printed
from ophportal.imports.tenant_line import (
    DWELLING_FIELDS,
    DWELLING_KEY,
    LEASE_FIELDS,
    LEASE_KEY,
    TENANT_FIELDS,
    TENANT_KEY,
    TenantLine,
    any_of,
    differ,
)
from ophportal.models import Dwelling, Lease, Tenant

Lines: TypeAlias = "ModelSelect[Any]"
# What goes into fields of the store: fields of the lines, or expressions over them.
Values = dict[Any, Any]


@dataclass(frozen=True)
class Count:
    """How many of one noun the file names, by what became of them."""

    created: int
    updated: int
    unchanged: int


class Change(BaseModel):
    """A line that brings something new, and the row that it changes: NULL when it makes one. A temporary table."""

    line = IntegerField(primary_key=True)
    row = IntegerField(null=True)

    class Meta:
        temporary = True
        table_name = "import_change"


def write_tenants(present: frozenset[str], refusals: Refusals) -> Count:
    """Insert and update the tenants. `present` names the fields that the file has a column for."""
    fields = taken(Tenant, TENANT_FIELDS, present)
    plan(TenantLine.select(), TENANT_KEY, Tenant.number_key == TenantLine.number_key, Tenant, fields)
    refuse_confusions(Tenant.number, "le numéro locataire {} se confond avec {}, déjà enregistré", refusals)
    return write(TenantLine.select(), named(Tenant, TENANT_KEY + TENANT_FIELDS), fields, TENANT_KEY)


def write_dwellings(present: frozenset[str], refusals: Refusals) -> Count:
    fields = taken(Dwelling, DWELLING_FIELDS, present)
    plan(TenantLine.select(), DWELLING_KEY, Dwelling.reference_key == TenantLine.reference_key, Dwelling, fields)
    refuse_confusions(Dwelling.reference, "la référence logement {} se confond avec {}, déjà enregistrée", refusals)
    return write(TenantLine.select(), named(Dwelling, DWELLING_KEY + DWELLING_FIELDS), fields, DWELLING_KEY)


def write_leases(present: frozenset[str]) -> Count:
    """Insert and update the leases, once their tenants and dwellings are written."""
    lines = (
        TenantLine.select()
        .join(Tenant, on=(Tenant.number_key == TenantLine.number_key))
        .join(Dwelling, on=(Dwelling.reference_key == TenantLine.reference_key))
    )
    fields = taken(Lease, LEASE_FIELDS, present)
    plan(lines, LEASE_KEY, (Lease.tenant == Tenant.id) & (Lease.dwelling == Dwelling.id), Lease, fields)
    values = {Lease.tenant: Tenant.id, Lease.dwelling: Dwelling.id} | named(Lease, LEASE_FIELDS)
    return write(lines, values, fields, LEASE_KEY)


def named(model: type[BaseModel], names: Iterable[str]) -> Values:
    """The fields of `model`, with those of the lines that bear their names."""
    return {getattr(model, name): getattr(TenantLine, name) for name in names}


def taken(model: type[BaseModel], names: Iterable[str], present: frozenset[str]) -> Values:
    """What a row on file takes from a line: the fields that the file has a column for."""
    values = named(model, (name for name in names if name.removesuffix("_key") in present))
    for field in (Tenant.email, Tenant.email_key):
        # An address that the office recorded by hand outlives an ERP that has none.
        if field in values:
            values[field] = fn.COALESCE(fn.NULLIF(values[field], ""), field)
    return values


def plan(lines: Lines, key: Iterable[str], same: Expression, model: type[BaseModel], taken: Values) -> None:
    """Put into `Change` the first line of each `key` for which `model` has no `same` row, or one that differs."""
    firsts = TenantLine.first_of(key)
    new = any_of([model.id.is_null(), *(differ(field, value) for field, value in taken.items())])
    query = (
        lines.select(TenantLine.line, model.id)
        .switch(TenantLine)
        .join(firsts, on=(firsts.c.line == TenantLine.line))
        .join(model, JOIN.LEFT_OUTER, on=same)
        .where(new)
    )
    Change.delete().execute()
    Change.insert_from(query, [Change.line, Change.row]).execute()


def refuse_confusions(on_file: Field, sentence: str, refusals: Refusals) -> None:
    """Refuse a number or reference that only the places of its separators tell from the one on file for its key."""
    read = getattr(TenantLine, on_file.name)
    changes = TenantLine.select(TenantLine.line, read, on_file).join(Change, on=(Change.line == TenantLine.line))
    query = changes.join(on_file.model, on=(on_file.model.id == Change.row)).where(on_file != read)
    with closing(proxy.execute(query)) as found:
        for line, text, known in found:
            if printed(text) != printed(known):
                refusals.add(line, sentence.format(text, known))


def write(lines: Lines, values: Values, taken: Values, key: Iterable[str]) -> Count:
    """Make the planned changes: rows of `values` inserted, rows on file updated with what is `taken`."""
    model = next(iter(values)).model
    new = lines.select(*values.values()).switch(TenantLine).join(Change, on=(Change.line == TenantLine.line))
    created = model.insert_from(new.where(Change.row.is_null()), list(values)).as_rowcount().execute()
    updated = 0
    if taken:
        ours = (Change.row == model.id) & (Change.line == TenantLine.line)
        updated = model.update(taken).from_(Change, TenantLine).where(ours).execute()
    return Count(created, updated, TenantLine.first_of(key).count() - created - updated)
