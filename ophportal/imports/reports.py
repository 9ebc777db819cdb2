"""What an import did, or would do: the same for every file."""

import re
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field
from datetime import date

from ophportal.formatting import counted, euros, long_date, typography, whole
from ophportal.imports.refusals import ImportRefused, LineError, Unsure
from ophportal.models.money import euros as in_euros

# A file that ends more of the running leases than this is most likely only a part of the office; one that moves more of
# the accounts to another address, or changes more of the amounts, has most likely a column that was sorted alone, or is
# an old one.
SUSPICIOUS = 0.2
# So many amounts are mended by hand, and sent alone; so many leases end in a small office.
FEW = 10
# A night ends one running lease in a thousand, a month one in a hundred; and whose lease ends can log in no more.
MOST_ENDED = 0.05
# In euros: few offices' entries are of so much on average; their rents are some hundreds. With a ledger on file it is
# told by that one: garages that lost their decimal point stay below, and the rents of shops are above without.
LARGEST_ON_AVERAGE = 5000
TIMES_THE_USUAL = 20


@dataclass(frozen=True)
class Count:
    """How many of one noun the file names, by what became of them; and how many go because it does not name them."""

    created: int
    updated: int
    unchanged: int
    removed: int = 0

    @property
    def brings_news(self) -> bool:
        return bool(self.created or self.updated or self.removed)


@dataclass(frozen=True)
class Gone:
    """The leases, running or to come, that a tenant file does not name: how many, of how many, the first in words."""

    count: int = 0
    running: int = 0
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moved:
    """How many accounts get another e-mail address, of how many.

    And by the dates that the file tells, how many ended leases run `again`, and how many running ones `stop`.
    """

    accounts: int = 0
    all_accounts: int = 0
    again: int = 0
    stop: int = 0

    @property
    def is_suspicious(self) -> bool:
        return self.accounts > SUSPICIOUS * self.all_accounts

    @property
    def sentences(self) -> tuple[str, ...]:
        told = (
            (self.accounts, "compte change d'adresse e-mail", "comptes changent d'adresse e-mail"),
            (self.again, "bail terminé reprend", "baux terminés reprennent"),
            (
                self.stop,
                "bail en cours se termine, d'après ses dates",
                "baux en cours se terminent, d'après leurs dates",
            ),
        )
        return tuple(counted(*each) for each in told if each[0])


