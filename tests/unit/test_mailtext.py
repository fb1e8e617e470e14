"""Promises of the reader of mails: whatever arrives is read as far as it goes, harmless, and nothing raises."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backends.clean import block, line
from console.desk.mailcharsets import codec_of, decoded, header_text
from console.desk.mailtext import Address, Mail, attachment_name, read_mail

PLAIN = b"""From: =?utf-8?q?Anna_Nowak?= <Anna@Example.PL>
To: Biuro <bok@gwiazda.example>, "Drugi, Adres" <drugi@gwiazda.example>
Cc: piotr@example.pl
Reply-To: dom@example.pl
Subject: =?iso-8859-2?q?Re:_Brak_internetu_w_=A3odzi?=
Message-ID: <abc.1@example.pl>
In-Reply-To: <t-7@gwiazda.example> (wczoraj)
References: <t-1@gwiazda.example>
 <t-7@gwiazda.example>
Date: Wed, 12 Nov 2025 10:12:00 +0100
Content-Type: text/plain; charset="iso-8859-2"
Content-Transfer-Encoding: 8bit

Dzie\xf1 dobry,
nadal nie dzia\xb3a.

--\x20
Anna

W dniu 11.11.2025 o 09:00, Biuro pisze:
> Prosz\xea zrestartowa\xe6 router.
"""


def mail(*lines: str, body: str = "") -> Mail:
    """Return a mail read from header lines and a body."""
    return read_mail(("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape"))


def test_a_plain_mail_is_read_whole() -> None:
    """Every part of an everyday mail is where it belongs, decoded and cleaned."""
    read = read_mail(PLAIN)
    assert read.sender == Address("Anna Nowak", "anna@example.pl")
    assert read.to == (Address("Biuro", "bok@gwiazda.example"), Address("Drugi, Adres", "drugi@gwiazda.example"))
    assert read.cc == (Address("", "piotr@example.pl"),)
    assert read.reply_to == (Address("", "dom@example.pl"),)
    assert read.subject == "Re: Brak internetu w Łodzi"
    assert read.message_id == "abc.1@example.pl"
    assert read.in_reply_to == "t-7@gwiazda.example"
    assert read.references == ("t-1@gwiazda.example", "t-7@gwiazda.example")
    assert read.date == datetime(2025, 11, 12, 9, 12, tzinfo=UTC)
    assert read.date_text == "Wed, 12 Nov 2025 10:12:00 +0100"
    assert read.new_text == "Dzień dobry,\nnadal nie działa."
    assert read.signature == "--\u0020\nAnna"
    assert read.quoted == "W dniu 11.11.2025 o 09:00, Biuro pisze:\n> Proszę zrestartować router."
    assert read.body.startswith("Dzień dobry,")
    assert (read.attachments, read.automatic, read.defects) == ((), False, ())


MULTIPART = """Content-Type: multipart/mixed; boundary=B

--B
Content-Type: multipart/alternative; boundary=A

--A
Content-Type: text/plain; charset=utf-8

Plain words
--A
Content-Type: text/html; charset=utf-8

<p>HTML words</p>
--A--
--B
Content-Type: image/png; name="../../etc/passwd.png"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="../../etc/passwd.png"

iVBORw0KGgo=
--B
Content-Type: text/plain
Content-Disposition: attachment; filename*=utf-8''za%C5%BC%C3%B3%C5%82%C4%87%2Etxt

a file
--B
Content-Type: message/rfc822

Subject: Older mail
From: x@y.example

Older words
--B
Content-Type: image/gif
Content-ID: <1>
Content-Transfer-Encoding: base64

R0lG
--B
Content-Type: text/plain

