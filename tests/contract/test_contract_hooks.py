"""The suite itself: what is not advertised must be refused, and a subclass supplies its backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from backends.contract import BackendContract, Contract
from backends.contract.base import ACTOR, USES
from backends.contract.history import HistoryContract
from backends.contract.reading import OutageContract, QueueContract, ReadContract
from backends.contract.samples import an_operator
from backends.memory import MemoryBackend
from backends.port import Backend, Batch, Capability, Put
from backends.records import Record


class TestReadOnly(ReadContract, HistoryContract, QueueContract, OutageContract):
    """A backend that cannot write is tested with records put into its store by another way."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield an empty store that refuses to be written to."""
        backend = MemoryBackend(capabilities=set(Capability) - {Capability.WRITE})
        await backend.open()
        yield backend
        await backend.close()

    async def plant(self, backend: Backend, records: Sequence[Record]) -> list[Record]:
        """Put records there through a handle that may write."""
        assert isinstance(backend, MemoryBackend)
        writer = MemoryBackend(store=backend.store)
        await writer.open()
        return await super().plant(writer, records)


@pytest.mark.parametrize("missing", Capability)
async def test_what_is_not_advertised_is_refused_and_skipped(missing: Capability) -> None:
    """A test that needs what is not advertised goes no further, once the backend has raised Unsupported."""
    others = [capability for capability in Capability if capability is not missing]
    backend = MemoryBackend(capabilities=others)
    await backend.open()
    await Contract().needs(backend, *others)
    with pytest.raises(pytest.skip.Exception):
        await Contract().needs(backend, missing)
    await backend.close()


@pytest.mark.parametrize("hidden", [each for each in Capability if each not in (Capability.LIVE, Capability.UNDO)])
async def test_what_works_must_be_advertised(hidden: Capability) -> None:
    """A backend that does what it does not advertise, or fails in another way, does not pass."""
    backend = MemoryBackend()
    await backend.open()
    backend.capabilities = frozenset()
    backend._needs = lambda capability: None  # type: ignore[method-assign]
    with pytest.raises(BaseException) as raised:
        await Contract().needs(backend, hidden)
    assert not isinstance(raised.value, pytest.skip.Exception)
    await backend.close()


def test_every_capability_has_a_use() -> None:
    """A capability that is added to the port needs a use that must be refused where it is missing."""
    assert set(USES) == set(Capability)


async def test_records_without_an_order_of_their_own_are_stored_in_one_batch() -> None:
    """`plant` returns records as stored, in the order given."""
    backend = MemoryBackend()
    await backend.open()
    samples = [an_operator(name=name) for name in "cab"]
    stored = await Contract().plant(backend, samples)
    assert [getattr(record, "name", "") for record in stored] == ["c", "a", "b"]
    receipt = await backend.write(Batch((Put(an_operator()),), actor=ACTOR))
    assert receipt.changes[0].after not in stored


def test_every_test_tells_its_promise() -> None:
    """Plug-in authors read the docstrings: no test of the suite is without."""
    tests = [getattr(BackendContract, name) for name in dir(BackendContract) if name.startswith("test_")]
    assert len(tests) > 80
    assert [test.__name__ for test in tests if not (test.__doc__ or "").strip()] == []


def test_no_part_hides_a_test_of_another() -> None:
    """The parts are joined by inheritance: a name used twice would silently drop a promise."""
    seen: dict[str, type] = {}
    for part in BackendContract.__mro__:
        for name in vars(part):
            if name.startswith("test_"):
                assert name not in seen, f"{name} is in {part} and {seen.get(name)}"
                seen[name] = part
