"""What an import did, or would do: the same for every file."""

import re
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field

from ophportal.imports.refusals import ImportRefused, LineError, Unsure

# A file that ends more of the running leases than this is most likely only a part of the office; one that moves more of
# the accounts to another address, or changes more of the amounts, has most likely a column that was sorted alone, or is
# an old one.
SUSPICIOUS = 0.2
# So many amounts are mended by hand, and sent alone; so many leases end in a small office.
FEW = 10


@dataclass(frozen=True)
class Count:
    """How many of one noun the file names, by what became of them; and how many go because it does not name them."""

    created: int
    updated: int
    unchanged: int
    removed: int = 0

    @property
    def named(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def brings_news(self) -> bool:
        return bool(self.created or self.updated or self.removed)


@dataclass(frozen=True)
class Gone:
    """The leases, running or to come, that a tenant file does not name: how many, of how many, the first in words."""

    count: int = 0
    running: int = 0
    first: tuple[str, ...] = ()


# Whether somebody is sure, in spite of a file's doubts; or those that they have read, and are sure about.
Sure = bool | Collection[str]


def words_of(doubt: str) -> str:
    """What a doubt says, whatever its figures: they move a little while it is read, as tenants open accounts."""
    return re.sub(r"\d[\d\s]*", "", doubt)


@dataclass(frozen=True)
class ImportReport:
    """`read` is how many lines the file has, but for its header and its blank ones; `counts` has one for each noun.

    `gone` are the running leases that the file does not name, `ended` how many of them end; `warnings` tell the first
    tenant numbers that get another bearer. A sentence each: `facts` are what the file says in all, `to_watch` what to
    look at, `doubts` what somebody has to be sure of before it is written. `refused` says which lines cannot stand, in
    which case nothing is written.
    """

    read: int
    counts: dict[str, Count]
    _: KW_ONLY
    gone: Gone = field(default_factory=Gone)
    ended: int = 0
    warnings: list[LineError] = field(default_factory=list)
    facts: tuple[str, ...] = ()
    to_watch: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    refused: ImportRefused | None = None

    @property
    def rejected(self) -> int:
        """How many of the lines read cannot stand."""
        return self.refused.lines if self.refused else 0

    @property
    def brings_news(self) -> bool:
        """Whether the file changes what is on file; one that comes again as it was does not."""
        return bool(self.ended) or any(count.brings_news for count in self.counts.values())

    def check(self, *, sure: Sure) -> None:
        """Raise Unsure when there are doubts that nobody is sure about."""
        if sure is True:
            return
        if not {*map(words_of, self.doubts)} <= {*map(words_of, sure or ())}:
            errors = [*(LineError(None, doubt) for doubt in self.doubts), *self.warnings]
            raise Unsure(errors, len(errors))
