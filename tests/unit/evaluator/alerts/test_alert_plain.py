"""Hostile text in messages."""

from __future__ import annotations

import re

import pytest

from evaluator.alerts.plain import excerpt, plain


@pytest.mark.parametrize(
    ("hostile", "meaning"),
    [
        ("<!channel> <!here> <@U123> <#C1|general>", r"<|>|#"),
        ("@everyone @here <@&42>", r"@"),
        ("<script>alert(1)</script> &lt;b&gt; &#64;everyone", r"<|>|&|#"),
        ("[click](https://evil.example/x) ![i](http://evil.example/y.png)", r"\[|\]|://|evil\.example"),
        ("www.evil.example evil.example/pay mail a@evil.example", r"www\.|evil\.|@"),
        ("mailto:a tel:+49123 javascript:alert(1) slack://open", r"mailto:|tel:|javascript:|slack:"),
        ("**bold** __init__ _it_ ~~no~~ `code` ||spoiler||", r"\*|__|_it|it_|~|`|\|"),
        ("\\u0040here \\<b", r"\\|<"),
    ],
)
def test_nothing_means_anything(hostile, meaning):
    """No mark that Slack, Discord, Markdown, HTML or a link finder reads survives."""
    assert not re.search(meaning, plain(hostile))


@pytest.mark.parametrize(
    "text", ["order_id is 3.5 (or 4,000): yes!", "At 12:30 he paid 20 % more.", "Grüße, 你好 ½ €5"]
)
def test_ordinary_text_stays(text):
    """Words, numbers, times, snake case and other scripts read as they were written."""
    assert plain(text) == text


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x7f", "\u202e", "\u200b", "\u2066", "\ufeff", "\ud800", "\U000e0041"]
)
def test_no_invisible_characters(char):
    """Control, direction-changing, zero-width and tag characters and lone surrogates are taken out."""
    assert excerpt(f"a{char}b") == "ab"


@pytest.mark.parametrize("space", ["\n", "\r\n", "\t", "\u2028", "\x85", "   "])
def test_one_line(space):
    """Every kind of line break or tab becomes one space."""
    assert excerpt(f"a{space}b") == "a b"


def test_excerpt_is_bounded():
    """A huge text is cut to the limit with an ellipsis, and looking at it does not take long."""
    assert excerpt("ab " * 10_000_000, 10) == "ab ab ab…"


def test_short_text_is_not_cut():
    """A text that fits exactly has no ellipsis."""
    assert excerpt("abcde", 5) == "abcde"
