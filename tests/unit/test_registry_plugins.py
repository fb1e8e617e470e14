"""Backends are found by the scheme of their URL; a broken plug-in harms nobody but itself."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from backends import registry
from backends.errors import Invalid, Unsupported
from backends.memory import MemoryBackend
from backends.port import Capability
from backends.records import Ticket

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a distribution with good and broken entry points, as a plug-in author would."""
    info = tmp_path / "strange_backends-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strange-backends\nVersion: 1.0\n")
    points = {
        "strange": "strange_backend:open_url",
        "raises": "raising_backend:open_url",
        "syntax": "syntax_backend:open_url",
        "gone": "no_such_module:open_url",
        "nameless": "strange_backend:no_such_name",
        "leaves": "leaving_backend:open_url",
        "stated": "stated_backend:open_url",
        "memory": "strange_backend:open_url",
    }
    lines = "\n".join(f"{scheme} = {target}" for scheme, target in points.items())
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{lines}\n")
    (tmp_path / "strange_backend.py").write_text(
        "from backends.memory import MemoryBackend\n"
        "def open_url(url, **settings):\n"
        "    backend = MemoryBackend(name=f'{url} {sorted(settings.items())}')\n"
        "    return backend\n"
    )
    (tmp_path / "raising_backend.py").write_text("raise SystemError('secret://user:password@host')\n")
    (tmp_path / "syntax_backend.py").write_text("def (\n")
    (tmp_path / "leaving_backend.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "stated_backend.py").write_text(
        "from backends.errors import Invalid\n"
        "from backends.records import Ticket\n"
        "CAPABILITIES = ['search', 'write']\n"
        "STORES = [Ticket, int]\n"
        "EXAMPLE = 'stated+https://host/'\n"
        "def open_url(url, *, fail=''):\n"
        "    if fail == 'option':\n"
        "        raise Invalid('fail', 'value')\n"
        "    return 1 / 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry._points.cache_clear()
    yield tmp_path
    registry._points.cache_clear()
    for name in ("strange_backend", "raising_backend", "syntax_backend", "leaving_backend", "stated_backend"):
        sys.modules.pop(name, None)


def test_a_backend_is_found_by_its_scheme(plugins: Path) -> None:
    """The factory gets the whole URL and the settings, whatever the case of the scheme and its transport."""
    backend = registry.backend_for("Strange+https://host/x", timeout=3)
    assert backend.name == "Strange+https://host/x [('timeout', 3)]"


def test_installed_schemes_are_listed_without_loading_them(plugins: Path) -> None:
    """All schemes are listed, broken ones too, sorted, and nothing is imported for it."""
    listed = registry.schemes()
    assert {"strange", "raises", "syntax", "gone", "nameless"} <= set(listed)
    assert list(listed) == sorted(listed)
    assert "strange_backend" not in sys.modules


@pytest.mark.parametrize("scheme", ["raises", "syntax", "gone", "nameless", "leaves"])
def test_a_broken_plug_in_fails_only_when_asked_for(plugins: Path, scheme: str) -> None:
    """Whatever goes wrong in a plug-in is Unsupported for its scheme, tells no secrets, and others go on working."""
    assert registry.backend_for("strange:").url == "memory:"
    with pytest.raises(Unsupported) as raised:
        registry.backend_for(f"{scheme}://host")
    assert raised.value.capability == "scheme"
    assert scheme in raised.value.detail
    assert "password" not in str(raised.value)
    assert raised.value.__cause__ is not None
    assert registry.backend_for("strange:").url == "memory:"


@pytest.mark.parametrize("url", ["unheard-of://host", "", "no-scheme", "/tmp/file.db", ":", "://host", "[bold]:x"])
def test_a_scheme_that_nobody_serves_is_unsupported(url: str) -> None:
    """An unknown scheme, or a URL without one, raises Unsupported and never guesses."""
    with pytest.raises(Unsupported) as raised:
        registry.backend_for(url)
    assert raised.value.capability == "scheme"


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("sqlite:///x.db", "sqlite"),
        ("SQLite:x", "sqlite"),
        ("tmf+https://host:8443/api", "tmf"),
        ("alertmanager+http://[::1]/", "alertmanager"),
        ("no-scheme", ""),
        ("", ""),
    ],
)
def test_the_scheme_of_a_url(url: str, scheme: str) -> None:
    """The scheme is what stands before the first colon, in lower case, without its transport."""
    assert registry.scheme_of(url) == scheme


