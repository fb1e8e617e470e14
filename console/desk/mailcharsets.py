"""Bytes of mails to text: charset names from an allow-list, encoded words, and a guess that never fails.

Python's codec registry is not for strangers' names: it holds `zlib`, `punycode` and `undefined`, imports modules by
the name given, and raises in many ways.
"""

from __future__ import annotations

import binascii
import re

_CODECS = {
    "utf8": "utf-8", "usascii": "ascii", "ascii": "ascii", "ansix341968": "ascii",
    "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf32": "utf-32",
    "iso88591": "cp1252", "latin1": "cp1252", "l1": "cp1252", "ansi": "cp1252", "cp819": "cp1252",
    "iso88592": "iso8859-2", "latin2": "iso8859-2", "iso88593": "iso8859-3", "iso88594": "iso8859-4",
    "iso88595": "iso8859-5", "iso88596": "iso8859-6", "iso88597": "iso8859-7", "iso88598": "iso8859-8",
    "iso88598i": "iso8859-8", "iso88599": "cp1254", "latin5": "cp1254", "iso885910": "iso8859-10",
    "iso885913": "iso8859-13", "iso885914": "iso8859-14", "iso885915": "iso8859-15", "latin9": "iso8859-15",
    "iso885916": "iso8859-16", "tis620": "cp874", "iso885911": "cp874", "windows874": "cp874",
    "koi8r": "koi8-r", "koi8u": "koi8-u", "macintosh": "mac-roman", "macroman": "mac-roman", "macce": "mac-latin2",
    "cp437": "cp437", "ibm437": "cp437", "cp850": "cp850", "ibm850": "cp850", "cp852": "cp852", "ibm852": "cp852",
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "gb18030": "gb18030", "big5": "big5",
    "big5hkscs": "big5hkscs",
    "shiftjis": "cp932", "sjis": "cp932", "cp932": "cp932", "windows31j": "cp932", "iso2022jp": "iso2022_jp",
    "eucjp": "euc_jp", "euckr": "cp949", "ksc56011987": "cp949", "ksc5601": "cp949", "cp949": "cp949",
    **{f"{prefix}{number}": f"cp{number}" for prefix in ("windows", "cp", "xcp") for number in range(1250, 1259)},
}  # fmt: skip
"""What we decode, by the name in small letters without signs. As browsers do, Latin-1 is read as Windows-1252."""

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_ENCODED_WORDS = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=(\s+(?==\?))?")
_Q_CODE = re.compile(rb"=([0-9A-Fa-f]{2})")


def codec_of(charset: str) -> str:
    """Return the codec for a charset's name as mails write it; empty for one we do not decode."""
    return _CODECS.get(_NOT_IN_NAMES.sub("", charset[:60].lower()), "")


def decoded(raw: bytes, charset: str = "") -> str:
    """Return `raw` as text: by the charset named, else as UTF-8, else as Windows-1252; never raises."""
    for codec in (codec_of(charset), "utf-8"):
        if codec:
            try:
                return raw.decode(codec)
            except UnicodeError:
                continue
    return raw.decode("cp1252", "replace")


def header_text(raw: str) -> str:
    """Return a header's value as people read it (RFC 2047), from how the parser keeps it; never raises.

    Raw bytes that came without any encoding are read as UTF-8, else as Windows-1252. Adjacent encoded words of one
    charset are decoded together, because some programs cut letters in two.
    """
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape")) if _is_escaped(raw) else raw
    out: list[str] = []
    pending, charset, place = b"", "", 0
    for found in _ENCODED_WORDS.finditer(raw):
        between = raw[place : found.start()]
        if pending and (between or found[1].lower() != charset):
            out.append(decoded(pending, charset))
            pending = b""
        out.append(between)
        charset, place = found[1].lower(), found.end()
        pending += _word_bytes(found[2], found[3])
    if pending:
        out.append(decoded(pending, charset))
    return "".join(out) + raw[place:]


def _is_escaped(raw: str) -> bool:
    """Return whether all that is not a character is a byte the parser could not decode."""
    try:
        raw.encode("utf-8", "surrogateescape")
    except UnicodeError:
        return False
    return True


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return _Q_CODE.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(raw.rstrip(b"=") + b"==")
    except binascii.Error:
        return raw
