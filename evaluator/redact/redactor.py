"""Takes personal data and secrets out of what clients send: to keyed marks first, in a whole sample to numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, Self

from pydantic_core import PydanticSerializationError, to_json

from evaluator.intake.parts import Facts, Part
from evaluator.redact.draft import BODY, IDS, NAMES, Draft, Record, in_order, is_random, names_a_user, shallowed
from evaluator.redact.finds import Find
from evaluator.redact.leaves import TooDeepError, rebuilt
from evaluator.redact.marks import FORGED, ID, OPEN, USER, Marks, Numbers
from evaluator.redact.search import Found, Search
from evaluator.settings import RedactionSettings
from store.records import Sample

_IN_NAMES = frozenset((FORGED, "PRIVATE_KEY", "API_KEY", "PASSWORD", "EMAIL", "IBAN", "CARD"))
"""What is also taken out of names (of features, models …), which are else left alone."""
_JSON_VALUE = re.compile(r"(\\*\")\s*:\s*-?$")
_OPEN = OPEN.encode()
_NAMED = attrgetter("metadata", *(name for name in NAMES if name != "service"))
_JSON_GOES_ON = re.compile(r"\s*(?:[,}\]]|$)")


class Redactor:
    """Finds and replaces. It holds no state but its key and counts, so any thread may use it."""

    def __init__(self, marks: Marks, search: Search) -> None:
        self._marks = marks
        self._search = search

    @classmethod
    def build(cls, settings: RedactionSettings, key: bytes) -> Self:
        """The redactor that the settings ask for; ConfigError when they cannot be followed.

        Users' ids become hashes also where redaction is switched off.
        """
        return cls(Marks(key), Search.build(settings))

    @property
    def timeouts(self) -> int:
        """How many texts were replaced whole because a pattern of the operator's was too slow for them."""
        return self._search.timeouts

    def facts(self, facts: Facts) -> Facts:
        """The facts with a mark for everything found, and hashes for the user's id and for ids that tell something."""
        return self._marked(facts)

    def part(self, part: Part) -> Part:
        """The part with its facts redacted, and with hashes for those of its own ids that tell something."""
        return replace(
            part,
            group_id=self._named(part.group_id),
            part_id=self._named(part.part_id),
            span_id=part.span_id and self.identifier(part.span_id),
            parent_id=part.parent_id and self.identifier(part.parent_id),
            links=tuple(map(self._named, part.links)),
            facts=self.facts(part.facts),
        )

    def number(self, sample: Sample) -> Sample:
        """The sample with <EMAIL_1>, <EMAIL_2> … for its marks in reading order, and the hash of its text."""
        request = in_order(sample.request)
        said = (request, sample.response, sample.error, sample.reference)
        content = _json(said)
        sample = replace(sample, request=request, text_hash=self._marks.digest(content) if any(said) else None)
        # Few samples hold a mark, and looking for one in their JSON is many times faster than going through them.
        if _OPEN not in content and _OPEN not in _json(_NAMED(sample)):
            return sample
        draft = Draft.of(sample)
        return replace(sample, **self._numbered(sample, draft, [text for text, _ in draft.leaves]))

    def sample(self, sample: Sample) -> Sample:
        """Both steps at once, for a sample that arrives whole."""
        return self.number(self._marked(sample))

    def text(self, text: str) -> str:
        """A text that belongs to no sample, such as a comment."""
        found = self._search.found([(text, None)])
        return Numbers().placed(self._cut(text, found[0][1])) if found else text

    def user(self, user_id: str) -> str:
        """A user's id as it is stored: u_ and a keyed hash. The hash of a hash that this instance made is that hash."""
        return self._marks.hashed(USER, user_id)

    def identifier(self, given: str) -> str:
        """An id of a sample, session, trace or response as it is stored: a keyed hash when a rule finds something."""
        return self._hidden(given) if not is_random(given) and self._search.found([(given, None)]) else given

    def _named(self, given: str) -> str:
        """An id behind the name of its kind, as parts have them: `lf:…`, `response:…`."""
        name, colon, rest = given.partition(":")
        return f"{name}:{self.identifier(rest)}" if colon else self.identifier(given)

    def _hidden(self, given: str) -> str:
        return self._marks.hashed(ID, given)

    def _marked(self, record: Record) -> Record:
        try:
            draft = Draft.of(record)
        except TooDeepError:
            record = shallowed(record)
            draft = Draft.of(record)
        found = self._search.found(draft.leaves)
        fields = self._rewritten(record, draft, found) if found else {}
        if record.user_id:
            fields["user_id"] = self.user(record.user_id)
            if record.session_id == record.user_id:
                fields["session_id"] = self._hidden(record.session_id)
        users = {key: self.user(value) for key, value in record.metadata.items() if value and names_a_user(key)}
        if users:
            fields["metadata"] = {**fields.get("metadata", record.metadata), **users}
        return replace(record, **fields) if fields else record

    def _rewritten(self, record: Facts | Sample, draft: Draft, found: Found) -> dict[str, Any]:
        """The fields in which something was found, with marks in its place."""
        texts = [text for text, _ in draft.leaves]
        for index, (at, finds) in found.items():
            texts[index] = self._cut(texts[index], finds, at)
        fields: dict[str, Any] = {}
        for name, (begin, end) in draft.fields.items():
            if not any(begin <= index < end for index in found):
                continue
            if name in IDS:
                fields[name] = self._hidden(draft.leaves[begin][0])
            elif name in BODY or any(find.kind in _IN_NAMES for find in found[begin][1]):
                fields[name] = rebuilt(getattr(record, name), iter(texts[begin:end]))
        return fields

    def _cut(self, text: str, finds: Sequence[Find], at: int = 0) -> str:
        """The text, which stands at this place, with a mark for every find.

        Where a bare number stood as a value in JSON, the mark has quotes, so that it stays JSON.
        """
        parts: list[str] = []
        done = 0
        is_json = '"' in text
        for find in finds:
            start, end = find.start - at, find.end - at
            mark = self._marks.mark(find.kind, find.value) if find.kind != FORGED else find.value
            if is_json and text[start].isdigit() and (told := _JSON_VALUE.search(text, max(0, start - 12), start)):
                mark = f"{told[1]}{mark}{told[1]}" if _JSON_GOES_ON.match(text, end) else mark
            parts += (text[done:start], mark)
            done = end
        return "".join((*parts, text[done:]))

    def _numbered(self, sample: Sample, draft: Draft, texts: Sequence[str]) -> dict[str, Any]:
        numbers = Numbers()
        fields: dict[str, Any] = {}
        for name, (begin, end) in draft.fields.items():
            # A name is compared with those of other samples: its numbers must not depend on this one's text.
            placer = Numbers() if name in NAMES else numbers
            placed = [placer.placed(text) for text in texts[begin:end]]
            if placed != texts[begin:end]:
                fields[name] = rebuilt(getattr(sample, name), iter(placed))
        return fields


def _json(value: object) -> bytes:
    """A value as JSON, lone surrogates included, which no UTF-8 holds."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
