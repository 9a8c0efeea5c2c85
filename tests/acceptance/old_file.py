"""A file as the version before metrics left it: history of two judges, one of them firing, one fallen and recovered."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from store.migrate import migrate, migrations
from tests.builders import NOON
from tests.conftest import Clock

BEFORE_METRICS = 5
"""How many migrations that version had."""
DAY = timedelta(days=1)
BEGIN = NOON - 12 * DAY
FIRED, RESOLVED = "alert_firing", "alert_resolved"
_SAMPLES = """
INSERT INTO sample (
  sample_id, ts, received_at, feature, environment, session_id, stop_reason, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u
)
SELECT
  's' || i, $begin + to_microseconds(i * $step), $begin + to_microseconds(i * $step), 'support-chat', 'production',
  CASE WHEN i % 10 = 0 THEN 'c' || (i // 20) END, 'end_turn', 500 + (hash(i) % 1000)::DOUBLE, map([], []),
  'webhook', 'default', CASE WHEN i % 2 = 0 THEN 0.5 ELSE 1 END, 0.1
FROM range($n) AS one(i)
"""
_VERDICTS = """
INSERT INTO verdict (
  seq, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score
)
SELECT
  row_number() OVER (ORDER BY ts, judge), sample_id, ts, ts, feature, session_id, sampling_class, judge, 'v1', 'check',
  'ok', sampling_probability, passed, passed::INTEGER
FROM (
  SELECT
    sample_id, ts, feature, session_id, sampling_class, sampling_probability, unnest(['falls', 'fell']) AS judge,
    hash(sample_id, judge) % 100 AS luck,
    CASE
      WHEN judge = 'falls' THEN CASE WHEN ts >= $fall THEN 70 ELSE 95 END
      WHEN ts >= $dip AND ts < $recovery THEN 60
      ELSE 95
    END AS rate,
    luck < rate AS passed
  FROM sample
)
"""


def monitor_id(judge: str) -> str:
    """What that version called the monitor of a pass rate."""
    return hashlib.sha256(f"support-chat\n{judge}\nv1".encode()).hexdigest()[:16]


def write(path: Path, n: int) -> None:
    """The file with `n` samples and two verdicts on each, over twelve days up to noon."""
    with duckdb.connect() as c:
        c.execute(f"ATTACH '{path}' AS leadline")
        c.execute("USE leadline")
        migrate(c, Clock(), migrations()[:BEFORE_METRICS])
        step = int(12 * DAY / n / timedelta(microseconds=1))
        c.execute(_SAMPLES, {"begin": _naive(BEGIN), "step": step, "n": n})
        times = {"fall": NOON - DAY, "dip": NOON - 7 * DAY, "recovery": NOON - 6 * DAY}
        c.execute(_VERDICTS, {name: _naive(at) for name, at in times.items()})
        c.execute("UPDATE rollup_watermark SET seq = (SELECT max(seq) FROM verdict)")
        _watched(c, "falls", "firing", None)
        _watched(c, "fell", "ok", NOON - 6 * DAY)
        _alert(c, FIRED, "falls", NOON - DAY / 2, None)
        _alert(c, RESOLVED, "fell", NOON - 6.5 * DAY, NOON - 5 * DAY)


def _watched(c: duckdb.DuckDBPyConnection, judge: str, state: str, restart: datetime | None) -> None:
    name, looked = monitor_id(judge), NOON - timedelta(minutes=30)
    c.execute(
        "INSERT INTO monitor VALUES (?, 'support-chat', ?, 'v1', 'check', ?, ?, ?, ?)",
        [name, judge, _naive(BEGIN), state, _naive(looked), restart and _naive(restart)],
    )
    c.execute(
        "INSERT INTO baseline VALUES (?, 1, 'first_window', ?, ?, ?, '')",
        [name, _naive(BEGIN), _naive(BEGIN + 3 * DAY), _naive(BEGIN + 3 * DAY)],
    )
    c.execute(
        "INSERT INTO drift_check VALUES (?, ?, ?, 'no_evidence', 1, 0, 12, .95, .95, 0, 0, 0, NULL, NULL, NULL, '')",
        [name, _naive(looked), state],
    )


def _alert(c: duckdb.DuckDBPyConnection, name: str, judge: str, fired: datetime, resolved: datetime | None) -> None:
    evidence = {
        "monitor": {"monitor_id": monitor_id(judge), "feature": "support-chat", "judge": judge, "judge_version": "v1"},
        "drop": {"at_alarm": {"size": 0.25, "lo": 0.2, "hi": 0.3}},
        "baseline": {
            "rate": 0.95,
            "lo": 0.94,
            "hi": 0.96,
            "n": 1000.0,
            "start_at": _told(BEGIN),
            "end_at": _told(BEGIN + 3 * DAY),
            "origin": "first_window",
        },
        "value": {"rate": 0.7, "lo": 0.6, "hi": 0.8, "n": 100.0},
        "evidence": {"ratio": 1e6, "threshold": 1e5, "log_ratio": 14.0, "log_threshold": 11.5, "in_words": "evidence"},
        "onset": {"at": _told(fired - DAY / 8), "lo_at": _told(fired - DAY / 4), "hi_at": _told(fired)},
        "looked_at": _told(fired),
        "link": "/regression",
        "examples": [],
        "flags": [],
    }
    state = "resolved" if resolved else "firing"
    told = [name, monitor_id(judge), state, _naive(fired), resolved and _naive(resolved), json.dumps(evidence)]
    c.execute("INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?)", told)


def _told(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)
