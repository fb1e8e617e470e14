"""A mail as received, read into what the console shows: who, when, about what, what was said now, what came with it.

Mails are the most hostile of all inputs. Reading one never raises: what is broken is read as far as it goes and noted
in `defects`. All text is cleaned; the raw mail is the caller's to keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from backends.clean import block, line
from backends.htmltext import html_to_text
from console.desk.mailcharsets import codec_of, decoded, header_text
from console.desk.replies import split_reply

MOST_ATTACHMENTS = 200
"""Attachments that are read of one mail; the rest is noted as a defect."""

_MOST_ADDRESSES = 500
_MOST_REFERENCES = 200
_MOST_COMPARISONS = 20_000_000  # the parser holds each line against the boundary of each level it is in
_LONGEST_HEADER = 20_000
_LONGEST_NAME = 120

_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]{1,200}@[^\s<>,;:\"()\[\]]{1,255}")
_NOT_IN_FILE_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\u2400-\u2426\ufffd]')
_ROBOTS = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)
_EXTENSIONS = {
    "text/html": "html", "text/plain": "txt", "text/calendar": "ics", "image/jpeg": "jpg", "image/png": "png",
    "image/gif": "gif", "image/tiff": "tiff", "application/pdf": "pdf", "message/rfc822": "eml",
    "message/delivery-status": "txt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A name, perhaps empty, and an address in small letters; the address is empty where none could be read."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file that came with a mail. The name is fit to be shown, never to be used as a path."""

    name: str
    content_type: str
    payload: bytes
    inline: bool = False
    """True for a picture that the HTML text shows."""

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.payload)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, cleaned. Identifiers are without their angle brackets."""

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    """Oldest first; does not hold `in_reply_to` unless the mail lists it here as well."""
    date: datetime | None
    """In UTC; None where it could not be read. A date without a zone is taken for UTC and noted as a defect."""
    date_text: str
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    body: str
    """All of the text, plain text before HTML."""
    new_text: str
    """What was written now: the body without what it quotes and without its signature."""
    quoted: str
    signature: str
    attachments: tuple[MailAttachment, ...]
    automatic: bool
    """Written by a machine: an absence notice, a bounce, a mass mailing; never to be answered by one."""
    defects: tuple[str, ...]
    """Codes of what was broken, for the import's report: `charset`, `date`, `structure`, …"""