@dataclass(frozen=True)
class Amounts:
    """What a ledger file says in all, in cents, from its first day to its last; and what it does to the ledger on file.

    An entry on file is of `usual` cents on average; 0 without any. Of the `created` entries, `relabelled` say under
    another label what one on file says. Of the `known` ones, on file already, `changed` get another amount, `by` so
    much in all, and `moved` ones, the first being `first_moved`, another lease; `leases` get another balance.
    `told_again` new ones, the first being `first_again`, are totals or balances of others. `alike` lines among many new
    ones, the first being `first_alike`, say without an identifier what entries on file say. `is_older` is a file that
    changes amounts and ends before the ledger does, `is_crossed` one whose rents lower what is owed, or whose payments
    raise it.
    """

    debit: int = 0
    credit: int = 0
    first: date | None = None
    last: date | None = None
    usual: int = 0
    created: int = 0
    relabelled: int = 0
    known: int = 0
    changed: int = 0
    by: int = 0
    leases: int = 0
    moved: int = 0
    first_moved: LineError | None = None
    told_again: int = 0
    first_again: LineError | None = None
    alike: int = 0
    first_alike: LineError | None = None
    is_older: bool = False
    is_crossed: bool = False

    @property
    def lines(self) -> int:
        return self.created + self.known

    @property
    def average(self) -> int:
        return (abs(self.debit) + abs(self.credit)) // self.lines

    @property
    def most(self) -> int:
        """Above so much on average, in cents, something is wrong with the file's amounts."""
        return TIMES_THE_USUAL * self.usual or LARGEST_ON_AVERAGE * 100

    @property
    def facts(self) -> tuple[str, ...]:
        if not (self.first and self.last):
            return ()
        until = "" if self.first == self.last else f" au {long_date(self.last)}"
        days = f"Écritures du {long_date(self.first)}{until}."
        sums = f"Débits : {shown(self.debit)}. Crédits : {shown(self.credit)}. {days}"
        if not self.leases:
            return (sums,)
        return (
            sums,
            "Le solde d'un bail change." if self.leases == 1 else f"Le solde de {whole(self.leases)} baux change.",
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        found = []
        if self.changed:
            change = counted(self.changed, "écriture change de montant", "écritures changent de montant")
            found.append(f"{change}, de {shown(self.by)} en tout")
        if self.first_alike:
            found.append(
                f"Lignes déjà enregistrées, qui ne comptent pas une seconde fois : {whole(self.alike)}, d'abord la "
                f"{self.first_alike}. Si c'est une autre écriture, égale et du même jour, importez un fichier qui "
                "contient les deux."
            )
        return tuple(map(typography, found))

    @property
    def doubts(self) -> tuple[str, ...]:
        found = []
        if self.is_crossed:
            found.append(
                "Des loyers sont au crédit ou des paiements au débit, et plus souvent que l'inverse. Les colonnes "
                "« débit » et « crédit » sont peut-être croisées, ou leurs signes inversés."
            )
        if self.first_again:
            found.append(
                f"Lignes qui répètent en un solde ou un total ce que d'autres écritures disent déjà : "
                f"{whole(self.told_again)}, d'abord la {self.first_again}. Elles compteraient deux fois : retirez-les "
                "du fichier, ou demandez à l'ERP un export sans solde de départ ni total."
            )
        if self.relabelled > max(FEW, SUSPICIOUS * self.created):
            found.append(
                "Écritures nouvelles qui ont le bail, la date et le montant d'une autre, enregistrée sous un autre "
                f"libellé : {whole(self.relabelled)} sur {whole(self.created)}. Si ce sont les mêmes, elles "
                "compteraient deux fois : n'exportez que les mois qui manquent, ou gardez les libellés d'avant."
            )
        if self.lines > FEW and self.average > self.most:
            found.append(
                f"Une écriture est de {shown(self.average)} en moyenne. La virgule des montants est peut-être perdue, "
                "ou ils sont en centimes."
            )
        if self.changed > max(FEW, SUSPICIOUS * self.known):
            found.append(
                f"Écritures enregistrées qui changent de montant : {whole(self.changed)} sur {whole(self.known)}. Le "
                "fichier est peut-être ancien, ou ses colonnes décalées."
            )
        if self.first_moved:
            found.append(
                f"Écritures enregistrées qui passent à un autre bail : {whole(self.moved)}, d'abord la "
                f"{self.first_moved}. Si l'ERP a changé un numéro de locataire ou une référence de logement, ou mis un "
                "paiement au compte d'un autre, c'est juste ; si ses identifiants recommencent, retirez la colonne "
                "« identifiant »."
            )
        # Corrections sent alone may be of any day.
        if self.is_older and self.known > self.changed and self.last:
            found.append(
                f"Le fichier s'arrête au {long_date(self.last)}, change des montants, et des écritures plus récentes "
                "sont enregistrées. Il est peut-être plus ancien que le dernier importé."
            )
        return tuple(found)


def shown(cents: int) -> str:
    return euros(in_euros(cents))


# Whether somebody is sure, in spite of a file's doubts; or those that they have read, and are sure about.
Sure = bool | Collection[str]


def words_of(doubt: str) -> str:
    """What a doubt says, whatever its figures: they move a little while it is read, as tenants open accounts."""
    return re.sub(r"\d[\d\s]*", "", doubt)


@dataclass(frozen=True)
class ImportReport:
    """`read` is how many lines the file has, but for its header and its blank ones; `counts` has one for each noun.

    `gone` are the running leases that the file does not name, `ended` how many of them end; `handed` is how many
    tenant numbers get another bearer, the first of whom `warnings` tells. `elsewhere` has a line for each dwelling
    that is told at several addresses. `notices` are sentences on the file itself, `file_doubts` those that somebody has
    to be sure about, `columns` those on the columns that it has in vain and on those that it has not, and `refused`
    says which lines cannot stand, in which case nothing is written.
    """

    read: int
    counts: dict[str, Count]
    _: KW_ONLY
    gone: Gone = field(default_factory=Gone)
    ended: int = 0
    warnings: list[LineError] = field(default_factory=list)
    moved: Moved = field(default_factory=Moved)
    handed: int = 0
    elsewhere: list[LineError] = field(default_factory=list)
    refused: ImportRefused | None = None
    notices: tuple[str, ...] = ()
    file_doubts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    amounts: Amounts = field(default_factory=Amounts)

    @property
    def rejected(self) -> int:
        """How many of the lines read cannot stand."""
        return self.refused.lines if self.refused else 0

    @property
    def brings_news(self) -> bool:
        """Whether the file changes what is on file; one that comes again as it was does not."""
        return bool(self.ended) or any(count.brings_news for count in self.counts.values())

    @property
    def to_watch(self) -> tuple[str, ...]:
        """What to look at, a sentence each."""
        return self.notices + self.moved.sentences + self.told_elsewhere + self.amounts.sentences

    @property
    def told_elsewhere(self) -> tuple[str, ...]:
        if not self.elsewhere or self.shares_references:
            return ()
        have = counted(len(self.elsewhere), "logement a", "logements ont")
        return (typography(f"{have} plusieurs adresses dans le fichier, d'abord {self.elsewhere[0]}"),)

    @property
    def dwellings(self) -> int:
        """How many the file names."""
        told = self.counts["Logements"]
        return told.created + told.updated + told.unchanged

    @property
    def shares_references(self) -> bool:
        """Whether so many dwellings are told at several addresses that their references must be others', too."""
        return bool(self.elsewhere) and len(self.elsewhere) > SUSPICIOUS * self.dwellings

    @property
    def facts(self) -> tuple[str, ...]:
        """What the file says in all, a sentence each."""
        return tuple(map(typography, self.amounts.facts + self.columns))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What somebody has to be sure of before it is written, a sentence each."""
        moved, running, ends = self.moved, self.gone.running, self.ended + self.moved.stop
        found = []
        if ends > min(SUSPICIOUS * running, max(FEW, MOST_ENDED * running)):
            found.append(
                f"Baux en cours qui se terminent : {whole(ends)} sur {whole(running)}. Le fichier est peut-être "
                "incomplet, ou ses dates décalées."
            )
        if moved.is_suspicious:
            found.append(
                f"Comptes qui changent d'adresse e-mail : {whole(moved.accounts)} sur {whole(moved.all_accounts)}. Une "
                "colonne est peut-être décalée, ou le fichier ancien."
            )
        if self.handed:
            found.append(f"Numéros de locataire qui passent d'une personne à une autre : {whole(self.handed)}.")
        if self.shares_references:
            found.append(
                f"Logements dont le fichier donne plusieurs adresses : {whole(len(self.elsewhere))} sur "
                f"{whole(self.dwellings)}, d'abord {self.elsewhere[0]}. Elle n'est peut-être pas unique, comme un "
                "numéro de porte : le portail dirait à des inconnus qu'ils louent ensemble."
            )
        return tuple(map(typography, (*self.file_doubts, *found, *self.amounts.doubts)))

    def check(self, *, sure: Sure) -> None:
        """Raise Unsure when there are doubts that nobody is sure about."""
        if sure is True:
            return
        if not {*map(words_of, self.doubts)} <= {*map(words_of, sure or ())}:
            errors = [*(LineError(None, doubt) for doubt in self.doubts), *self.warnings]
            raise Unsure(errors, len(errors))
