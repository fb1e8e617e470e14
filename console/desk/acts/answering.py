"""Whether an answer to a guide's question can be taken, and as what it is kept: numbers, telephones, days, moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backends.clean import block, line
from console.desk.acts.people import email_address, phone_number
from console.desk.acts.scene import Unfit, moment_in
from console.rules.guides import Ask, Option, Step
from console.rules.moments import PastMoment, UnreadMoment, read_moment

DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%d %H:%M"
"""How days and moments are kept among the answers: on the operator's clock, and readable again when gone back to."""


def taken(
    step: Step,
    typed: str,
    *,
    country: str,
    now: datetime,
    zone: ZoneInfo,
    language: str,
    options: tuple[Option, ...] = (),
) -> str:
    """Return the answer as it is kept; empty where none is needed. Raises Unfit, its field the step.

    `now` is UTC; days and moments are meant and kept in `zone`. `options` are those of a step whose choices depend on
    the caller.
    """
    answer = line(typed, limit=400).strip() if step.ask is not Ask.TEXT else block(typed).strip()
    if step.ask is Ask.NOTHING:
        return ""
    if not answer:
        if step.needed:
            raise Unfit(step.id, "needed")
        return ""
    codes = step.codes or tuple(option.code for option in options)
    if codes:
        if answer not in codes:
            raise Unfit(step.id, "unknown")
        return answer
    if step.ask in (Ask.DATE, Ask.MOMENT):
        at = moment_read(step, answer, now=now, zone=zone, language=language)
        return at.astimezone(zone).strftime(DAY if step.ask is Ask.DATE else MOMENT)
    return _checked(step, answer, country)


def moment_read(step: Step, typed: str, *, now: datetime, zone: ZoneInfo, language: str) -> datetime:
    """Return the day or time that was typed, in UTC; of a step that asks for the past, the last one before now.

    Raises Unfit, its field the step, with the advice of whoever reads moments.
    """
    if not step.past:
        at = moment_in({step.id: typed}, step.id, now=now, zone=zone, language=language, needed=True)
        assert at is not None
        return at
    try:
        at = read_moment(typed, now=now, zone=zone, language=language).at
    except PastMoment as error:
        at = error.at
    except UnreadMoment as error:
        raise Unfit(step.id, "moment", error.advice) from error
    return _before(at, typed, step, now, zone)


def _before(at: datetime, typed: str, step: Step, now: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment that was read as the next of its name as the last: a weekday a week, a date a year earlier."""
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    if here.date() <= today:
        return at
    if re.search(r"\d{4}", typed):
        raise Unfit(step.id, "moment_ahead")
    earlier = here.date() - timedelta(days=7)
    if re.search(r"\d", typed) or earlier > today:
        try:
            earlier = here.date().replace(year=here.year - 1)
        except ValueError:  # the leap day of a year that has none before it
            earlier = here.date().replace(year=here.year - 1, day=28)
    return datetime.combine(earlier, here.time(), tzinfo=zone).astimezone(UTC)


def _checked(step: Step, answer: str, country: str) -> str:
    if step.ask is Ask.PHONE:
        number = phone_number(answer, country)
        if number is None:
            raise Unfit(step.id, "phone")
        return number
    if step.ask is Ask.EMAIL:
        address = email_address(answer)
        if address is None:
            raise Unfit(step.id, "email")
        return address
    if step.ask is Ask.NUMBER:
        return _number(step, answer)
    limits = step.limits
    if limits.least is not None and len(answer) < limits.least:
        raise Unfit(step.id, "too_short")
    if limits.most is not None and len(answer) > limits.most:
        raise Unfit(step.id, "too_long")
    if limits.pattern and not re.fullmatch(limits.pattern, answer):
        raise Unfit(step.id, "pattern")
    return answer


def _number(step: Step, answer: str) -> str:
    plain = answer.replace(" ", "").replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,6})?", plain, re.ASCII):
        raise Unfit(step.id, "number")
    number = float(plain)
    if step.limits.least is not None and number < step.limits.least:
        raise Unfit(step.id, "too_small")
    if step.limits.most is not None and number > step.limits.most:
        raise Unfit(step.id, "too_large")
    return plain.removeprefix("+")
