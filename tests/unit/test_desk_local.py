"""Drafts, recent customers and the last spot: on disk in time, private, and never in the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from console.desk import local
from console.desk.local import RECENT, Draft, LocalStore, Spot

NOW = datetime.now(UTC)
STORE = "sqlite:///a.db"


def until(met: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fails when it is not met in ample time."""
    end = monotonic() + seconds
    while not met():
        assert monotonic() < end, "waited in vain"
        sleep(0.01)


def draft(text: str = "half a sentence", customer: str = "1", action: str = "note", at: datetime = NOW) -> Draft:
    """Return the draft of a note."""
    return Draft(customer, action, "", {"note": text, "channel": "call"}, at)


@contextmanager
def store(path: Path, **changes: object) -> Iterator[LocalStore]:
    """Give an opened store of the agent ola."""
    settings: dict[str, object] = {"store": STORE, "agent": "ola", **changes}
    one = LocalStore(path, **settings)  # type: ignore[arg-type]
    one.open()
    try:
        yield one
    finally:
        one.close()


def on_disk(path: Path, table: str = "drafts") -> list[tuple[object, ...]]:
    """Return the rows of a table as another program sees them."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    """What was typed, for whom, when: all of it, lone surrogates included, and only for its agent and store."""
    path = tmp_path / "state" / "desk.db"
    kept = [draft("zażółć\n\ud800 \x1b[2J"), draft("x", "2", at=NOW + timedelta(minutes=1))]
    with store(path) as one:
        for each in kept:
            one.keep(each)
        assert one.drafts() == (kept[1], kept[0])
    with store(path) as again:
        assert again.drafts() == (kept[1], kept[0])
        assert again.draft("1", "note") == kept[0]
        assert again.draft("1", "reply") is None
    for other in ({"agent": "iga"}, {"store": "memory:"}):
        with store(path, **other) as strange:
            assert strange.drafts() == ()


def test_keeping_again_replaces_and_dropping_forgets(tmp_path: Path) -> None:
    """One draft a form; dropped ones are gone from memory and disk, unknown ones cost nothing."""
    path = tmp_path / "desk.db"
    with store(path) as one:
        one.keep(draft("first"))
        one.keep(draft("second"))
        assert one.flush()
        assert len(on_disk(path)) == 1
        one.drop("1", "note")
        one.drop("9", "note")
        assert one.drafts() == ()
        assert one.flush()
        assert on_disk(path) == []
    assert not [file for file in tmp_path.iterdir() if b"second" in file.read_bytes()]


def test_the_order_of_keeping_and_dropping_is_that_of_the_agent(tmp_path: Path) -> None:
    """A draft begun anew after one was dropped is there at the end."""
    path = tmp_path / "desk.db"
    with store(path, rest=30.0) as one:
        one.keep(draft("a"))
        one.drop("1", "note")
        one.keep(draft("b"))
        assert one.flush()
        assert [row[5] for row in on_disk(path)] == ['{"note": "b", "channel": "call"}']


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    """0600 for the file and what SQLite puts beside it, 0700 for a folder made for it; a lax mode is tightened."""
    path = tmp_path / "state" / "desk.db"
    path.parent.mkdir(mode=0o755)
    path.touch(mode=0o644)
    path.chmod(0o644)
    with store(path) as one:
        one.keep(draft())
        assert one.flush()
        files = list(path.parent.iterdir())
        assert len(files) >= 2
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    fresh = tmp_path / "new" / "desk.db"
    with store(fresh):
        assert stat.S_IMODE(fresh.parent.stat().st_mode) == 0o700


def test_old_drafts_are_removed_unasked(tmp_path: Path) -> None:
    """A draft that nobody came back to goes after the days given, whosever it is; a younger one stays."""
    path = tmp_path / "desk.db"
    with store(path) as one, store(path, agent="iga") as other:
        one.keep(draft("old", at=NOW - timedelta(days=30, minutes=1)))
        one.keep(draft("young", "2", at=NOW - timedelta(days=29)))
        other.keep(draft("old of another", at=NOW - timedelta(days=31)))
    with store(path) as again:
        assert [each.customer_key for each in again.drafts()] == ["2"]
        assert len(on_disk(path)) == 1
    with store(path, keep_days=7) as short:
        assert short.drafts() == ()


def test_writes_wait_for_the_rest_they_were_given(tmp_path: Path) -> None:
    """With a long rest nothing is written by itself, but `flush` and `close` do not wait for it."""
    path = tmp_path / "desk.db"
    with store(path, rest=600.0) as one:
        one.keep(draft())
        assert on_disk(path) == []
        assert one.flush()
        assert len(on_disk(path)) == 1
        one.keep(draft(customer="2"))
    assert len(on_disk(path)) == 2


_TYPIST = """
    import sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from console.desk.local import Draft, LocalStore

    store = LocalStore(Path(sys.argv[1]), store="s", agent="a")
    store.open()
    number = 0
    while True:
        number += 1
        store.keep(Draft("1", "note", "", {"note": str(number)}, datetime.now(UTC)))
        print(number, time.monotonic_ns(), flush=True)
        time.sleep(0.005)
