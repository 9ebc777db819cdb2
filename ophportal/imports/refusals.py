"""Why a file is refused: sentences in French, each with its line; only the first ones are kept."""

from typing import Any, NamedTuple

from ophportal.formatting import typography

# Reasons that are kept: they fit in memory, and are enough to mend an export.
MOST_KEPT = 10_000
# Reasons that a page or a terminal shows.
MOST_SHOWN = 100


class LineError(NamedTuple):
    """`line` counts the file's physical lines from 1; None when the reason is about the file as a whole.

    Where files come by many, `file` names the one that it is about instead.
    """

    line: int | None
    reason: str
    file: str = ""

    def __str__(self) -> str:
        """« ligne 12 : le nom est vide »; « avis.pdf : n'est pas un PDF »."""
        if self.file:
            return typography(f"{self.file} : {self.reason}")
        return self.reason if self.line is None else typography(f"ligne {self.line} : {self.reason}")


class ImportRefused(Exception):  # noqa: N818 - an answer, not a failure
    """A file that was not imported. `errors` holds the first reasons by line, `total` how many there were.

    `lines` is how many lines they are about.
    """

    def __init__(self, errors: list[LineError], total: int, lines: int = 0):
        super().__init__("\n".join(map(str, errors[:MOST_SHOWN])))
        self.errors = errors
        self.total = total
        self.lines = lines

    @property
    def shown(self) -> list[LineError]:
        """As many as a screen can take."""
        return self.errors[:MOST_SHOWN]

    @property
    def more(self) -> int:
        """How many reasons are not in `shown`."""
        return self.total - len(self.shown)

    @classmethod
    def whole(cls, reason: str, line: int | None = None) -> "ImportRefused":
        """For the one reason that makes the rest of the file unreadable."""
        return cls([LineError(line, typography(reason))], 1)


class Unsure(ImportRefused):
    """A file that would be imported if somebody were sure of what the errors tell."""


class UnreadableLineError(ValueError):
    """`reasons` says in French all that is wrong with a line."""

    def __init__(self, reasons: list[str]):
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class Refusals:
    """Collects the reasons as a file is read, to give them all at once.

    Also `notices`, for a person to look at, which refuse nothing; `doubts`, which somebody has to confirm; `facts`, and
    the sentences about the `columns`.
    """

    def __init__(self) -> None:
        self.facts: list[str] = []
        self.notices: list[str] = []
        self.doubts: list[str] = []
        self.columns: tuple[str, ...] = ()
        self.kept: list[LineError] = []
        self.total = 0
        # Lines and files, each once however many its reasons and whenever they come. A bit for each line of the file:
        # held as numbers, a hundred bytes each, those of a large one would fill the memory.
        self.bits = bytearray()
        self.files: set[str] = set()

    def add(self, line: int | None, reason: str, file: str = "") -> None:
        self.total += 1
        if file:
            self.files.add(file)
        elif line is not None:
            self.mark(line)
        if len(self.kept) < MOST_KEPT:
            self.kept.append(LineError(line, typography(reason), file))

    def fact(self, sentence: str) -> None:
        self.facts.append(typography(sentence))

    def notice(self, sentence: str) -> None:
        self.notices.append(typography(sentence))

    def doubt(self, sentence: str) -> None:
        self.doubts.append(typography(sentence))

    def mark(self, line: int) -> None:
        place, bit = divmod(line, 8)
        self.bits.extend(bytes(max(0, place + 1 - len(self.bits))))
        self.bits[place] |= 1 << bit

    @property
    def lines(self) -> int:
        """How many lines, or files where they come by many, the reasons are about."""
        return int.from_bytes(self.bits).bit_count() + len(self.files)

    def check(self) -> None:
        """Raise ImportRefused when there is any."""
        if (refused := self.refused()) is not None:
            raise refused

    def told(self) -> dict[str, Any]:
        """What an `ImportReport` tells of the file itself, by the names that it has there."""
        return {
            "refused": self.refused(),
            "facts": (*self.facts, *map(typography, self.columns)),
            "to_watch": tuple(self.notices),
            "doubts": tuple(self.doubts),
        }

    def refused(self) -> ImportRefused | None:
        """The refusal of the file, if there is a reason for one."""
        if not self.total:
            return None
        return ImportRefused(sorted(self.kept, key=lambda error: error.line or 0), self.total, self.lines)
