"""A guide's file as a guide: each key understood, each mistake told with its line and what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from backends.clean import line
from backends.records import Holder, Priority, TicketKind
from console.data import DataError
from console.data.guide_wording import worded
from console.i18n import _
from console.rules.guide_conditions import ALWAYS, Condition, WrongCondition, read_condition
from console.rules.guide_faults import Fault, Lowering, check
from console.rules.guides import CHOSEN, Ask, Branch, End, EndKind, Given, Guide, Limits, Option, Step, Words

E = TypeVar("E", bound=StrEnum)
Table = Mapping[str, Any]

LONGEST = 600
"""Letters that one sentence of a guide can have: what is longer, nobody reads out."""
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LANGUAGE = re.compile(r"[a-z]{2}")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")

GUIDE_KEYS = frozenset({
    "id", "title", "languages", "operators", "kind", "service", "start", "subject", "held", "held_denied",
    "steps",
})  # fmt: skip
STEP_KEYS = frozenset({
    "like", "ask", "words", "label", "hint", "options", "answers", "branches", "goto", "when", "needed", "becomes",
    "least", "most", "pattern", "past", "side", "inside", "end", "to", "given", "priority", "ticket",
})  # fmt: skip


class Reading:
    """One file on its way to a guide; `faults` grow while it is read."""

    def __init__(self, text: str, shared: Mapping[str, Table], language: str = "en") -> None:
        self.faults: list[Fault] = []
        self._shared = shared
        self._language = language
        self.languages: tuple[str, ...] = ()

    def fault(self, step: str, key: str, code: str, value: object = "") -> None:
        """Note something wrong."""
        self.faults.append(Fault(step, key, code, str(value)))

    def guide(self, table: Table, source: str) -> Guide:
        """Return the guide; what cannot be understood is a fault and left out."""
        for key in table:
            if key not in GUIDE_KEYS:
                self.fault("", key, "unknown_key", key)
        self.languages = self._languages(table)
        steps = {}
        known = table.get("steps", {})
        for name, content in known.items() if isinstance(known, Mapping) else ():
            if not isinstance(content, Mapping):
                self.fault("", name, "not_a_table", name)
            elif not _NAME.fullmatch(name):
                self.fault(name, "", "bad_name", name)
            else:
                steps[name] = self._step(name, self._with_shared(name, content))
        if not steps:
            self.fault("", "steps", "no_steps")
        return Guide(
            id=self._text("", table, "id", needed=True),
            title=self._words("", table, "title"),
            languages=self.languages,
            start=self._text("", table, "start", needed=True) or next(iter(steps), ""),
            steps=steps,
            kind=self._code("", table, "kind", TicketKind, TicketKind.FAULT),
            service=self._text("", table, "service"),
            operators=self._names("", table, "operators"),
            subject=self._words("", table, "subject"),
            held=self._words("", table, "held"),
            held_denied=self._words("", table, "held_denied"),
            source=source,
        )

    def _languages(self, table: Table) -> tuple[str, ...]:
        if "languages" in table:
            return self._names("", table, "languages")
        title = table.get("title")
        return tuple(title) if isinstance(title, Mapping) else (self._language,)

    def _with_shared(self, name: str, content: Table) -> Table:
        like = content.get("like")
        if like is None:
            return content
        if like not in self._shared:
            self.fault(name, "like", "unknown_shared", like)
            return content
        return {**{key: self._spoken(key, value) for key, value in self._shared[like].items()}, **content}

    def _spoken(self, key: str, value: Any) -> Any:
        """Return what is shared in the languages of this guide: it need not speak all that the shared steps do."""
        if key == "options" and isinstance(value, Mapping):
            return {code: self._spoken("words", words) for code, words in value.items()}
        if key in ("words", "label", "hint") and isinstance(value, Mapping):
            return {one: text for one, text in value.items() if one in self.languages or len(one) != 2}
        return value

    def _step(self, name: str, table: Table) -> Step:
        for key in table:
            if key not in STEP_KEYS:
                self.fault(name, key, "unknown_key", key)
        end = self._end(name, table)
        ask = self._code(name, table, "ask", Ask, Ask.NOTHING)
        needed = self._flag(name, table, "needed", default=True)
        return Step(
            id=name,
            ask=ask,
            words=self._words(name, table, "words"),
            label=self._words(name, table, "label"),
            hint=self._words(name, table, "hint"),
            options=self._options(name, table, ask),
            branches=self._branches(name, table),
            goto=self._text(name, table, "goto"),
            when=self._condition(name, "when", table.get("when", "")),
            needed=needed,
            becomes=self._text(name, table, "becomes") or "detail",
            limits=Limits(
                self._number(name, table, "least"), self._number(name, table, "most"),
                self._text(name, table, "pattern"),
            ),
            past=self._flag(name, table, "past"),
            side=self._text(name, table, "side"),
            inside=self._flag(name, table, "inside"),
            end=end,
        )  # fmt: skip

    def _end(self, name: str, table: Table) -> End | None:
        if "end" not in table:
            for key in ("to", "given", "priority", "ticket"):
                if key in table:
                    self.fault(name, key, "only_at_end", key)
            return None
        ticket = self._code(name, table, "ticket", TicketKind, TicketKind.FAULT) if "ticket" in table else None
        return End(
            self._code(name, table, "end", EndKind, EndKind.TOLD),
            self._code(name, table, "to", Holder, Holder.DESK),
            self._code(name, table, "given", Given, Given.OPERATOR),
            self._code(name, table, "priority", Priority, Priority.NORMAL),
            ticket,
        )

    def _options(self, name: str, table: Table, ask: Ask) -> tuple[Option, ...]:
        made: dict[str, Option] = {}
        options = table.get("options", {})
        if not isinstance(options, Mapping):
            self.fault(name, "options", "not_a_table", "options")
            options = {}
        for code, content in options.items():
            if isinstance(content, Mapping):
                goto = content.get("goto", "")
                content = {key: value for key, value in content.items() if key != "goto"}
            else:
                goto = ""
            made[code] = Option(code, self._words(name, {code: content}, code), str(goto))
        answers = table.get("answers", {})
        for code, goto in answers.items() if isinstance(answers, Mapping) else ():
            if ask is Ask.CHOICE and code not in made:
                self.fault(name, "answers", "unknown_answer", code)
            made[code] = Option(code, made[code].label if code in made else {}, str(goto))
        if answers and ask not in CHOSEN:
            self.fault(name, "answers", "not_chosen")
        return tuple(made.values())

    def _branches(self, name: str, table: Table) -> tuple[Branch, ...]:
        branches = table.get("branches", [])
        made = []
        for one in branches if isinstance(branches, list) else [branches]:
            if not isinstance(one, Mapping) or set(one) != {"when", "to"}:
                self.fault(name, "branches", "bad_branch")
                continue
            made.append(Branch(self._condition(name, "branches", one["when"]), str(one["to"])))
        return tuple(made)

    def _condition(self, name: str, key: str, text: Any) -> Condition:
        if not text:
            return ALWAYS
        try:
            return read_condition(str(text))
        except WrongCondition as error:
            self.fault(name, key, "bad_condition", error.part)
            return ALWAYS

    # values -----------------------------------------------------------------------------------------------------

    def _text(self, name: str, table: Table, key: str, *, needed: bool = False) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.fault(name, key, "not_a_text", key)
            return ""
        if needed and not value.strip():
            self.fault(name, key, "key_needed", key)
        return line(value, limit=LONGEST).strip()

    def _words(self, name: str, table: Table, key: str) -> Words:
        value = table.get(key, {})
        if isinstance(value, str):
            value = dict.fromkeys(self.languages, value) if len(self.languages) == 1 else {"": value}
        if not isinstance(value, Mapping):
            self.fault(name, key, "not_words", key)
            return {}
        made: dict[str, str] = {}
        for language, text in value.items():
            if not _LANGUAGE.fullmatch(language) or not isinstance(text, str):
                self.fault(name, key, "not_words", key)
            elif len(text) > LONGEST:
                self.fault(name, key, "too_long", str(LONGEST))
            else:
                made[language] = line(text, limit=LONGEST).strip()
        return made

    def _names(self, name: str, table: Table, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fault(name, key, "not_a_list", key)
            return ()
        return tuple(value)

    def _flag(self, name: str, table: Table, key: str, *, default: bool = False) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            self.fault(name, key, "not_a_flag", key)
            return default
        return value

    def _number(self, name: str, table: Table, key: str) -> float | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(name, key, "not_a_number", key)
            return None
        return float(value)

    def _code(self, name: str, table: Table, key: str, kind: type[E], default: E) -> E:
        value = table.get(key, default)
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(str(one) for one in kind if one != Ask.NOTHING)
            self.fault(name, key, "unknown_code", f"{value} ({known})")
            return default


def parsed(text: str, path: Path) -> dict[str, Any]:
    """Return a file as tables; raises DataError that names the line where it stops being TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        at = int(found[1]) if found and found[1] else text.count("\n") + 1
        says = _('is not TOML here ({what}); texts stand in quotes, as in name = "value"')
        raise DataError(path, at, "", says.format(what=_AT.sub("", str(error)))) from error


