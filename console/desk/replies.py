"""Parting a mail's text into what the customer wrote now, what is quoted from before, and the signature.

Knows how mail programs quote in English, Italian, French, Polish, Swedish and German. In doubt a line is the
customer's own: nothing is dropped, each line is in exactly one of the three parts, and a text that seems to be quoted
from end to end is taken as new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Reply:
    """A text in three parts; each line is in one of them, in its order. `new` is empty for an empty text only."""

    new: str
    quoted: str = ""
    signature: str = ""


class _Part(Enum):
    NEW = auto()
    QUOTED = auto()
    INTRODUCTION = auto()
    """The line that says who wrote what follows."""
    SIGNATURE = auto()


_LONGEST_INTRODUCTION = 3  # lines that mail programs wrap "On … wrote:" into
_LONGEST_LINE = 400
_SIGNATURE_LINES = 12  # more than that below a dash line are words, not a signature
_SHORT_QUOTE = 6  # lines kept as context around an answer

_INTRODUCTIONS = re.compile(
    r"""(?:
        (?:On|\w{3,9}day,?)\b .* \b wrote
      | Il\b .* \b ha\ scritto
      | Le\b .* \b a\ écrit
      | (?:W\ dniu|W\ dn\.|Dnia|(?:pon|wt|śr|czw|pt|sob|niedz?|nd)\.?,|\d) .* \b (?:napisał\w*(?:\(a\))?|pisze)
      | Wiadomość\ napisana\ przez\b .*
      | (?:Den|\d{1,4}) \b .* \b skrev\b .*
      | (?:Am|\w+,\ (?:den\ )?\d) .* \b schrieb\b .*
      | [^:]{1,80} <[^<>\s]+@[^<>\s]+> \s* (?:wrote|ha\ scritto|a\ écrit|napisał\w*(?:\(a\))?|skrev|schrieb) .*
      | \d{4}-\d\d-\d\d\ \d{1,2}:\d\d .* <[^<>\s]+@[^<>\s]+>
    ) \s* :""",
    re.VERBOSE | re.IGNORECASE,
)
_BEGINS_INTRODUCTION = re.compile(
    r"(?:On|Il|Le|W dniu|W dn\.|Dnia|Wiadomość napisana|Den|Am|\w{2,10}[.,]+ |\d|[^:<>]{1,80}<\S+@)",
    re.IGNORECASE,
)
_TELLS_TIME_OR_ADDRESS = re.compile(r"\d{1,2}[:.h]\d{2}|\S@\S")

_SEPARATORS = re.compile(
    r"""(?: [-_*=–—]{2,} \s* (?:
          original\ message | forwarded\ message | messaggio\ (?:originale|inoltrato)
        | message\ (?:d['’]origine|original|transf[ée]r[ée])
        | wiadomość\ (?:oryginalna|przekazana) | (?:oryginalna|przekazana|przekazywana)\ wiadomość
        | ursprungligt\ meddelande | originalmeddelande | vidarebefordrat\ meddelande
        | ursprüngliche\ nachricht | original[- ]?nachricht | weitergeleitete\ nachricht
        ) \s* [-_*=–—]{2,}
      | begin\ forwarded\ message: | inizio\ messaggio\ inoltrato: | début\ du\ message\ (?:transféré|réexpédié)\s?:
      | początek\ przekazywanej\ wiadomości: | vidarebefordrat\ brev: | anfang\ der\ weitergeleiteten\ nachricht:
    )""",
    re.VERBOSE | re.IGNORECASE,
)

_RULE = re.compile(r"[_\-–—=*]{5,}")
_HEADERS = {
    name: kind
    for kind, names in {
        "from": "from da de od från von expéditeur mittente avsändare nadawca",
        "sent": "sent date inviato data envoyé wysłano wysłane skickat datum gesendet",
        "to": "to a à do till an pour destinatario destinataire",
        "copy": "cc dw kopia copia",
        "subject": "subject oggetto objet temat ämne betreff sujet",
    }.items()
    for name in names.split()
}
_HEADER = re.compile(r"[>\s]*\*{0,2}(\w{1,14})\s?:\*{0,2}(?:\s|$)")
_HEADER_BLOCK_LINES = 9

_DEVICE = (
    r"(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|pixel|oneplus|nokia|sony|motorola|blackberry|windows|mobile|"
    r"mobil|phone|smartphone|telefon\w*|handy|outlook|yahoo|gmail|proton|mail|mobilen?|cellulare|telefonino|t[ée]l[ée]phone|"
    r"smartfon\w*|libero|orange|wp|onet|o2)"
)
_MOBILE_SIGNATURE = re.compile(
    r"(?:sent (?:from|via) (?:my |the )?|inviato (?:da |dal |dall['’])(?:mio |la mia )?|"
    r"envoyé (?:de(?:puis)? |à partir d['’]|avec )(?:mon |ma |un |l['’])?|wys[łl]an[oea] z (?:mojego |mojej )?|"
    r"skickat från (?:min |mitt )?|von mein\w* |gesendet von (?:mein\w* )?|skickades från )"
    rf"{_DEVICE}(?:['’]?[ae])?(?:[ -](?:{_DEVICE}|for \w+|per \w+|pour \w+|för \w+|dla \w+|für \w+|"
    r"gesendet|device|\d+\w*|pro|app))*\.?"
    r"|(?:get|scarica|télécharge[rz]|obtenir|pobierz(?: aplikację)?|hämta|skaffa) outlook "
    r"(?:for|per|pour|dla|för) .{2,30}"
    r"|outlook für .{2,30} beziehen",
    re.IGNORECASE,
)


def split_reply(text: str) -> Reply:
    """Return the parts of a mail's plain text.

    Answers written between quoted lines stay together with the lines they answer. Blank lines at the ends of a part
    are left out; no other line is lost or changed.
    """
    lines = text.split("\n")
    parts = _parts(lines)
    _keep_context(lines, parts)
    _find_signatures(lines, parts)
    new, quoted, signature = (
        _joined(lines, parts, wanted)
        for wanted in ((_Part.NEW,), (_Part.QUOTED, _Part.INTRODUCTION), (_Part.SIGNATURE,))
    )
    if not new:
        return Reply(_trimmed(lines))
    return Reply(new, quoted, signature)


def _joined(lines: list[str], parts: list[_Part], wanted: tuple[_Part, ...]) -> str:
    return _trimmed([line for line, part in zip(lines, parts, strict=True) if part in wanted])


def _trimmed(lines: list[str]) -> str:
    first = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    last = next((place for place in range(len(lines), first, -1) if lines[place - 1].strip()), first)
    return "\n".join(lines[first:last])


def _is_quote(line: str) -> bool:
    return line.lstrip(" ").startswith(">")


def _next_said(lines: list[str], start: int) -> int:
    """Return the place of the first line from `start` on that is not blank."""
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start


def _parts(lines: list[str]) -> list[_Part]:
    """Return for each line whether it is new or quoted, before inline answers and signatures are looked at."""
    parts = [_Part.QUOTED if _is_quote(line) else _Part.NEW for line in lines]
    place = 0
    while place < len(lines):
        if parts[place] is _Part.NEW and lines[place].strip():
            if _begins_history(lines, place):
                parts[place:] = [_Part.QUOTED] * (len(lines) - place)
                break
            if length := _introduction(lines, place):
                parts[place : place + length] = [_Part.INTRODUCTION] * length
                following = _next_said(lines, place + length)
                if following < len(lines) and not _is_quote(lines[following]):
                    parts[place + length :] = [_Part.QUOTED] * (len(lines) - place - length)
                    break
                parts[place + length : following] = [_Part.QUOTED] * (following - place - length)
                place = following - 1
        place += 1
    return parts


def _introduction(lines: list[str], place: int) -> int:
    """Return how many lines from `place` on say that somebody wrote what follows; 0 for none.

    Where no quoted line follows, a time or an address must be in it: customers, too, write "on 12 November you wrote:".
    """
    if not _BEGINS_INTRODUCTION.match(lines[place].strip()):
        return 0
    joined = ""
    for length in range(1, _LONGEST_INTRODUCTION + 1):
        if place + length > len(lines):
            return 0
        line = lines[place + length - 1].strip()
        if not line or _is_quote(line) or (length > 1 and not re.search(r"\d|<", lines[place])):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > _LONGEST_LINE:
            return 0
        if _INTRODUCTIONS.fullmatch(joined):
            following = _next_said(lines, place + length)
            quoted = following < len(lines) and _is_quote(lines[following])
            sure = re.search(r"\d", joined) if quoted else _TELLS_TIME_OR_ADDRESS.search(joined)
            return length if sure or (quoted and "@" in joined) else 0
    return 0


def _begins_history(lines: list[str], place: int) -> bool:
    """Return whether from this line on all is quoted without marks: after a separator, or a block of headers."""
    line = lines[place].strip()
    if len(line) > _LONGEST_LINE:
        return False
    if _SEPARATORS.fullmatch(line):
        return True
    if _RULE.fullmatch(line):
        following = _next_said(lines, place + 1)
        return following < len(lines) and _is_header_block(lines, following)
    return _is_header_block(lines, place)


def _is_header_block(lines: list[str], place: int) -> bool:
    """Return whether here begins what Outlook puts above an older mail: From, Sent, To, Subject."""
    found = _HEADER.match(lines[place])
    if found is None or _HEADERS.get(found[1].lower()) != "from":
        return False
    block: list[str] = []
    for line in lines[place : place + _HEADER_BLOCK_LINES]:
        if not line.strip():
            break
        block.append(line[:_LONGEST_LINE])
    named = {_HEADERS.get(found[1].lower()) for line in block[1:] if (found := _HEADER.match(line))}
    return len(named & {"sent", "to", "subject"}) >= 2 and ("subject" in named or any("@" in line for line in block))


def _keep_context(lines: list[str], parts: list[_Part]) -> None:
    """Make quoted lines part of the new text where the customer answered between them."""
    said = [(place, part) for place, part in enumerate(parts) if lines[place].strip()]
    blocks = [(part, [place for place, _part in group]) for part, group in groupby(said, key=lambda item: item[1])]
    blocks = [block for block in blocks if block[0] is not _Part.INTRODUCTION]
    quotes = [order for order, (part, _places) in enumerate(blocks) if part is _Part.QUOTED]
    answers = [order for order, (part, _places) in enumerate(blocks) if part is _Part.NEW]
    if not quotes or not answers or answers[-1] < quotes[0]:
        return
    answered = [order for order in quotes if order < answers[-1]]
    short = len(answered) == 1 and answered[0] > 0 and len(blocks[answered[0]][1]) <= _SHORT_QUOTE
    if len(answered) < 2 and not short:
        return
    for order in answered:
        for place in blocks[order][1]:
            parts[place] = _Part.NEW


def _find_signatures(lines: list[str], parts: list[_Part]) -> None:
    """Mark what stands below a dash line, and what telephones add by themselves at the end of the new text."""
    for place, line in enumerate(lines):
        if parts[place] is _Part.NEW and line.rstrip() == "--":
            end = _signature_end(lines, parts, place)
            parts[place:end] = [_Part.SIGNATURE] * (end - place)
    for place in range(len(lines) - 1, -1, -1):
        if parts[place] is not _Part.NEW or not lines[place].strip():
            continue
        line = lines[place].strip()
        if len(line) > _LONGEST_LINE or not _MOBILE_SIGNATURE.fullmatch(line):
            break
        parts[place] = _Part.SIGNATURE


def _signature_end(lines: list[str], parts: list[_Part], start: int) -> int:
    """Return the place behind the signature that begins at `start`; `start` itself when it is too long for one."""
    said = 0
    for place in range(start + 1, len(lines)):
        if parts[place] is not _Part.NEW:
            return place
        said += bool(lines[place].strip())
        if said > _SIGNATURE_LINES:
            return start
    return len(lines)
