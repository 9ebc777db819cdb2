"""From the lines of the tenant file to the rows of the store: first what they change, then the change itself."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

from peewee import JOIN, Expression, Field, IntegerField, ModelSelect, fn

from ophportal.database import BaseModel, proxy
from ophportal.imports.refusals import Refusals
from ophportal.imports.tenant_conflicts import printed
from ophportal.imports.tenant_line import DWELLING, LEASE, TENANT, Noun, TenantLine, any_of, differ
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
    fields = taken(Tenant, TENANT, present)
    plan(TenantLine.select(), TENANT, Tenant, Tenant.number_key == TenantLine.number_key, fields)
    refuse_confusions(Tenant.number, "le numéro locataire {} se confond avec {}, déjà enregistré", refusals)
    return write(TenantLine.select(), TENANT, named(Tenant, TENANT.key + TENANT.fields), fields)


def write_dwellings(present: frozenset[str], refusals: Refusals) -> Count:
    fields = taken(Dwelling, DWELLING, present)
    plan(TenantLine.select(), DWELLING, Dwelling, Dwelling.reference_key == TenantLine.reference_key, fields)
    refuse_confusions(Dwelling.reference, "la référence logement {} se confond avec {}, déjà enregistrée", refusals)
    return write(TenantLine.select(), DWELLING, named(Dwelling, DWELLING.key + DWELLING.fields), fields)


def write_leases(present: frozenset[str]) -> Count:
    """Insert and update the leases, once their tenants and dwellings are written."""
    lines = (
        TenantLine.select()
        .join(Tenant, on=(Tenant.number_key == TenantLine.number_key))
        .join(Dwelling, on=(Dwelling.reference_key == TenantLine.reference_key))
    )
    fields = taken(Lease, LEASE, present)
    plan(lines, LEASE, Lease, (Lease.tenant == Tenant.id) & (Lease.dwelling == Dwelling.id), fields)
    return write(
        lines, LEASE, {Lease.tenant: Tenant.id, Lease.dwelling: Dwelling.id, **named(Lease, LEASE.fields)}, fields
    )


def named(model: type[BaseModel], names: Iterable[str]) -> Values:
    """The fields of `model`, with those of the lines that bear their names."""
    return {getattr(model, name): getattr(TenantLine, name) for name in names}


def taken(model: type[BaseModel], noun: Noun, present: frozenset[str]) -> Values:
    """What a row on file takes from a line: the fields that the file has a column for."""
    values = named(model, (name for name in noun.fields if name.removesuffix("_key") in present))
    for field in (Tenant.email, Tenant.email_key):
        # An address that the office recorded by hand outlives an ERP that has none.
        if field in values:
            values[field] = fn.COALESCE(fn.NULLIF(values[field], ""), field)
    return values


def plan(lines: Lines, noun: Noun, model: type[BaseModel], same: Expression, taken: Values) -> None:
    """Put into `Change` each `noun`'s first line for which `model` has no `same` row, or one that differs."""
    new = any_of([model.id.is_null(), *(differ(field, value) for field, value in taken.items())])
    changed = lines.select(TenantLine.line, model.id).switch(TenantLine).join(model, JOIN.LEFT_OUTER, on=same)
    Change.delete().execute()
    Change.insert_from(changed.where(new & TenantLine.is_first(noun)), [Change.line, Change.row]).execute()


def refuse_confusions(on_file: Field, sentence: str, refusals: Refusals) -> None:
    """Refuse a number or reference that only the places of its separators tell from the one on file for its key."""
    read = getattr(TenantLine, on_file.name)
    changes = TenantLine.select(TenantLine.line, read, on_file).join(Change, on=(Change.line == TenantLine.line))
    query = changes.join(on_file.model, on=(on_file.model.id == Change.row)).where(on_file != read)
    with closing(proxy.execute(query)) as found:
        for line, text, known in found:
            if printed(text) != printed(known):
                refusals.add(line, sentence.format(text, known))


def write(lines: Lines, noun: Noun, values: Values, taken: Values) -> Count:
    """Make the planned changes: rows of `values` inserted, rows on file updated with what is `taken`."""
    model = next(iter(values)).model
    new = lines.select(*values.values()).switch(TenantLine).join(Change, on=(Change.line == TenantLine.line))
    created = model.insert_from(new.where(Change.row.is_null()), list(values)).as_rowcount().execute()
    updated = 0
    if taken:
        ours = (Change.row == model.id) & (Change.line == TenantLine.line)
        updated = model.update(taken).from_(Change, TenantLine).where(ours).execute()
    named = TenantLine.select().where(TenantLine.is_first(noun)).count()
    return Count(created, updated, named - created - updated)
