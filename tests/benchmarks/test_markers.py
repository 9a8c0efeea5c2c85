"""Noticing new versions at every look: over a million samples it may take 50 ms, and reads only what is new."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest

from store import markers
from store.database import Connection
from store.store import Store
from tests.builders import NOON, make_sample

pytestmark = pytest.mark.slow

SAMPLES = 1_000_000
TARGET_MS = 50.0
FILL = """
    INSERT INTO sample BY NAME
    SELECT
      i AS seq, 's' || i AS sample_id, TIMESTAMP '2026-01-01' + to_seconds(20 * i) AS ts, ts AS received_at,
      'f' || (i % 5) AS feature, 'production' AS environment, 'webhook' AS source, 'default' AS sampling_class,
      1.0 AS sampling_probability, 0.5 AS sampling_u, 'kept' AS text, 'model-' || (i // 400000) AS model,
      'p' || (i // 90000) AS prompt_version, 'r' || (i // 20000) AS release
    FROM range(1, $samples + 1) AS t(i)"""


def _seconds(store: Store) -> float:
    begun = time.perf_counter()
    store.run(markers.notice).result()
    return time.perf_counter() - begun


def _fill(c: Connection) -> None:
    c.execute(FILL, {"samples": SAMPLES})


def test_a_look_reads_only_new_samples(store: Store) -> None:
    """After the first look at a million samples, one at fifty new ones takes a fraction of that."""
    store.run(_fill).result()
    first, looks = _seconds(store), []
    for number in range(15):
        new = [make_sample(f"{number}-{i}", ts=NOON + timedelta(minutes=i), release=f"v{number}") for i in range(50)]
        store.append_samples(new).result()
        looks.append(_seconds(store))
    usual = statistics.median(looks)
    word = "ok" if 1e3 * usual <= TARGET_MS else "MISSED"
    print(
        f"\nnoticing versions, {SAMPLES:,} samples: first {1e3 * first:.0f} ms, then {1e3 * usual:.1f} ms per look",
        end="",
    )
    print(f" (target <= {TARGET_MS:.0f} ms) {word}")
    assert usual <= first / 2
