"""The configuration file: what it gives, and how it says what is wrong with it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import config
from console.actions import BY_ID
from console.cli.config import example, toml
from console.config import ConfigError, Declared, Fault, Interface, Profile, Settings, Source, declared, load, read
from console.config_desk import Answering, Calls, RoleRules, Sensor
from console.config_kinds import KEYS
from console.keynames import rebound

ROOT = Path(__file__).parents[2]
_URL = 'profiles.main.sources.helpdesk.url = "rt+https://helpdesk.example/rt/"\n'


def faults(content: str) -> list[tuple[int, str, str]]:
    """Return (line, name, words) of every fault in `content`."""
    with pytest.raises(ConfigError) as caught:
        read(content)
    return [(fault.line, fault.name, fault.says) for fault in caught.value.faults]


def explained_or_read(content: str) -> Settings | tuple[Fault, ...]:
    """Return the settings that `content` gives, or its faults."""
    try:
        return read(content)
    except ConfigError as error:
        return error.faults


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """A first start needs no configuration."""
    assert load(tmp_path / "config.toml") == Settings()


def test_an_empty_file_means_the_defaults() -> None:
    """Every setting has a default."""
    assert read("") == Settings()


def test_everything_that_is_set_arrives() -> None:
    """Settings of every kind are read into their places."""
    settings = read(
        """
        profile = "night"
        [interface]
        language = "pl"
        mouse = false
        idle_lock_minutes = 0
        time_zone = "Europe/Warsaw"
        [interface.keys]
        note = "ctrl+p"
        ticket = ["t", "f6"]
        [drafts]
        keep_days = 7
        [profiles.day]
        backend = "sqlite:////srv/day.db"
        [profiles.night]
        operators = ["ACME", "NORD"]
        roles = ["hotline", "technical"]
        """
    )
    assert settings.interface == Interface(
        language="pl",
        mouse=False,
        idle_lock_minutes=0,
        time_zone="Europe/Warsaw",
        keys={"note": ("ctrl+p",), "ticket": ("t", "f6")},
    )
    assert settings.drafts.keep_days == 7
    assert settings.chosen() == Profile(operators=("ACME", "NORD"), roles=("hotline", "technical"))
    assert settings.chosen("day").backend == "sqlite:////srv/day.db"


@pytest.mark.parametrize(
    ("content", "line", "name", "words"),
    [
        ("\n\n[interface]\nlanguge = 'it'\n", 4, "interface.languge", "did you mean language?"),
        ("[interface]\nmouse = 'yes'\n", 2, "interface.mouse", "write for example mouse = true"),
        ("[interface]\nidle_lock_minutes = 1.5\n", 2, "interface.idle_lock_minutes", "whole number from 0 to 1440"),
        ("[interface]\nidle_lock_minutes = true\n", 2, "interface.idle_lock_minutes", "whole number"),
        ("[interface]\nlean = 'maybe'\n", 2, "interface.lean", '"auto", "on", "off"'),
        ("[interface]\ntime_zone = 'Mars/Olympus'\n", 2, "interface.time_zone", 'time_zone = "Europe/Warsaw"'),
        ("[interface]\ntime_zone = '../../etc/passwd'\n", 2, "interface.time_zone", "time zone"),
        ("# all\ninterface = 3\n", 2, "interface", "write [interface]"),
        ("[profiles.main]\nroles = ['boss']\n", 2, "profiles.main.roles", '"supervisor"'),
        ("[profiles.main]\noperators = 'ACME'\n", 2, "profiles.main.operators", '["one", "two"]'),
        ("[profiles.main]\nbackend = '/srv/x.db'\n", 2, "profiles.main.backend", "a URL with its scheme"),
        ("[profiles.main]\nbackend = 'x://me:pw@host/'\n", 2, "profiles.main.backend", "keyring"),
        ("profile = 'nacht'\n", 1, "profile", "known: main"),
        ("[interface.keys]\nnote = 7\n", 2, "interface.keys.note", 'note = ["n", "ctrl+p"]'),
        ("colour = 1\n[interface]\n", 1, "colour", "known here"),
    ],
)
def test_each_fault_is_explained_with_its_line(content: str, line: int, name: str, words: str) -> None:
    """A wrong setting is named with its line and with what to write instead."""
    [(found_line, found_name, says)] = faults(content)
    assert (found_line, found_name) == (line, name)
    assert words in says


def test_all_faults_come_at_once_in_the_order_of_their_lines() -> None:
    """Nobody has to correct a file one fault at a time."""
    content = "[drafts]\nkeep_days = 'x'\n\n[interface]\nmouse = 1\ntheme = 2\n[profiles.a]\nb = 1\n"
    assert [line for line, _name, _says in faults("profile = 'a'\n" + content)] == [3, 6, 7, 9]


def test_a_value_over_several_lines_is_named_by_its_first() -> None:
    """The line is where the setting begins, not where the parser was content."""
    content = '[profiles.main]\nagent = "x"\nroles = [\n  "desk",\n  "boss",\n]\nlanguage = "pl"\n'
    [(line, name, _says)] = faults(content)
    assert (line, name) == (3, "profiles.main.roles")


def test_what_is_no_toml_is_named_by_its_line() -> None:
    """The parser's complaint comes with its line."""
    [(line, _name, says)] = faults("[interface]\nlanguage = it\n")
    assert line == 2
    assert "quotes" in says


