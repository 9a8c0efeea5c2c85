"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evaluator.redact.finds import Find, View

SPACE = r"[ \u00a0\u2007\u2009\u202f.\u2010-\u2013-]"
"""What may stand between groups of digits."""

_CARD = re.compile(
    rf"(?<![\w.,+-])(?:[2-9][0-9]{{3}}(?P<s>{SPACE})[0-9]{{4}}(?P=s)[0-9]{{4}}(?P=s)[0-9]{{1,7}}(?P<rest>(?P=s)[0-9]{{1,3}})?"
    rf"|[2-9][0-9]{{3}}(?P<t>{SPACE})[0-9]{{6}}(?P=t)[0-9]{{4,5}}|[2-9][0-9]{{12,18}})(?![0-9A-Za-z_]|[.,][0-9])"
)
_BRANDS = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # American Express, Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2}|35(?:2[89]|[3-8][0-9])|62[0-9]{2}|81[0-7][0-9])[0-9]{12,15}"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3]|220[0-4]|508[0-9]|9792)[0-9]{8,15}"
)
_LEAST_CARD = b"0" * 13
_DOUBLED = bytes((2 * (c - 48)) // 10 + (2 * (c - 48)) % 10 if 48 <= c < 58 else 0 for c in range(256))
_NO_DIGIT = re.compile(r"[^0-9]+")

_IBAN = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{2}|[a-z]{2})[0-9]{2}(?=[ \u00a0-]?[A-Za-z0-9]{2})")
# Each begins with a literal: the engine looks for that first.
_IBAN_SHAPES = (re.compile(rb"AA00[0A]{11}"), re.compile(rb"aa00[0a]{11}"))
_INSIDE = " \u00a0\u202f-"
_WITHOUT = str.maketrans("", "", _INSIDE)
_AS_NUMBER = str.maketrans({chr(code): str(code - 55) for code in range(ord("A"), ord("Z") + 1)})
_KIND_OF_CHARACTER = {"n": "[0-9]", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}


def cards(view: View) -> Iterator[Find]:
    """Numbers of a card network's form whose Luhn digit is right."""
    if _LEAST_CARD not in view.shape:
        return
    text, place = view.text, 0
    while match := _CARD.search(text, place):
        short = match["rest"] and match[0][: match.start("rest") - match.start()]
        if found := next((one for one in (match[0], short) if one and _is_card(one)), None):
            place = match.start() + len(found)
            yield Find(match.start(), place, "CARD", digits(found))
        else:
            # The next group may begin the number.
            place = match.start() + 4 if match["s"] or match["t"] else match.end()


def _is_card(text: str) -> bool:
    number = digits(text)
    return _BRANDS.fullmatch(number) is not None and luhn(number)


def digits(text: str) -> str:
    """The digits alone."""
    return _NO_DIGIT.sub("", text)


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of the others.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    codes = number.encode("ascii")
    plain, doubled = codes[-1::-2], codes[-2::-2].translate(_DOUBLED)
    return (sum(plain) - 48 * len(plain) + sum(doubled)) % 10 == 0


def ibans(view: View) -> Iterator[Find]:
    """Account numbers of their country's form whose remainder by 97 is 1."""
    if not (view.has_numbers and any(shape.search(view.shape) for shape in _IBAN_SHAPES)):
        return
    for match in _IBAN.finditer(view.text):
        form = _iban_form(match[0][:2].upper())
        written = form and form.match(view.text, match.start())
        if written:
            number = written[0].translate(_WITHOUT).upper()
            if int((number[4:] + number[:4]).translate(_AS_NUMBER)) % 97 == 1:
                yield Find(*written.span(), "IBAN", number)


@cache
def _iban_form(country: str) -> re.Pattern[str] | None:
    """How a country's account numbers are written, from stdnum's copy of the registry."""
    from stdnum import numdb

    details = numdb.get("iban").info(country)[0][1]
    fields = re.findall(r"(\d+)!([nac])", details.get("bban", ""))
    kinds = [_KIND_OF_CHARACTER[kind] for count, kind in fields for _ in range(int(count))]
    pattern = f"[{_INSIDE}]?".join(("[A-Za-z]", "[A-Za-z]", "[0-9]", "[0-9]", *kinds))
    return re.compile(f"{pattern}(?![A-Za-z0-9])") if fields else None
