"""From the lines of the tenant file to the rows of the store: the plan of what they change, then the change itself.

To plan takes only reading, so that the plan can be shown before anything is written.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from peewee import JOIN, Case, Expression, Field, IntegerField, fn

from ophportal.database import BaseModel, proxy, rows_of
from ophportal.imports.files import cells
from ophportal.imports.refusals import Refusals
from ophportal.imports.reports import Count
from ophportal.imports.temporary_tables import any_of, differ, execute_in_steps
from ophportal.imports.tenants.conflicts import printed
from ophportal.imports.tenants.line import DWELLING, LEASE, TENANT, Noun, TenantLine
from ophportal.imports.tenants.match import Lines, Match, lines_of_leases
from ophportal.models import Dwelling, Lease, Tenant
from ophportal.store import TEMPORARY
from ophportal.telephone import is_same_number

# What goes into fields of the store: fields of the lines, or expressions over them.
Values = dict[Any, Any]


class Change(BaseModel):
    """A line that brings something new, and the row that it changes: NULL when it makes one. Temporary tables."""

    line = IntegerField(primary_key=True)
    row = IntegerField(null=True)

    class Meta:
        schema = TEMPORARY


class TenantChange(Change):
    pass


class DwellingChange(Change):
    pass


class LeaseChange(Change):
    pass


def plan_tenants(present: frozenset[str], refusals: Refusals) -> Count:
    """Work out what changes for the tenants. `present` names the fields that the file has a column for."""
    count = plan(TenantChange, TENANT, Tenant, taken_by_tenants(present))
    refuse_confusions(
        TenantChange, Tenant.number, "le numéro locataire {} se confond avec {}, déjà enregistré", refusals
    )
    return count


def plan_dwellings(present: frozenset[str], refusals: Refusals) -> Count:
    count = plan(DwellingChange, DWELLING, Dwelling, taken(Dwelling, DWELLING, present))
    confused = "la référence logement {} se confond avec {}, déjà enregistrée"
    refuse_confusions(DwellingChange, Dwelling.reference, confused, refusals)
    return count


def plan_leases(present: frozenset[str]) -> Count:
    """Work out what changes for the leases, of tenants and dwellings that may not be on file yet."""
    return plan(LeaseChange, LEASE, Lease, taken(Lease, LEASE, present))


def write_tenants(present: frozenset[str]) -> None:
    """Insert and update the tenants as planned."""
    said = {Tenant.erp_email_key: TenantLine.email_key, Tenant.erp_phone: TenantLine.phone}
    values = named(Tenant, TENANT.key + TENANT.fields) | said
    write(TenantChange, TenantLine.select(), values, taken_by_tenants(present))


def write_dwellings(present: frozenset[str]) -> None:
    values = named(Dwelling, DWELLING.key + DWELLING.fields)
    write(DwellingChange, TenantLine.select(), values, taken(Dwelling, DWELLING, present))


def write_leases(present: frozenset[str]) -> None:
    """Insert and update the leases as planned, once their tenants and dwellings are written."""
    values = {Lease.tenant: Tenant.id, Lease.dwelling: Dwelling.id, **named(Lease, LEASE.fields)}
    write(LeaseChange, lines_of_leases(JOIN.INNER), values, taken(Lease, LEASE, present))


def named(model: type[BaseModel], names: Iterable[str]) -> Values:
    """The fields of `model`, with those of the lines that bear their names."""
    return {getattr(model, name): getattr(TenantLine, name) for name in names}


def taken(model: type[BaseModel], noun: Noun, present: frozenset[str]) -> Values:
    """What a row on file takes from a line: the fields that the file has a column for."""
    return named(model, (name for name in noun.fields if name.removesuffix("_key") in present))


def taken_by_tenants(present: frozenset[str]) -> Values:
    """What a tenant on file takes from a line; of e-mail address and telephone only what is news from the ERP.

    So neither what the tenant told the portal nor what an agent recorded is lost to what the ERP still says, or to what
    has been carried into it before.
    """
    values = taken(Tenant, TENANT, present)
    if "email" in present:
        values |= taken_if(has_new_email(), Tenant.email, Tenant.email_key)
        values |= taken_if(has_new_email(), Tenant.replaced_email_key, said="")
        values |= taken_if(tells_other_email(), Tenant.erp_email_key, said=TenantLine.email_key)
    if "phone" in present:
        values |= taken_if(has_new_phone(), Tenant.phone)
        values |= taken_if(has_new_phone(), Tenant.replaced_phone, said="")
        values |= taken_if(tells_other_phone(), Tenant.erp_phone, said=TenantLine.phone)
    return values


def taken_if(is_news: Expression, *fields: Field, said: Field | str | None = None) -> Values:
    """`fields` that take what the line says (`said`, or what bears their name) where it is news, and stay elsewhere."""
    return {
        field: Case(None, [(is_news, getattr(TenantLine, field.name) if said is None else said)], field)
        for field in fields
    }


def has_new_email() -> Expression:
    """The condition that the line tells another address, and not one that was replaced here since."""
    return tells_other_email() & (TenantLine.email_key != Tenant.replaced_email_key)


def tells_other_email() -> Expression:
    """The condition that the line has an address, and another than the ERP's last, or none is on file."""
    is_other = (TenantLine.email_key != Tenant.erp_email_key) | (Tenant.email_key == "")
    return (TenantLine.email_key != "") & is_other


