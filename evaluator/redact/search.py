"""Searching the texts of a record with every rule that is on."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from itertools import accumulate
from typing import Protocol, Self

from evaluator.errors import ConfigError
from evaluator.redact import escapes, ids, numbers, own, passwords, personal, phones, secrets
from evaluator.redact.finds import GAP, Find, Finder, Ranked, View, settled
from evaluator.redact.leaves import Leaf
from evaluator.redact.marks import forged
from evaluator.settings import RedactionSettings

RULES: Mapping[str, Finder] = {
    "private_key": secrets.private_keys,
    "api_key": secrets.api_keys,
    "password": passwords.passwords,
    "email": personal.emails,
    "iban": numbers.ibans,
    "card": numbers.cards,
    "national_id": ids.national_ids,
    "ip": personal.addresses,
    "phone": phones.phones(()),
}
"""The built-in rules, by rank: of two finds in one place, the earlier rule names it."""

_BY_NAME = list(RULES).index("password")
_FORGED = -1

Found = dict[int, tuple[int, list[Find]]]
"""By the number of a text: where it stands among all of them, and what was found in it."""


class More(Protocol):
    """A slower finder, which looks at each text by itself."""

    def find(self, texts: Sequence[str]) -> Iterable[tuple[int, Find]]: ...


class Search:
    """The rules that are on: built-in ones, the operator's own patterns, Presidio."""

    def __init__(
        self,
        finders: Sequence[tuple[int, Finder]],
        more: Sequence[More],
        off: frozenset[str],
        allowed: Sequence[str] = (),
    ) -> None:
        self._finders = finders
        self._more = more
        self._off = off
        self._allowed = re.compile("|".join(translate(glob.casefold()) for glob in allowed)) if allowed else None

    @classmethod
    def build(cls, settings: RedactionSettings) -> Self:
        """ConfigError: an unknown rule or region, a pattern that is none, or Presidio is missing."""
        for name in settings.off:
            if name not in RULES:
                raise ConfigError(f"redaction.off: there is no rule {name!r}; {_nearest(name)}.")
        unknown = set(settings.phone_regions) - phones.known_regions() if settings.phone_regions else set()
        if unknown:
            raise ConfigError(f"redaction.phone_regions: {min(unknown)!r} is no country code such as DE, GB or US.")
        if not settings.enabled:
            return cls((), (), frozenset(name.upper() for name in RULES))
        rules = {**RULES, "phone": phones.phones(settings.phone_regions)}
        on = [(rank, rule) for rank, (name, rule) in enumerate(rules.items()) if name not in settings.off]
        more: list[More] = list(own.compiled(settings.patterns))
        if settings.presidio:
            from evaluator.redact import presidio

            more.append(presidio.build(settings.presidio_entities))
        return cls(on, more, frozenset(name.upper() for name in settings.off), settings.allowed)

    @property
    def timeouts(self) -> int:
        """How many texts were replaced whole because a pattern of the operator's was too slow for them."""
        return sum(one.timeouts for one in self._more if isinstance(one, own.OwnPattern))

    def found(self, leaves: Sequence[Leaf]) -> Found:
        """What was found; all texts are searched as one, because a search costs more to begin than to go on."""
        texts = [text for text, _ in leaves]
        joined = GAP.join(texts)
        plain = escapes.plain(joined)
        view = View(plain.text)
        places = (
            (rank, find, plain.original(find.start), plain.original(find.end))
            for rank, finder in self._finders
            for find in finder(view)
            if find.kind not in self._off
        )
        found: list[Ranked] = [(start, rank, Find(start, end, *find[2:])) for rank, find, start, end in places]
        found += [(find.start, _FORGED, find) for find in forged(joined)]
        named = [(index, kind) for index, (_, name) in enumerate(leaves) if name and (kind := self._secret(name))]
        if not (found or named or self._more):
            return {}
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        for index, kind in named:
            if passwords.is_secret(kind, text := texts[index]):
                found.append((starts[index], _BY_NAME, Find(starts[index], starts[index] + len(text), kind, text)))
        for rank, finder in enumerate(self._more, len(RULES)):
            for index, find in finder.find(texts):
                start = starts[index] + find.start
                found.append((start, rank, Find(start, starts[index] + find.end, find.kind, find.value)))
        return _by_leaf(settled(self._unwelcome(found)), starts)

    def _unwelcome(self, found: list[Ranked]) -> list[Ranked]:
        """The finds without those whose value may stay; what looks like a mark of ours never may."""
        allowed = self._allowed
        if allowed is None:
            return found
        return [one for one in found if one[1] == _FORGED or not allowed.fullmatch(one[2].value.casefold())]

    def _secret(self, name: str) -> str | None:
        kind = passwords.secret_name(name)
        return None if kind in self._off else kind


def _by_leaf(finds: Sequence[Find], starts: Sequence[int]) -> Found:
    found: Found = {}
    index = -1
    for find in finds:
        if index < 0 or find.start >= starts[index + 1]:
            index = bisect_right(starts, find.start) - 1
            found[index] = (starts[index], [])
        found[index][1].append(find)
    return found


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, RULES, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the rules are {', '.join(RULES)}"
