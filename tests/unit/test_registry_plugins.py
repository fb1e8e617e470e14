"""Backends are found by the scheme of their URL; a broken plug-in harms nobody but itself."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from backends import registry
from backends.errors import Unsupported
from backends.memory import MemoryBackend

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
    monkeypatch.syspath_prepend(tmp_path)
    registry._points.cache_clear()
    yield tmp_path
    registry._points.cache_clear()
    for name in ("strange_backend", "raising_backend", "syntax_backend"):
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


@pytest.mark.parametrize("scheme", ["raises", "syntax", "gone", "nameless"])
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


def test_the_programs_own_backends_are_registered() -> None:
    """The distribution registers what it ships; the reference implementation opens by its URL."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = project["entry-points"][registry.GROUP]
    assert {"memory", "sqlite"} <= set(targets)
    assert {scheme: f"{module}:open_url" for scheme, module in registry.SHIPPED.items()} == targets
    factory = EntryPoint("memory", targets["memory"], registry.GROUP).load()
    assert isinstance(factory("memory:"), MemoryBackend)