class _ShortHeaders(Compat32):
    """Keeps the beginning of endless headers only: parsing their parameters takes time by the square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_POLICY = _ShortHeaders()


class _Reading:
    """One mail while it is read."""

    def __init__(self, raw: bytes) -> None:
        self.defects: dict[str, None] = {}
        self.attachments: list[MailAttachment] = []
        self.raw = raw
        self.message = self._parsed(raw)
        self._headers: dict[str, list[str]] = {}
        for name, value in self.message.raw_items():
            self._headers.setdefault(name.lower(), []).append(str(value))

    def note(self, defect: str) -> None:
        """Note that something was broken."""
        self.defects[defect] = None

    def _parsed(self, raw: bytes) -> Message:
        parser = BytesParser(policy=_POLICY)
        try:
            tangled = raw.count(b"boundary") * raw.count(b"\n") > _MOST_COMPARISONS
            message = parser.parsebytes(raw, headersonly=tangled)
        except Exception:  # whatever the parser trips over, levels beyond its recursion included
            tangled = True
            message = self._headers_only(raw)
        if tangled or message.defects:
            self.note("structure")
        return message

    def _headers_only(self, raw: bytes) -> Message:
        try:
            return BytesParser(policy=_POLICY).parsebytes(raw, headersonly=True)
        except Exception:  # nothing of it is a mail
            message = Message()
            message.set_payload(decoded(raw))
            return message

    def headers(self, name: str) -> list[str]:
        """Return the raw values of all headers of this name."""
        return self._headers.get(name, [])

    def header(self, name: str) -> str:
        """Return the first header of this name, decoded, on one line; empty when there is none."""
        values = self.headers(name)
        return line(header_text(values[0]), limit=2_000) if values else ""

    def identifiers(self, name: str) -> tuple[str, ...]:
        """Return what stands in angle brackets in the headers of this name, each once."""
        found = (line(each) for value in self.headers(name) for each in _MESSAGE_ID.findall(header_text(value)))
        return tuple(dict.fromkeys(each for each in found if each))[-_MOST_REFERENCES:]

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Return the addresses in all headers of this name."""
        values = [" ".join(value.split()) for value in self.headers(name)]
        try:
            pairs = getaddresses(values)[:_MOST_ADDRESSES]
        except Exception:  # quoting that the parser does not expect
            self.note("address")
            pairs = []
        if not any(_ADDRESS.fullmatch(address) for _name, address in pairs):
            text = header_text(" ".join(values))
            if not text or text.endswith(";"):  # an empty group: undisclosed recipients
                return ()
            self.note("address")
            pairs = [("", found) for found in _ADDRESS.findall(text)] or [(text, "")]
        return tuple(
            Address(line(header_text(who), limit=200), line(header_text(address)).lower()) for who, address in pairs
        )

    def date(self) -> datetime | None:
        """Return when the mail says it was written, in UTC."""
        text = self.header("date")
        if not text:
            return None
        try:
            at = parsedate_to_datetime(text)
            if at.tzinfo is None:
                if "-0000" not in text:
                    self.note("date_without_zone")
                at = at.replace(tzinfo=UTC)
            return at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            self.note("date")
            return None

    def automatic(self, sender: str) -> bool:
        """Return whether a machine wrote this (RFC 3834, and what was usual before it).

        A list's marks do not count when the mail was written to that list: a desk's address is often one, and marks
        every customer's mail. Nor does a robot's address when a person is to be answered: web forms write like that.
        """
        submitted = self.header("auto-submitted").partition(";")[0].strip().lower()
        if submitted:
            return submitted != "no"
        through_list = self.header("precedence").lower() == "list" or bool(self.headers("list-id"))
        people = [each for each in self.addresses("reply-to") if not _ROBOTS.match(each.address)]
        return (
            self.header("precedence").lower() in ("bulk", "junk", "auto_reply")
            or any(self.headers(name) for name in ("x-autoreply", "x-autorespond"))
            or (through_list and not self._is_to_its_list())
            or self.header("return-path") == "<>"
            or self.header("from").endswith("<>")
            or self._type(self.message) == "multipart/report"
            or (bool(_ROBOTS.match(sender)) and not people)
        )

    def _is_to_its_list(self) -> bool:
        """Return whether the list that sent this on is the address it was written to (RFC 2919)."""
        names = {name.lower() for name in self.identifiers("list-id")}
        return any(each.address.replace("@", ".") in names for each in (*self.addresses("to"), *self.addresses("cc")))

    def _type(self, part: Message) -> str:
        try:
            return part.get_content_type()
        except Exception:  # parameters that cannot be parsed
            self.note("structure")
            return "application/octet-stream"

    def _file_name(self, part: Message) -> str:
        try:
            return header_text(part.get_filename("") or "")
        except Exception:  # RFC 2231 parameters in a charset that does not exist
            self.note("file_name")
            return "unreadable"

    def _payload(self, part: Message) -> bytes:
        try:
            payload = part.get_payload(decode=True)
        except Exception:  # transfer encodings that are not what they say
            self.note("encoding")
            payload = None
        if isinstance(payload, bytes):
            return payload
        text = part.get_payload()
        return text.encode("utf-8", "surrogateescape") if isinstance(text, str) and _can_escape(text) else b""

    def text(self) -> str:
        """Return the mail's text; where its structure cannot be followed, all of it as it came."""
        try:
            return self._text_of(self.message)[0]
        except RecursionError:
            self.note("structure")
            self.attachments.clear()
            return decoded(self.raw)

    def _text_of(self, part: Message) -> tuple[str, bool]:
        """Return the text of a part and whether it was plain text; what is no text becomes an attachment."""
        kind = self._type(part)
        if kind.startswith("multipart/") and not part.is_multipart():  # parts that could not be told apart
            return decoded(self._payload(part)), True
        if part.is_multipart() and not kind.startswith("message/"):
            texts = [self._text_of(each) for each in _children(part)]
            if kind == "multipart/alternative":
                return _preferred(texts)
            texts = [text for text in texts if text[0].strip()]
            return "\n\n".join(text for text, _plain in texts), all(plain for _text, plain in texts)
        name = self._file_name(part)
        attached = part.get("content-disposition", "")
        if kind in ("text/plain", "text/html") and not name and "attachment" not in str(attached)[:40].lower():
            return self._text(part, kind)
        self._attach(part, kind, name)
        return "", False

    def _text(self, part: Message, kind: str) -> tuple[str, bool]:
        raw = self._payload(part)
        charset = self._parameter(part, "charset")
        if charset and not codec_of(charset):
            self.note("charset")
        text = decoded(raw, charset)
        if kind == "text/html":
            return html_to_text(text), False
        if self._parameter(part, "format").lower() == "flowed":
            text = _unflowed(text, delete_space=self._parameter(part, "delsp").lower() == "yes")
        return text, True

    def _parameter(self, part: Message, name: str) -> str:
        try:
            value: object = part.get_param(name, "")
        except Exception:  # parameters that cannot be parsed
            self.note("structure")
            return ""
        if isinstance(value, tuple):
            value = value[2]
        return value if isinstance(value, str) else ""

    def _attach(self, part: Message, kind: str, name: str) -> None:
        if len(self.attachments) >= MOST_ATTACHMENTS:
            self.note("attachments")
            return
        payload = b""
        if part.is_multipart():
            inner = _children(part)
            name = name or (header_text(str(inner[0].get("subject", ""))) if inner else "")
            try:
                payload = b"\n".join(each.as_bytes() for each in inner)
            except Exception:  # an attached mail that can be read but not written again
                self.note("attached_mail")
        else:
            payload = self._payload(part)
        inline = part.get("content-id") is not None and kind.startswith("image/")
        shown = attachment_name(name, kind, len(self.attachments) + 1)
        self.attachments.append(MailAttachment(shown, line(kind, limit=100), payload, inline))