def test_everything_installed_is_told_with_its_state(plugins: Path) -> None:
    """Each scheme is listed with distribution, version and module; a broken one says why, and hinders no other."""
    told = {one.scheme: one for one in registry.installed()}
    strange = told["strange"]
    assert (strange.distribution, strange.version, strange.module) == ("strange-backends", "1.0", "strange_backend")
    assert (strange.shipped, strange.error, strange.capabilities) == (False, "", None)
    assert {name: told[name].error for name in ("raises", "syntax", "gone", "nameless", "leaves")} == {
        "raises": "SystemError",
        "syntax": "SyntaxError: line 1",
        "gone": "ModuleNotFoundError: no_such_module",
        "nameless": "AttributeError",
        "leaves": "SystemExit",
    }
    stated = told["stated"]
    assert stated.capabilities == frozenset({Capability.SEARCH, Capability.WRITE})
    assert stated.stores == frozenset({Ticket})
    assert stated.example == "stated+https://host/"
    assert told["sqlite"].shipped
    assert told["sqlite"].capabilities == frozenset(Capability)


def test_every_known_backend_is_shipped_and_loads() -> None:
    """What the program ships is installed from its own distribution, each scheme once, and every module can be read."""
    shipped = [one for one in registry.installed() if one.shipped]
    assert sorted(one.scheme for one in shipped) == sorted(registry.SHIPPED)
    assert {one.scheme: one.module for one in shipped} == dict(registry.SHIPPED)
    assert {one.distribution for one in shipped} == {"cordboard"}
    assert {one.scheme: one.error for one in shipped if one.error} == {}
    assert set(registry.SHIPPED) >= registry.EMBEDDED


def test_nobody_takes_the_place_of_what_is_shipped(plugins: Path) -> None:
    """A plug-in for a scheme of our own is listed, said to stand aside, and not used."""
    (theirs,) = [one for one in registry.installed() if one.scheme == "memory" and not one.shipped]
    assert "another" in theirs.error
    assert isinstance(registry.backend_for("memory:"), MemoryBackend)


def test_a_factory_that_fails_is_no_fault_of_ours(plugins: Path) -> None:
    """A plug-in that cannot make a backend is Unsupported; what it refuses on purpose comes through."""
    with pytest.raises(Unsupported) as raised:
        registry.backend_for("stated://host", fail="bug")
    assert "cannot be opened: ZeroDivisionError" in raised.value.detail
    with pytest.raises(Invalid):
        registry.backend_for("stated://host", fail="option")


def test_a_distribution_with_unreadable_metadata_is_passed_over(plugins: Path) -> None:
    """A package whose metadata is damaged keeps neither the list nor other plug-ins from working."""
    info = plugins / "damaged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(b"\xff\xfe\x00")
    (info / "entry_points.txt").write_bytes(b"\xff\xfe[cordboard.backends]\n= = =\n")
    registry._points.cache_clear()
    assert "strange" in registry.schemes()
    assert "strange" in {one.scheme for one in registry.installed()}


def test_the_programs_own_backends_are_registered() -> None:
    """The distribution registers what it ships; the reference implementation opens by its URL."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = project["entry-points"][registry.GROUP]
    assert {"memory", "sqlite"} <= set(targets)
    assert {scheme: f"{module}:open_url" for scheme, module in registry.SHIPPED.items()} == targets
    factory = EntryPoint("memory", targets["memory"], registry.GROUP).load()
    assert isinstance(factory("memory:"), MemoryBackend)
