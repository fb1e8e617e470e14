"""The batch that undoes a receipt, and the words of the port."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from backends import errors
from backends.contract.samples import a_chase, a_customer, a_ticket, ago, an_operator
from backends.memory import MemoryBackend
from backends.port import Backend, Capability, Change, Put, Receipt, Remove, undoing
from backends.records import Record

OPERATOR = an_operator(key="o", version=3)
CUSTOMER = a_customer(OPERATOR, key="c", version=7)
TICKET = a_ticket(CUSTOMER, key="t", version=1)
CHASE = a_chase(TICKET, key="x", version=1)


def _receipt(*changes: Change) -> Receipt:
    return Receipt(changes, ago(minutes=1))


def test_what_was_created_is_removed_in_reverse_order() -> None:
    """What was stored last goes first, so that nothing is named by what is gone."""
    batch = undoing(_receipt(Change(None, TICKET), Change(None, CHASE)), actor="ola", reason="slip")
    assert batch.items == (Remove(CHASE, seen=1), Remove(TICKET, seen=1))
    assert (batch.actor, batch.act, batch.reason, batch.idempotency_key) == ("ola", "undo", "slip", "")


def test_what_was_changed_is_put_back_over_what_it_became() -> None:
    """The record before is stored over exactly the version that the receipt made."""
    after = replace(CUSTOMER, tone="angry", version=8)
    assert undoing(_receipt(Change(CUSTOMER, after)), actor="ola").items == (Put(CUSTOMER, seen=8),)


def test_what_was_removed_stays_removed() -> None:
    """A removal cannot be taken back: only undo removes, and its receipt says so by having nothing to restore."""
    assert undoing(_receipt(Change(TICKET, None)), actor="ola").items == ()


def test_what_was_known_is_left_alone() -> None:
    """Records that an import knew already were not changed by it, and are not by its undo."""
    receipt = Receipt((Change(None, TICKET),), ago(minutes=1), known=((0, "c"),))
    assert undoing(receipt, actor="ola").items == (Remove(TICKET, seen=1),)


@given(st.lists(st.sampled_from((OPERATOR, CUSTOMER, TICKET, CHASE)), unique=True))
def test_each_change_is_undone_once(records: list[Record]) -> None:
    """There is one item for each record, whatever was created and what was changed."""
    changes = [Change(None if record.version == 1 else record, record) for record in records]
    items = undoing(_receipt(*changes), actor="ola").items
    assert [item.record for item in items] == records[::-1]
    assert all(isinstance(item, Remove) == (item.record.version == 1) for item in items)


def test_the_error_tree_is_as_drawn() -> None:
    """The tree in the docstring is the tree of classes: same names, same order, same depth."""
    drawn = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ")
        if name.strip() and inspect.isclass(getattr(errors, name.split()[0], None)):
            drawn.append((name.split()[0], (len(name) - len(name.lstrip()) - 4) // 4))
    actual = []

    def walk(cls: type[errors.BackendError], depth: int) -> None:
        actual.append((cls.__name__, depth))
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                walk(child, depth + 1)

    walk(errors.BackendError, 0)
    assert sorted(drawn) == sorted(actual)


def test_errors_carry_what_the_console_words() -> None:
    """Each error keeps its codes as attributes, and its text stays technical."""
    assert errors.Invalid("due_at", "naive").field == "due_at"
    assert str(errors.Invalid("due_at", "naive")) == "due_at: naive"
    assert errors.Conflict(TICKET).newer == TICKET
    assert errors.Busy("later", retry_after=1.5).retry_after == 1.5
    assert errors.Unsupported("search", source="crm").source == "crm"
    assert str(errors.Unsupported("search")) == "search"
    wrong = errors.WrongVersion("9", "3", newer=True)
    assert (wrong.found, wrong.known, wrong.newer) == ("9", "3", True)


def test_the_reference_implementation_has_the_ports_signatures() -> None:
    """Every method of the port is there with the same parameters: order, kind, defaults and types."""
    for name, method in inspect.getmembers(Backend, inspect.isfunction):
        if name.startswith("_"):
            continue
        mine = inspect.signature(getattr(MemoryBackend, name))
        theirs = inspect.signature(method)
        assert list(mine.parameters.values()) == list(theirs.parameters.values()), name


def test_capabilities_are_codes() -> None:
    """Capabilities are written in profiles and errors: their codes do not change."""
    assert {each.value for each in Capability} == {
        "search", "text_search", "write", "undo", "live", "queue", "outages", "audit", "export", "forget", "raw",
        "links", "pending", "presence",
    }  # fmt: skip


def test_the_port_needs_the_standard_library_only() -> None:
    """Whoever speaks to a backend loads no toolkit and no database."""
    code = (
        "import sys; before = set(sys.modules); import backends.registry, backends.clean; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    strangers = {name for name in done.stdout.split() if name not in sys.stdlib_module_names and name != "backends"}
    assert strangers == set()
