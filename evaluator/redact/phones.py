"""Phone numbers: how they may be written, and what phonenumbers knows of each country's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from evaluator.redact.finds import Find, Finder, View
from evaluator.redact.numbers import SPACE, digits

# Groups of digits with something between them, possessive: there is one way to match, however long the run.
_BETWEEN = rf"(?:{SPACE}|[()/]){{1,3}}+"
# A group that begins like 0049 is the next number.
_GROUPS = rf"[1-9][0-9]{{0,16}}+(?:{_BETWEEN}(?!00[1-9][0-9])[0-9]{{1,14}}+){{0,8}}+"
_ABROAD = (("+", re.compile(rf"(?<![\w+])\+{_GROUPS}")), ("00", re.compile(rf"(?<![\w+.,:/-])00{_GROUPS}")))
_AT_HOME = re.compile(rf"(?<![\w.,+/$€£:-])\(?[0-9]{{1,12}}+(?:{_BETWEEN}[0-9]{{2,12}}+){{0,6}}+")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[ ./-][0-9]{2}[ ./-]|[0-9]{2}[./-][0-9]{2}[./-](?:19|20)[0-9]{2}")
_AMERICAN = re.compile(r"(?:1[^0-9]{1,2})?\(?[0-9]{3}[^0-9]{1,3}[0-9]{3}[^0-9][0-9]{4}")
_TRUNK = "(0)"
_GROUP = re.compile(r"[0-9]+")
# Where in a run of digits another number may begin.
_ANOTHER = re.compile(r" \((?!0\))| / | 0[0-9]{2}")
_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
LEAST_DIGITS, MOST_DIGITS = 8, 17

Accepted = Callable[[str], str | None]
"""The number in one form when the written one is a phone number."""


def phones(regions: tuple[str, ...]) -> Finder:
    """A finder of numbers with a country's code, and of numbers of `regions` also without."""

    def find(view: View) -> Iterator[Find]:
        if not view.has_digits:
            return
        text = view.text
        for prefix, pattern in _ABROAD:
            place = text.find(prefix)
            while place >= 0:
                match = pattern.match(text, place)
                if match and (found := _found(text, match, _abroad)):
                    yield found
                place = text.find(prefix, match.end() if match else place + 1)
        for region in regions:
            accepted = _national(region)
            place = 0
            while match := _AT_HOME.search(text, place):
                long_enough = match.end() - match.start() >= LEAST_DIGITS
                found = _found(text, match, accepted) if long_enough else None
                another = _ANOTHER.search(match[0], 1)
                begins = match.start() + another.start() if another else match.end()
                place = found.end if found else begins
                if found:
                    yield found

    return find


def _found(text: str, match: re.Match[str], accepted: Accepted) -> Find | None:
    written, following = match[0], text[match.end() : match.end() + 1]
    another = _ANOTHER.search(written, 1)
    longest = _longest(written[: another.start()], "", accepted) if another else None
    longest = longest or _longest(written, following, accepted)
    return longest and Find(match.start(), match.start() + longest[0], "PHONE", longest[1])


def _longest(written: str, following: str, accepted: Accepted) -> tuple[int, str] | None:
    """The longest run of whole groups, from the first on, that is a number: what follows may be a date or a price."""
    ends = [group.end() for group in _GROUP.finditer(written)]
    if following.isalnum() or following == "_":
        ends.pop()
    for end in reversed(ends):
        if number := accepted(written[:end]):
            return end, number
    return None


def _abroad(written: str) -> str | None:
    number = digits(written.replace(_TRUNK, "")).removeprefix("00")
    if not LEAST_DIGITS <= len(number) <= MOST_DIGITS:
        return None
    for length in (1, 2, 3):
        plausible = _plausible(int(number[:length]))
        if plausible is not None:
            return f"+{number}" if plausible.fullmatch(number, length) else None
    return None


def _national(region: str) -> Accepted:
    valid, code, trunk = _valid(region)

    def accepted(written: str) -> str | None:
        if _DATE.match(written) or (code == 1 and not _AMERICAN.fullmatch(written)):
            return None
        number = digits(written)
        # Without a trunk prefix a bare number could be anything; a written phone number has groups.
        if not number.startswith("0") if trunk == "0" else len(written) == len(number):
            return None
        number = number.removeprefix(trunk)
        return f"+{code}{number}" if valid.fullmatch(number) else None

    return accepted


@cache
def _plausible(code: int) -> re.Pattern[str] | None:
    """What numbers of all countries with this calling code can look like; None when no country has it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
    from phonenumbers.phonemetadata import PhoneMetadata

    found = [
        PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        for region in COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    ]
    forms = [known.general_desc.national_number_pattern for known in found if known and known.general_desc]
    return re.compile("|".join(f"(?:{form})" for form in forms if form)) if forms else None


@cache
def _valid(region: str) -> tuple[re.Pattern[str], int, str]:
    """What numbers of the region look like, its calling code, and the prefix for calls inside it."""
    from phonenumbers.phonemetadata import PhoneMetadata

    known = PhoneMetadata.metadata_for_region(region)
    assert known is not None
    kinds = [getattr(known, name) for name in _TYPES]
    forms = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{form})" for form in forms)), known.country_code or 0, known.national_prefix or ""


def known_regions() -> frozenset[str]:
    """The codes of all countries whose numbers are known."""
    from phonenumbers import SUPPORTED_REGIONS

    return frozenset(SUPPORTED_REGIONS)
