"""What a backend raises.

    BackendError            anything below; `source` names the backend, `detail` is technical, never for customers
    ├── Unavailable         could not be reached now; trying again may help
    │   ├── TimedOut        no answer within the deadline
    │   └── Busy            another writer holds it, or the server asks to slow down (`retry_after` seconds)
    ├── Refused             reached, and the answer is no
    │   ├── NotAllowed      this agent may not
    │   ├── NotSignedIn     no or wrong credentials
    │   ├── NotFound        there is no such record
    │   ├── Invalid         a field is wrong (`field`, `code`)
    │   └── Conflict        somebody changed it meanwhile (`newer` is the record as it is now)
    ├── Unsupported         this backend cannot do it (`capability`)
    └── Damaged             the store itself is at fault
        ├── WrongVersion    made by a newer program, or by an older one that must be upgraded first
        └── Full            no room to write; nothing of the batch was kept

Backends raise codes; the console finds the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backends.records import Record


class BackendError(Exception):
    """Anything a backend raises on purpose."""

    def __init__(self, detail: str = "", *, source: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.source = source
        self.status: int | None = None
        """The status of the HTTP answer that says so; None where there was no answer, or no HTTP."""


class Unavailable(BackendError):
    """It could not be reached now."""


class TimedOut(Unavailable):
    """There was no answer within the deadline."""


class Busy(Unavailable):
    """Another writer holds it, or the server asks to slow down."""

    def __init__(self, detail: str = "", *, source: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail, source=source)
        self.retry_after = retry_after


class Refused(BackendError):
    """It was reached, and the answer is no."""


class NotAllowed(Refused):
    """This agent may not."""


class NotSignedIn(Refused):
    """There are no credentials, or wrong ones."""


class NotFound(Refused):
    """There is no such record."""


class Invalid(Refused):
    """A field holds what cannot be stored."""

    def __init__(self, field: str, code: str, detail: str = "", *, source: str = "") -> None:
        super().__init__(detail or f"{field}: {code}", source=source)
        self.field = field
        self.code = code


class Conflict(Refused):
    """Somebody changed the record since it was read."""

    def __init__(self, newer: Record | None, detail: str = "", *, source: str = "") -> None:
        super().__init__(detail, source=source)
        self.newer = newer


class Unsupported(BackendError):
    """This backend cannot do it."""

    def __init__(self, capability: str, detail: str = "", *, source: str = "") -> None:
        super().__init__(detail or capability, source=source)
        self.capability = capability


class Damaged(BackendError):
    """The store itself is at fault."""


class WrongVersion(Damaged):
    """The store was made by another version of the program."""

    def __init__(self, found: str, known: str, *, newer: bool, source: str = "") -> None:
        super().__init__(f"store is at {found}, program knows {known}", source=source)
        self.found = found
        self.known = known
        self.newer = newer
        """True when the store is ahead of the program."""


class Full(Damaged):
    """There is no room to write; nothing of the batch was kept."""
