"""Tenant numbers that the file gives to somebody else.

All that the portal knows of a person hangs on the row that bears their number: leases, ledger, papers, e-mail address,
account. So an ERP that gives a number again would give the new tenant all of it. Where no lease goes on from one to the
other, the row is put aside under a number that no ERP gives, and the new person gets one of their own.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import NamedTuple

from peewee import BooleanField, IntegerField

from ophportal import clock
from ophportal.database import BaseModel, proxy
from ophportal.imports.refusals import MOST_SHOWN, LineError
from ophportal.imports.temporary_tables import execute_in_steps, fill
from ophportal.imports.tenant_conflicts import printed
from ophportal.imports.tenant_line import TENANT, TenantLine
from ophportal.imports.tenant_match import Lines, Match
from ophportal.models import Lease, Tenant
from ophportal.models.keys import CIVILITIES, name_key, name_words
from ophportal.store import TEMPORARY

# What many names have in common, from here and from around.
PARTICLES = CIVILITIES.union(
    name_words(
        "al ben bel bin da dal de degli dei del della den der des di dit dite do dos du el et la le les lo los ne nee "
        "ou saint sainte san santa ter van von ep epouse veuve"
    )
)


class Names(NamedTuple):
    last_name: str
    first_names: str
    birth_name: str


class Handover(BaseModel):
    """A tenant on file whose number a line has under another's name. A temporary table.

    `goes_on` where a lease of theirs does, under the new name: a spouse who stays, or one person after all.
    """

    tenant = IntegerField(primary_key=True)
    line = IntegerField()
    goes_on = BooleanField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_handover"

    @classmethod
    def find(cls) -> None:
        """Look for them once the lines are matched; who begins anew is then matched with nothing that is on file."""
        fill(cls, ((tenant, line, False) for tenant, line in passed_on()))
        if not cls.select().exists():
            return
        proxy.look_at(cls)
        cls.update(goes_on=True).where(cls.tenant.in_(going_on())).execute()
        Match.update(tenant=None, lease=None).where(Match.tenant.in_(put_aside())).execute()

    @classmethod
    def sentences(cls) -> list[LineError]:
        """The first of them in words."""
        names = (Tenant.last_name, Tenant.first_names, TenantLine.last_name, TenantLine.first_names)
        query = (
            cls.select(cls.line, cls.goes_on, Tenant.number, *names)
            .join(Tenant, on=(Tenant.id == cls.tenant))
            .switch(cls)
            .join(TenantLine, on=(TenantLine.line == cls.line))
        )
        with closing(proxy.execute(query.order_by(cls.line).limit(MOST_SHOWN))) as found:
            return [LineError(line, passes_on(goes_on, *words)) for line, goes_on, *words in found]


def passes_on(goes_on: bool, number: str, *names: str) -> str:
    before, after = " ".join(names[:2]).strip(), " ".join(names[2:]).strip()
    return f"le n° {number} passe de {before} à {after}, pour {'le même' if goes_on else 'un autre'} bail"


def passed_on() -> Iterator[tuple[int, int]]:
    """The tenants whose number the file tells of somebody else, each with the first line that does.

    Not those whose number only looks like the line's: that one is refused (`refuse_confusions`).
    """
    told = [getattr(model, name) for model in (Tenant, TenantLine) for name in ("number", *Names._fields)]
    others = (TenantLine.first_names != "") & (Tenant.first_names != TenantLine.first_names)
    query = (
        TenantLine.select(Tenant.id, TenantLine.line, *told)
        .join(Match, on=(Match.line == TenantLine.line))
        .join(Tenant, on=(Tenant.id == Match.tenant))
        .where((Tenant.last_name != TenantLine.last_name) | others)
        .where(TenantLine.is_first(TENANT))
    )
    with closing(proxy.execute(query)) as found:
        for tenant, line, number, *texts in found:
            before, read, after = Names(*texts[:3]), texts[3], Names(*texts[4:])
            if are_two_people(before, after) and printed(number) == printed(read):
                yield tenant, line


def going_on() -> Lines:
    """The tenants of whose leases a line tells one that was begun on the same day; unless told, one that still runs."""
    still_runs = Lease.ends_on.is_null() | (Lease.ends_on >= clock.today())
    untold = Lease.starts_on.is_null() | TenantLine.starts_on.is_null()
    return (
        Match.select(Match.tenant)
        .join(Handover, on=(Handover.tenant == Match.tenant))
        .switch(Match)
        .join(TenantLine, on=(TenantLine.line == Match.line))
        .switch(Match)
        .join(Lease, on=(Lease.id == Match.lease))
        .where((Lease.starts_on == TenantLine.starts_on) | (untold & still_runs))
    )


def put_aside() -> Lines:
    """Who bears their number no more."""
    return Handover.select(Handover.tenant).where(~Handover.goes_on)


def put_them_aside() -> None:
    """Take their numbers from those who bear them no more, and end their leases as of yesterday: they enter no more.

    What they told the portal is nothing to carry into the ERP any more.
    """
    aside = {
        Tenant.number: Tenant.number_of_old(Tenant.number, "-"),
        Tenant.number_key: Tenant.number_of_old(Tenant.number_key),
        Tenant.erp_email_key: Tenant.email_key,
        Tenant.erp_phone: Tenant.phone,
        Tenant.replaced_email_key: "",
        Tenant.replaced_phone: "",
    }
    yesterday = clock.today() - timedelta(days=1)
    has_not_ended = Lease.ends_on.is_null() | (Lease.ends_on > yesterday)
    execute_in_steps(Handover.line, lambda these: Tenant.update(aside).where(Tenant.id.in_(put_aside().where(these))))
    execute_in_steps(
        Handover.line,
        lambda these: Lease.update(ends_on=yesterday).where(Lease.tenant.in_(put_aside().where(these)) & has_not_ended),
    )


def are_two_people(before: Names, after: Names) -> bool:
    """Whether the names have nothing of one person: a first name in common, or where one is not told, any name.

    Who marries keeps the first name, and what is in the wrong column is crossed over.
    """
    if not (before.first_names and after.first_names):
        one, other = " ".join(before), " ".join(after)
        return bearing(one).isdisjoint(bearing(other)) and name_key(one) != name_key(other)
    return not (have_in_common(before.first_names, after.first_names) or are_crossed(before, after))


def are_crossed(before: Names, after: Names) -> bool:
    return have_in_common(before.first_names, after.last_name) and have_in_common(before.last_name, after.first_names)


def have_in_common(one: str, other: str) -> bool:
    return not bearing(one).isdisjoint(bearing(other))


def bearing(names: str) -> set[str]:
    """The words that tell one person from another: D'Angelo and D'Ornano, Le Gall and Le Goff share none."""
    words = set(name_words(names))
    return {word for word in words - PARTICLES if len(word) > 1} or words
