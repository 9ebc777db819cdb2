"""Tenant numbers that the file gives to somebody else.

All that the portal knows of a person belongs to the row with their number: leases, ledger, papers, e-mail address,
account. So an ERP that gives a number again would give the new tenant all of it. Where no lease goes on from one to the
other, the row is put aside under a number that no ERP gives, and the new person gets a row of their own. Where the
number comes back to a person whose row was put aside, after an old file for example, they get that row again.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from peewee import BooleanField, IntegerField, fn

from ophportal import clock
from ophportal.database import BaseModel, proxy, rows_of
from ophportal.imports.refusals import MOST_SHOWN, LineError
from ophportal.imports.temporary_tables import execute_in_steps
from ophportal.imports.tenants.conflicts import printed
from ophportal.imports.tenants.line import TENANT, TenantLine
from ophportal.imports.tenants.match import Lines, Match
from ophportal.models import Lease, Tenant
from ophportal.models.keys import PARTICLES, name_key, name_words
from ophportal.store import TEMPORARY


class Names(NamedTuple):
    last_name: str
    first_names: str
    birth_name: str


class Handover(BaseModel):
    """A tenant on file whose number a line has under another's name. A temporary table.

    `goes_on` tells that a lease goes on under the new name: a spouse who stays, or one person after all. If none does,
    `back` is the tenant who had the number before and gets it again: the same name, for a dwelling that was theirs.
    `alike` tells that both names have a first name in common: they are one person where a lease goes on.
    """

    tenant = IntegerField(primary_key=True)
    line = IntegerField()
    alike = BooleanField()
    goes_on = BooleanField()
    back = IntegerField(null=True)

    class Meta:
        schema = TEMPORARY
        table_name = "import_handover"

    @classmethod
    def find(cls) -> None:
        """Look for handovers among the matched lines; a person who begins anew is then matched with no row on file."""
        cls.fill((*passed, False, None) for passed in passed_on())
        if not cls.select().exists():
            return
        proxy.look_at(cls)
        cls.update(goes_on=True).where(cls.tenant.in_(going_on())).execute()
        cls.delete().where(cls.alike & cls.goes_on).execute()
        for tenant, old in list(coming_back()):
            cls.update(back=old).where(cls.tenant == tenant).execute()
        back = cls.select(cls.back).where(cls.tenant == Match.tenant)
        theirs = Lease.select(Lease.id).where((Lease.tenant == back) & (Lease.dwelling == Match.dwelling))
        Match.update(tenant=back, lease=theirs).where(Match.tenant.in_(put_aside())).execute()

    @classmethod
    def sentences(cls) -> list[LineError]:
        """The first handovers, a sentence each."""
        names = (Tenant.last_name, Tenant.first_names, TenantLine.last_name, TenantLine.first_names)
        query = (
            cls.select(cls.line, cls.goes_on, cls.alike, cls.back, Tenant.number, *names)
            .join(Tenant, on=(Tenant.id == cls.tenant))
            .switch(cls)
            .join(TenantLine, on=(TenantLine.line == cls.line))
        )
        found = rows_of(query.order_by(cls.line).limit(MOST_SHOWN))
        return [LineError(line, passes_on(*told)) for line, *told in found]


def passes_on(goes_on: bool, alike: bool, back: int | None, number: str, *names: str) -> str:
    before, after = " ".join(names[:2]).strip(), " ".join(names[2:]).strip()
    if back is not None:
        return f"le n° {number} revient de {before} à {after}, qui l'avait avant et retrouve son dossier"
    passes = f"le n° {number} passe de {before} à {after}, pour {'le même' if goes_on else 'un autre'} bail"
    return (
        f"{passes} ; si c'est la même personne, donnez son nom d'avant dans « Nom de naissance »" if alike else passes
    )


def passed_on() -> Iterator[tuple[int, int, bool]]:
    """The tenants whose number the file tells of somebody else, each with the first line that does; and whether they
    are alike.

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
    for tenant, line, number, *texts in rows_of(query):
        before, read, after = Names(*texts[:3]), texts[3], Names(*texts[4:])
        if printed(number) == printed(read):
            if are_two_people(before, after):
                yield tenant, line, False
            elif may_be_two_people(before, after):
                yield tenant, line, True


