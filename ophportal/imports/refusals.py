"""Why a file is refused: sentences in French, each with its line, a hundred kept of however many there are."""

from typing import NamedTuple

from ophportal.formatting import typography

MOST_KEPT = 100


class LineError(NamedTuple):
    """`line` counts the file's physical lines from 1; None when the reason is about the file as a whole."""

    line: int | None
    reason: str

    def __str__(self) -> str:
        """« ligne 12 : le nom est vide »."""
        return self.reason if self.line is None else typography(f"ligne {self.line} : {self.reason}")


class ImportRefused(Exception):  # noqa: N818 - an answer, not a failure
    """A file that was not imported. `errors` holds the first hundred reasons by line, `total` how many there were."""

    def __init__(self, errors: list[LineError], total: int):
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors
        self.total = total

    @property
    def more(self) -> int:
        """How many reasons are not in `errors`."""
        return self.total - len(self.errors)

    @classmethod
    def whole(cls, reason: str, line: int | None = None) -> "ImportRefused":
        """For the one reason that makes the rest of the file unreadable."""
        return cls([LineError(line, typography(reason))], 1)


class Refusals:
    """Collects the reasons as a file is read, to give them all at once."""

    def __init__(self) -> None:
        self.kept: list[LineError] = []
        self.total = 0

    def add(self, line: int | None, reason: str) -> None:
        self.total += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(LineError(line, typography(reason)))

    def check(self) -> None:
        """Raise ImportRefused when there is any."""
        if self.total:
            raise ImportRefused(sorted(self.kept, key=lambda error: error.line or 0), self.total)
