"""Conditions in a guide, as an operator writes them: `outage`, `no outage`, `line.service = "tv"`, `answer.x > 10`.

Several are joined by `and`. What is asked of is a fact of `FACTS`, or the answer to a step; nothing is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Fact = str | int | bool
Facts = Mapping[str, Fact]
"""What is known, by its name below, and the answers given so far as `answer.<step>`."""

FACTS: Mapping[str, str] = {
    "outage": "yes-no",
    "outage.state": "word",
    "line": "yes-no",
    "line.service": "word",
    "line.state": "word",
    "line.technology": "word",
    "history.open_fault": "yes-no",
    "history.open_ticket": "yes-no",
    "history.open_complaint": "yes-no",
    "history.open_dispute": "yes-no",
    "history.contacts": "number",
    "history.chases": "number",
    "customer.known": "yes-no",
    "customer.kind": "word",
    "customer.language": "word",
    "customer.vulnerable": "yes-no",
    "desk.open": "yes-no",
}
"""Everything a condition may ask of, and what it is; `history.contacts` are the inbound ones of the last 30 days."""

ANSWER = "answer."

_PART = re.compile(
    r"""(?P<no>(?:no|not)\s+)?(?P<name>[a-z][\w.-]*)
    (?:\s*(?P<relation><=|>=|!=|=|<|>)\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'<>=!]+))?""",
    re.VERBOSE,
)
_AND = re.compile(r"\s+and\s+")


class WrongCondition(ValueError):
    """A condition cannot be read; `part` is what nobody understands."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class Check:
    """One part of a condition: a fact, how it is compared, and whether it must not be so."""

    name: str
    relation: str = ""
    value: str = ""
    negated: bool = False

    @property
    def step(self) -> str:
        """The step whose answer is meant, empty for a fact."""
        return self.name.removeprefix(ANSWER) if self.name.startswith(ANSWER) else ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Parts that must all hold; without any it always does. `text` is how it was written."""

    checks: tuple[Check, ...] = ()
    text: str = ""


ALWAYS = Condition()


def read_condition(text: str) -> Condition:
    """Return the condition that was written; raises WrongCondition for what cannot be read or asks of no known fact."""
    checks: list[Check] = []
    for part in _AND.split(text.strip()):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise WrongCondition(part)
        name = found["name"]
        if name not in FACTS and not name.startswith(ANSWER):
            raise WrongCondition(name)
        value = (found["value"] or "").strip("\"'")
        if FACTS.get(name, "word") != "yes-no" and not found["relation"] and not name.startswith(ANSWER):
            raise WrongCondition(part)
        if found["relation"] and FACTS.get(name) == "yes-no":
            raise WrongCondition(part)
        checks.append(Check(name, found["relation"] or "", value, bool(found["no"])))
    return Condition(tuple(checks), text.strip())


def holds(condition: Condition, facts: Facts) -> bool:
    """Return whether all parts hold; a fact that is not known is none, so only its denial holds."""
    return all(_holds(check, facts) is not check.negated for check in condition.checks)


def _holds(check: Check, facts: Facts) -> bool:
    fact = facts.get(check.name, "")
    if not check.relation:
        return bool(fact)
    if check.relation in ("=", "!="):
        return (_same(fact, check.value)) is (check.relation == "=")
    left, right = _number(fact), _number(check.value)
    if left is None or right is None:
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[check.relation]


def _same(fact: Fact, value: str) -> bool:
    left, right = _number(fact), _number(value)
    if left is not None and right is not None:
        return left == right
    return str(fact).casefold() == value.casefold()


def _number(text: Fact) -> float | None:
    if isinstance(text, bool):
        return None
    try:
        number = float(str(text).replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None  # no infinities, no "nan"