More plain words
--B--
"""


def test_parts_of_a_mail_are_text_or_attachments() -> None:
    """Plain text wins over HTML; files, attached mails and pictures are attachments under harmless names."""
    read = read_mail(MULTIPART.encode())
    assert read.body == "Plain words\n\nMore plain words"
    names = [(each.name, each.content_type, each.size, each.inline) for each in read.attachments]
    assert names == [
        ("passwd.png", "image/png", 8, False),
        ("zażółć.txt", "text/plain", 6, False),
        ("Older mail.eml", "message/rfc822", read.attachments[2].size, False),
        ("attachment-4.gif", "image/gif", 3, True),
    ]
    assert b"Older words" in read.attachments[2].payload
    assert read.attachments[1].payload == b"a file"


def test_html_alone_is_reduced_to_text() -> None:
    """A mail without plain text shows its HTML as text, and quotes of HTML are parted like others."""
    read = mail(
        "Content-Type: text/html; charset=utf-8",
        body="<p>Działa, dziękuję!</p><div>On Wed, 12 Nov 2025 at 10:12, Care &lt;c@x.example&gt; wrote:<br></div>"
        "<blockquote><p>Does it work?</p></blockquote>",
    )
    assert read.new_text == "Działa, dziękuję!"
    assert read.quoted.splitlines()[-1] == "> Does it work?"


def test_an_empty_plain_text_beside_html_does_not_hide_it() -> None:
    """Some programs send an empty plain part."""
    text = MULTIPART.replace("Plain words", " ", 1)
    assert read_mail(text.encode()).body == "HTML words\n\nMore plain words"


@pytest.mark.parametrize(
    ("name", "value", "automatic"),
    [
        ("Auto-Submitted", "auto-replied", True),
        ("Auto-Submitted", "auto-generated; owner-email=x", True),
        ("Auto-Submitted", "no", False),
        ("Precedence", "bulk", True),
        ("X-Autoreply", "yes", True),
        ("List-Id", "<news.example>", True),
        ("Precedence", "list", True),
        ("From", "MAILER DAEMON <>", True),
        ("Return-Path", "<>", True),
        ("From", "MAILER-DAEMON@mx.example", True),
        ("From", "no-reply@shop.example", True),
        ("Content-Type", "multipart/report; boundary=x; report-type=delivery-status", True),
        ("Precedence", "first-class", False),
    ],
)
def test_machines_are_told_from_people(name: str, value: str, automatic: bool) -> None:
    """Absence notices, bounces and mass mailings are marked, so that no machine answers a machine."""
    assert mail(f"{name}: {value}").automatic is automatic


def test_a_desk_whose_address_is_a_list_hears_people() -> None:
    """A customer who wrote to the list is a person, though the list marks the mail."""
    marks = ("Precedence: list", 'List-Id: "Desk" <desk.shop.example>', "From: anna@example.pl")
    assert not mail(*marks, "To: Desk <Desk@shop.example>").automatic
    assert mail(*marks, "To: anna@example.pl").automatic


def test_a_web_form_writes_for_a_person() -> None:
    """A robot's address is a person's mail when a person is to be answered."""
    assert not mail("From: no-reply@shop.example", "Reply-To: Anna <anna@example.pl>").automatic
    assert mail("From: no-reply@shop.example", "Reply-To: noreply@shop.example").automatic


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?xYHDs2TFug==?=", "Łódź"),
        ("=?utf-8?B?xYHDs2TFug?=", "Łódź"),
        ("=?UTF-8?Q?=C5=81=C3?=\r\n =?UTF-8?Q?=B3d=C5=BA?=", "Łódź"),
        ("=?utf-8*pl?q?a_b?= c", "a b c"),
        ("=?iso-8859-1?q?=93x=94?=", "“x”"),
        ("=?windows-1250?q?=A3=F3d=9F?=", "Łódź"),
        ("=?koi8-r?b?8NLJ18XU?=", "Привет"),
        ("=?x-unknown?q?=C5=81?=", "Ł"),
        ("=?zlib?b?eJw=?=", decoded(base64.b64decode("eJw="))),
        ("=?utf-8?b?!!!?=", ""),
        ("=?utf-8?x?a?= =?broken", "=?utf-8?x?a?= =?broken"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("plain", "plain"),
        ("Łódź".encode().decode("ascii", "surrogateescape"), "Łódź"),
        (b"caf\xe9".decode("ascii", "surrogateescape"), "café"),
    ],
)
def test_headers_are_decoded_as_they_were_meant(raw: str, text: str) -> None:
    """Encoded words, broken ones and raw bytes are all read."""
    assert header_text(raw) == text


@pytest.mark.parametrize(
    "charset", ["zlib", "punycode", "undefined", "unicode_escape", "../x", "a\x00b", "", "é", "idna"]
)
def test_charset_names_from_strangers_are_not_looked_up(charset: str) -> None:
    """Only names on the list are decoded; all others are read as UTF-8 or Windows-1252, and noted."""
    assert codec_of(charset) == ""
    assert decoded("Łódź".encode(), charset) == "Łódź"
    assert decoded(b"caf\xe9", charset) == "café"


def test_an_unknown_charset_is_noted() -> None:
    """The import's report can say which mails were guessed."""
    read = mail('Content-Type: text/plain; charset="x-martian"', body="Łódź")
    assert (read.body, read.defects) == ("Łódź", ("charset",))


