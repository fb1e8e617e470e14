"""Promises of the reader of HTML: structure stays, nothing hides or runs, and no markup makes it raise or hang."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.htmltext import html_to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>two<br>three</p>", "One\n\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a  b\nc"),
        ("a <b>b</b>c\n  d&nbsp;&amp;&lt;", "a bc d &<"),
        ("<a href='http://evil.example/x'>www.bank.com</a>", "www.bank.com [evil.example]"),
        ("<a href='https://www.bank.com/x'>bank.com</a>", "bank.com"),
        ("<a href='http://bank.com@evil.example/'>bank.com</a>", "bank.com [evil.example]"),
        ("<a href='http:\\\\evil.example'>bank.com</a>", "bank.com [evil.example]"),
        ("<a href=https://t.example/?bank.com>click</a>", "click [t.example]"),
        ("<a href='http://b\u0430nk.com'>bank.com</a>", "bank.com [xn--bnk-6cd.com]"),
        ("<a href='http://[bad'>x</a>", "x [?]"),
        ("<a href='ja va\nscript:alert(1)'>x</a>", "x [javascript:]"),
        ("<a href='mailto:a@b.example?subject=x'>write</a>", "write [a@b.example]"),
        ("<a href='mailto:a@b.example'>A@b.example</a>", "A@b.example"),
        ("<a href='#top'>top</a> <a name=x>y</a>", "top y"),
        ("x<script>document.write('<p>no</p>')</script>y<style>p{}</style><!-- <p>no --> z", "xy z"),
        ("x<div style='display: none'>no<div>no</div>no</div>y<span hidden>no</span>z", "xyz"),
        ("<pre>  a\n    b</pre>c", "  a\n    b\n\nc"),
        ("<img src='http://track.example/1.gif' alt='logo'> text", "logo text"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
        ("5 < 6 <- 7 << 8 <", "5 < 6 <- 7 << 8 <"),
        ("<p unclosed", "<p unclosed"),
        ("</b></blockquote></pre>x", "x"),
        ("<!-- never closed <p>still read</p>", "never closed\n\nstill read"),
        ("<script>never closed", "never closed"),
        ("a<div hidden>never closed<p>b</p>", "a\nnever closed\n\nb"),
        ("<div hidden>all of it</div>", "all of it"),
        ("", ""),
    ],
)
def test_html_becomes_text_that_hides_nothing_and_runs_nothing(source: str, text: str) -> None:
    """Structure stays, scripts and hidden words go, and a link tells where it really leads."""
    assert html_to_text(source) == text


shreds = ["<p>", "</p>", "<a href=", "x>", "'", "<!--", "<div hidden>", "</", "<blockquote>", "<pre>", "\n", "&#0;",
          "y", "&#xD800;", "http://["]  # fmt: skip


@given(st.text(max_size=60) | st.lists(st.sampled_from(shreds), max_size=20).map("".join))
@settings(max_examples=500, deadline=None)
def test_no_markup_makes_the_html_reader_raise(source: str) -> None:
    """Broken HTML is read as far as it goes."""
    assert isinstance(html_to_text(source), str)


@pytest.mark.parametrize(
    "source",
    ["<" * 500_000, "<!--" * 120_000, "<a " * 150_000, "<a href='" * 60_000, "<blockquote>" * 50_000 + "x<br>" * 50_000,
     "<div hidden>" * 50_000, "<script>" * 60_000, "<pre>" + "\n" * 500_000, "<p " + "style " * 80_000 + ">",
     "<td>" * 100_000, "<a href=http://x.y>" + "a." * 200_000 + "</a>"],
    ids=range(11),
)  # fmt: skip
def test_html_made_to_be_slow_is_read_all_the_same(source: str) -> None:
    """Markup that makes naive parsers quadratic comes through; it would hang for minutes otherwise."""
    assert isinstance(html_to_text(source), str)