def _children(part: Message) -> list[Message]:
    """Return the parts inside a part; what is no part is left out."""
    payload: object = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _preferred(texts: list[tuple[str, bool]]) -> tuple[str, bool]:
    """Return the plain one of several forms of one text, else the last that says anything."""
    said = [text for text in texts if text[0].strip()]
    return next((text for text in said if text[1]), said[-1] if said else ("", False))


def _can_escape(text: str) -> bool:
    return not any("\ud800" <= character <= "\udc7f" or "\udd00" <= character <= "\udfff" for character in text)


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Return `format=flowed` text with its soft line breaks joined (RFC 3676); quotes and signatures stay apart."""
    out: list[str] = []
    depth_before, soft = -1, False
    for raw in text.replace("\r\n", "\n").split("\n"):
        bare = raw.lstrip(">")
        depth = len(raw) - len(bare)
        bare = bare.removeprefix(" ")
        is_signature = bare == "-- "
        if soft and depth == depth_before and not is_signature:
            out.append(bare)
        else:
            out.append(("\n" if depth_before >= 0 else "") + (">" * depth + " " if depth else "") + bare)
        soft = bare.endswith(" ") and not is_signature
        if soft and delete_space:
            out[-1] = out[-1][:-1]
        depth_before = depth
    return "".join(out)


def attachment_name(name: str, content_type: str, number: int) -> str:
    """Return a name under which an attachment can be shown: no folders, no leading dots, no odd characters.

    One without a name becomes `attachment-2.pdf`, numbered from 1; long names are cut and keep their ending.
    """
    last = re.split(r"[\\/]", line(name, limit=1_000))[-1]
    last = _NOT_IN_FILE_NAMES.sub("_", last).strip(" .")
    if not last.strip("_"):
        last = f"attachment-{number}"
    stem, dot, ending = last.rpartition(".")
    if not dot or not stem or len(ending) > 10:
        stem, ending = last, _EXTENSIONS.get(content_type, "")
    ending = f".{ending}" if ending else ""
    return stem[: _LONGEST_NAME - len(ending)] + ending


def read_mail(raw: bytes) -> Mail:
    """Return a mail read from its bytes (RFC 5322, MIME); never raises, fetches nothing.

    Times are UTC. Bodies are cut at `backends.clean.BLOCK_LIMIT` characters.
    """
    reading = _Reading(raw)
    body = block(reading.text()).strip("\n")
    reply = split_reply(body)
    sender = (reading.addresses("from") or reading.addresses("sender") or (Address("", ""),))[0]
    return Mail(
        message_id=next(iter(reading.identifiers("message-id")), ""),
        in_reply_to=next(iter(reading.identifiers("in-reply-to")), ""),
        references=reading.identifiers("references"),
        date=reading.date(),
        date_text=reading.header("date"),
        sender=sender,
        reply_to=reading.addresses("reply-to"),
        to=reading.addresses("to"),
        cc=reading.addresses("cc"),
        subject=line(reading.header("subject")),
        body=body,
        new_text=reply.new,
        quoted=reply.quoted,
        signature=reply.signature,
        attachments=tuple(reading.attachments),
        automatic=reading.automatic(sender.address),
        defects=tuple(reading.defects),
    )