def test_an_unfinished_file_is_named_by_its_last_line() -> None:
    """A complaint about the end of the file points to its end."""
    [(line, _name, _says)] = faults('[interface]\nlanguage = """it\n')
    assert line == 3


def test_a_file_in_another_encoding_is_named_by_its_line(tmp_path: Path) -> None:
    """A byte that is not UTF-8 is found before the parser sees it."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"[profiles.main]\nagent = 'Andr\xe9'\n")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert [fault.line for fault in caught.value.faults] == [2]
    assert "UTF-8" in str(caught.value)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Files from other systems are read as well."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[drafts]\nkeep_days = 3\n")
    assert load(file).drafts.keep_days == 3


def test_a_folder_in_the_place_of_the_file_is_a_fault(tmp_path: Path) -> None:
    """What cannot be read is an error and not an empty configuration."""
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError):
        load(tmp_path / "config.toml")


def test_a_fault_prints_no_control_characters() -> None:
    """A hostile value cannot reach the terminal by its own error message."""
    [(_line, _name, says)] = faults('[interface]\nlean = "\\u001b[2J\\u0007"\n')
    assert "\x1b" not in says
    assert "\x07" not in says


@given(st.text(max_size=200))
def test_any_text_is_read_or_explained(content: str) -> None:
    """No file content raises anything but ConfigError."""
    assert explained_or_read(content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ).filter(lambda value: value is not None)
)
def test_any_value_of_any_setting_is_read_or_explained(value: object) -> None:
    """Each kind takes a value or says what it expected."""
    for setting in declared():
        assert explained_or_read(f"{_named(setting)} = {_toml(value)}")


def _toml(value: object) -> str:
    if isinstance(value, str):
        return "'x'"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value if one is not None) + "]"
    return toml(value)


def test_the_example_names_every_setting_and_means_the_defaults() -> None:
    """What `config example` prints is a complete file that changes nothing, commented or not."""
    content = example()
    assert read(content) == Settings()
    uncommented = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line for line in content.split("\n")
    )
    table = tomllib.loads(uncommented)
    for setting in declared():
        within = table
        *parents, name = _named(setting).split(".")
        for parent in parents:
            within = within[parent]
        assert name in within, setting.name
    main = read(uncommented).profiles["main"]
    assert replace(main, sources={}, answering={}, role={}) == Settings().profiles["main"]
    assert main.answering == {"NORD": Answering()}
    assert main.role == {"hotline": RoleRules()}
    assert main.sources == {"helpdesk": Source(url="rt+https://helpdesk.example/rt/")}


def _named(setting: Declared) -> str:
    name = setting.name.replace("NAME", "main").replace("SOURCE", "helpdesk")
    return name.replace("CODE", "NORD").replace("ROLE", "hotline")


def test_each_example_value_is_accepted() -> None:
    """What an explanation tells to write is right."""
    for setting in declared():
        before = _URL if ".sources." in setting.name and not setting.needed else ""
        read(f"{before}{_named(setting)} = {setting.kind.example}")


def test_the_example_of_own_keys_is_about_real_actions() -> None:
    """Who writes the example's line into the file gets these keys, without a complaint."""
    keys = tomllib.loads(f"keys = {KEYS.example}")["keys"]
    assert set(keys) <= set(BY_ID)
    made, problems = rebound(keys)
    assert problems == []
    assert {name: made[name] for name in keys} == {name: tuple(chosen) for name, chosen in keys.items()}


