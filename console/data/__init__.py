"""What the desk knows as data: files of facts with their sources, and the loaders that read them.

Every file that ships may be laid over by an operator's own. A wrong one is refused with its line and what to write.
"""

from __future__ import annotations

from pathlib import Path


class DataError(Exception):
    """A data file cannot be used: `line` counts from 1 and is 0 where unknown, `says` is worded, with the remedy."""

    def __init__(self, path: Path, line: int, where: str, says: str) -> None:
        super().__init__(path, line, where, says)
        self.path = path
        self.line = line
        self.where = where
        self.says = says

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.where}: {self.says}" if self.where else f"{place}: {self.says}"