@pytest.mark.parametrize(
    ("text", "date", "defects"),
    [
        ("Wed, 12 Nov 2025 10:12:00 +0100", datetime(2025, 11, 12, 9, 12, tzinfo=UTC), ()),
        ("Wed, 12 Nov 2025 10:12:00 -0000", datetime(2025, 11, 12, 10, 12, tzinfo=UTC), ()),
        ("Wed, 12 Nov 2025 10:12:00", datetime(2025, 11, 12, 10, 12, tzinfo=UTC), ("date_without_zone",)),
        ("12 Nov 25 10:12 EST", datetime(2025, 11, 12, 15, 12, tzinfo=UTC), ()),
        ("yesterday", None, ("date",)),
        ("Wed, 99 Nov 2025 10:12:00 +0100", None, ("date",)),
        ("Fri, 31 Dec 9999 23:59:00 -2359", None, ("date",)),
        ("", None, ()),
    ],
)
def test_dates_are_utc_or_none(text: str, date: datetime | None, defects: tuple[str, ...]) -> None:
    """A date is placed in UTC, an unreadable one is None, and its text is kept either way."""
    read = mail(f"Date: {text}")
    assert (read.date, read.date_text, read.defects) == (date, text, defects)


def test_flowed_text_is_joined() -> None:
    """Soft line breaks of `format=flowed` are no breaks, quotes stay quotes, and a signature keeps its dashes."""
    body = "A long\x20\r\nline\r\nand another.\r\n> quoted\x20\r\n> text\r\n--\x20\r\nAnna"
    read = mail("Content-Type: text/plain; format=flowed", body=body)
    assert read.body == "A long line\nand another.\n> quoted text\n--\x20\nAnna"
    assert mail("Content-Type: text/plain; format=flowed; delsp=yes", body="Łó \r\ndź").body == "Łódź"


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Users\\x\\a.pdf", "application/pdf", "a.pdf"),
        (".bashrc", "text/plain", "bashrc.txt"),
        ("", "image/jpeg", "attachment-3.jpg"),
        ("..", "application/x-odd", "attachment-3"),
        ("invoice\u202efdp.exe", "application/pdf", "invoicefdp.exe"),
        ("a\x1b[2J\x00b.txt", "text/plain", "a_[2Jb.txt"),
        ("x" * 300 + ".pdf", "application/pdf", "x" * 116 + ".pdf"),
        ("CON:|?.txt", "text/plain", "CON___.txt"),
        ("two\nlines.txt", "text/plain", "two lines.txt"),
    ],
)
def test_attachment_names_are_harmless(name: str, kind: str, shown: str) -> None:
    """No folder, no hidden file, no control character, no turned-round ending survives in a name."""
    assert attachment_name(name, kind, 3) == shown


def nested(levels: int) -> bytes:
    """Return a mail with so many multiparts inside each other."""
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels))
    return (opened + "Content-Type: text/plain\n\ndeep").encode()


