"""What is wrong with a guide, before a caller hears it: dead ends, steps nobody reaches, sentences that are missing.

A guide that lowers the customer's protection is refused: no firewall is switched off to find a fault (R28).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backends.clean import fold
from console.rules.guide_conditions import ANSWER, Condition
from console.rules.guides import ADVICE_ANSWERS, CHOSEN, PLACES, Ask, EndKind, Guide, Step, Words, may_become


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: at which step and key (empty for the guide itself), what (a code), and with which word."""

    step: str
    key: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Lowering:
    """Beginnings of words in one language that, in one sentence, take a protection away: `takes` and `protects`.

    Each entry is one word or several; several must all occur, in any order.
    """

    takes: tuple[str, ...]
    protects: tuple[str, ...]


_PLACE = re.compile(r"\{([^{}]*)\}")
_SENTENCE = re.compile(r"[.!?;:\n]+")


def check(guide: Guide, lowering: Mapping[str, Lowering] | None = None) -> tuple[Fault, ...]:
    """Return all faults of a guide, in the order of its steps; none means that every way through it ends."""
    found = [*_of_guide(guide)]
    for step in guide.steps.values():
        found += _of_step(guide, step)
    sound = guide.start in guide.steps and not any(one.code == "unknown_target" for one in found)
    if sound:
        found += _of_ways(guide)
    for name, key, words in _all_words(guide):
        found += [Fault(name, key, "lowers_protection", text) for text in _lowers(words, lowering or {})]
    order = {name: place for place, name in enumerate(guide.steps, start=1)}
    return tuple(sorted(found, key=lambda one: order.get(one.step, 0)))


def _of_guide(guide: Guide) -> Iterator[Fault]:
    if guide.start not in guide.steps:
        yield Fault("", "start", "unknown_target", guide.start)
    yield from _languages(guide, "", "title", guide.title)
    if guide.subject:
        yield from _languages(guide, "", "subject", guide.subject)
        yield from _places(guide, "", "subject", guide.subject)
    for key, words in (("held", guide.held), ("held_denied", guide.held_denied)):
        if words:
            yield from _languages(guide, "", key, words)
            yield from _places(guide, "", key, words)


def _of_step(guide: Guide, step: Step) -> Iterator[Fault]:
    for target in step.targets():
        if target not in guide.steps:
            yield Fault(step.id, "goto", "unknown_target", target)
    yield from _texts(guide, step)
    yield from _answers(guide, step)
    if step.end is not None and (step.options or step.branches or (step.goto and not step.when.checks)):
        yield Fault(step.id, "end", "goes_on")
    if step.end is None and not any(step.targets()):
        yield Fault(step.id, "goto", "dead_end")
    elif (step.when.checks or step.ask is Ask.LINE) and not step.goto:
        yield Fault(step.id, "goto", "nowhere_without")
    elif step.end is None and not step.goto and not _all_lead_on(step):
        yield Fault(step.id, "goto", "dead_end")
    for condition in (step.when, *(branch.when for branch in step.branches)):
        yield from _condition(guide, step, condition)


def _all_lead_on(step: Step) -> bool:
    """Return whether each answer has a way of its own, so that the step needs none."""
    led = {option.code for option in step.options if option.goto}
    return bool(step.codes) and step.needed and led >= set(step.codes)


def _texts(guide: Guide, step: Step) -> Iterator[Fault]:
    yield from _languages(guide, step.id, "words", step.words)
    if step.is_question or step.label:
        yield from _languages(guide, step.id, "label", step.label)
    if step.hint:
        yield from _languages(guide, step.id, "hint", step.hint)
    for option in step.options:
        if option.label or step.ask is Ask.CHOICE:
            yield from _languages(guide, step.id, f"options.{option.code}", option.label)
    for key, words in (("words", step.words), ("hint", step.hint)):
        yield from _places(guide, step.id, key, words)


def _answers(guide: Guide, step: Step) -> Iterator[Fault]:
    if step.ask is Ask.CHOICE and len(step.options) < 2:
        yield Fault(step.id, "options", "few_options")
    if step.options and step.ask not in CHOSEN:
        yield Fault(step.id, "options", "not_chosen")
    codes = [option.code for option in step.options]
    for code in sorted({one for one in codes if codes.count(one) > 1}):
        yield Fault(step.id, "options", "twice", code)
    known = {Ask.YES_NO: ("yes", "no"), Ask.ADVICE: ADVICE_ANSWERS}.get(step.ask)
    for code in codes:
        if known is not None and code not in known:
            yield Fault(step.id, "options", "unknown_answer", code)
    if not may_become(step.becomes):
        yield Fault(step.id, "becomes", "unknown_field", step.becomes)
    if step.side not in ("", "customer"):
        yield Fault(step.id, "side", "unknown_side", step.side)
    if step.limits.pattern:
        try:
            re.compile(step.limits.pattern)
        except re.error:
            yield Fault(step.id, "pattern", "pattern", step.limits.pattern)
    if step.end is not None and step.ask is not Ask.NOTHING:
        yield Fault(step.id, "end", "goes_on")
    asks_for_outage = any(one.name == "outage" and not one.negated for one in step.when.checks)
    if step.end is not None and step.end.kind is EndKind.ATTACH and not asks_for_outage:
        yield Fault(step.id, "end", "attach_without_outage")


