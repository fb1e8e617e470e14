"""Secrets: where they go, and the keyrings that are not believed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as Failing
from keyring.backends.null import Keyring as Null

from console import secrets
from console.secrets import FileStore, KeyringStore, Secrets, SecretsError, available_stores, is_trusted
from console.secrets_kernel import kernel_keyring


class Held(KeyringBackend):
    """A keyring that keeps secrets in memory."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class PlaintextKeyring(Held):
    """A keyring that, by its name, protects nothing."""


class Weak(Held):
    """A keyring below the library's own threshold."""

    priority = 0.5  # type: ignore[assignment]


class Forgetful(Held):
    """A keyring that says it stored."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Stuck(Held):
    """A keyring that waits for a dialog nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait()
        return None


class Broken(Held):
    """A keyring whose error quotes the secret."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot store {password}")


def test_a_secret_is_kept_read_back_and_forgotten() -> None:
    """What was put is there for its profile and source, and for no other."""
    store = Secrets([KeyringStore(Held())])
    store.put("night", "helpdesk", "s3cret")
    assert store.get("night", "helpdesk") == "s3cret"
    assert store.get("day", "helpdesk") is None
    store.remove("night", "helpdesk")
    store.remove("night", "helpdesk")
    assert store.get("night", "helpdesk") is None


@pytest.mark.parametrize("backend", [Null(), Failing(), PlaintextKeyring(), Weak()])  # type: ignore[no-untyped-call]
def test_keyrings_that_protect_nothing_are_refused(backend: KeyringBackend) -> None:
    """Neither plain text nor nothing at all counts as a keyring."""
    assert not is_trusted(backend)
    assert is_trusted(Held())


def test_the_first_trusted_keyring_of_a_chain_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain is judged by its links: the plain one is passed over."""
    import keyring

    good = Held()
    chain = ChainerBackend()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(ChainerBackend, "backends", [PlaintextKeyring(), Null(), good])  # type: ignore[no-untyped-call]
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    found = secrets.platform_keyring()
    assert found is not None
    found.put("a", "b", "c")
    assert good.held == {("a", "b"): "c"}
    monkeypatch.setattr(ChainerBackend, "backends", [PlaintextKeyring()])
    assert secrets.platform_keyring() is None


def test_a_keyring_that_forgets_is_found_out() -> None:
    """What was stored is read back at once; the next store is tried."""
    with pytest.raises(SecretsError) as caught:
        Secrets([KeyringStore(Forgetful())]).put("p", "s", "x")
    assert caught.value.code == "not_kept"
    second = Held()
    Secrets([KeyringStore(Forgetful()), KeyringStore(second)]).put("p", "s", "x")
    assert list(second.held.values()) == ["x"]


def test_a_keyring_that_never_answers_does_not_hold_anybody() -> None:
    """Every call has a deadline, and the next store is asked."""
    stuck = Stuck()
    try:
        with pytest.raises(SecretsError) as caught:
            Secrets([KeyringStore(stuck)], deadline=0.05).get("p", "s")
        assert caught.value.code == "deadline"
        good = Held()
        good.set_password("cordboard/p", "s", "there")
        assert Secrets([KeyringStore(stuck), KeyringStore(good)], deadline=0.05).get("p", "s") == "there"
    finally:
        stuck.released.set()


def test_no_error_quotes_the_secret() -> None:
    """Neither the message nor what caused it holds what was to be stored."""
    with pytest.raises(SecretsError) as caught:
        Secrets([KeyringStore(Broken())]).put("p", "s", "s3cret")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.code == "failed"


def test_nobody_to_keep_it_is_an_error_and_nobody_who_has_it_is_not() -> None:
    """Storing nowhere fails loudly; looking where nothing is finds nothing."""
    with pytest.raises(SecretsError) as caught:
        Secrets([]).put("p", "s", "x")
    assert caught.value.code == "none"
    assert Secrets([]).get("p", "s") is None


def test_asking_comes_last_and_once() -> None:
    """Who typed a password is not asked again while the program runs."""
    asked: list[tuple[str, str]] = []

    def ask(profile: str, source: str) -> str:
        asked.append((profile, source))
        return "typed"

    store = Secrets([KeyringStore(Held())], ask)
    assert [store.get("p", "s"), store.get("p", "s")] == ["typed", "typed"]
    assert asked == [("p", "s")]


def test_a_plain_file_serves_only_when_named(tmp_path: Path) -> None:
    """It is made for its owner alone, and refused when others can read it."""
    file = tmp_path / "secrets.json"
    [store] = available_stores({"CORDBOARD_SECRETS_FILE": str(file)})
    kept = Secrets([store])
    assert kept.put("p", "s", "łąka") == str(file)
    assert kept.get("p", "s") == "łąka"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text(encoding="utf-8")) == {"cordboard/p/s": "łąka"}
    file.chmod(0o640)
    with pytest.raises(SecretsError) as caught:
        kept.get("p", "s")
    assert caught.value.code == "open_to_others"
    file.chmod(0o600)
    kept.remove("p", "s")
    assert kept.get("p", "s") is None
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_a_file_without_name_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable only keyrings are offered."""
    monkeypatch.setattr(secrets, "platform_keyring", lambda: KeyringStore(Held()))
    assert not any(isinstance(store, FileStore) for store in available_stores({}))


def test_the_kernel_keeps_a_secret() -> None:
    """Where the kernel's keyring may be used, it gives back what it got and forgets what it must."""
    store = kernel_keyring()
    if store is None:
        pytest.skip("the kernel's keyring may not be used here")
    kept = Secrets([store])
    try:
        kept.put("test", "cordboard tests", "łąka\n")
        assert kept.get("test", "cordboard tests") == "łąka\n"
    finally:
        kept.remove("test", "cordboard tests")
    assert kept.get("test", "cordboard tests") is None


def test_a_reader_reads_what_is_stored_now(tmp_path: Path) -> None:
    """A secret that is stored, changed or removed while the program runs is what the next call gives."""
    environ = {secrets.FILE_VARIABLE: str(tmp_path / "secrets.json")}
    read = secrets.reader("night", "desk", environ)
    assert read() is None
    store = Secrets(available_stores(environ))
    store.put("night", "desk", "first")
    assert read() == "first"
    store.put("night", "desk", "second")
    assert read() == "second"
    assert secrets.reader("day", "desk", environ)() is None
    store.remove("night", "desk")
    assert read() is None


def test_a_held_secret_goes_before_the_stored_one_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for serves this process only, and no repr tells it."""
    monkeypatch.setattr(secrets, "_held", {})
    environ = {secrets.FILE_VARIABLE: str(tmp_path / "secrets.json")}
    secrets.hold("night", "desk", "sesame")
    assert secrets.reader("night", "desk", environ)() == "sesame"
    assert "sesame" not in repr(secrets._held)
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("content", ["not json sesame", '["sesame"]', "\x00"])
def test_a_file_that_holds_no_secrets_is_neither_read_nor_replaced(tmp_path: Path, content: str) -> None:
    """A wrong file named by mistake stays as it is, and the error does not quote it."""
    file = tmp_path / "named.txt"
    file.write_text(content)
    file.chmod(0o600)
    store = Secrets([FileStore(file)])
    acts: tuple[Callable[[], object], ...] = (
        lambda: store.get("night", "desk"),
        lambda: store.put("night", "desk", "new"),
    )
    for act in acts:
        with pytest.raises(SecretsError) as caught:
            act()
        assert caught.value.code == "not_ours"
        assert caught.value.__cause__ is None
        assert "sesame" not in str(caught.value)
    assert file.read_text() == content