"""


@pytest.mark.parametrize("after", [1.2, 1.9])
def test_what_was_typed_a_second_before_a_kill_is_there(after: float, tmp_path: Path) -> None:
    """kill -9 while typing without a pause: what was kept a second before is on disk, and the file is sound."""
    path = tmp_path / "desk.db"
    typist = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_TYPIST), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert typist.stdout is not None
    typed: list[tuple[int, int]] = []
    while not typed or typed[-1][1] - typed[0][1] < after * 1e9:
        number, at = typist.stdout.readline().split()
        typed.append((int(number), int(at)))
    typist.send_signal(signal.SIGKILL)
    typed += [(int(row.split()[0]), int(row.split()[1])) for row in typist.stdout.read().splitlines() if " " in row]
    typist.wait()
    typist.stdout.close()
    must = max(number for number, at in typed if at <= typed[-1][1] - 1_000_000_000)
    with store(path, store="s", agent="a") as again:
        found = again.draft("1", "note")
        assert found is not None
        assert int(found.answers["note"]) >= must
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


_WRITER = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from console.desk.local import Draft, LocalStore

    store = LocalStore(Path(sys.argv[1]), store="s", agent="a", rest=0.001)
    store.open()
    for number in range(40):
        store.keep(Draft(f"{sys.argv[2]}-{number}", "note", "", {"note": "x"}, datetime.now(UTC)))
        store.opened(f"{sys.argv[2]}-{number}", datetime.now(UTC))
        assert store.flush(20), store.failure
    store.close()
"""


def test_two_consoles_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two processes that write the same file at the same time both find all of theirs there."""
    path = tmp_path / "desk.db"
    commands = [[sys.executable, "-c", textwrap.dedent(_WRITER), str(path), name] for name in ("one", "two")]
    running = [subprocess.Popen(command) for command in commands]
    assert [one.wait() for one in running] == [0, 0]
    with store(path, store="s", agent="a") as again:
        assert len(again.drafts()) == 80
        assert len(again.recent()) == RECENT
    assert len(on_disk(path, "recent")) == RECENT


def test_recent_customers_are_the_newest_and_few(tmp_path: Path) -> None:
    """Newest first, each once, at most so many, over restarts."""
    path = tmp_path / "desk.db"
    with store(path) as one:
        for number in range(RECENT + 5):
            one.opened(str(number), NOW + timedelta(seconds=number))
        one.opened("7", NOW + timedelta(hours=1))
        assert one.recent()[:3] == ("7", "34", "33")
        assert len(one.recent()) == RECENT
    with store(path) as again:
        assert again.recent()[0] == "7"
    assert len(on_disk(path, "recent")) == RECENT


def _left(path: Path, spot: Spot, *, end: str) -> None:
    """Be somewhere in another process, and end it in order or without a word."""
    code = f"""
        import os
        from pathlib import Path
        from console.desk.local import LocalStore, Spot
        store = LocalStore(Path({str(path)!r}), store={STORE!r}, agent="ola")
        store.open()
        store.at(Spot({spot.customer_key!r}, {spot.action!r}, {spot.subject!r}))
        assert store.flush(20)
        {end}
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_a_console_that_ended_without_a_word_is_found_where_it_was(tmp_path: Path) -> None:
    """After a crash the next start is where the agent was, once; an orderly end leaves nothing."""
    path = tmp_path / "desk.db"
    spot = Spot("17", "note", "about")
    _left(path, spot, end="os._exit(0)")
    with store(path, agent="iga") as other:
        assert other.left_behind() is None
    with store(path) as one:
        assert one.left_behind() == spot
        assert one.left_behind() is None
    _left(path, spot, end="store.at(None); store.close()")
    with store(path) as one:
        assert one.left_behind() is None