def has_new_phone() -> Expression:
    """The condition that the line tells another number, or none any more, and not one that was replaced here since."""
    return tells_other_phone() & ((TenantLine.phone == "") | (TenantLine.phone != Tenant.replaced_phone))


def tells_other_phone() -> Expression:
    """The condition that the line says another number than the ERP's last.

    None at all takes away the ERP's own alone. Unlike an address, a tenant may have taken theirs back: it stays so.
    """
    is_told = (TenantLine.phone != "") | (Tenant.phone == Tenant.erp_phone)
    return (TenantLine.phone != Tenant.erp_phone) & is_told


def keep_spellings() -> None:
    """Have the lines tell the ERP's last telephone as it told it before, where the tenant has another of their own; and
    one that was replaced here as it was then.

    In another spelling it is no news: it would take theirs away.
    """
    has_another = (Tenant.phone != Tenant.erp_phone) | (Tenant.replaced_phone != "")
    query = (
        TenantLine.select(TenantLine.line, TenantLine.phone, Tenant.erp_phone, Tenant.replaced_phone)
        .join(Match, on=(Match.line == TenantLine.line))
        .join(Tenant, on=(Tenant.id == Match.tenant))
        .where(has_another & (TenantLine.phone != Tenant.erp_phone))
    )
    spelt_anew = [
        (line, before)
        for line, told, *known in rows_of(query)
        for before in known
        if told and told != before and is_same_number(told, before)
    ]
    for line, before in spelt_anew:
        TenantLine.update(phone=before).where(TenantLine.line == line).execute()


def keep_whole_texts() -> None:
    """Have the lines tell as it is on file a text that has lost a letter on its way, where the rest of it is the same.

    Written so, a name would keep its bearer out; and it would look like somebody else's.
    """
    for noun, model in ((TENANT, Tenant), (DWELLING, Dwelling)):
        for name in noun.fields:
            told, known = getattr(TenantLine, name), getattr(model, name)
            query = TenantLine.select(TenantLine.line, told, known).join(Match, on=(Match.line == TenantLine.line))
            query = query.join(model, on=(model.id == getattr(Match, noun.name))).where(told.contains(cells.LOST))
            found = rows_of(query)
            whole = [{"line": line, name: after} for line, before, after in found if is_what_is_left(before, after)]
            TenantLine.correct((name,), whole)


def is_what_is_left(told: str, known: str) -> bool:
    """Whether `told` is `known` without some letters, each of which left a sign or two."""
    kept = (re.escape(part) for part in re.split(f"{cells.LOST}+", told))
    return re.fullmatch(".{1,2}".join(kept), known) is not None


def plan(change: type[Change], noun: Noun, model: type[BaseModel], taken: Values) -> Count:
    """Put into `change` each `noun`'s first line that matches no row of `model`, or one that differs; how many do."""
    new = any_of([model.id.is_null(), *(differ(field, value) for field, value in taken.items())])
    matched = TenantLine.select(TenantLine.line, model.id).join(Match, on=(Match.line == TenantLine.line))
    changed = matched.join(model, JOIN.LEFT_OUTER, on=(model.id == getattr(Match, noun.name)))
    change.insert_from(changed.where(new & TenantLine.is_first(noun)), [change.line, change.row]).execute()
    proxy.look_at(change)
    created = change.select().where(change.row.is_null()).count()
    updated = change.select().count() - created
    on_file = Match.select(fn.COUNT(getattr(Match, noun.name).distinct())).scalar()
    return Count(created, updated, on_file - updated)


def refuse_confusions(change: type[Change], on_file: Field, sentence: str, refusals: Refusals) -> None:
    """Refuse a number or reference that only the places of its separators tell from the one on file for its key."""
    read = getattr(TenantLine, on_file.name)
    changes = TenantLine.select(TenantLine.line, read, on_file).join(change, on=(change.line == TenantLine.line))
    key, key_read = (getattr(model, f"{on_file.name}_key") for model in (on_file.model, TenantLine))
    # Under another key is who gets their number back.
    query = changes.join(on_file.model, on=(on_file.model.id == change.row)).where(
        (on_file != read) & (key == key_read)
    )
    for line, text, known in rows_of(query):
        if printed(text) != printed(known):
            refusals.add(line, sentence.format(text, known))


def write(change: type[Change], lines: Lines, values: Values, taken: Values) -> None:
    """Make the planned changes: rows of `values` inserted, rows on file updated with what is `taken`."""
    model = next(iter(values)).model
    new = lines.select(*values.values()).switch(TenantLine).join(change, on=(change.line == TenantLine.line))
    new = new.where(change.row.is_null()).order_by(change.line)
    in_steps = partial(execute_in_steps, change.line, joined=TenantLine.line)
    in_steps(lambda these: model.insert_from(new.where(these), list(values)))
    ours = (change.row == model.id) & (change.line == TenantLine.line)
    # Or PostgreSQL would read all that was just inserted to find that a step changes none of it.
    is_change = change.row.is_null(False)
    if taken:
        in_steps(lambda these: model.update(taken).from_(change, TenantLine).where(is_change & ours & these))
