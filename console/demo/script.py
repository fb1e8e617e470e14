"""The grammar of a story: steps on channels, and what each does to the case.

A story is language-free: who does what, when, on which channel. Its words stand in the text files under
`<story>.<step>`. Days count from the story's first day; `at` is local time, or `+n` for minutes after the step before.
"""

from __future__ import annotations

from dataclasses import dataclass

from backends.records import (
    Channel,
    Direction,
    DisputeState,
    Holder,
    Outcome,
    Priority,
    PromiseKind,
    TicketKind,
    VisitState,
)


@dataclass(frozen=True, slots=True)
class Open:
    """Open the ticket; its subject and description are the text `<story>.ticket`."""

    priority: Priority = Priority.NORMAL
    sms: bool = True
    """Whether the customer gets the reference by SMS."""


@dataclass(frozen=True, slots=True)
class HandTo:
    """Hand the ticket over; accepted some hours later."""

    to: Holder


@dataclass(frozen=True, slots=True)
class Hold:
    """The ball moves without a handover."""

    by: Holder


@dataclass(frozen=True, slots=True)
class Chased:
    """Somebody asks again; `outbound` when we ask others for the customer."""

    outbound: bool = False


@dataclass(frozen=True, slots=True)
class Promised:
    """A deed, text `<story>.promise`, until so many days later at that time."""

    days: int
    at: str
    kind: PromiseKind = PromiseKind.DEED
    hours: float = 0.0
    """Instead of days and time: so many hours later, whatever the desk's hours."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last open promise is kept."""


@dataclass(frozen=True, slots=True)
class Book:
    """A visit is booked so many days ahead in a window of local hours."""

    days: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of the booked visit."""

    state: VisitState


@dataclass(frozen=True, slots=True)
class Goodwill:
    """So many per cent of a month's price are given, with the text `<story>.goodwill` as the reason."""

    percent: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """The customer objects to the last bill; `dunning` days until the next step of dunning, 0 for none."""

    dunning: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The dispute ends, or billing holds it."""

    state: DisputeState


@dataclass(frozen=True, slots=True)
class Renewed:
    """A new fixed term of so many months begins, cheaper by so many per cent."""

    months: int
    off: int


@dataclass(frozen=True, slots=True)
class Ends:
    """The customer gave notice; the contract ends a month later."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """From now on a relative may speak for the customer."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The old line ends; the customer's place of today is the new one."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The ticket waits for the customer."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Settled in our eyes; the customer has not confirmed."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the ticket; the texts `<story>.resolution` and `<story>.why` say how and why."""

    outcome: Outcome


Effect = (
    Open | HandTo | Hold | Chased | Promised | Kept | Book | Visited | Goodwill | Disputed | Settled | Renewed
    | Ends | Authorised | Moved | Waits | Solved | Close
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange of a story with its effects."""

    name: str
    day: int
    at: str
    channel: str
    direction: Direction
    effects: tuple[Effect, ...] = ()
    minutes: tuple[int, int] = (0, 0)
    answers: bool = False
    """Whether it answers what the customer wrote before."""
    identity: bool | None = None
    """For faxes and letters: whether an identity document is attached; None without attachment."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A story: its kind of ticket, how often it is told, for which services, and its steps."""

    name: str
    kind: TicketKind
    weight: float
    steps: tuple[Step, ...]
    services: frozenset[str] = frozenset({"internet"})
    business: bool | None = None
    """True for firms alone, False for homes alone, None for both."""
    prospect: bool = False


IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def call(name: str, day: int, at: str, *effects: Effect, minutes: tuple[int, int] = (3, 11)) -> Step:
    """The customer calls."""
    return Step(name, day, at, Channel.CALL, IN, effects, minutes, answers=True)


def ring(name: str, day: int, at: str, *effects: Effect, minutes: tuple[int, int] = (1, 6)) -> Step:
    """We call the customer."""
    return Step(name, day, at, Channel.CALL, OUT, effects, minutes, answers=True)


def mail(name: str, day: int, at: str, *effects: Effect) -> Step:
    """The customer writes an e-mail."""
    return Step(name, day, at, Channel.EMAIL, IN, effects)


def reply(name: str, day: int, at: str, *effects: Effect) -> Step:
    """We write an e-mail."""
    return Step(name, day, at, Channel.EMAIL, OUT, effects, answers=True)


def chat(name: str, day: int, at: str, *effects: Effect, minutes: tuple[int, int] = (6, 19)) -> Step:
    """The customer opens a chat and somebody is there."""
    return Step(name, day, at, Channel.CHAT, IN, effects, minutes)


def sms(name: str, day: int, at: str, *effects: Effect) -> Step:
    """We send an SMS."""
    return Step(name, day, at, Channel.SMS, OUT, effects)


def fax(name: str, day: int, at: str, *effects: Effect, identity: bool) -> Step:
    """A fax comes in."""
    return Step(name, day, at, Channel.FAX, IN, effects, identity=identity)


def letter(name: str, day: int, at: str, *effects: Effect, identity: bool | None = None) -> Step:
    """A letter comes in."""
    return Step(name, day, at, Channel.LETTER, IN, effects, identity=identity)


def post(name: str, day: int, at: str, *effects: Effect) -> Step:
    """We send a letter."""
    return Step(name, day, at, Channel.LETTER, OUT, effects, answers=True)


def web(name: str, day: int, at: str, *effects: Effect) -> Step:
    """A form on the web page is sent."""
    return Step(name, day, at, Channel.WEB, IN, effects)


def visit(name: str, day: int, at: str, *effects: Effect, minutes: tuple[int, int] = (25, 80)) -> Step:
    """An engineer is at the customer's door, or is not."""
    return Step(name, day, at, Channel.VISIT, OUT, effects, minutes)


def note(name: str, day: int, at: str, *effects: Effect) -> Step:
    """A colleague writes a note."""
    return Step(name, day, at, Channel.NOTE, Direction.INTERNAL, effects)
