"""Beginning the day: learn who is who here, or begin without the source and learn it when it answers (R23)."""

from __future__ import annotations

from backends.delivery import Outgoing
from backends.errors import BackendError, Invalid, NotSignedIn, Unavailable
from backends.records import Operator
from console.desk.desk import Desk
from console.desk.local import LocalStore

OPERATORS = "operators"


async def begin(desk: Desk, local: LocalStore) -> BackendError | None:
    """Start the desk; returns why its source does not answer, None when it does.

    A source with an outbox before it may be away: the operators are then those of the last time, so that reports can
    be taken in their names. Raises what any other backend raises.
    """
    try:
        await desk.start()
    except (Unavailable, NotSignedIn) as error:
        if not isinstance(desk.backend, Outgoing):
            raise
        desk.operators = {one.key: one for one in _remembered(local)}
        return error
    if isinstance(desk.backend, Outgoing):
        _remember(desk, local)
    return None


def _remember(desk: Desk, local: LocalStore) -> None:
    from backends import wire  # only far sources need it

    form: wire.Form[tuple[Operator, ...]] = wire.Form(tuple[Operator, ...])
    local.note(OPERATORS, form.text(tuple(desk.operators.values())).decode())


def _remembered(local: LocalStore) -> tuple[Operator, ...]:
    from backends import wire

    text = local.noted(OPERATORS)
    if not text:
        return ()
    form: wire.Form[tuple[Operator, ...]] = wire.Form(tuple[Operator, ...])
    try:
        return form.read(text)
    except Invalid:  # kept by another version of the program
        return ()
