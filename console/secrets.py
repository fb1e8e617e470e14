"""Secrets of sources, by (profile, source): kept by the computer's keyring, never in a file that nobody named.

In order: the desktop's secret service (or what the platform has in its place), the kernel's keyring of the user, and
asking, which lasts as long as the program. A plain file serves only when CORDBOARD_SECRETS_FILE names it. A keyring
may wait for ever for a dialog that nobody sees, and some "store" into nothing: every call has a deadline, and what was
stored is read back.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from console.i18n import N_, _

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

DEADLINE = 10.0
"""Seconds that one call may take: time to unlock a wallet, not more."""
UNLOCKING = 60.0
"""Seconds that a call may take which nobody waits for on the screen: a person finds the wallet's dialog meanwhile."""
FILE_VARIABLE = "CORDBOARD_SECRETS_FILE"
_TRUSTED = 1  # keyring's own threshold: what protects nothing stays below it

_SAYS = {
    "none": N_("there is no keyring that keeps secrets safely; start one, or name a file with {variable}"),
    "deadline": N_("{store} did not answer in time; is it waiting for a password?"),
    "not_kept": N_("{store} says it stored the secret but does not give it back"),
    "failed": N_("{store} failed: {why}"),
    "open_to_others": N_("{store} can be read by others; run: chmod 600 on it"),
    "of_others": N_("{store} belongs to somebody else, who could read and change it"),
    "not_ours": N_("{store} is no file of secrets; name another one with {variable}"),
}


class SecretsError(Exception):
    """A secret can be neither stored nor read; `code` says why, `str` is worded. Never holds the secret."""

    def __init__(self, code: str, store: str = "", why: str = "") -> None:
        super().__init__(_(_SAYS[code]).format(store=store, why=why, variable=FILE_VARIABLE))
        self.code = code


class Store(Protocol):
    """A place that keeps secrets by service and user name; errors may be of any kind."""

    name: str

    def get(self, service: str, user: str) -> str | None:
        """Return the secret, None when there is none."""

    def put(self, service: str, user: str, secret: str) -> None:
        """Keep the secret in place of an older one."""

    def remove(self, service: str, user: str) -> None:
        """Forget the secret; nothing happens when there is none."""


