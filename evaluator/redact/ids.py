"""National identity numbers with enough of a check to tell them from other numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from evaluator.redact.finds import Find, View


class _Number(NamedTuple):
    """One country's number: stdnum's module, and the words one of which must stand before it when its check is weak."""

    module: str
    words: str = ""
    near: tuple[bytes, ...] = ()


class _Form(NamedTuple):
    """A way to write numbers, and which numbers are written so."""

    pattern: str
    numbers: tuple[_Number, ...]


_NOT_PART_OF_IT = re.compile(r"[\s.-]")
_SSN = _Number("us.ssn", r"ssn|social\W+security", (b"ssn", b"social"))
_SIN = _Number("ca.sin", r"sin|social\W+insurance", (b"sin", b"social"))
_BSN = _Number("nl.bsn", r"bsn|burgerservice\w*|sofinummer", (b"bsn", b"burgers", b"sofi"))
_ELEVEN = (
    _Number("de.idnr"),
    _Number("no.fodselsnummer"),
    _Number("be.nn"),
    _Number("pl.pesel", "pesel", (b"pesel",)),
    _Number("br.cpf", "cpf", (b"cpf",)),
    _Number("tr.tckimlik", r"t\.?c\.?|kimlik", (b"tc", b"t.c", b"kimlik")),
)
_SEP = "[ \u00a0.-]?"
_FORMS = (
    _Form("[0-9]{3}-[0-9]{2}-[0-9]{4}", (_Number("us.ssn"),)),
    _Form("[0-9]{3} [0-9]{2} [0-9]{4}", (_SSN,)),
    _Form("[0-9]{11}", _ELEVEN),
    _Form("[0-9]{2}[ \u00a0][0-9]{3}[ \u00a0][0-9]{3}[ \u00a0][0-9]{3}", (_Number("de.idnr"),)),
    _Form("[0-9]{6} [0-9]{5}", (_Number("no.fodselsnummer"),)),
    _Form(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2}", (_Number("be.nn"),)),
    _Form(
        _SEP.join(("[12]", "[0-9]{2}", "[0-9]{2}", "[0-9][0-9AB]", "[0-9]{3}", "[0-9]{3}", "[0-9]{2}")),
        (_Number("fr.nir"),),
    ),
    _Form(r"[0-9]{8}-?[A-Z]|[0-9]{2}\.[0-9]{3}\.[0-9]{3}-?[A-Z]", (_Number("es.dni"),)),
    _Form("[XYZ]-?[0-9]{7}-?[A-Z]", (_Number("es.nie"),)),
    _Form("[0-9]{9}", (_BSN, _SIN, _SSN, _Number("pt.nif", "nif|contribuinte", (b"nif", b"contrib")))),
    _Form(r"[0-9]{4}\.[0-9]{2}\.[0-9]{3}", (_Number("nl.bsn"),)),
    _Form("[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}", (_SIN, _BSN)),
    _Form("[0-9]{3} ?[0-9]{3} ?[0-9]{4}", (_Number("gb.nhs", "nhs", (b"nhs",)),)),
    _Form(
        "[0-9]{6}[+A-FU-Y-][0-9]{3}[0-9A-Y]",
        (_Number("fi.hetu"), _Number("se.personnummer"), _Number("dk.cpr", "cpr", (b"cpr",))),
    ),
    _Form("[0-9]{8}[+-][0-9]{4}", (_Number("se.personnummer"),)),
    _Form(r"756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}", (_Number("ch.ssn"),)),
    _Form(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", (_Number("br.cpf"),)),
    _Form("[0-9]{17}[0-9X]", (_Number("cn.ric"),)),
    _Form("[0-9]{4} [0-9]{4} [0-9]{4}", (_Number("in_.aadhaar"),)),
    _Form("[0-9]{6}-[1-8][0-9]{6}", (_Number("kr.rrn"),)),
)
_DATED = re.compile(r"(?:[04][1-9]|[1256][0-9]|[37][01])(?:[048][1-9]|[159][0-2])[0-9]{2} ?[0-9]{5}")
_LOOKS: Mapping[str, Callable[[str], object]] = {
    "de.idnr": lambda text: len({*_NOT_PART_OF_IT.sub("", text)[:10]}) in (8, 9),
    "no.fodselsnummer": _DATED.fullmatch,
    "be.nn": lambda text: _remainder(_NOT_PART_OF_IT.sub("", text)),
}
"""What is quicker to see than by asking stdnum, for numbers that are often met."""
# It begins with a character, which the engine looks for first; what stands around it is asked then.
_START = re.compile(r"[0-9XYZ](?<![\w.,+/-].)(?=[0-9A-Z .\u00a0+-]{7})")
_WRITTEN = re.compile(
    "|".join(f"(?P<f{number}>{form.pattern})(?![\\w/]|[.,-]\\w)" for number, form in enumerate(_FORMS))
)
_CODICE = re.compile(r"(?<!\w)[A-Z]{6}[0-9]{2}[A-EHLMPR-T][0-9]{2}[A-Z][0-9]{3}[A-Z](?!\w)", re.IGNORECASE)
_CURP = re.compile(r"(?<!\w)[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9](?!\w)")
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?!\w)"
)
_KEYWORD_REACH = 40
MOST_CHECKED = 20_000
"""In a text with more candidates than that, the others are taken out unasked: checking takes 10 µs each."""


def national_ids(view: View) -> Iterator[Find]:
    """Identity numbers of about twenty countries; those with a weak check only after their name."""
    if not view.has_numbers:
        return
    text, shape = view.text, view.shape
    if view.has_dotted or b"000000" in shape:
        if view.has_digits or b"A0000000A" in shape or b"000000A000" in shape:
            yield from _numeric(view)
        if b"AA000000" in shape:
            yield from map(_find, _NINO.finditer(text))
            yield from (_find(match) for match in _CURP.finditer(text) if _check("mx.curp")(match[0]))
    if b"00A00A000A" in shape or b"00a00a000a" in shape:
        yield from (_find(match) for match in _CODICE.finditer(text) if _check("it.codicefiscale")(match[0]))


def _numeric(view: View) -> Iterator[Find]:
    place, count = 0, 0
    while start := _START.search(view.text, place):
        place = start.end()
        if match := _WRITTEN.match(view.text, start.start()):
            count += 1
            form = _FORMS[int((match.lastgroup or "f0")[1:])]
            if any(_is(number, view, match, count > MOST_CHECKED) for number in form.numbers):
                place = match.end()
                yield _find(match)


def _find(match: re.Match[str]) -> Find:
    return Find(match.start(), match.end(), "NATIONAL_ID", _NOT_PART_OF_IT.sub("", match[0]).upper())


def _is(number: _Number, view: View, match: re.Match[str], unchecked: bool) -> bool:
    if number.near:
        start = max(0, match.start() - _KEYWORD_REACH)
        before = view.lower[start : match.start()]
        if not any(word in before for word in number.near):
            return False
        if not _keyword(number.words).search(view.text, start, match.start()):
            return False
    looks = _LOOKS.get(number.module)
    return (looks is None or bool(looks(match[0]))) and (unchecked or _check(number.module)(match[0]))


def _remainder(digits: str) -> bool:
    """Whether the last two digits are those of a Belgian number, born before or after 2000."""
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


@cache
def _check(module: str) -> Callable[[str], bool]:
    valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return valid


@cache
def _keyword(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)
