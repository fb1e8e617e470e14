"""What a text says about when, before it is laid on a calendar: words and figures noted, contradictions refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from backends.clean import fold, line
from console.i18n import _
from console.rules.moment_words import Meaning, Sense, senses_of

_SHORT_UNITS = ("h", "heure", "heures")  # "10h" is a time in French and a span elsewhere
_FRENCH_HOURS = range(7, 22)  # in French "10h" is a time; "2h" can still be either
_NIGHT_HOURS = range(1, 7)  # nobody is promised anything at these: elsewhere "1h" is a span, "10h" can be either


class UnreadMoment(ValueError):
    """The text names no moment we can be sure of; `text` is what was typed, `advice` what to tell the operator."""

    def __init__(self, text: str, advice: str = "") -> None:
        self.text = line(text)
        self.advice = advice or _("Type for example: tomorrow 10, mon 9:30, in 2 h, 14.11. 9:00")
        super().__init__(f"{self.text}: {self.advice}")


class AmbiguousMoment(UnreadMoment):
    """The text can mean several moments; each of `choices` can be typed and means one."""

    def __init__(self, text: str, choices: tuple[str, ...]) -> None:
        self.choices = choices
        super().__init__(
            text, _("This can mean several things. Type one of: {choices}").format(choices="  ".join(choices))
        )


class PastMoment(UnreadMoment):
    """The text names a moment that is over; `at` is when, in UTC."""

    def __init__(self, text: str, at: datetime) -> None:
        self.at = at
        super().__init__(text, _("This is in the past. Name a later day or time."))


class NoSuchMoment(UnreadMoment):
    """The text names a day or a time that does not exist, such as the 31st of November."""

    def __init__(self, text: str) -> None:
        super().__init__(text, _("There is no such day or time."))


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: a count with its unit's letter, and the word that was typed for the unit."""

    count: float
    unit: str
    word: str = ""
    minutes: int = 0
    """Minutes written behind an hour, as in 1h30."""


@dataclass(frozen=True, slots=True)
class SaidDate:
    """A date as it was said, perhaps without its year; it need not exist."""

    year: int | None
    month: int
    day: int


