"""Promises of the gate through which text from outside passes."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backends.clean import (
    BLOCK_LIMIT,
    LINE_LIMIT,
    MARKS_PER_CELL,
    block,
    fold,
    line,
    strip_controls,
    tokens,
    width_safe,
)

BIDI = "\u061c\u200e\u200f" + "".join(map(chr, range(0x202A, 0x202F))) + "".join(map(chr, range(0x2066, 0x2070)))

NASTY = [
    "\x1b[2J\x1b[Hcustomer verified",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x9b31mred\x9c",
    "\x05\x0e\x0f\x07\x08",
    "a\x00b",
    "\x7f\x7f",
    "invoice\u202efdp.exe",
    "\u2066\u2067\u2068\u2069",
    "Z" + "\u0301\u0316" * 5_000 + "algo",
    "\u0301leading",
    " \u0301 \u20dd",
    "line\n\u0301mark after break",
    "\u3164\u115f\u1160\uffa0",
    "\ud800lone\udfff \udc80",
    "\ud83d\ude00 pair",
    "\ufdd0\uffff\U0010ffff\U0001fffe",
    "\U000e0041\U000e007f tags",
    "👨\u200d👩\u200d👧\u200d👦 👍🏽 ❤\ufe0f\u200d🔥 1\ufe0f\u20e3 🇵🇱🇸🇪",
    "a\u200db \u200d\u200d 👩\u200d",
    "👩" + "\u0301" * 9 + "\u200d👩",
    "\ufeffBOM \u00ad\u200b\u2060\u034f\u180e",
    "a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch",
    "\tone\ttwo",
    "\u00a0\u202f\u3000\u2003x",
    "\uf0b7 from Word \ue0b0",
    "\u0600\u06dd\u070f",
    "ﷺ" * 50,
    "e\u0301 \u1100\u1161\u11a8 \u09c7\u09be",
    "\u0344\u0340\u2126\u212b",
    "[@click=app.quit]30 [/month]",
    "क्षि ஸ்ரீ ไม้ Việt",
    "",
]

any_text = st.text(st.characters(), max_size=60)
marks_and_bases = st.text(
    st.sampled_from(
        "a \n\t\u0301\u0316\u20dd\u0338<=\u200d👩🏽\u2194\u09c7\u09be\u1100\u1161"
        "\u0f71\u0f72\u302e\u302f\x1b\ud83d\ude00"
    ),
    max_size=60,
)
nasty = st.sampled_from(NASTY) | any_text | marks_and_bases


def is_harmless(text: str) -> bool:
    """Return whether no character of `text` can steer a terminal or hide."""
    return all(
        character == "\n"
        or character == "\u200d"
        or (unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character not in BIDI)
        for character in text
    )


def longest_run_of_marks(text: str) -> int:
    """Return the length of the longest run of combining marks."""
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_every_nasty_text_comes_out_harmless(text: str) -> None:
    """No known attack leaves a control, bidi, private or invisible character behind."""
    assert is_harmless(block(text))
    assert is_harmless(line(text))
    assert "\n" not in line(text)


@given(nasty)
@settings(max_examples=600, deadline=None)
@example("".join(NASTY))
def test_any_text_comes_out_harmless_composed_and_settled(text: str) -> None:
    """Whatever comes in: nothing harmful, NFC, few marks, and a second cleaning changes nothing."""
    for clean in (line, block):
        once = clean(text)
        assert is_harmless(once)
        assert unicodedata.is_normalized("NFC", once)
        assert longest_run_of_marks(once) <= MARKS_PER_CELL
        assert clean(once) == once


def test_all_of_unicode_comes_out_harmless() -> None:
    """Each single code point between letters is settled."""
    for start in range(0, sys.maxunicode + 1, 0x80):
        once = block("a".join(map(chr, range(start, start + 0x80))))
        assert is_harmless(once), hex(start)
        assert block(once) == once, hex(start)


@given(nasty)
@settings(deadline=None)
def test_a_line_is_one_line_without_white_space_at_its_ends(text: str) -> None:
    """`line` folds every run of white space into one space and trims."""
    out = line(text)
    assert out == " ".join(out.split())
    assert not out.startswith(" ")


@given(nasty, st.integers(-1, 40))
@settings(deadline=None)
def test_a_limit_is_kept_and_keeping_it_is_settled(text: str, limit: int) -> None:
    """No result is longer than its limit, and a cut text stays as it is when cleaned again."""
    for clean in (line, block):
        out = clean(text, limit=limit)
        assert len(out) <= max(limit, 0)
        assert clean(out, limit=limit) == out


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
@settings(deadline=None)
def test_plain_ascii_lines_of_a_body_are_untouched(text: str) -> None:
    """Printable ASCII is never changed in a body."""
    assert block(f"{text}\n{text}") == f"{text}\n{text}"


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[2J", "␛[2J"),
        ("a\x00b", "ab"),
        ("\x7f", "␡"),
        ("\x9b31m", "\ufffd31m"),
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("\tone\tx", "    one x"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("x\u3164y", "x y"),
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ufdd0", "\ufffd"),
        ("e\u0301", "é"),
        ("\uf0b7 item", "• item"),
        ("\u0301mark", "mark"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("می\u200cخواهم", "میخواهم"),
        ("Zażółć gęślą jaźń", "Zażółć gęślą jaźń"),
        ("30 [/month]", "30 [/month]"),
    ],
)
def test_each_kind_of_character_has_its_picture(given_text: str, shown: str) -> None:
    """What a body shows for each kind of dangerous or odd character."""
    assert block(given_text) == shown


def test_a_header_spread_over_lines_becomes_one() -> None:
    """Folded headers, line separators and tabs are one space in a line."""
    assert line("  Re:\r\n\tno\u2028internet \u00a0 since\x0bMonday ") == "Re: no internet since Monday"


def test_a_cut_text_says_so() -> None:
    """A text beyond the limit ends with an ellipsis, by default after 500 characters and a million."""
    assert line("a" * 600) == "a" * (LINE_LIMIT - 1) + "…"
    assert block("a" * (BLOCK_LIMIT + 1)).endswith("a…")
    assert block("👩\u200d👩", limit=2) == "👩…"[:2]
    assert block("👩\u200d👩x", limit=3) == "👩…"


@pytest.mark.parametrize(
    "text",
    [
        "a\u0301\u0316" * 100_000,
        "a" + "\u0301\u0316" * 150_000,
        "\u0301" * 300_000,
        "\ud800" * 300_000,
        "\u200d" * 300_000,
        "\r\n\t" * 100_000,
        "\n\u0301" * 150_000,
        "".join(map(chr, range(0, 0x10FFFF, 5))),
    ],
    ids=["alternating", "one base", "one mark", "surrogates", "joiners", "breaks", "marked lines", "unicode"],
)
def test_a_megabyte_made_to_be_slow_is_cleaned_all_the_same(text: str) -> None:
    """Texts that make naive normalising or matching quadratic come through; they would hang for minutes otherwise."""
    assert is_harmless(block(text, limit=50_000))
    assert is_harmless(line(text))
    assert isinstance(fold(text), str)
    assert isinstance(width_safe(text), str)


def test_the_tables_do_not_grow_with_what_strangers_send() -> None:
    """A text that holds all of Unicode does not fill the memory with remembered characters."""
    from backends import clean

    block("".join(map(chr, range(0x20000, 0x40000))))
    fold("".join(map(chr, range(0x20000, 0x40000))))
    assert max(len(clean._SHOWN), len(clean._MARK_CLASSES), len(clean._FOLDED)) <= clean._CACHED


@given(nasty)
@settings(deadline=None)
def test_the_last_sieve_leaves_no_control_character(text: str) -> None:
    """`strip_controls` deletes every control and bidi character and nothing else."""
    out = strip_controls(text)
    assert not any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDI for character in out
    )
    assert out == "".join(character for character in text if character in out)


@pytest.mark.parametrize(
    ("cluster", "reduced"),
    [
        ("👨\u200d👩\u200d👧\u200d👦 home", "👨 home"),
        ("👩🏽\u200d🔧", "👩"),
        ("👍🏽", "👍"),
        ("❤\ufe0f\u200d🔥", "❤"),
        ("1\ufe0f\u20e3 2\u20e3", "1 2"),
        ("🇵🇱 🇸🇪", "PL SE"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴"),
        ("क्षि", "क्षि"),
        ("plain", "plain"),
    ],
)
def test_clusters_terminals_disagree_about_are_reduced(cluster: str, reduced: str) -> None:
    """A row keeps a part of the cluster whose width is beyond dispute."""
    assert width_safe(cluster) == reduced
    assert width_safe(block(cluster)) == reduced


@given(nasty)
@settings(deadline=None)
def test_reducing_widths_is_settled_and_keeps_text_harmless(text: str) -> None:
    """Reducing twice changes nothing, and a clean text stays clean."""
    once = width_safe(block(text))
    assert width_safe(once) == once
    assert is_harmless(once)
    assert "\u200d" not in once


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łódź", "lodz"),
        ("Søren Bjørnæs", "soren bjornaes"),
        ("Đorđe", "dorde"),
        ("Þór Guðmundsson", "thor gudmundsson"),
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("Œuvre Ærø", "oeuvre aero"),
        ("Åström Ångström", "astrom angstrom"),
        ("Işık İzmir", "isik izmir"),
        ("Ħal Ŋaa Ŧ", "hal naa t"),
        ("Zażółć gęślą jaźń", "zazolc gesla jazn"),
        ("l’été", "l'ete"),
        ("E\u0301te\u0301", "ete"),
        ("Ｆｕｌｌ ｗｉｄｔｈ ½ ﬁ", "full width 1/2 fi"),
        ("Ёлка Йод", "елка иод"),
        ("Σίσυφος", "σισυφοσ"),
        ("a\x00b\u200bc\u00a0d", "abc d"),
        ("\ud83d\ude00 \ud800", "😀 \ufffd"),
    ],
)
def test_names_fold_to_what_people_type(written: str, typed: str) -> None:
    """Letters outside plain Latin match the letters people type for them."""
    assert fold(written) == typed


@given(nasty)
@settings(max_examples=400, deadline=None)
def test_folding_is_settled_and_blind_to_case_and_cleaning(text: str) -> None:
    """Folding twice changes nothing, and what was cleaned is found as it was written."""
    once = fold(text)
    assert fold(once) == once
    assert not any(unicodedata.category(character)[0] == "M" for character in once)


@given(st.text(st.sampled_from("ŁłØøÐðÞþÆæŒœÅåIıİiŊŋabcABCÉéßẞ "), max_size=30))
@settings(deadline=None)
def test_upper_and_lower_case_fold_alike(text: str) -> None:
    """Who types capitals finds the same, save for the Turkish i, whose capital loses its dot."""
    assert fold(text.lower()) == fold(text)


@given(st.text(st.sampled_from("abżłéØ'-+@.* \n\x1b\"0123")))
@settings(deadline=None)
def test_cleaning_changes_no_search_token_of_a_written_text(text: str) -> None:
    """Cleaned and raw text are found by the same words."""
    assert tokens(text) == tokens(block(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No-internet, O’Brien!", ["no", "internet", "o", "brien"]),
        ("C++ +48 600-100-200 a_b", ["c", "48", "600", "100", "200", "a", "b"]),
        ('"NEAR" * % \x00', ["near"]),
        ("anna@example.com", ["anna", "example", "com"]),
        ("", []),
        ("🙂 ¿?", []),
    ],
)
def test_tokens_are_the_words_and_nothing_else(text: str, words: list[str]) -> None:
    """Quotes, stars and operators of a query language part words and are never words."""
    assert tokens(text) == words


def test_the_gate_needs_the_standard_library_only() -> None:
    """Cleaning knows nobody: importing it loads no other module of ours and no foreign package."""
    code = (
        "import sys; before = set(sys.modules); import backends.clean; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["backends"]
