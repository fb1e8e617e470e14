"""What the terminal shows, and the fewest bytes that make it show something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import is_not, ne

from console.terminal.cells import PLAIN, Pen, Row, blank_row, is_doubtful, order_between

_WORTH_A_SCROLL = 40  # cells that a scroll must save; the orders for it take about 20 bytes
_FEW_ROWS = 3  # up to so many changed rows, a scroll is not looked for
_ERASE_FROM = 5  # blanks from which on erasing to the end of the line is shorter
_BLANK_RUN = 12  # blanks from which on erasing inside a line and stepping over is shorter
_LONG_BLANK = " " * _BLANK_RUN
_BRIDGE = 4  # unchanged cells that are written again rather than stepped over


class Canvas:
    """The picture on the terminal, kept up to date by `paint`.

    `erases_in_colour` says that erasing fills with the current background, and that single cells can be erased.
    """

    def __init__(self, width: int, height: int, *, erases_in_colour: bool = False) -> None:
        self.width = width
        self.height = height
        self._in_colour = erases_in_colour
        self._shown: list[Row | None] = [None] * height
        self._pen: Pen | None = None
        self._x: int | None = None
        """Column of the cursor, `width` after a character in the last one; None when it is not known."""
        self._y = 0
        self._out: list[str] = []

    def forget(self, *, cleared: bool = False) -> None:
        """Take nothing on the terminal for granted; with `cleared`, only blanks are on it."""
        self._shown = [blank_row(self.width) if cleared else None for _ in range(self.height)]
        self._pen = None
        self._x = None

    def paint(self, wanted: Sequence[Row], cursor: tuple[int, int]) -> str:
        """Return what to write so that the terminal shows `wanted`, with the cursor at (column, row) `cursor`."""
        self._out = []
        changed = [y for y in range(self.height) if self._shown[y] != wanted[y]]
        if len(changed) > _FEW_ROWS and None not in self._shown and self._scroll(wanted):
            changed = [y for y in range(self.height) if self._shown[y] != wanted[y]]
        for y in changed:
            self._paint_row(y, self._shown[y], wanted[y])
            self._shown[y] = wanted[y].copy()
        self._move(min(cursor[0], self.width - 1), min(cursor[1], self.height - 1))
        return "".join(self._out)

    # -- rows --------------------------------------------------------------------------------------------------

    def _paint_row(self, y: int, old: Row | None, new: Row) -> None:
        if old is None:
            changes = list(range(self.width))
        else:
            pairs = zip(old.characters, new.characters, old.pens, new.pens, strict=True)
            changes = [x for x, (a, b, p, q) in enumerate(pairs) if p is not q or a != b]
        tail = self._erasable_tail(new)
        in_tail = [x for x in changes if x >= tail]
        erase = len(in_tail) >= _ERASE_FROM
        if erase:
            changes = [x for x in changes if x < tail]
        for start, end in self._spans(changes, new):
            self._paint_span(y, start, end, new)
        if erase:
            self._move(in_tail[0], y)
            self._take(new.pens[-1])
            self._out.append("\x1b[K")

    def _erasable_tail(self, row: Row) -> int:
        """Return the column from which on the row is blank and can be erased."""
        last = row.pens[-1] if self.width else PLAIN
        x = self.width
        if not self._erases(last):
            return x
        characters, pens = row.characters, row.pens
        while x and characters[x - 1] == " " and pens[x - 1] is last:
            x -= 1
        return x

    def _erases(self, pen: Pen) -> bool:
        return pen.erasable and (self._in_colour or not pen.background)

    def _spans(self, changes: list[int], row: Row) -> list[tuple[int, int]]:
        """Join the changed columns to spans of whole characters, over short gaps of one pen."""
        if not changes:
            return []
        spans: list[tuple[int, int]] = []
        start, last = changes[0], changes[0]
        for x in changes:
            if x > last + 1 and not self._worth_bridging(last, x, row):
                spans.append((start, last + 1))
                start = x
            last = x
        spans.append((start, last + 1))
        return self._whole(spans, row) if "" in row.characters else spans

    @staticmethod
    def _worth_bridging(last: int, x: int, row: Row) -> bool:
        """Return whether writing what lies between two changes is no longer than stepping over it."""
        if x - last > _BRIDGE + 1:
            return False
        between, pens, pen = row.characters[last + 1 : x], row.pens, row.pens[last]
        return "" not in between and "".join(between).isascii() and all(pens[b] is pen for b in range(last + 1, x))

    def _whole(self, spans: list[tuple[int, int]], row: Row) -> list[tuple[int, int]]:
        """Widen the spans so that no wide character is cut."""
        characters = row.characters
        whole: list[tuple[int, int]] = []
        for first, stop in spans:
            start = first - 1 if characters[first] == "" and first else first
            end = stop + 1 if stop < self.width and characters[stop] == "" else stop
            if whole and start < whole[-1][1]:
                start = whole.pop()[0]
            whole.append((start, end))
        return whole

    def _paint_span(self, y: int, start: int, end: int, row: Row) -> None:
        """Write columns `start` to `end`, one run of a pen after the other."""
        self._move(start, y)
        characters, pens, out = row.characters, row.pens, self._out
        x = start
        while x < end:
            pen = pens[x]
            stop = x + 1
            while stop < end and pens[stop] is pen:
                stop += 1
            run = characters[x:stop]
            text = "".join(run)
            if _is_plain(run, text) and _LONG_BLANK not in text:
                self._take(pen, blank=text.isspace())
                out.append(text)
                self._x, self._y = stop, y
            else:
                self._paint_mixed(y, x, stop, row, last=stop == end)
            x = stop

    def _paint_mixed(self, y: int, start: int, end: int, row: Row, *, last: bool) -> None:
        """Write a run that holds wide or doubtful characters, or blanks that are shorter to erase."""
        characters, pen, out = row.characters, row.pens[start], self._out
        erases = self._in_colour and pen.erasable
        x = start
        while x < end:
            character = characters[x]
            if erases and character == " ":
                run = _blank_run(characters, x, end)
                if run >= _BLANK_RUN:
                    self._take(pen)
                    out.append(f"\x1b[{run}X")
                    x += run
                    if x < end or not last:
                        self._move(x, y)
                    continue
            self._take(pen, blank=character == " ")
            width = 2 if x + 1 < self.width and characters[x + 1] == "" else 1
            x += width
            if character.isascii() or not is_doubtful(character):
                out.append(character)
                self._x, self._y = x, y
            else:
                self._paint_doubtful(character, x - width, y, width)

    def _paint_doubtful(self, character: str, x: int, y: int, width: int) -> None:
        """Blank the cells, write, and place the cursor: right however wide the terminal takes it to be."""
        self._out.append(" " * width)
        self._x = None
        self._move(x, y)
        self._out.append(character)
        self._x = None
        if x + width < self.width:
            self._move(x + width, y)

    # -- pen and cursor ----------------------------------------------------------------------------------------

    def _take(self, pen: Pen, *, blank: bool = False) -> None:
        now = self._pen
        if now is pen or (blank and now is not None and now.for_blanks is pen):
            return
        self._out.append(order_between(now, pen))
        self._pen = pen

    def _move(self, x: int, y: int) -> None:
        now = self._x
        if now == x and self._y == y:
            return
        self._out.append(self._way(now, x, y))
        self._x, self._y = x, y

    def _way(self, now: int | None, x: int, y: int) -> str:
        """Return the shortest order that leads the cursor to column `x` of row `y`."""
        if now is not None and x == 0 and y in (self._y, self._y + 1):
            return "\r" if y == self._y else "\r\n"
        if now is not None and now < self.width:
            if y == self._y:
                if x > now:
                    return f"\x1b[{x - now}C" if x - now > 1 else "\x1b[C"
                return "\b" * (now - x) if now - x < 4 else f"\x1b[{now - x}D"
            if x == now:
                step = abs(y - self._y)
                return f"\x1b[{step if step > 1 else ''}{'B' if y > self._y else 'A'}"
        if x == 0:
            return f"\x1b[{y + 1}H" if y else "\x1b[H"
        return f"\x1b[{y + 1};{x + 1}H"

    # -- scrolling ---------------------------------------------------------------------------------------------

    def _scroll(self, wanted: Sequence[Row]) -> bool:
        """Move lines that are on the screen already, when that saves enough; return whether it was done."""
        shown = [row for row in self._shown if row is not None]
        best: tuple[int, int, int, int] | None = None
        for shift in _likely_shifts(shown, wanted):
            gain, top, bottom = _best_region(shown, wanted, shift)
            if gain > _WORTH_A_SCROLL and (best is None or gain > best[0]):
                best = (gain, shift, top, bottom)
        if best is None:
            return False
        _, shift, top, bottom = best
        self._take(PLAIN)  # lines that come in are blank; some terminals would fill them with the background
        self._out.append(f"\x1b[{top + 1};{bottom + 1}r" + _scroll_orders(shift, top, bottom) + "\x1b[r")
        self._x = None  # terminals disagree on where a reset of the margins leaves the cursor
        fresh: list[Row | None] = [blank_row(self.width) for _ in range(abs(shift))]
        region = self._shown[top : bottom + 1]
        self._shown[top : bottom + 1] = region[shift:] + fresh if shift > 0 else fresh + region[:shift]
        return True


def _is_plain(run: list[str], text: str) -> bool:
    """Return whether every cell of `run` is one character, one column wide on any terminal."""
    if text.isascii():
        return True
    return len(text) == len(run) and "" not in run and max(text) < "\U0001f000"


def _blank_run(characters: list[str], x: int, end: int) -> int:
    stop = x
    while stop < end and characters[stop] == " ":
        stop += 1
    return stop - x


def _scroll_orders(shift: int, top: int, bottom: int) -> str:
    """Return the orders that move the lines of the region up by `shift`, down when it is negative."""
    if shift > 0:
        return f"\x1b[{bottom + 1}H" + "\n" * shift if shift < 4 else f"\x1b[{top + 1}H\x1b[{shift}M"
    return f"\x1b[{top + 1}H" + ("\x1bM" * -shift if shift > -3 else f"\x1b[{-shift}L")


def _likely_shifts(shown: Sequence[Row], wanted: Sequence[Row]) -> list[int]:
    """Return the one or two shifts by which most changed lines are found elsewhere on the screen."""
    votes: Counter[int] = Counter()
    half = len(shown[0].characters) // 2 if shown else 0
    for part in (slice(None, half), slice(half, None)):
        places: dict[str, int] = {}
        for y, row in enumerate(shown):
            text = "".join(row.characters[part])
            if not text.isspace():
                places[text] = -1 if text in places else y
        for y, row in enumerate(wanted):
            if row.characters[part] == shown[y].characters[part]:
                continue
            found = places.get("".join(row.characters[part]), -1)
            if found not in (-1, y):
                votes[found - y] += 1
    return [shift for shift, count in votes.most_common(2) if count > 1]


def _best_region(shown: Sequence[Row], wanted: Sequence[Row], shift: int) -> tuple[int, int, int]:
    """Return the cells that the best scroll by `shift` saves, and the first and last line of its region."""
    height = len(shown)
    best, best_from, best_to = 0, 0, 0
    total, start = 0, 0
    for y in range(max(0, -shift), min(height, height - shift)):
        if total <= 0:
            total, start = 0, y
        total += _difference(shown[y], wanted[y]) - _difference(shown[y + shift], wanted[y])
        if total > best:
            best, best_from, best_to = total, start, y
    if not best:
        return 0, 0, 0
    top, bottom = (best_from, best_to + shift) if shift > 0 else (best_from + shift, best_to)
    coming_in = range(best_to + 1, bottom + 1) if shift > 0 else range(top, best_from)
    for y in coming_in:
        written = sum(cell != " " for cell in wanted[y].characters)
        best += _difference(shown[y], wanted[y]) - written
    return best, top, bottom


def _difference(old: Row, new: Row) -> int:
    other: int = 0 if old.characters == new.characters else sum(map(ne, old.characters, new.characters))
    repainted: int = 0 if old.pens == new.pens else sum(map(is_not, old.pens, new.pens))
    return other + repainted // 4