_PIECE = re.compile(
    r"""(?P<iso>\d{4}-\d{1,2}-\d{1,2}(?!\d))(?:t(?=\d))?
      | (?P<date>\d{1,2}\.\ ?\d{1,2}\.(?:(?:\ ?\d{4}|\d{2})(?![\d:.]))?)
      | (?P<slash>\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d{2}))?(?![\d/]))
      | (?P<time>\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))
      | (?P<decimal>\d{1,4}[.,]\d{1,2}(?![\d.,:]))
      | (?P<ordinal>\d{1,2}(?:st|nd|rd|th|er)\b)
      | (?P<number>\d{1,4}(?!\d))
      | (?P<plus>\+)
      | (?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*'?)
      | (?P<skip>[\s,.;@()]+)
      | (?P<odd>.)""",
    re.VERBOSE,
)
_DOTTED_HALF = re.compile(r"\b([ap])\.\s?m\b\.?")


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield what the folded text consists of; a word that nobody knows is parted at its apostrophes and hyphens."""
    for found in _PIECE.finditer(_DOTTED_HALF.sub(r"\1m", fold(text))):
        kind = found.lastgroup or "odd"
        if kind == "skip":
            continue
        piece = found["iso"] if kind == "iso" else found[0]
        if kind == "word" and not senses_of([piece], 0, "en")[0]:
            yield from (_Piece("word", part) for part in re.findall(r"[^\W\d_]+'|[^\W\d_]+", piece))
        else:
            yield _Piece(kind, piece)


@dataclass(slots=True)
class Said:
    """Everything a text says about when, before it is laid on a calendar."""

    text: str
    language: str
    relative: bool = False
    at_hour: bool = False
    next: bool = False
    now: bool = False
    days: int | None = None
    weekday: int | None = None
    on: SaidDate | None = None
    next_unit: str = ""
    clock: tuple[int, int] | None = None
    part: int | None = None
    half: int | None = None
    spans: list[Span] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    dotted: tuple[int, int] | None = None

    def set(self, name: str, value: object) -> None:
        """Set what may be said once only; saying it twice differently makes no sense."""
        if getattr(self, name) not in (None, "", value):
            raise UnreadMoment(self.text)
        setattr(self, name, value)

    @property
    def names_a_day(self) -> bool:
        """Whether a day is said, be it by date, name or distance."""
        return (
            self.days is not None or self.weekday is not None or self.on is not None or bool(self.next_unit)
            or any(span.unit in "dwMy" for span in self.spans)
        )  # fmt: skip


class Reader:
    """Walks over the pieces once and notes what they say."""

    def __init__(self, text: str, language: str) -> None:
        self.said = Said(text, language)
        self.pieces = list(_pieces(text))
        self.words = [piece.text if piece.kind == "word" else "" for piece in self.pieces]
        self.position = 0

    def read(self) -> Said:
        """Return what the whole text says; raises UnreadMoment at a piece that says nothing we know."""
        while self.position < len(self.pieces):
            piece = self.pieces[self.position]
            getattr(self, f"_{piece.kind}")(piece.text)
        if self.said.next:
            raise UnreadMoment(self.said.text)
        return self.said

    def _senses(self) -> tuple[int, tuple[Sense, ...]]:
        return senses_of(self.words, self.position, self.said.language)

    def _take(self, meaning: Meaning) -> tuple[str, Sense] | None:
        """Return and step over the next piece if it can have this meaning in any language."""
        length, senses = senses_of(self.words, self.position, self.said.language, meaning)
        if not senses:
            return None
        word = self.words[self.position]
        if word == "w" and self._means(self.position + 1, Meaning.WEEKDAY, Meaning.NEXT, Meaning.PART):
            return None  # "10 w piątek": the Polish preposition and no week
        self.position += length
        return word, senses[0]

    def _means(self, position: int, *meanings: Meaning) -> bool:
        """Return whether the piece there has one of these meanings."""
        senses = senses_of(self.words, position, self.said.language)[1]
        return bool(senses) and senses[0].meaning in meanings

    def _take_number(self, digits: tuple[int, ...]) -> int | None:
        """Return and step over the next piece if it is a number of so many digits that no unit follows."""
        here = self.position
        if here >= len(self.pieces) or self.pieces[here].kind != "number" or len(self.pieces[here].text) not in digits:
            return None
        self.position += 1
        _length, senses = self._senses()
        if senses and senses[0].meaning is Meaning.UNIT:
            self.position = here
            return None
        return int(self.pieces[here].text)

    def _odd(self, _text: str) -> None:
        raise UnreadMoment(self.said.text)

    def _plus(self, _text: str) -> None:
        self.said.relative = True
        self.position += 1

    def _iso(self, text: str) -> None:
        year, month, day = map(int, text.split("-"))
        self.said.set("on", SaidDate(year, month, day))
        self.position += 1

    def _date(self, text: str) -> None:
        day, month, year = (int(part) if part.strip() else None for part in text.split("."))
        self.said.set("on", SaidDate(_whole_year(year), month or 0, day or 0))
        self.position += 1

    def _slash(self, text: str) -> None:
        first, second, *rest = map(int, text.split("/"))
        if second > 12 >= first:
            first, second = second, first
        elif self.said.language == "en" and first <= 12 and first != second:
            tail = f"{_whole_year(rest[0])}" if rest else ""
            raise AmbiguousMoment(self.said.text, (f"{first}.{second}.{tail}", f"{second}.{first}.{tail}"))
        self.said.set("on", SaidDate(_whole_year(rest[0] if rest else None), second, first))
        self.position += 1

    def _time(self, text: str) -> None:
        hour, minute = map(int, text.split(":")[:2])
        self.position += 1
        if self.said.relative and not self.said.spans:
            self.said.spans.append(Span(hour, "h", "h", minute))
        else:
            self.said.set("clock", (hour, minute))

    def _decimal(self, text: str) -> None:
        self.position += 1
        if unit := self._take(Meaning.UNIT):
            self.said.spans.append(Span(float(text.replace(",", ".")), str(unit[1].value), unit[0]))
        elif "," in text:
            raise UnreadMoment(self.said.text)
        else:
            whole, fraction = text.split(".")
            minutes = int(fraction) if len(fraction) == 2 else 99
            if minutes < 60:
                self.said.set("dotted", (int(whole), minutes))
            else:
                self.said.set("on", SaidDate(None, int(fraction), int(whole)))

    def _ordinal(self, text: str) -> None:
        self._count(int(text[:-2]))

    def _number(self, text: str) -> None:
        self._count(int(text), width=len(text))

    def _count(self, count: int, *, width: int = 2) -> None:
        """Note a number by what follows it: a unit, a month, a.m. or p.m., or nothing."""
        self.position += 1
        if unit := self._take(Meaning.UNIT):
            minutes = self._take_number((2,)) if unit[1].value == "h" else None
            self.said.spans.append(Span(count, str(unit[1].value), unit[0], minutes or 0))
        elif month := self._take(Meaning.MONTH):
            self.said.set("on", SaidDate(self._take_number((4,)), int(month[1].value), count))
        elif width >= 3:
            self.said.set("clock", divmod(count, 100))
            self.said.bare.append(-1)
        else:
            self.said.bare.append(count)

    def _word(self, text: str) -> None:
        length, senses = self._senses()
        if not length:
            raise UnreadMoment(self.said.text)
        first = senses[0]
        if first.meaning is Meaning.MONTH:
            self._month_first(int(first.value), text)
        elif first.meaning in (Meaning.NUMBER, Meaning.ONE) and self._is_count(length, first.meaning):
            self.position += length - 1
            self._count(int(first.value))
        else:
            for sense in senses:
                self._note(sense, text)
            self.position += length

    def _note(self, sense: Sense, word: str) -> None:
        said, value = self.said, sense.value
        match sense.meaning:
            case Meaning.UNIT:
                self._lone_unit(str(value), word)
            case Meaning.IN:
                said.relative = True
            case Meaning.AT | Meaning.ONE:
                said.at_hour = True
            case Meaning.NEXT:
                said.next = True
            case Meaning.NOW:
                said.now = True
            case Meaning.MINUTES:
                said.spans.append(Span(int(value), "m"))
            case Meaning.DAY:
                said.set("days", value)
            case Meaning.WEEKDAY:
                said.set("weekday", value)
                if self._is_next(Meaning.UNIT):
                    said.set("next_unit", "weekday")
            case Meaning.PART:
                said.set("part", value)
            case Meaning.HALF_OF_DAY:
                said.set("half", value)
            case _fill:
                pass

    def _is_count(self, length: int, meaning: Meaning) -> bool:
        """Return whether a number word counts a unit, or stands for an hour; an article must have its unit."""
        following = senses_of(self.words, self.position + length, self.said.language)[1]
        return meaning is Meaning.NUMBER or bool(following and following[0].meaning is Meaning.UNIT)

    def _lone_unit(self, unit: str, word: str) -> None:
        """Note a unit without a number: `next week`, `in week's time`, or the Italian `ore 10`."""
        if word == "w":  # the Polish preposition
            return
        following = self.pieces[self.position + 1].kind if self.position + 1 < len(self.pieces) else ""
        if self._is_next():
            self.said.set("next_unit", unit)
        elif unit == "h" and following in ("number", "time", "decimal"):
            self.said.at_hour = True
        elif self.said.relative:
            self.said.spans.append(Span(1, unit, word))
        else:
            raise UnreadMoment(self.said.text)

    def _is_next(self, *not_before: Meaning) -> bool:
        """Return whether `next` stands before this word or, as in `semaine prochaine`, behind it; use it up."""
        said_before, self.said.next = self.said.next, False
        if said_before:
            return True
        length, senses = senses_of(self.words, self.position + 1, self.said.language)
        if not senses or senses[0].meaning is not Meaning.NEXT or self._means(self.position + 1 + length, *not_before):
            return False
        del self.pieces[self.position + 1 : self.position + 1 + length]
        del self.words[self.position + 1 : self.position + 1 + length]
        return True

    def _month_first(self, month: int, word: str) -> None:
        """Note a month before its day, as in `Nov 14`, unless the word is a weekday elsewhere: `mar 9h`."""
        self.position += 1
        kind = self.pieces[self.position].kind if self.position < len(self.pieces) else ""
        if kind == "ordinal":
            day: int | None = int(self.pieces[self.position].text[:-2])
            self.position += 1
        else:
            day = self._take_number((1, 2))
        if day is not None:
            self.said.set("on", SaidDate(self._take_number((4,)), month, day))
            return
        weekday = senses_of([word], 0, self.said.language, Meaning.WEEKDAY)[1]
        if not weekday:
            raise UnreadMoment(self.said.text)
        self.said.set("weekday", weekday[0].value)


def _whole_year(year: int | None) -> int | None:
    return year + 2000 if year is not None and year < 100 else year


def settle(said: Said) -> None:
    """Decide what numbers mean that can be hours, days or spans; raises AmbiguousMoment where nothing decides."""
    names_hour = said.at_hour or said.names_a_day or said.part is not None or said.half is not None
    _settle_spans(said, names_hour=names_hour)
    if said.dotted is not None:
        _settle_dotted(said, names_hour=names_hour)
    numbers = [number for number in said.bare if number >= 0]
    if len(said.bare) > 1 or (said.bare and not numbers and not names_hour):
        raise UnreadMoment(said.text)
    if numbers:
        count = numbers[0]
        if not names_hour or (said.relative and not said.names_a_day):
            if count > 60:
                raise UnreadMoment(said.text)
            clock = () if said.relative or count > 23 else (f"{count}:00",)
            raise AmbiguousMoment(said.text, (*clock, f"+{count}min", f"+{count}h"))
        said.set("clock", (count, 0))


def _settle_spans(said: Said, *, names_hour: bool) -> None:
    """Decide whether `m` is minutes or months, and whether `10h` is a time or a span."""
    units = [span.unit for span in said.spans]
    if "?" in units and "h" not in units:
        count = next(int(span.count) for span in said.spans if span.unit == "?")
        raise AmbiguousMoment(said.text, (f"+{count}min", f"+{count}mo"))
    said.spans = [Span(span.count, "m") if span.unit == "?" else span for span in said.spans]
    if said.relative or units != ["h"]:
        return
    span = said.spans[0]
    whole = span.count == int(span.count) and span.count <= 24
    if not whole or (span.word not in _SHORT_UNITS and not names_hour):
        return
    hour, minute = int(span.count), span.minutes
    if not names_hour and said.language != "fr" and hour in _NIGHT_HOURS:
        return
    if not names_hour and not (said.language == "fr" and hour in _FRENCH_HOURS):
        raise AmbiguousMoment(said.text, (f"{hour % 24}:{minute:02}", f"+{hour}h{minute:02}"))
    said.spans.clear()
    said.set("clock", (hour, minute))


def _settle_dotted(said: Said, *, names_hour: bool) -> None:
    first, second = said.dotted or (0, 0)
    may_be_date = 1 <= second <= 12 and 1 <= first <= 31
    if names_hour or (first < 24 and not may_be_date):
        said.set("clock", (first, second))
    elif first >= 24 and may_be_date:
        said.set("on", SaidDate(None, second, first))
    elif may_be_date:
        raise AmbiguousMoment(said.text, (f"{first}:{second:02}", f"{first}.{second}."))
    else:
        raise NoSuchMoment(said.text)
