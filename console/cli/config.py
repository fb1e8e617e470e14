"""`cordboard config …`: check the configuration file, show what is in force, print an example of everything."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from console.cli import codes, options
from console.cli.setting import Setting
from console.cli.wording import without_secret
from console.config import ConfigError, Declared, Fault, Settings, declared, load
from console.config_lines import lines_of
from console.i18n import N_, _

HELP = N_("check or show the configuration, or print an example of it")

_STEPS = {
    "check": N_("explain by line what is wrong in the file"),
    "show": N_("print the settings in force"),
    "path": N_("print where the file is read from"),
    "example": N_("print a complete file with every setting explained"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `config` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    made = {step: steps.add_parser(step, help=_(says)) for step, says in _STEPS.items()}
    options.add_json(made["check"])
    options.add_json(made["show"])


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do the step asked for; a wrong file ends with 78."""
    if args.step == "check":
        return _check(args, setting)
    if args.step == "show":
        return _show(args, setting)
    setting.out.line(str(setting.paths.config_file) if args.step == "path" else example().rstrip("\n"))
    return codes.OK


def faults_of(setting: Setting) -> tuple[Fault, ...]:
    """Return what is wrong with the file, with the names in it, and with the files that it names."""
    path = setting.paths.config_file
    try:
        settings = load(path)
    except ConfigError as error:
        return error.faults
    wrong = list(_unknown_names(settings))
    if not wrong:
        from console.cli import own_files

        return tuple(own_files.faults(settings, setting.paths.config))
    lines = lines_of(path.read_text(encoding="utf-8-sig"), [where for where, _says in wrong])
    faults = [Fault(path, lines.get(where, 0), ".".join(where), says) for where, says in wrong]
    return tuple(sorted(faults, key=lambda fault: fault.line))


def _unknown_names(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield settings whose kind is right and whose value means nothing, with the reason."""
    if settings.interface.keys:
        from console.keynames import rebound

        for problem in rebound(settings.interface.keys)[1]:
            name, _colon, says = problem.removeprefix("keys.").partition(": ")
            yield ("interface", "keys", name), says
    from backends.registry import scheme_of, schemes

    for name, profile in settings.profiles.items():
        if profile.backend and scheme_of(profile.backend) not in schemes():
            says = _("no backend can open this URL; known schemes: {schemes}")
            yield ("profiles", name, "backend"), says.format(schemes=", ".join(schemes()))


def _check(args: argparse.Namespace, setting: Setting) -> int:
    path = setting.paths.config_file
    faults = faults_of(setting)
    if args.json:
        found = [{"line": fault.line or None, "name": fault.name, "says": fault.says} for fault in faults]
        setting.json({"file": str(path), "exists": path.exists(), "ok": not faults, "faults": found})
    else:
        for fault in faults:
            setting.err.line(f"cordboard: {fault}")
        if not faults and path.exists():
            setting.out.line(_("{file}: no fault found").format(file=path))
        elif not faults:
            says = _("There is no file {file}: the defaults are in force. Start one with: cordboard config example")
            setting.out.line(says.format(file=path))
    return codes.CONFIG if faults else codes.OK


def _show(args: argparse.Namespace, setting: Setting) -> int:
    values = dict(_in_force(setting))
    if args.json:
        setting.json({name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()})
    else:
        for name, value in values.items():
            setting.out.line(f"{name} = {toml(value)}")
    return codes.OK


def _in_force(setting: Setting) -> Iterator[tuple[str, Any]]:
    """Yield the settings with flags and environment applied, the profile in use under its own name."""
    yield "profile", setting.profile_name
    for section in ("interface", "drafts"):
        part = getattr(setting.settings, section)
        for one in fields(part):
            value = getattr(part, one.name)
            yield f"{section}.{one.name}", setting.language if one.name == "language" else value
    prefix = f"profiles.{setting.profile_name}"
    forced = {"backend": without_secret(setting.backend_url), "agent": setting.actor}
    for one in fields(setting.profile):
        value = getattr(setting.profile, one.name)
        if "kind" in one.metadata:
            yield f"{prefix}.{one.name}", forced.get(one.name, value)
        elif isinstance(value, Mapping):
            for name, named in value.items():
                yield from _of(named, f"{prefix}.{one.name}.{name}")
        else:
            yield from _of(value, f"{prefix}.{one.name}")


def _of(part: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for one in fields(part):
        yield f"{prefix}.{one.name}", getattr(part, one.name)


def toml(value: object) -> str:
    """Return a setting's value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml(name)} = {toml(one)}" for name, one in value.items()) + " }" if value else "{}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_SECTIONS = {
    "interface": N_("How the console looks and answers."),
    "drafts": N_("What happens to text that is typed and not yet saved."),
    "profiles": N_("A desk: where its records are, whom it serves. Give each one a table of its own."),
    "sensor": N_("When reports of customers together propose an outage."),
    "calls": N_("How the console hears that somebody rings; `cordboard pop` works without any of it."),
    "answering": N_("How the desk answers for one operator. Give each one a table of its own, named by its code."),
    "role": N_("What a role may see and do, in place of what is built in. A table of its own for each role."),
    "sources": N_("One more place of the desk's customers, tickets or outages. Give each one a table of its own."),
}
_NAMES = {"NAME": "main", "SOURCE": "helpdesk", "CODE": "NORD", "ROLE": "hotline"}
"""What stands in the example in the places of names."""


def example() -> str:
    """Return a complete file in which every setting is explained and stands at its default, commented out."""
    lines = [_commented(_("Configuration of cordboard. Every line shows a default; remove the # to change it."))]
    section = ""
    for setting in declared():
        within, _dot, name = setting.name.rpartition(".")
        if within != section:
            section = within
            parts = section.split(".")
            table = ".".join(_NAMES.get(part, part) for part in parts)
            about = _SECTIONS[parts[2] if len(parts) > 2 else parts[0]]
            # A source without a URL is a mistake, and a role without rights may do nothing: they are commented out.
            lines += ["", _commented(_(about)), f"#[{table}]" if len(parts) > 3 else f"[{table}]"]
        lines += ["", *_explained(name, setting)]
    return "\n".join(lines) + "\n"


def _explained(name: str, setting: Declared) -> Iterator[str]:
    yield _commented(_(setting.about))
    if setting.kind.words:
        words = ", ".join(f'"{word}"' for word in setting.kind.words if word)
        yield _commented(_("One of: {words}").format(words=words))
    if setting.needed:
        yield f"#{name} = {setting.kind.example}"
        return
    if toml(setting.default) in ('""', "[]", "{}"):
        yield _commented(_("For example: {line}").format(line=f"{name} = {setting.kind.example}"))
    yield f"#{name} = {toml(setting.default)}"


def _commented(text: str) -> str:
    from textwrap import wrap

    return "\n".join(f"# {line}" for line in wrap(text, 98, break_long_words=False, break_on_hyphens=False))
