"""The methods of the port as calls over a wire: what each is asked with and what it answers, read off the port itself.

Arguments go as one JSON object by name; what is left out takes the port's default. A parameter that is added to the
port is carried from then on without a word here.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from backends.errors import Invalid
from backends.port import Backend, Origins
from backends.wire import scalars
from backends.wire.forms import Coder, Form, coder
from backends.wire.scalars import Wrong, called

_NOT_CARRIED = frozenset({"self", "progress"})
_SEARCHED = frozenset({"text"})
"""Arguments that are only searched for: they stay as they were typed."""


@dataclass(frozen=True)
class Call:
    """One method of the port, or of a protocol beside it."""

    name: str
    method: Any
    """The function of the protocol, whose annotations and docstring say all."""
    changes: bool = False
    """Whether it stores something, so that it must not be repeated blindly."""
    slow: bool = False
    """Whether it may take minutes on a large store: nobody waits for it on a screen."""

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """Return the types of the arguments by name, in the port's order."""
        hints = get_type_hints(self.method)
        return {name: hints[name] for name in inspect.signature(self.method).parameters if name not in _NOT_CARRIED}

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Return the arguments without a default."""
        known = inspect.signature(self.method).parameters
        return tuple(name for name in self.parameters if known[name].default is inspect.Parameter.empty)

    @cached_property
    def result(self) -> Form[Any]:
        """Return the form of what it answers."""
        return Form(get_type_hints(self.method)["return"])

    @cached_property
    def _coders(self) -> Mapping[str, Coder]:
        found = {name: coder(hint) for name, hint in self.parameters.items()}
        return found | {name: Coder(None, scalars.asked) for name in _SEARCHED & set(found)}

    @cached_property
    def _defaults(self) -> Mapping[str, Any]:
        known = inspect.signature(self.method).parameters
        return {name: known[name].default for name in self.parameters}

    def plain(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as JSON values, without those that are the port's defaults; raises Invalid."""
        found: dict[str, Any] = {}
        name = ""
        try:
            for name, value in arguments.items():
                if value != self._defaults[name]:
                    found[name] = self._coders[name].write(value)
        except Wrong as wrong:
            wrong.way.append(name)
            raise wrong.invalid() from None
        return found

    def built(self, value: Any) -> dict[str, Any]:
        """Return the arguments that a JSON object stands for; raises Invalid with the way to what is wrong."""
        if type(value) is not dict:
            raise Invalid("", "type", f"an object of arguments is needed, not {called(value)}")
        found: dict[str, Any] = {}
        name = ""
        try:
            for name, part in value.items():
                if name in self._coders:
                    found[name] = self._coders[name].built(part)
            for name in self.needed:
                if name not in found:
                    raise Wrong("missing", "is needed")
        except Wrong as wrong:
            wrong.way.append(name)
            raise wrong.invalid() from None
        return found


OPERATORS = Call("operators", Backend.operators)
AGENTS = Call("agents", Backend.agents)
SEARCH = Call("search", Backend.search)
SEARCH_TEXT = Call("search_text", Backend.search_text)
CUSTOMER_FILE = Call("customer_file", Backend.customer_file)
CUSTOMERS = Call("customers", Backend.customers)
TIMELINE = Call("timeline", Backend.timeline)
CONTACT = Call("contact", Backend.contact)
TICKET = Call("ticket", Backend.ticket)
TICKETS = Call("tickets", Backend.tickets)
OUTAGES = Call("outages", Backend.outages)
LINKS = Call("links", Backend.links)
QUEUE = Call("queue", Backend.queue)
PENDING = Call("pending", Backend.pending)
PRESENCE = Call("presence", Backend.presence)
PRESENT = Call("present", Backend.present, changes=True)
WRITE = Call("write", Backend.write, changes=True)
NOTE_READ = Call("note_read", Backend.note_read, changes=True)
AUDIT = Call("audit", Backend.audit)
AUDIT_VERIFY = Call("audit_verify", Backend.audit_verify, slow=True)
EXPORT = Call("export", Backend.export, changes=True, slow=True)
FORGET = Call("forget", Backend.forget, changes=True, slow=True)
STORED = Call("stored", Origins.stored)

CALLS: tuple[Call, ...] = (
    OPERATORS, AGENTS, SEARCH, SEARCH_TEXT, CUSTOMER_FILE, CUSTOMERS, TIMELINE, CONTACT, TICKET, TICKETS, OUTAGES,
    QUEUE, LINKS, PENDING, PRESENCE, PRESENT, WRITE, NOTE_READ, AUDIT, AUDIT_VERIFY, EXPORT, FORGET,
    STORED,
)  # fmt: skip
"""Every method that is carried over a wire; opening, closing and events are not calls."""
