"""The command table: what is listed, taken, suggested, documented and imported."""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import __version__, cli, i18n
from console.cli import codes, parsing
from console.cli.completion import fish
from console.cli.output import Writer
from console.cli.parsing import COMMANDS, children, named_command, parser_for
from console.cli.setting import Setting

ROOT = Path(__file__).parents[2]


def walk(parser: argparse.ArgumentParser, name: str = "cordboard") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every parser with the words that lead to it."""
    yield name, parser
    for word, (below, _told) in children(parser).items():
        yield from walk(below, f"{name} {word}")


def ended(*argv: str, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run the command line in this process and return code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(argv, Setting(Writer(out), Writer(err), environ or {"CORDBOARD_HOME": "/nonexistent/home"}))
    return code, out.getvalue(), err.getvalue()


def test_every_command_is_listed_with_a_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`cordboard --help` names all commands and what they do."""
    assert ended("--help")[0] == codes.OK
    listed = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^ +{command}  +\w+|^ +{command}\n +\w+", listed, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` after a command and after each of its steps describes it and every argument."""
    assert ended(command, "--help")[0] == codes.OK
    assert capsys.readouterr().out.startswith(f"usage: cordboard {command}")
    for name, parser in walk(parser_for([command])):
        assert parser.description, name
        for action in parser._actions:
            assert action.help or isinstance(action, argparse._SubParsersAction), (name, action.dest)
            assert "%" not in (action.help or "").replace("%(", ""), (name, action.dest)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints name and version and nothing else."""
    assert ended("--version")[0] == codes.OK
    assert capsys.readouterr().out == f"cordboard {__version__}\n"


def test_a_mistyped_command_is_answered_with_the_likely_one() -> None:
    """One line on standard error, code 2."""
    assert ended("tickts") == (codes.USAGE, "", 'cordboard: there is no command "tickts"; did you mean "tickets"?\n')
    assert ended("qqqqq")[2] == 'cordboard: there is no command "qqqqq"; see: cordboard --help\n'


def test_wrong_arguments_are_one_line_and_code_2() -> None:
    """No usage text drowns what was wrong."""
    for argv in (["find"], ["find", "x", "--limit", "many"], ["outage"], ["tickets", "--nonsense"], ["db", "chek"]):
        code, out, err = ended(*argv)
        assert (code, out) == (codes.USAGE, ""), argv
        assert err.startswith("cordboard: ")
        assert err.count("\n") == 1
        assert "--help" in err


def test_what_the_library_says_is_translated_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors about arguments come in the operator's language, those of argparse included."""
    words = {text: (f"<<{text}>>",) for text in parsing._WORDS_OF_ARGPARSE}
    monkeypatch.setattr(i18n, "use", lambda _language: None)
    monkeypatch.setattr(i18n, "_current", i18n.Catalogue("en", words))
    for argv in (["find"], ["find", "x", "--limit"], ["tickets", "--kind", "x"], ["tickets", "--nonsense"]):
        assert "<<" in ended(*argv)[2], argv


def test_a_file_in_the_place_of_a_url_is_answered_with_its_url() -> None:
    """Nobody has to know how many slashes there are."""
    code, _out, err = ended("find", "x", "--backend", "/srv/my desk.db")
    assert code == codes.USAGE
    assert "sqlite:////srv/my desk.db" in err


def test_a_password_in_a_url_is_refused() -> None:
    """Everybody on the computer can read the arguments of a process."""
    code, _out, err = ended("find", "x", "--backend", "tmf+https://me:s3cret@host/")
    assert code == codes.USAGE
    assert "keyring" in err
    assert "s3cret" not in err


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        ([], ""),
        (["find", "x"], "find"),
        (["--backend", "find", "show", "x"], "show"),
        (["--backend=memory:", "show", "x"], "show"),
        (["--theme", "night"], ""),
        (["--lean"], ""),
        (["--", "find"], ""),
        (["--help", "find"], ""),
        (["--backend"], ""),
    ],
)
def test_the_command_is_the_first_word_that_is_no_value(argv: list[str], command: str) -> None:
    """Options before the command may take values that look like commands."""
    assert named_command(argv) == command


