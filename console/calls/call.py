"""One telephone call as the desk sees it, and one piece of news about it as it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.clean import line
from backends.records import CallRoute, Direction, Key

TEXT = 120
"""Characters kept of a name, a number, a menu choice: whoever rings chooses some of them."""
MENU = 12
"""Menu choices kept of one call."""
LONGEST_WAIT = 24 * 60 * 60
"""Seconds; a queue that claims more is not believed."""
MOST_TRANSFERS = 99


class CallState(StrEnum):
    """How far a call is; it only moves forward."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


ORDER = {CallState.RINGING: 0, CallState.ANSWERED: 1, CallState.ENDED: 2}


@dataclass(frozen=True, slots=True)
class Heard:
    """News about a call from one of the ways in, cleaned; numbers are still as they came.

    `id` names the call within its `source`, empty where the way in knows no such name. `users` are the colleagues whose
    telephones ring, or who answered; empty for everybody's.
    """

    source: str
    id: str
    state: CallState
    number: str = ""
    dialled: str = ""
    name: str = ""
    direction: Direction = Direction.INBOUND
    menu: tuple[str, ...] = ()
    waited_seconds: int = 0
    transfers: int = 0
    users: tuple[str, ...] = ()
    cause: str = ""
    whole: bool = False
    """Whether numbers without `+` are international all the same, as the generic webhook writes them."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Moments are UTC. `name` is what the caller's telephone claims: never proof of who it is."""

    id: str
    number: str
    """In E.164; as it came where it is none (an extension, a SIP name); empty when withheld."""
    at: datetime
    """When it began to ring here."""
    dialled: str = ""
    name: str = ""
    direction: Direction = Direction.INBOUND
    state: CallState = CallState.RINGING
    menu: tuple[str, ...] = ()
    waited_seconds: int = 0
    transfers: int = 0
    operator_key: Key = ""
    """The operator whose number was dialled, empty when none of ours has it (R22)."""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str = ""
    """The colleague who took it instead, empty when nobody else did."""
    cause: str = ""
    customer_key: Key = ""
    """Who it turned out to be, empty until then."""
    noted: bool = False
    """Whether a contact of it is stored."""
    talked: bool = False
    """Whether an agent wrote something down for the caller: then they talked, though nobody told of answering."""

    @property
    def live(self) -> bool:
        """Whether somebody is on the line, or rings."""
        return self.state is not CallState.ENDED

    @property
    def answered(self) -> bool:
        """Whether it was ever taken here."""
        return self.answered_at is not None

    @property
    def missed(self) -> bool:
        """Whether somebody rang and nobody talked to them."""
        talked = self.answered or self.answered_by or self.noted or self.talked
        return not self.live and not talked and self.inbound

    @property
    def inbound(self) -> bool:
        """Whether they rang us."""
        return self.direction is Direction.INBOUND

    @property
    def withheld(self) -> bool:
        """Whether the caller's number is not shown to us."""
        return not self.number

    @property
    def dialable(self) -> bool:
        """Whether the number is a telephone number that can be searched for and rung."""
        return self.number.startswith("+")

    def number_shown(self) -> str:
        """Return the number as people write it, in groups; what is no telephone number stays as it is."""
        if not self.dialable:
            return self.number
        from console.calls.numbers import shown  # loads the numbering plans, which the first frame does without

        return shown(self.number)

    def seconds(self, now: datetime) -> int:
        """Return how long people have talked, or the caller has rung where nobody answered; up to `now` (UTC)."""
        since = self.answered_at or self.at
        return max(0, int(((self.ended_at or now) - since).total_seconds()))

    def route(self) -> CallRoute:
        """Return how the caller came in, as it is kept with the contact (R35)."""
        return CallRoute(self.dialled, self.menu, self.waited_seconds, self.transfers)


def text_in(value: object) -> str:
    """Return one text from outside as one clean line; nothing for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return line(str(value), limit=TEXT).strip()
    except ValueError:  # a number of thousands of digits
        return ""


def texts_in(value: object, most: int = MENU) -> tuple[str, ...]:
    """Return texts from outside, whether they came as a list or as one, cleaned, at most `most`."""
    several = value if isinstance(value, list | tuple) else [value]
    return tuple(text for text in (text_in(one) for one in several[: 4 * most]) if text)[:most]


def count_in(value: object, most: int) -> int:
    """Return a count from outside, 0 for what is none; never more than `most`."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | float):
        return int(value) if 0 <= value <= most else 0
    text = text_in(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most else 0
