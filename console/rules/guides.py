"""Guides: the questions of a matter one by one, with branches, as operators write them in files (R22).

A guide is data that was read and understood; `guide_faults` says what is wrong with one, `interview` goes through it.
Words are by language; who reads them out chooses the customer's language where the guide speaks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from backends.records import Holder, Priority, TicketKind
from console.rules.guide_conditions import ALWAYS, Condition

Words = Mapping[str, str]
"""The same sentence by language."""


class Ask(StrEnum):
    """How a step is answered."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes-no"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "e-mail"
    DATE = "date"
    MOMENT = "moment"
    LINE = "line"
    """Which of the customer's lines; passed over when there is no choice."""
    ADVICE = "advice"
    """Something to be done; answered by whether it helped."""
    NOTHING = "nothing"
    """Something to say; Enter goes on."""


CHOSEN = frozenset({Ask.CHOICE, Ask.YES_NO, Ask.LINE, Ask.ADVICE})
"""Ways of asking that are answered by one of a few codes."""

HELPED, NO_HELP, NOT_DONE = "helped", "no_help", "not_done"
ADVICE_ANSWERS = (HELPED, NO_HELP, NOT_DONE)
YES, NO = "yes", "no"
HELD = "held"
"""What stands as the answer to a step that was held back because of an outage (R28)."""


class EndKind(StrEnum):
    """What comes of a guide at its end."""

    TICKET = "ticket"
    SOLVED = "solved"
    """Settled within the contact: a case that is opened and closed, right first time (R7)."""
    TOLD = "told"
    """Information was given; the contact alone is stored."""
    ATTACH = "attach"
    """The caller belongs to the outage: no ticket, a contact and a promised word at restoration (R27)."""
    CHASE = "chase"
    """They asked again about what is open (R37)."""


class Given(StrEnum):
    """When the one who gets the ticket has it on the table."""

    OPERATOR = "operator"
    """As the configuration says for this operator; at once where it says nothing."""
    AT_ONCE = "at_once"
    DESK_HOURS = "desk_hours"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice, and where it leads; empty goes where the step goes."""

    code: str
    label: Words
    goto: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a step leads when a condition holds."""

    when: Condition
    to: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer must keep to; numbers count letters of a text. None and empty do not limit."""

    least: float | None = None
    most: float | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How a guide ends: what is stored, who gets it, and when."""

    kind: EndKind
    to: Holder = Holder.DESK
    given: Given = Given.OPERATOR
    priority: Priority = Priority.NORMAL
    ticket: TicketKind | None = None
    """Another kind of ticket than the guide's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is read out, how it is answered, what becomes of the answer, where it leads."""

    id: str
    ask: Ask = Ask.NOTHING
    words: Words = field(default_factory=dict)
    label: Words = field(default_factory=dict)
    """The matter in a word or two, beside the answer."""
    hint: Words = field(default_factory=dict)
    """For the agent, never read out."""
    options: tuple[Option, ...] = ()
    branches: tuple[Branch, ...] = ()
    goto: str = ""
    when: Condition = ALWAYS
    """The step is passed over while this does not hold."""
    needed: bool = True
    becomes: str = "detail"
    limits: Limits = Limits()
    past: bool = False
    """Whether the day or time asked for has been, such as when something was paid."""
    side: str = ""
    """`customer` for what the customer does at home: held back while an outage explains the fault (R28)."""
    inside: bool = False
    """Whether the agent finds the answer, and nothing is read out."""
    end: End | None = None
    line: int = 0
    """Where it stands in its file, from 1; 0 unknown."""

    @property
    def is_question(self) -> bool:
        """Whether somebody has to answer before it goes on."""
        return self.ask is not Ask.NOTHING and self.end is None

    @property
    def codes(self) -> tuple[str, ...]:
        """The answers it takes, where these are few and known."""
        if self.ask is Ask.YES_NO:
            return (YES, NO)
        if self.ask is Ask.ADVICE:
            return ADVICE_ANSWERS
        return tuple(option.code for option in self.options)

    def option(self, code: str) -> Option | None:
        """Return the option of that code, None where the step has none."""
        return next((option for option in self.options if option.code == code), None)

    def targets(self) -> Iterator[str]:
        """Yield every step that this one may lead to."""
        for option in self.options:
            if option.goto:
                yield option.goto
        for branch in self.branches:
            yield branch.to
        if self.goto:
            yield self.goto


