"""Numbers in text, compared by value however they are written: 1,250 and 1250 and 1.250,00 € and 1.25k."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

MOST_NUMBERS = 20_000
"""Of one text; what follows is not read."""
_SPACE = "[ \u00a0\u202f\u2009'’]"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:\d{{1,3}}(?:{_SPACE}\d{{3}})+(?![\d])(?:[.,]\d{{1,6}})?|\d{{1,15}}(?:[.,]\d{{1,9}}){{0,5}})(?!\d)"
)
_SCALE = re.compile(
    r"\s?(?:(?P<percent>%|percent\b|per cent\b|prozent\b)|(?P<thousand>k\b|thousand\b|tausend\b|tsd\b|mille\b|mil\b)"
    r"|(?P<million>mn?\b|mio\b|million|millón)|(?P<billion>bn\b|b\b|mrd\b|billion|milliard))",
    re.IGNORECASE,
)
_TIMES = {
    "percent": Decimal("0.01"), "thousand": Decimal(1000), "million": Decimal(10**6), "billion": Decimal(10**9),
}  # fmt: skip
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
_VALUE_OF = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
}
_WORD = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:(?: - |[ -])({'|'.join(_SMALL[1:10])}))?|({'|'.join(_SMALL)}))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text, and the values that it may mean: 1,250 is 1250, or 1.25 in other countries."""

    text: str
    start: int
    values: frozenset[Decimal]


def numbers_in(text: str) -> Iterator[Number]:
    """The numbers of a text in order, the first MOST_NUMBERS.

    >>> [sorted(number.values) for number in numbers_in("1,250 of 3.5 million")]
    [[Decimal('1.250'), Decimal('1250')], [Decimal('3.5'), Decimal('3500000.0')]]
    """
    for count, match in enumerate(_NUMBER.finditer(text)):
        if count == MOST_NUMBERS:
            return
        values = _values(match[0])
        scale = _SCALE.match(text, match.end())
        if scale:
            times = _TIMES[str(scale.lastgroup)]
            values |= {value * times for value in values}
        yield Number(match[0], match.start(), frozenset(values))


def words_in(text: str) -> set[Decimal]:
    """The values of small numbers that are spelled out in English.

    >>> sorted(words_in("Twelve of twenty-five"))
    [Decimal('12'), Decimal('25')]
    """
    return {Decimal(sum(_VALUE_OF[word.lower()] for word in match.groups() if word)) for match in _WORD.finditer(text)}


def rounded(value: Decimal) -> Iterator[Decimal]:
    """The value rounded to two digits and more: 1,294,000 may be told as 1.3 million, 1.29 million."""
    digits = len(value.normalize().as_tuple().digits)
    for kept in range(2, min(digits, 7)):
        yield value.normalize().__round__(kept - 1 - value.adjusted())


def _values(written: str) -> set[Decimal]:
    """What a written number may mean."""
    plain = re.sub(_SPACE, "", written)
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        decimal = "." if plain.rindex(".") > plain.rindex(",") else ","
        return {_decimal(plain, decimal)}
    mark = "." if points else ","
    if points + commas == 0:
        return {Decimal(plain)}
    parts = plain.split(mark)
    grouped = all(len(part) == 3 for part in parts[1:]) and 0 < len(parts[0]) <= 3 and parts[0] != "0"
    values = {Decimal("".join(parts))} if grouped else set()
    if len(parts) == 2:
        values.add(Decimal(f"{parts[0]}.{parts[1]}"))
    return values or {Decimal(part) for part in parts}


def _decimal(plain: str, decimal: str) -> Decimal:
    whole, _, fraction = plain.rpartition(decimal)
    digits = re.sub(r"[.,]", "", whole)
    return Decimal(f"{digits}.{fraction}")
