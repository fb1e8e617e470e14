"""What is in the tree: nothing of the machine it was written on, and a word of explanation in every module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("backends", "console", "themes", "widgets")
TOPS = (*PACKAGES, "docs", "requirements", "scripts", "tests", ".ci")
MADE = {"__pycache__", "__snapshots__"}

HOSTS = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "index-" + "url", "--find-" + "links")
HOMES = re.compile(r"(?<![\w.])/(?:home/(?!ada\b|user\b|agent\b)\w+|root/|Users/\w+|work/|opt/(?:pypi|wheels))")


def files(*suffixes: str) -> Iterator[Path]:
    """Yield the text files of the project, without what was made by running it."""
    yield from (one for one in ROOT.iterdir() if one.is_file() and one.suffix in {".md", ".toml"})
    yield ROOT / "Makefile"
    for top in TOPS:
        for one in sorted((ROOT / top).rglob("*")):
            if one.is_file() and not MADE.intersection(one.parts) and (not suffixes or one.suffix in suffixes):
                yield one


def modules() -> Iterator[Path]:
    """Yield every module of the four packages."""
    for package in PACKAGES:
        yield from (one for one in sorted((ROOT / package).rglob("*.py")) if "migrations" not in one.parts)


def text_of(file: Path) -> str:
    """Return a file's text, empty for one that holds none."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_package_index() -> None:
    """The pins work with whichever index a machine is set up for."""
    found = [
        f"{file.relative_to(ROOT)}: {host}"
        for file in files()
        if file != Path(__file__) and file.name != "pin"
        for host in HOSTS
        if host in text_of(file)
    ]
    assert found == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    """Nothing works on one machine only."""
    found = [
        f"{file.relative_to(ROOT)}: {hit[0]}"
        for file in files()
        if file != Path(__file__)
        for hit in [HOMES.search(text_of(file))]
        if hit
    ]
    assert found == []


@pytest.mark.parametrize("path", ["/home/somebody/x", "/root/x", "/Users/eva/x", "/opt/wheels"])
def test_a_folder_of_a_machine_would_be_noticed(path: str) -> None:
    """The test above can fail."""
    assert HOMES.search(f'"{path}"')


def test_every_pin_has_a_hash_and_no_place() -> None:
    """What is installed is what was tested, wherever it comes from."""
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pins = [one for one in re.split(r"(?<!\\)\n", text) if one.strip()]
        assert len(pins) > 40
        for pin in pins:
            assert re.match(r"[a-z0-9.-]+==\S+ ", pin), pin
            assert "--hash=sha256:" in pin, pin
        assert "://" not in text


def test_what_runs_is_what_is_tested() -> None:
    """The pins for development hold those for running, version for version."""
    run, dev = (
        set(re.findall(r"^[a-z0-9.-]+==\S+", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("run.txt", "dev.txt")
    )
    assert run <= dev


@pytest.mark.parametrize("file", list(modules()), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(file: Path) -> None:
    """A reader learns from the first line whether this is the place they look for."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert said, "no docstring"
    assert said.splitlines()[0][-1] in ".:;,)" or "\n" in said


def test_every_link_of_the_documents_leads_somewhere() -> None:
    """A reader who follows a link finds a file."""
    link = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
    found = [(file, target) for file in files(".md") if file.suffix == ".md" for target in link.findall(text_of(file))]
    assert len(found) > 20
    lost = [f"{file.relative_to(ROOT)}: {target}" for file, target in found if not (file.parent / target).exists()]
    assert lost == []


def test_nothing_is_left_for_later() -> None:
    """What is not done is an issue, not a comment."""
    mark = re.compile(r"\b(TODO" + r"|FIXME|XXX)\b")
    found = [str(file.relative_to(ROOT)) for file in files(".py", ".md", ".toml") if mark.search(text_of(file))]
    assert [name for name in found if name != str(Path(__file__).relative_to(ROOT))] == []


def test_r8_customers_are_called_customers() -> None:
    """Whoever we serve is a customer (R8)."""
    never = "end" + " user"
    found = [
        str(file.relative_to(ROOT)) for file in files(".py", ".md", ".toml", ".po") if never in text_of(file).lower()
    ]
    assert found == []
