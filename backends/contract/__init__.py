"""The suite that every backend passes, for those who write one.

Install `pytest`, `pytest-asyncio` and `hypothesis` beside the program; nothing of the program itself imports this
package. Then subclass `BackendContract` in a test module of your own and give it a `backend`, opened and empty:

    from backends.contract import BackendContract

    class TestMyBackend(BackendContract):
        @pytest_asyncio.fixture
        async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:
            backend = open_url(f"mine:{tmp_path}/store")
            await backend.open()
            yield backend
            await backend.close()

        async def second(self, backend: Backend) -> Backend:
            again = open_url(backend.url)
            await again.open()
            return again

`second` is a further handle on the same store, as another program would hold it; leave it out when there can be none,
and the tests of living together use one handle twice. Override `plant` when your backend cannot write, to put records
into the server it talks to: all that only reads is then tested. `patience` is how many seconds an event may take
before its test fails.

What a backend does not advertise in `capabilities` is not left untested: it must raise Unsupported with that
capability, and only then is the rest of its tests skipped. The same holds for kinds that are not in `stores`, and a
test which uses several kinds goes on with those that are stored; fields in `omits` must come back at their defaults,
all others as they went in. A helpdesk that has the last word in other things says so by the attributes of
`backends.contract.limits.Limits`: moments and numbers that the server sets (`assigned`), values it cannot hold
(`shaped`), entries of its own in the timeline (`by_server`), records of one batch taken one by one (`atomic`), a slow
answer (`examples`, `large`, `patience`), and so on. Each attribute left as it is demands the whole.

The store must be empty for each test. A server that takes long to start can be given an empty database instead: for
SQLite, `sqlite3.Connection.backup` from a copy of the fresh file into the living one takes milliseconds.

What the tests demand is said in their docstrings; where the port leaves a choice (which words surround a hit, how a
key looks) they accept any. The codes of Invalid are not left to choice: `backends.contract.base.REFUSALS`.

hypothesis is needed because "every record comes back as it went in" cannot be shown by a handful of examples; its
strategies are in `backends.contract.strategies`, ready-made records in `backends.contract.samples`.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(
        f"backends.contract.{module}"
        for module in (
            "auditing", "base", "batches", "forgetting", "history", "keeping", "limits", "linking", "living", "moving",
            "origins", "pending", "presence", "reading", "references", "repeating", "searching", "storing",
            "together", "undoing", "words",
        )
    )
)  # fmt: skip

from backends.contract.auditing import AuditContract  # noqa: E402
from backends.contract.base import Contract  # noqa: E402  (assertions explain themselves only when asked for before)
from backends.contract.batches import BatchContract  # noqa: E402
from backends.contract.forgetting import ForgetContract  # noqa: E402
from backends.contract.history import HistoryContract  # noqa: E402
from backends.contract.keeping import ExportContract  # noqa: E402
from backends.contract.linking import LinkContract  # noqa: E402
from backends.contract.moving import MovingContract  # noqa: E402
from backends.contract.origins import OriginContract  # noqa: E402
from backends.contract.pending import PendingContract  # noqa: E402
from backends.contract.presence import PresenceContract  # noqa: E402
from backends.contract.reading import OutageContract, QueueContract, ReadContract  # noqa: E402
from backends.contract.references import ReferenceContract  # noqa: E402
from backends.contract.repeating import RepeatContract  # noqa: E402
from backends.contract.searching import SearchContract  # noqa: E402
from backends.contract.storing import RoundTripContract  # noqa: E402
from backends.contract.together import TogetherContract  # noqa: E402
from backends.contract.undoing import UndoContract  # noqa: E402
from backends.contract.words import TextSearchContract  # noqa: E402

__all__ = ["BackendContract", "Contract"]


class BackendContract(
    RoundTripContract,
    BatchContract,
    RepeatContract,
    UndoContract,
    ReferenceContract,
    OriginContract,
    LinkContract,
    ReadContract,
    HistoryContract,
    SearchContract,
    TextSearchContract,
    QueueContract,
    OutageContract,
    PendingContract,
    PresenceContract,
    MovingContract,
    TogetherContract,
    AuditContract,
    ExportContract,
    ForgetContract,
):
    """All promises of the port; the module's docstring says how to subclass it."""