BROKEN = [
    b"",
    b"\n\n\n",
    b"no header at all",
    b"\x00\xff\xfe" * 50,
    b"From: \xff\xfe <\xff@\xfe>\n\n\xff",
    b"From: (((((((\n\nx",
    b"From: " + b"(" * 5_000 + b"\n\nx",
    b'From: "unclosed <a@b.example>\n\nx',
    b"From: a@b.example, , ;:<>,\nTo: undisclosed-recipients:;\n\nx",
    b"Content-Type: multipart/mixed\n\n--x\n\ny",
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x",
    b'Content-Type: text/plain; charset="\xff\x00"\n\nx',
    b"Content-Type: text/plain; charset*=utf-99'x'%ff\n\nx",
    b"Content-Type: text/plain; charset*0*=\xff''a; charset*1=b\n\nx",
    b"Content-Type: ;;;===\n\nx",
    b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!not base64!",
    b"Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nbegin 666 x\n!!!\n",
    b"Content-Type: text/plain\nContent-Transfer-Encoding: \xff\n\nx",
    b"Content-Type: image/png; name*=zlib''%78\nContent-Disposition: attachment; filename*=punycode''%ff\n\nx",
    b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: \xff\n\nx",
    b"Content-Type: message/delivery-status\n\nA: b\n\nC: d\n",
    b"Content-Type: message/external-body\n\n\n",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n\nx",
    b"Message-ID: <a b> <\x1b[2J@x>\nReferences: " + b"<a@b> " * 500 + b"\n\nx",
    b"Subject: \x1b]0;owned\x07 =?utf-8?q?=1B[2J?=\n\n\x1b[2J\x9b31m",
    b"Subject: a\nSubject: b\n\nx",
    nested(30),
    b"Content-Type: text/plain; " + b"a=b; " * 100_000 + b"\n\nx",
    b'Content-Type: text/plain; a="' + b';"' * 100_000 + b"\n\nx",
    nested(200) + b"\nx" * 110_000,
    nested(400),
    nested(3_000),
]


def is_clean(read: Mail) -> bool:
    """Return whether cleaning each text of a mail again would change nothing."""
    lines = [read.message_id, read.in_reply_to, *read.references, read.sender.name, read.sender.address, read.subject]
    lines += [text for each in (*read.to, *read.cc, *read.reply_to) for text in (each.name, each.address)]
    lines += [text for each in read.attachments for text in (each.name, each.content_type)]
    return all(line(text) == text for text in lines) and block(read.body) == read.body


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    """Nothing raises, and nothing harmful comes through."""
    assert is_clean(read_mail(raw))


def test_what_is_broken_is_noted() -> None:
    """Defects have codes that the import can count."""
    assert read_mail(BROKEN[9]).defects == ("structure",)
    for mail_of_many_levels in (nested(30), nested(200) + b"\nx" * 110_000, nested(400), nested(3_000)):
        assert "structure" in read_mail(mail_of_many_levels).defects
        assert "deep" in read_mail(mail_of_many_levels).body
    assert read_mail(BROKEN[7]).sender.address == "a@b.example"
    assert read_mail(BROKEN[7]).defects == ("address",)
    assert mail("To: undisclosed-recipients:;").to == ()
    assert mail("From: the man upstairs").sender == Address("the man upstairs", "")
    assert read_mail(b"no header at all").body == "no header at all"
    assert read_mail(BROKEN[25]).subject == "a"


@given(
    st.lists(
        st.sampled_from(
            [*BROKEN[:-5], PLAIN, MULTIPART.encode(), b"\n", b"\r\n", b"--B\n", b"--A--", b"Content-Type: "]
        )
        | st.binary(max_size=30),
        max_size=6,
    ).map(b"".join),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
)
@settings(max_examples=300, deadline=None)
@example(PLAIN, [])
def test_no_bytes_at_all_make_the_reader_raise(raw: bytes, changes: list[tuple[int, int]]) -> None:
    """Real mails cut up, joined and changed at random are read, clean, with dates in UTC."""
    changed = bytearray(raw)
    for place, value in changes:
        if place < len(changed):
            changed[place] = value
    read = read_mail(bytes(changed))
    assert is_clean(read)
    assert read.date is None or read.date.utcoffset() == timedelta()
