"""The Linux kernel's keyring of the user: memory that no file shows, kept until the computer ends. See keyrings(7)."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

_CALLS = {"x86_64": (248, 250), "aarch64": (217, 219)}
"""Machine → numbers of the system calls add_key and keyctl."""
_USER_KEYRING = -4  # KEY_SPEC_USER_KEYRING
_SETPERM, _UNLINK, _SEARCH, _READ = 5, 9, 10, 11
_OWNER_ALONE = 0x3F3F0000
"""Everything for who possesses the key and for its user: another session of the user does not possess it."""
_LARGEST = 32_767  # bytes of a key's payload


class KernelStore:
    """Secrets as keys of type `user`; raises OSError as the kernel does."""

    name = "Linux kernel keyring"

    def __init__(self, add_key: int, keyctl: int) -> None:
        self._add_key = add_key
        self._keyctl = keyctl
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _call(self, number: int, *arguments: object) -> int:
        result = int(self._libc.syscall(ctypes.c_long(number), *arguments))
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result

    def _find(self, service: str, user: str) -> int | None:
        try:
            return self._call(
                self._keyctl, ctypes.c_int(_SEARCH), ctypes.c_int(_USER_KEYRING), b"user", _named(service, user), 0
            )
        except OSError as error:
            if error.errno in (errno.ENOKEY, errno.EKEYEXPIRED, errno.EKEYREVOKED):
                return None
            raise

    def get(self, service: str, user: str) -> str | None:
        """Return the secret, None when there is none."""
        key = self._find(service, user)
        if key is None:
            return None
        payload = ctypes.create_string_buffer(_LARGEST)
        length = self._call(self._keyctl, ctypes.c_int(_READ), ctypes.c_int(key), payload, ctypes.c_size_t(_LARGEST))
        return payload.raw[:length].decode("utf-8")

    def put(self, service: str, user: str, secret: str) -> None:
        """Keep the secret."""
        payload = secret.encode("utf-8")
        key = self._call(
            self._add_key,
            b"user",
            _named(service, user),
            payload,
            ctypes.c_size_t(len(payload)),
            ctypes.c_int(_USER_KEYRING),
        )
        self._call(self._keyctl, ctypes.c_int(_SETPERM), ctypes.c_int(key), ctypes.c_uint(_OWNER_ALONE))

    def remove(self, service: str, user: str) -> None:
        """Forget the secret."""
        key = self._find(service, user)
        if key is not None:
            self._call(self._keyctl, ctypes.c_int(_UNLINK), ctypes.c_int(key), ctypes.c_int(_USER_KEYRING))


def _named(service: str, user: str) -> bytes:
    return f"{service}/{user}".encode()


def kernel_keyring() -> KernelStore | None:
    """Return the kernel's keyring, None where there is none or it may not be used, as in many containers."""
    numbers = _CALLS.get(platform.machine())
    if sys.platform != "linux" or numbers is None:
        return None
    try:
        store = KernelStore(*numbers)
        store.get("cordboard", "probe")
    except (OSError, AttributeError):
        return None
    return store
