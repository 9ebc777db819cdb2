"""What an import did, or would do: the same for every file."""

from dataclasses import dataclass, field

from ophportal.formatting import typography, whole
from ophportal.imports.refusals import ImportRefused, LineError, Unsure

# A file that ends more of the running leases than this is most likely only a part of the office; one that moves more of
# the accounts to another address has most likely a column that was sorted alone, or is an old one.
SUSPICIOUS = 0.2


@dataclass(frozen=True)
class Count:
    """How many of one noun the file names, by what became of them; and how many go because it does not name them."""

    created: int
    updated: int
    unchanged: int
    removed: int = 0


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
        return tuple(f"{whole(count)} {one if count == 1 else several}" for count, one, several in told if count)


@dataclass(frozen=True)
class ImportReport:
    """`read` is how many lines the file has, but for its header and its blank ones; `counts` has one for each noun.

    `gone` are the running leases that the file does not name, `ended` how many of them end; `handed` is how many tenant
    numbers get another bearer, the first of whom `warnings` tells. `notices` are sentences on the file itself, and
    `refused` says which lines cannot stand, in which case nothing is written.
    """

    read: int
    counts: dict[str, Count]
    gone: Gone = field(default_factory=Gone)
    ended: int = 0
    warnings: list[LineError] = field(default_factory=list)
    moved: Moved = field(default_factory=Moved)
    handed: int = 0
    refused: ImportRefused | None = None
    notices: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """How many of the lines read cannot stand."""
        return self.refused.lines if self.refused else 0

    @property
    def to_watch(self) -> tuple[str, ...]:
        """What to look at, a sentence each."""
        return self.notices + self.moved.sentences

    @property
    def doubts(self) -> tuple[str, ...]:
        """What somebody has to be sure of before it is written, a sentence each."""
        moved, running, ends = self.moved, self.gone.running, self.ended + self.moved.stop
        found = []
        if ends > SUSPICIOUS * running:
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
        return tuple(map(typography, found))

    def check(self, *, sure: bool) -> None:
        """Raise Unsure when there are doubts that nobody is sure about."""
        if self.doubts and not sure:
            errors = [*(LineError(None, doubt) for doubt in self.doubts), *self.warnings]
            raise Unsure(errors, len(errors))
