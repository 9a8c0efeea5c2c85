"""Labelled samples as lines of a file: each in the public shape, and never all of them in memory."""

from __future__ import annotations

import json

from evaluator.labelling import lines
from evaluator.samples.export import CHUNK_BYTES
from store.store import Store
from tests.builders import make_sample
from tests.unit.evaluator.labelling.test_standing import word


def test_large_texts_are_written_a_few_at_a_time(store: Store) -> None:
    """Three texts that are each more than half of what is read at a time come one after the other."""
    names = ["a", "b", "c"]
    store.append_samples([make_sample(name, text="x" * (CHUNK_BYTES // 2 + 1)) for name in names]).result()
    said = [word("Ana", True, minute, sample_id=name) for minute, name in enumerate(names)]
    found = [[json.loads(line)["id"] for line in chunk.splitlines()] for chunk in lines.chunks(store.read, said)]
    assert found == [["a"], ["b"], ["c"]]


def test_a_line_is_a_sample_as_clients_send_it(store: Store) -> None:
    """With its label beside it, without what it lacks and without who its user is."""
    store.append_samples([make_sample("a", session_id="s", user_id="u")]).result()
    line = json.loads("".join(lines.chunks(store.read, [word("Ana", False, 1, sample_id="a")])))
    assert (line["session_id"], line["label"], "user_id" in line, None in line.values()) == ("s", False, False, False)