@pytest.mark.parametrize(
    "argv",
    [
        ["--backend", "memory:", "--agent", "anna", "db", "path"],
        ["db", "path", "--backend", "memory:", "--agent=anna"],
        ["db", "--agent", "anna", "path", "--backend", "memory:"],
        ["--agent", "anna", "db", "--backend=memory:", "path"],
    ],
)
def test_common_options_stand_anywhere(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the command, after it, and after its steps."""
    setting = Setting(Writer(io.StringIO()), Writer(io.StringIO()), {"CORDBOARD_HOME": "/nonexistent/home"})
    assert cli.run(argv, setting) == codes.UNAVAILABLE
    assert (setting.backend_url, setting.actor) == ("memory:", "anna")


def test_the_last_of_two_wins() -> None:
    """An alias with options can be overruled."""
    setting = Setting(Writer(io.StringIO()), Writer(io.StringIO()), {"CORDBOARD_HOME": "/nonexistent/home"})
    cli.run(["--backend", "memory:", "db", "path", "--backend", "sqlite:////tmp/x.db"], setting)
    assert setting.backend_url == "sqlite:////tmp/x.db"


def test_the_documentation_names_every_command_and_option() -> None:
    """A command, step or option that docs/cli.md does not mention fails here."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, parser in walk(parser_for(list(COMMANDS))):
        words = name.split()[1:]
        if words:
            assert " ".join(words) in text, name
        for action in parser._actions:
            for flag in action.option_strings:
                assert re.search(rf"`{flag}[ `]", text), (name, flag)


def test_the_documentation_names_every_exit_code() -> None:
    """A code without a meaning in docs/cli.md fails here."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for code in (value for name, value in vars(codes).items() if name.isupper()):
        assert f"| {code} |" in text, code


def test_the_script_for_fish_completes_commands_steps_and_options() -> None:
    """It is made from the parser, so nothing is missing."""
    script = fish(parser_for(list(COMMANDS)))
    for name, parser in walk(parser_for(list(COMMANDS))):
        assert name == "cordboard" or f"-a {name.split()[-1]} " in script, name
        for action in parser._actions:
            for flag in action.option_strings:
                assert f"-l {flag[2:]}" in script if flag.startswith("--") else f"-s {flag[1:]}" in script


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_scripts_for_other_shells_know_the_commands(shell: str) -> None:
    """bash and zsh are served by the optional part."""
    pytest.importorskip("shtab")
    code, out, _err = ended("completion", shell)
    assert code == codes.OK
    for command in COMMANDS:
        assert command in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_takes_the_script(shell: str, tmp_path: Path) -> None:
    """A script that its shell cannot parse is worse than none."""
    import shutil

    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(ended("completion", shell)[1], encoding="utf-8")
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=30, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


HEAVY = ("textual", "rich", "sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring", "alembic", "babel", "holidays")


@pytest.mark.parametrize(
    "argv",
    [["--version"], ["find", "anna"], ["show", "anna"], ["tickets"], ["queue"], ["outage", "list"], ["config", "path"]],
)
def test_line_commands_load_nothing_heavy(argv: list[str], tmp_path: Path) -> None:
    """A line command on a backend in memory never imports the toolkit, the mapper or a network client."""
    program = (
        "import sys\n"
        "from backends.memory import MemoryBackend\n"
        "import backends.registry\n"
        "backends.registry.backend_for = lambda url, **_: MemoryBackend()\n"
        "from console.cli import main\n"
        f"code = main({argv!r})\n"
        f"print(code, *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)\n"
    )
    environ = {
        "CORDBOARD_HOME": str(tmp_path),
        "CORDBOARD_BACKEND": "memory:",
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
    }
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr.splitlines()[-1] in ("0", "1"), ran.stderr


def test_only_the_module_asked_for_is_imported(tmp_path: Path) -> None:
    """A command does not pay for the others."""
    program = (
        "import sys\n"
        "from console.cli import main\n"
        "main(['config', 'path'])\n"
        "print(*(name for name in sys.modules if name.startswith('console.')), file=sys.stderr)\n"
    )
    environ = {"CORDBOARD_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(ran.stderr.split())
    others = {module.partition(":")[0] for command, module in parsing.COMMANDS.items() if command != "config"}
    assert not loaded & others


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a database that another process made."""
    home = tmp_path_factory.mktemp("home")
    environ = {"CORDBOARD_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "console.cli", "outage", "raise", "Slow", "--town", "Lund"]
    subprocess.run(command, env=environ, capture_output=True, timeout=60, check=True)
    return home


@pytest.mark.parametrize("argv", [["find", "lund"], ["show", "anna"], ["tickets"], ["outage", "list"], ["db", "path"]])
def test_reading_the_embedded_database_loads_nothing_heavy(argv: list[str], database: Path) -> None:
    """Nor do they on a database file: the mapper is for making and upgrading it."""
    program = (
        "import sys\n"
        "from console.cli import main\n"
        f"main({argv!r})\n"
        f"print('loaded', *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)\n"
    )
    environ = {"CORDBOARD_HOME": str(database), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr.splitlines()[-1] == "loaded", ran.stderr