def test_a_living_console_leaves_nothing_behind(tmp_path: Path) -> None:
    """A second window of the same agent does not take over what the first one has open."""
    path = tmp_path / "desk.db"
    with store(path) as first:
        first.at(Spot("17"))
        assert first.flush()
        with store(path) as second:
            assert second.left_behind() is None
        assert len(on_disk(path, "places")) == 1


def test_a_process_number_that_was_given_out_again_is_not_the_console(tmp_path: Path) -> None:
    """In a container every console may have the same number: the one before, by its time of start, is dead."""
    if not local._started(os.getpid()):
        pytest.skip("this system does not tell when a process started")
    path = tmp_path / "desk.db"
    with store(path) as one:
        one.at(Spot("17"))
        assert one.flush()
    earlier = one._mark - (1 << local._PID_BITS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE places SET process = ?", (earlier,))
        connection.commit()
    with store(path) as again:
        assert again.left_behind() == Spot("17")


def _unusable(tmp_path: Path, how: str) -> Path:
    if how == "a file in the way":
        (tmp_path / "state").touch()
        return tmp_path / "state" / "desk.db"
    if how == "a folder in its place":
        (tmp_path / "desk.db").mkdir()
    else:
        (tmp_path / "desk.db").write_bytes(b"this is no database" * 100)
    return tmp_path / "desk.db"


@pytest.mark.parametrize("how", ["a file in the way", "a folder in its place", "no database"])
def test_where_nothing_can_be_written_the_failure_is_told_and_nothing_raised(how: str, tmp_path: Path) -> None:
    """An agent works on without drafts on disk; all that can be asked is answered from memory, and ending ends."""
    with store(_unusable(tmp_path, how)) as one:
        assert one.failure is not None
        one.keep(draft())
        one.opened("1", NOW)
        one.at(Spot("1"))
        assert not one.flush(20)
        assert one.draft("1", "note") == draft()
        assert one.recent() == ()
        assert one.left_behind() is None
        one.drop("1", "note")
        one.at(None)
        assert one.failure is not None
    assert not [each for each in threading.enumerate() if each.name == "drafts"]


def test_a_write_that_failed_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk that has room again: what was typed meanwhile is written without another key."""
    monkeypatch.setattr(local, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(local, "LONGEST_RETRY", 0.02)
    path = tmp_path / "state" / "desk.db"
    path.parent.touch()
    with store(path, rest=0.01) as one:
        one.keep(draft("typed while the disk was full"))
        until(lambda: one.failure is not None)
        path.parent.unlink()
        until(lambda: one.failure is None)
        assert one.flush()
        assert "disk was full" in str(on_disk(path))


def test_a_newer_text_wins_over_one_whose_write_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again never puts an older text over a newer one."""
    monkeypatch.setattr(local, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(local, "LONGEST_RETRY", 0.02)
    path = tmp_path / "state" / "desk.db"
    path.parent.touch()
    with store(path, rest=0.01) as one:
        one.keep(draft("older"))
        assert not one.flush(20)
        one.keep(draft("newer"))
        path.parent.unlink()
        until(lambda: one.failure is None)
        assert one.flush(20)
        assert "newer" in str(on_disk(path))


def test_a_row_that_nobody_can_read_keeps_no_other_away(tmp_path: Path) -> None:
    """A damaged draft is left out; the others are there."""
    path = tmp_path / "desk.db"
    with store(path) as one:
        one.keep(draft())
        one.keep(replace(draft(), customer_key="2"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE drafts SET answers = '{broken' WHERE customer = '2'")
        connection.commit()
    with store(path) as again:
        assert [each.customer_key for each in again.drafts()] == ["1"]


def test_an_unopened_store_is_harmless(tmp_path: Path) -> None:
    """Flushing and closing what was never opened, or closing twice, does nothing."""
    one = LocalStore(tmp_path / "desk.db", store=STORE, agent="ola")
    assert one.flush()
    one.close()
    one.open()
    one.close()
    one.close()
    assert one.failure is None