def test_every_setting_is_documented() -> None:
    """A setting that docs/configuration.md does not explain fails here."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for setting in declared():
        name = setting.name.rpartition(".")[2]
        assert f"| `{name}` |" in text, setting.name


def test_defaults_satisfy_their_own_kinds() -> None:
    """A default written into the file is accepted there."""
    for setting in declared():
        if not setting.needed:
            read(f"{_URL if '.sources.' in setting.name else ''}{_named(setting)} = {toml(setting.default)}")


def test_sources_are_read_by_name() -> None:
    """A profile's sources keep the order of the file, with all that was said of each."""
    settings = read(
        """
        [profiles.night.sources.helpdesk]
        url = "rt+https://helpdesk.example/"
        writes = ["tickets", "contacts"]
        options = { queues = { Faults = "fault" } }
        [profiles.night.sources.alarms]
        url = "alertmanager+https://alarms.example/"
        poll_seconds = 1
        [profiles.main]
        """
    )
    sources = settings.profiles["night"].sources
    assert list(sources) == ["helpdesk", "alarms"]
    assert sources["helpdesk"].writes == ("tickets", "contacts")
    assert sources["helpdesk"].options == {"queues": {"Faults": "fault"}}
    assert (sources["alarms"].poll_seconds, sources["alarms"].keep_offline) == (1, False)


@pytest.mark.parametrize(
    ("line", "name", "word"),
    [
        ("[profiles.main.sources.helpdesk]", "profiles.main.sources.helpdesk", "url"),
        (
            '[profiles.main.sources."Help Desk"]\nurl = "rt+https://x/"',
            "profiles.main.sources.Help Desk",
            "small letters",
        ),
        ('[profiles.main]\nbackend = "helpdsk"', "profiles.main.backend", "neither a URL"),
        ('[profiles.main.sources.a]\nurl = "rt+https://me:secret@x/"', "profiles.main.sources.a.url", "password"),
        (
            '[profiles.main.sources.a]\nurl = "rt+https://x/"\nwrites = ["money"]',
            "profiles.main.sources.a.writes",
            "tickets",
        ),
        ('[profiles.main.sources.a]\nurl = "rt+https://x/"\npol = 1', "profiles.main.sources.a.pol", "poll_seconds"),
    ],
)
def test_a_wrong_source_is_explained(line: str, name: str, word: str) -> None:
    """Each fault of a source names where it stands and what to write."""
    with pytest.raises(ConfigError) as raised:
        read(line)
    (fault,) = raised.value.faults
    assert fault.name == name
    assert word in fault.says
    assert "secret" not in fault.says


def test_the_settings_are_frozen() -> None:
    """Nobody changes the configuration while the program runs."""
    with pytest.raises(AttributeError):
        config.Settings().profile = "other"  # type: ignore[misc]


def test_the_rules_of_a_desk_are_read_by_operator_and_role() -> None:
    """R22, R41: what differs between operators and roles stands in tables of their names; an unknown role is told."""
    settings = read(
        """
        [profiles.night.sensor]
        reports = 5
        [profiles.night.calls]
        listen = "127.0.0.1:5088"
        [profiles.night.answering.NORD]
        numbers = ["+46 8 123 45 00"]
        hides = ["payment"]
        [profiles.night.role.hotline]
        hides = []
        """.replace("[profiles.night.sensor]", "profile = 'night'\n[profiles.night.sensor]")
    )
    night = settings.chosen()
    assert (night.sensor, night.calls) == (Sensor(reports=5), Calls(listen="127.0.0.1:5088"))
    assert night.answering == {"NORD": Answering(numbers=("+46 8 123 45 00",), hides=("payment",))}
    assert night.role == {"hotline": RoleRules(hides=())}
    with pytest.raises(ConfigError, match="did you mean hotline"):
        read("[profiles.main.role.hotlin]\nhides = []")