def within(seconds: float, store: str, call: Callable[[], T]) -> T:
    """Return what `call` returns; raises SecretsError when it fails or takes longer than `seconds`."""
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # whatever a keyring raises must not be lost with its thread
            failures.append(error)

    # A daemon: a keyring that never answers must not keep the program from ending.
    thread = threading.Thread(target=work, name="secrets", daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if failures:
        if isinstance(failures[0], SecretsError):
            raise failures[0]
        raise SecretsError("failed", store, type(failures[0]).__name__) from None
    raise SecretsError("deadline", store)


class Secrets:
    """Secrets by (profile, source), from the first store that has them; asked for when none does."""

    def __init__(
        self, stores: Sequence[Store], ask: Callable[[str, str], str] | None = None, deadline: float = DEADLINE
    ) -> None:
        self._stores = tuple(stores)
        self._ask = ask
        self._deadline = deadline
        self._told: dict[tuple[str, str], str] = {}

    def get(self, profile: str, source: str) -> str | None:
        """Return the secret, None when no store has it and there is nobody to ask; raises SecretsError."""
        if (profile, source) in self._told:
            return self._told[profile, source]
        failure: SecretsError | None = None
        for store in self._stores:
            try:
                found = within(self._deadline, store.name, partial(store.get, _service(profile), source))
            except SecretsError as error:
                failure = failure or error
                continue
            if found is not None:
                return found
        if self._ask is not None:
            self._told[profile, source] = self._ask(profile, source)
            return self._told[profile, source]
        if failure is not None:
            raise failure
        return None

    def put(self, profile: str, source: str, secret: str) -> str:
        """Keep the secret in the first store that gives it back, and return that store's name; raises SecretsError."""
        failure = SecretsError("none")
        for store in self._stores:
            try:
                within(self._deadline, store.name, partial(store.put, _service(profile), source, secret))
                kept = within(self._deadline, store.name, partial(store.get, _service(profile), source))
            except SecretsError as error:
                failure = error
                continue
            if kept == secret:
                self._told.pop((profile, source), None)
                return store.name
            failure = SecretsError("not_kept", store.name)
        raise failure

    def remove(self, profile: str, source: str) -> None:
        """Forget the secret in every store; raises SecretsError when one cannot say that it did."""
        self._told.pop((profile, source), None)
        for store in self._stores:
            within(self._deadline, store.name, partial(store.remove, _service(profile), source))


def _service(profile: str) -> str:
    return f"cordboard/{profile}"


class KeyringStore:
    """The platform's keyring through the keyring library."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend
        self.name = backend.name

    def get(self, service: str, user: str) -> str | None:
        """Return the secret, None when there is none."""
        return self._backend.get_password(service, user)

    def put(self, service: str, user: str, secret: str) -> None:
        """Keep the secret."""
        self._backend.set_password(service, user, secret)

    def remove(self, service: str, user: str) -> None:
        """Forget the secret."""
        if self._backend.get_password(service, user) is not None:
            self._backend.delete_password(service, user)


def is_trusted(backend: KeyringBackend) -> bool:
    """Return whether a keyring backend protects what it keeps: neither plain text nor nothing at all."""
    kind = type(backend)
    if "plaintext" in kind.__name__.lower() or kind.__module__ in ("keyring.backends.null", "keyring.backends.fail"):
        return False
    try:
        return float(backend.priority) >= _TRUSTED
    except Exception:  # a backend's priority is computed, and may fail as any of its calls
        return False


def platform_keyring() -> KeyringStore | None:
    """Return the platform's keyring, None when there is none or only one that protects nothing."""
    import keyring

    chosen = keyring.get_keyring()
    for backend in getattr(chosen, "backends", (chosen,)):  # several are chained; each is judged alone
        if is_trusted(backend):
            return KeyringStore(backend)
    return None


class FileStore:
    """A plain file that the operator named: JSON, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def _read(self) -> dict[str, str]:
        try:
            with self._path.open(encoding="utf-8") as file:
                found = os.fstat(file.fileno())
                if found.st_mode & 0o077:
                    raise SecretsError("open_to_others", self.name)
                if found.st_uid != os.geteuid():
                    raise SecretsError("of_others", self.name)
                held = json.load(file)
        except FileNotFoundError:
            return {}
        except ValueError:
            held = None  # the error quotes the file; it must not be chained
        if not isinstance(held, dict):
            raise SecretsError("not_ours", self.name)
        return {str(name): str(secret) for name, secret in held.items()}

    def _write(self, held: Mapping[str, str]) -> None:
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(held, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    def get(self, service: str, user: str) -> str | None:
        """Return the secret, None when there is none."""
        return self._read().get(f"{service}/{user}")

    def put(self, service: str, user: str, secret: str) -> None:
        """Keep the secret; the file is replaced whole."""
        self._write({**self._read(), f"{service}/{user}": secret})

    def remove(self, service: str, user: str) -> None:
        """Forget the secret."""
        held = self._read()
        if held.pop(f"{service}/{user}", None) is not None:
            self._write(held)


class Held:
    """A secret that is kept by this process alone, shown by nothing."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_held: dict[tuple[str, str], Held] = {}


def hold(profile: str, source: str, secret: str) -> None:
    """Keep a secret that was asked for as long as the program runs; it goes before what is stored."""
    _held[profile, source] = Held(secret)


def reader(profile: str, source: str, environ: Mapping[str, str]) -> Callable[[], str | None]:
    """Return what reads the secret of a source whenever it is called: the one held, else the stored one, else None.

    It blocks up to `UNLOCKING` and raises SecretsError when no store can say. Nothing is loaded before the first call.
    """
    stored: list[Secrets] = []

    def read() -> str | None:
        if (held := _held.get((profile, source))) is not None:
            return held.text
        if not stored:
            stored.append(Secrets(available_stores(environ, UNLOCKING), deadline=UNLOCKING))
        return stored[0].get(profile, source)

    return read


def available_stores(environ: Mapping[str, str], deadline: float = DEADLINE) -> tuple[Store, ...]:
    """Return the stores to use, best first; only the named file when CORDBOARD_SECRETS_FILE names one."""
    named = environ.get(FILE_VARIABLE, "")
    if named:
        return (FileStore(Path(named).expanduser().absolute()),)
    from console.secrets_kernel import kernel_keyring

    found: list[Store] = []
    try:
        platform = within(deadline, "keyring", platform_keyring)
    except SecretsError:
        platform = None
    if platform is not None:
        found.append(platform)
    kernel = kernel_keyring()
    if kernel is not None:
        found.append(kernel)
    return tuple(found)
