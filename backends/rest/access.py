"""Where a remote source is and under which conditions it may be talked to.

A URL of a source is `<dialect>+<transport>://host/path/`; without a transport it is https. Whatever could send a
secret in the clear is refused here, before anything is sent: plain http except to this computer itself or when the
profile allows it, and a password in a URL, which would end in lists of processes and in logs.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from backends.errors import Invalid

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of one answer, decompressed, that are read by default."""
PROXY_OF_ENVIRONMENT = "environment"
"""As `proxy`: the one that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name."""

_LONGEST_DEADLINE = 3600.0
_MOST_CONNECTIONS = 100
_PROXY_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Access:
    """A source's address and limits, checked by `access_from`."""

    base: str
    """The URL that paths are added to, with its slash at the end."""
    name: str = ""
    """The source's name in the profile; errors carry it."""
    deadline: float = 10.0
    """Seconds that one request may take in all, its repetitions included."""
    connections: int = 8
    """Requests on their way at the same time."""
    proxy: str = ""
    """URL of the proxy, `environment`, or nothing: then the environment is not asked either. Never used for this
    computer itself, for plain http would leave it."""
    ca_file: str = ""
    """PEM file of authorities to trust beside the computer's."""
    allow_http: bool = False
    """Whether plain http may be spoken to other computers."""
    body_limit: int = BODY_LIMIT
    """Bytes of one answer, decompressed."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: the only place that credentials go to."""
        return origin_of(self.base)


def access_from(
    url: str,
    *,
    name: str = "",
    deadline: float = 10.0,
    connections: int = 8,
    proxy: str = "",
    ca_file: str = "",
    allow_http: bool = False,
    body_limit: int = BODY_LIMIT,
) -> Access:
    """Return the access that a source's URL and settings describe; raises Invalid naming the setting that is wrong."""
    base = _base(url, name)
    if base.startswith("http:") and not allow_http and not is_loopback(base):
        says = "plain http would send the password in the clear; use https, or set allow_http"
        raise Invalid("url", "not_https", says, source=name)
    if not (math.isfinite(deadline) and 0 < deadline <= _LONGEST_DEADLINE):
        raise Invalid("deadline", "out_of_range", f"seconds above 0 and up to {_LONGEST_DEADLINE:.0f}", source=name)
    if not 1 <= connections <= _MOST_CONNECTIONS:
        raise Invalid("connections", "out_of_range", f"from 1 to {_MOST_CONNECTIONS}", source=name)
    if body_limit < 1:
        raise Invalid("body_limit", "out_of_range", "at least 1 byte", source=name)
    if ca_file and not Path(ca_file).expanduser().is_file():
        raise Invalid("ca_file", "not_found", f"there is no file {ca_file}", source=name)
    return Access(base, name, deadline, connections, _proxy(proxy, name), ca_file, allow_http, body_limit)


def _base(url: str, source: str) -> str:
    """Return the plain http or https URL that `url` stands for; raises Invalid."""
    scheme, colon, rest = url.strip().partition("://")
    dialect, plus, transport = scheme.lower().partition("+")
    if not colon:
        raise Invalid("url", "not_a_url", "a source's address looks like rt+https://host/path/", source=source)
    if not plus:
        transport = dialect if dialect in ("http", "https") else "https"
    if transport not in ("http", "https"):
        raise Invalid("url", "transport", f"after the + comes http or https, not {transport[:20]}", source=source)
    parts = _split(f"{transport}://{rest}", "url", source)
    if parts.query or parts.fragment:
        raise Invalid("url", "query", "a source's address has neither ? nor #", source=source)
    return urlunsplit((transport, parts.netloc, parts.path.rstrip("/") + "/", "", ""))


def _proxy(proxy: str, source: str) -> str:
    if proxy in ("", PROXY_OF_ENVIRONMENT):
        return proxy
    parts = _split(proxy, "proxy", source)
    if parts.scheme not in _PROXY_SCHEMES:
        raise Invalid("proxy", "transport", "a proxy's address begins with http:// or https://", source=source)
    return proxy


def _split(url: str, field: str, source: str) -> SplitResult:
    """Return the parts of a URL that has a host and no user; raises Invalid, whose text never quotes it."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise Invalid(field, "not_a_url", "the address cannot be read", source=source) from None
    if not parts.hostname:
        raise Invalid(field, "no_host", "the address names no host", source=source)
    if "@" in parts.netloc:
        says = "an address holds neither user nor password; sign in with cordboard login"
        raise Invalid(field, "password", says, source=source)
    return parts


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`, the port always written; empty when it has no host or is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def is_loopback(url: str) -> bool:
    """Return whether `url` leads to this computer itself, by its name or its number."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_carry_secrets(url: str, access: Access) -> bool:
    """Return whether a secret may be sent to `url`: https, this computer, or plain http that the profile allows."""
    return url.startswith("https://") or (url.startswith("http://") and (access.allow_http or is_loopback(url)))


def path_of(*segments: str | int) -> str:
    """Return a path of segments that may hold any character: `path_of("ticket", "a/b")` is `ticket/a%2Fb`.

    Raises Invalid for a segment that would walk through the tree: empty, one dot, two dots; and for half a character.
    """
    written = [str(segment) for segment in segments]
    if any(segment in ("", ".", "..") for segment in written):
        raise Invalid("path", "segment", "a part of the path is empty or dots")
    try:
        return "/".join(quote(segment, safe="") for segment in written)
    except UnicodeEncodeError:
        pass  # its text quotes the segment
    raise Invalid("path", "not_a_text", "a part of the path has half a character")
