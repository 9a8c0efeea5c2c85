"""How a text that was cut off ends: in an open code fence, in open JSON, in the middle of a sentence, before its list.

A rough guess from signs. What ends without a full stop by habit (a heading, a name, a line of code, a row of a table, a
chat without punctuation) is let pass; and a text that was cut right after a sentence is not seen.
"""

from __future__ import annotations

import re

from judges.fences import fences

READ_CHARACTERS = 2_000
LEAST_WORDS = 5
"""Words after the last full stop; fewer may be a signature, a label, a list without punctuation."""
_HANGING = re.compile(
    r"\s(?:and|or|but|the|an|your|our|their|its|because|than|und|oder|aber|der|das|den|dem|ein|eine|einen|einer|weil"
    r"|et|ou|mais|les|une|du|aux|pero|una|del|della|il|gli|che|não|dos|nas)$"
)
"""A last word after which every sentence goes on."""
_EMPTY_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s*$")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+")
_NO_PROSE = re.compile(r"^\s*(?:[#|>$\\]|[A-Z][.)]\s)|[={};\\|<>]|https?://\S*$|#\w+$")
"""Lines that need no full stop: headings, tables, choices, formulas, code, links, tags."""
_WORD = re.compile(r"\w+")
_CLOSERS = r"[\"'”’»)\]*_]{0,3}"
_STOP = re.compile(rf"(?:(?<=\w\w)|(?<=\w\w[)\"'”’»]))[.!?…؟।॥։]{{1,3}}{_CLOSERS}(?:\s|$)|[。！？｡]")
"""A full stop; the one of `(A).` or `J.` is none."""
_ENDS = re.compile(rf"[.!?…؟।॥։。！？｡]{_CLOSERS}$")
_JSON = re.compile(r'\{\s*(?:"|$)|\[\s*(?:[{["]|$)')
_TOKEN = re.compile(r'\\.|"|[{}\[\]]', re.DOTALL)


def cut_in(text: str) -> str | None:
    """What shows that the text was cut off; None when nothing does.

    >>> cut_in("Your parcel left on Monday. It should arrive at your")
    "it ends in the middle of a sentence ('It should arrive at your')"
    >>> cut_in("Capital: Tokyo") is None
    True
    """
    text = text.strip()
    blocks = list(fences(text))
    if blocks and not blocks[-1].closed:
        return "its last code block is never closed"
    if _is_open_json(text):
        return "its JSON is never closed"
    return None if text.endswith(("```", "~~~")) else _sign(text)


def _sign(text: str) -> str | None:
    """What the end of a text in plain words shows."""
    above, _, line = text[-READ_CHARACTERS:].rpartition("\n")
    shown = line[-40:].lstrip()
    if _EMPTY_ITEM.match(line):
        return f"its last list item is empty ({shown!r})"
    if _NO_PROSE.search(line):
        return None
    if line.endswith((":", "：")):
        return f"it announces what does not come ({shown!r})"
    line = line[item.end() :] if (item := _ITEM.match(line)) else line
    sentence = _after_stop(line)
    long = len(_WORD.findall(sentence)) >= LEAST_WORDS
    if long and line.endswith((",", "，", "、")):
        return f"it ends in a comma ({shown!r})"
    if _HANGING.search(sentence) or (long and sentence[-1].isalpha() and _stops(text, above, sentence != line)):
        return f"it ends in the middle of a sentence ({sentence[-40:].lstrip()!r})"
    return None


def _after_stop(line: str) -> str:
    """What follows the last full stop of the line."""
    stops = list(_STOP.finditer(line))
    return line[stops[-1].end() :] if stops else line


def _stops(text: str, above: str, before: bool) -> bool:
    """Whether this text ends its sentences with full stops: the one before in its line, or the line above."""
    return not text.islower() and (before or _ENDS.search(above.rstrip()[-8:]) is not None)


def _is_open_json(text: str) -> bool:
    """Whether a text that begins as JSON does ends with open brackets or within a string."""
    if not _JSON.match(text):
        return False
    depth, inside = 0, False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == '"':
            inside = not inside
        elif not inside and mark in "{}[]":
            depth += 1 if mark in "{[" else -1
    return inside or depth > 0