def going_on() -> Lines:
    """The tenants with a lease that the file goes on with: begun on the day that it tells, or where a day is not told,
    still running."""
    untold = Lease.starts_on.is_null() | TenantLine.starts_on.is_null()
    return (
        Match.select(Match.tenant)
        .join(Handover, on=(Handover.tenant == Match.tenant))
        .switch(Match)
        .join(TenantLine, on=(TenantLine.line == Match.line))
        .switch(Match)
        .join(Lease, on=(Lease.id == Match.lease))
        .where((Lease.starts_on == TenantLine.starts_on) | (untold & Lease.is_not_over()))
    )


def coming_back() -> Iterator[tuple[int, int]]:
    """Those who are put aside, each with whom their number comes back to; of several, the last who bore it.

    By the very same names: a first name in common is no reason to open another's account.
    """
    names = [getattr(model, name) for model in (Tenant, TenantLine) for name in ("last_name", "first_names")]
    query = (
        Match.select(Handover.tenant, Tenant.id, *names)
        .join(Handover, on=(Handover.tenant == Match.tenant))
        .join(TenantLine, on=(TenantLine.line == Handover.line))
        .switch(Match)
        .join(Lease, on=(Lease.dwelling == Match.dwelling))
        .join(Tenant)
        .where(Tenant.is_old() & (Tenant.key_before() == TenantLine.number_key) & ~Handover.goes_on)
    )
    for tenant, old, *texts in rows_of(query.order_by(Tenant.id)):
        if [*map(name_key, texts[:2])] == [*map(name_key, texts[2:])]:
            yield tenant, old


def put_aside() -> Lines:
    """The tenants who lose their number."""
    return Handover.select(Handover.tenant).where(~Handover.goes_on)


def given_back() -> Lines:
    """The tenants who get their former number again."""
    return Handover.select(Handover.back).where(Handover.back.is_null(False))


def put_them_aside() -> None:
    """Take their numbers from the tenants who lose them, and end their leases as of yesterday: they can log in no more.

    Then the numbers are free for those to whom they are given back.

    What they told the portal need no longer be carried into the ERP.
    """
    aside = {
        Tenant.number: Tenant.number_of_old(Tenant.number, "-"),
        Tenant.number_key: Tenant.number_of_old(Tenant.number_key),
        Tenant.erp_email_key: Tenant.email_key,
        Tenant.erp_phone: Tenant.phone,
        Tenant.replaced_email_key: "",
        Tenant.replaced_phone: "",
    }
    again = {
        Tenant.number: fn.REPLACE(Tenant.number, Tenant.mark_of_old("-"), ""),
        Tenant.number_key: Tenant.key_before(),
    }
    ended = Lease.update(ends_on=clock.today() - timedelta(days=1)).where(Lease.is_not_over())
    execute_in_steps(Handover.line, lambda these: Tenant.update(aside).where(Tenant.id.in_(put_aside().where(these))))
    Tenant.update(again).where(Tenant.id.in_(given_back())).execute()
    execute_in_steps(Handover.line, lambda these: ended.where(Lease.tenant.in_(put_aside().where(these))))


def reopen() -> None:
    """Open again the leases that the file tells of tenants who come back: putting them aside had ended these.

    For a file that tells no end; one that does says of each whether it has ended.
    """
    theirs = Match.select(Match.lease).where(Match.tenant.in_(given_back()))
    Lease.update(ends_on=None).where(Lease.id.in_(theirs)).execute()


def are_two_people(before: Names, after: Names) -> bool:
    """Whether the names have nothing of one person: a first name in common, or where one is not told, any name.

    A person who marries keeps the first name; names in each other's column are compared crosswise.
    """
    if not (before.first_names and after.first_names):
        one, other = " ".join(before), " ".join(after)
        return bearing(one).isdisjoint(bearing(other)) and name_key(one) != name_key(other)
    return not (have_in_common(before.first_names, after.first_names) or are_crossed(before, after))


def may_be_two_people(before: Names, after: Names) -> bool:
    """Whether the first names have something in common, both being told, and the others nothing, the birth name too."""
    if not (before.first_names and after.first_names) or are_crossed(before, after):
        return False
    one, other = (f"{names.last_name} {names.birth_name}" for names in (before, after))
    return not have_in_common(one, other) and name_key(before.last_name) != name_key(after.last_name)


def are_crossed(before: Names, after: Names) -> bool:
    return have_in_common(before.first_names, after.last_name) and have_in_common(before.last_name, after.first_names)


def have_in_common(one: str, other: str) -> bool:
    return not bearing(one).isdisjoint(bearing(other))


def bearing(names: str) -> set[str]:
    """The words that tell one person from another: D'Angelo and D'Ornano, Le Gall and Le Goff share none."""
    words = set(name_words(names))
    return {word for word in words - PARTICLES if len(word) > 1} or words
