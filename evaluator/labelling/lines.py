"""Labelled samples as lines of a file that `leadline rubric test` reads: the public shape, and the label beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from evaluator.samples.export import fitting, public
from store import samples
from store.records import TextState

if TYPE_CHECKING:
    from evaluator.samples.export import Read
    from store.labels import Label
    from store.records import Sample
    from store.samples import Key


def chunks(read: Read, found: Iterable[Label]) -> Iterator[str]:
    """One line for each sample that somebody could say something about and whose text is there, the oldest first.

    Of several people's words on a sample the first one stands there. A few lines at a time, each by its own cursor.
    """
    told: dict[Key, Label] = {}
    for label in sorted((one for one in found if one.passed is not None), key=lambda one: one.labelled_at):
        told.setdefault((label.sample_id, label.ts), label)
    for part in fitting(read, list(told)):
        with read() as c:
            loaded = samples.load(c, part)
        yield "".join(_line(one, told[one.sample_id, one.ts]) for one in loaded if one.text is TextState.KEPT)


def _line(sample: Sample, label: Label) -> str:
    """Without who the user is: whoever tunes a rubric has no need to know."""
    told = {name: value for name, value in public(sample).items() if name != "user_id"}
    return json.dumps(told | {"label": label.label or label.passed}, ensure_ascii=False) + "\n"