def read_text(path: Path) -> str:
    """Return a file's text; raises DataError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        at = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(path, at, "", _("is not UTF-8 here; save the file as UTF-8")) from error
    except OSError as error:
        raise DataError(path, 0, "", error.strerror or str(error)) from error


def read_guide(
    path: Path, shared: Mapping[str, Table], lowering: Mapping[str, Lowering]
) -> tuple[Guide | None, tuple[DataError, ...]]:
    """Return the guide of a file and everything wrong with it; no guide when there is anything."""
    try:
        text = read_text(path)
        table = parsed(text, path)
    except DataError as error:
        return None, (error,)
    reading = Reading(text, shared)
    guide = reading.guide(table, str(path))
    faults = [*reading.faults, *(check(guide, lowering) if not reading.faults else ())]
    if not faults:
        return guide, ()
    found = [DataError(path, line_of(text, one.step, one.key), *worded(one)) for one in dict.fromkeys(faults)]
    return None, tuple(sorted(found, key=lambda one: one.line))


def line_of(text: str, step: str, key: str) -> int:
    """Return the line, from 1, on which a step's key is written, else the step's own, else 0."""
    inside, begins, nearest = not step, 0, 0
    name, option = key.partition(".")[::2]
    for number, written in enumerate(text.splitlines(), start=1):
        stripped = written.strip()
        if stripped.startswith("["):
            parts = [part.strip(" \"'") for part in stripped.strip("[] ").split(".")]
            inside = parts[:2] == ["steps", step] if step else False
            begins = begins or (number if inside else 0)
            if inside and len(parts) > 2 and parts[2] == name:
                nearest = nearest or number
        elif inside and re.match(rf"{re.escape(option or name or ' ')}\b\s*[.=]", stripped):
            return number
    return nearest or begins