@dataclass(frozen=True, slots=True)
class Guide:
    """The questions of one matter. `operators` are codes, none for all; `service` is the one it is about, if any."""

    id: str
    title: Words
    languages: tuple[str, ...]
    start: str
    steps: Mapping[str, Step]
    kind: TicketKind = TicketKind.FAULT
    service: str = ""
    operators: tuple[str, ...] = ()
    subject: Words = field(default_factory=dict)
    held: Words = field(default_factory=dict)
    """What to say instead of what is held back; the outage's own words are said where this is empty."""
    held_denied: Words = field(default_factory=dict)
    """The same to somebody who said that the outage is not what they see; a general sentence where this is empty."""
    source: str = ""
    """The file it was read from."""

    def serves(self, operator_code: str) -> bool:
        """Return whether an operator uses this guide."""
        return not self.operators or operator_code in self.operators

    @property
    def asks_who_it_is(self) -> bool:
        """Whether a caller who is not known yet is asked for their name here."""
        return any(step.becomes == "customer.name" for step in self.steps.values())


CUSTOMER_FIELDS = (
    "name", "phone", "email", "language", "greeting_name", "street", "house", "postcode", "town",
)  # fmt: skip
TICKET_FIELDS = ("detail", "subject", "description", "contact", "next_step", "next_step_at", "nothing")
"""What an answer may become, beside `detail:<code>` and `customer.<field>`; `contact` stands in the contact alone."""


def may_become(becomes: str) -> bool:
    """Return whether an answer may become this."""
    if becomes.startswith("customer."):
        return becomes.removeprefix("customer.") in CUSTOMER_FIELDS
    if becomes.startswith("detail:"):
        return len(becomes) > len("detail:")
    return becomes in TICKET_FIELDS


PLACES = ("name", "operator", "agent", "when", "due", "outage")
"""What sentences may name in braces beside the answers by their step: `{when}` is when somebody has it on the table,
`{due}` the day by which it is settled, `{outage}` what is said of the outage."""


def said(words: Words, language: str) -> str:
    """Return the sentence in a language, else in the first one there is; empty where there is none."""
    return words.get(language) or next(iter(words.values()), "")


def spoken(guide: Guide, *wanted: str) -> str:
    """Return the first of the wanted languages that the guide speaks, else its own first one."""
    return next((one for one in wanted if one in guide.languages), guide.languages[0] if guide.languages else "en")


def fitting(guides: Sequence[Guide], operator_code: str, first: str = "") -> tuple[Guide, ...]:
    """Return an operator's guides in the given order, those of its script before all others.

    A script is named by a guide's id or the beginning of several: `fault` means `fault-internet` and its like.
    """
    mine = [guide for guide in guides if guide.serves(operator_code)]
    return tuple(sorted(mine, key=lambda guide: not first or f"{guide.id}-".find(f"{first}-") != 0))


def asking_who(guide: Guide, caller: Sequence[Step]) -> Guide:
    """Return the guide for somebody who is not known yet: the steps of `caller` come first, in their order (R18)."""
    if guide.asks_who_it_is or not caller:
        return guide
    ahead: dict[str, Step] = {}
    for step, then in zip(caller, [*[one.id for one in caller[1:]], guide.start], strict=True):
        ahead[step.id] = replace(step, goto=then)
    return replace(guide, start=caller[0].id, steps={**ahead, **guide.steps})