def _condition(guide: Guide, step: Step, condition: Condition) -> Iterator[Fault]:
    for one in condition.checks:
        if not one.step:
            continue
        asked = guide.steps.get(one.step)
        if asked is None:
            yield Fault(step.id, "when", "unknown_step", f"{ANSWER}{one.step}")
        elif one.relation in ("=", "!=") and asked.codes and one.value not in asked.codes:
            yield Fault(step.id, "when", "unknown_answer", one.value)


def _languages(guide: Guide, step: str, key: str, words: Words) -> Iterator[Fault]:
    for language in guide.languages:
        if not words.get(language, "").strip():
            yield Fault(step, key, "missing_language", language)
    for language in words:
        if language not in guide.languages:
            yield Fault(step, key, "unknown_language", language)


def _places(guide: Guide, step: str, key: str, words: Words) -> Iterator[Fault]:
    named = {name for text in words.values() for name in _PLACE.findall(text)}
    for name in sorted(named):
        if name not in PLACES and name not in guide.steps:
            yield Fault(step, key, "unknown_place", name)


# ways through -------------------------------------------------------------------------------------------------------


def _of_ways(guide: Guide) -> Iterator[Fault]:
    reached = _reached({name: tuple(step.targets()) for name, step in guide.steps.items()}, [guide.start])
    for name in guide.steps:
        if name not in reached:
            yield Fault(name, "", "unreachable")
    backwards: dict[str, list[str]] = {name: [] for name in guide.steps}
    for name, step in guide.steps.items():
        for target in step.targets():
            backwards[target].append(name)
    ending = _reached(backwards, [name for name, step in guide.steps.items() if step.end is not None])
    for name, step in guide.steps.items():
        if name in reached and name not in ending and any(step.targets()):
            yield Fault(name, "goto", "never_ends")
    yield from _circles(guide)


def _reached(ways: Mapping[str, Sequence[str]], starts: Sequence[str]) -> set[str]:
    reached: set[str] = set()
    ahead = list(starts)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += ways[name]
    return reached


def _circles(guide: Guide) -> Iterator[Fault]:
    """Yield the steps from which the way comes back without anybody being asked anything."""
    silent: dict[str, tuple[str, ...]] = {}
    for name, step in guide.steps.items():
        passed = bool(step.when.checks) or step.ask is Ask.LINE
        silent[name] = tuple(step.targets()) if not step.is_question or passed else ()
    for name in guide.steps:
        if name in _reached(silent, silent[name]):
            yield Fault(name, "goto", "circle")


# protection (R28) ---------------------------------------------------------------------------------------------------


def _all_words(guide: Guide) -> Iterator[tuple[str, str, Words]]:
    yield "", "title", guide.title
    yield "", "subject", guide.subject
    yield "", "held", guide.held
    yield "", "held_denied", guide.held_denied
    for step in guide.steps.values():
        yield step.id, "words", step.words
        yield step.id, "label", step.label
        yield step.id, "hint", step.hint
        for option in step.options:
            yield step.id, f"options.{option.code}", option.label


def _lowers(words: Words, lowering: Mapping[str, Lowering]) -> Iterator[str]:
    """Yield the sentences that ask for less protection; any language's words count, whatever the text claims to be."""
    protects = _any_of(tuple(phrase for one in lowering.values() for phrase in one.protects))
    for text in words.values():
        folded = fold(text)
        if protects is None or not protects.search(folded):
            continue  # hardly any sentence names a protection at all
        for sentence in _SENTENCE.split(text):
            tokens = re.findall(r"[\w'-]+", fold(sentence))
            if any(_any(one.takes, tokens) and _any(one.protects, tokens) for one in lowering.values()):
                yield sentence.strip()


@lru_cache(maxsize=8)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what finds the first word of any of the phrases, None for none."""
    firsts = sorted({phrase.split()[0] for phrase in phrases if phrase.split()})
    return re.compile("|".join(map(re.escape, firsts))) if firsts else None


def _any(phrases: Sequence[str], tokens: Sequence[str]) -> bool:
    return any(all(any(token.startswith(part) for token in tokens) for part in one.split()) for one in phrases)
