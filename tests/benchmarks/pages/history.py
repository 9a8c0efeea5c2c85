"""A store in which every page has work: the crowd of tests/benchmarks/crowd.py with texts, looks, alerts, incidents.

    python -m tests.benchmarks.pages.history FILE SAMPLES END

The 30 days end at END (ISO 8601). The judges are those of leadline.toml beside this file, so that a service with that
file owes nothing. Three judges pass less on one feature in the last four days: those alarms, and their incidents, are
made by the code that makes them in a service; earlier ones are copies of them, that are over.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

from evaluator import config
from evaluator.alerts.incidents import Incidents
from evaluator.judge_setup import judge_client, judge_entries, judge_resources
from evaluator.settings import Settings
from store.database import Connection
from store.store import Store
from tests.benchmarks.crowd import FALLING, QUARTER, Scene, looked_at, make
from tests.conftest import Clock

CONFIG = Path(__file__).with_name("leadline.toml")
FALLEN, FALL_LASTS = f"feature-{FALLING:02d}", timedelta(days=4)
COUNTED = (10, 20, 30)
"""After which days the crowd is counted: each time costs a pass over all that is there."""
PAST = 60
"""How often every incident happened before."""
WORDS = (
    "order delivery parcel invoice refund please monday street address waiting since answer phone nobody account "
    "password login update card payment receipt label return broken screen battery replace warranty number tracking "
    "customs delay weather driver neighbour pickup station email again twice cancel subscription month price discount "
    "code shop size colour blue large exchange store hours open saturday manager complaint thanks hello where when why "
    "could you tell me what happened with my"
)
SAID = """array_to_string(list_transform(
  range(({least} + {u} % {spread} + CASE WHEN {u} % 200 = 0 THEN 1500 ELSE 0 END)::BIGINT),
  lambda k: ($words::VARCHAR[])[1 + (hash(seq, {salt}, k) % len($words::VARCHAR[]))::INTEGER]), ' ')"""
TEXTS = f"""
INSERT INTO payload (sample_id, ts, request, response)
SELECT
  sample_id, ts,
  '{{"system":"You answer questions of customers of a shop.","messages":[{{"role":"user","content":"'
    || {SAID.format(least=12, u="u", spread=40, salt=1)} || '?"}}]}}',
  '{{"content":[{{"type":"text","text":"' || {SAID.format(least=25, u="v", spread=60, salt=2)}
    || '."}}],"stop_reason":"end_turn"}}'
FROM (SELECT sample_id, ts, seq, hash(seq, 5) AS u, hash(seq, 6) AS v FROM sample)
ORDER BY ts
"""
TRAFFIC = """
INSERT INTO traffic (bucket, feature, model, stop_reason, latency_bin, outcome, n)
SELECT bucket, feature, model, 'end_turn', 'le_1000', outcome, 1 + hash(bucket, feature, model, outcome) % 40
FROM (
  SELECT
    unnest(generate_series($start::TIMESTAMP, $end::TIMESTAMP - INTERVAL 15 minutes, INTERVAL 15 minutes)) AS bucket
), (SELECT DISTINCT feature FROM sample), unnest(['large', 'small']) AS m(model),
unnest(['rate', 'rejected']) AS o(outcome)
"""
LOOKS = """
INSERT INTO drift_check (
  monitor_id, looked_at, state, reason, votes, log_evidence, log_threshold, p_ref, p_now, drop_size, drop_lo, drop_hi,
  flags, reading
)
SELECT
  monitor_id, looked_at, 'ok', 'below_threshold', 20 + u % 60, u % 400 / 100.0 - 3, 11.5, 0.93, 0.925 + u % 10 / 1000,
  0.003, -0.01, 0.02, '[]', 0
FROM (
  SELECT monitor_id, looked_at, hash(monitor_id, looked_at) AS u
  FROM monitor
  CROSS JOIN (
    SELECT unnest(generate_series($start::TIMESTAMP + INTERVAL 3 days, $end::TIMESTAMP, INTERVAL 1 hour)) AS looked_at
  )
)
"""
MARKERS = """
INSERT INTO marker (marker_id, ts, created_at, kind, name, feature, origin, note)
SELECT
  'marker-' || i, $start::TIMESTAMP + i * INTERVAL 5 hours, $start::TIMESTAMP + i * INTERVAL 5 hours,
  ['deploy', 'prompt_version', 'other'][1 + i % 3], 'v' || i,
  CASE WHEN i % 4 > 0 THEN 'feature-' || lpad((i % 16)::VARCHAR, 2, '0') END, 'api', ''
FROM range(140) AS r(i)
"""
AUDIT = """
INSERT INTO audit (ts, seq, actor, via, action, subject, subject_id, detail)
SELECT
  $start::TIMESTAMP + i * INTERVAL 20 minutes, 100000 + i, ['ana', 'ben', 'leadline'][1 + i % 3], 'ui',
  ['acknowledged', 'commented', 'silenced'][1 + i % 3], 'incident', incident_id, '{"note": "seen"}'
FROM range(2000) AS r(i), (SELECT min(incident_id) AS incident_id FROM incident)
"""
SILENCES = """
INSERT INTO silence (silence_id, kind, matchers, starts_at, ends_at, reason, created_at, created_by)
SELECT
  'silence-' || i, 'silence', '{"feature": "feature-' || lpad((i % 16)::VARCHAR, 2, '0') || '"}',
  $start::TIMESTAMP + i * INTERVAL 1 days, $start::TIMESTAMP + i * INTERVAL 1 days + INTERVAL 4 hours, 'known',
  $start, 'ana'
FROM range(29) AS r(i)
"""
PAST_INCIDENTS = (
    """INSERT INTO incident
    SELECT * EXCLUDE (i) REPLACE (
      incident_id || '-' || i AS incident_id, 'resolved' AS state, opened_at - i * INTERVAL 9 hours AS opened_at,
      opened_at - i * INTERVAL 9 hours + INTERVAL 5 hours AS resolved_at, told_at - i * INTERVAL 9 hours AS told_at
    ) FROM incident, range(1, $past) AS r(i)""",
    """INSERT INTO incident_member
    SELECT * EXCLUDE (i) REPLACE (
      alert_id || '-' || i AS alert_id, incident_id || '-' || i AS incident_id,
      joined_at - i * INTERVAL 9 hours AS joined_at
    ) FROM incident_member, range(1, $past) AS r(i)""",
    """INSERT INTO alert
    SELECT * EXCLUDE (i) REPLACE (
      alert_id || '-' || i AS alert_id, 'resolved' AS state, fired_at - i * INTERVAL 9 hours AS fired_at,
      fired_at - i * INTERVAL 9 hours + INTERVAL 5 hours AS resolved_at
    ) FROM alert, range(1, $past) AS r(i)""",
)


def settings(file: Path) -> Settings:
    """Those of the service that shows the store."""
    return config.load(CONFIG, database=file)


def versions(given: Settings) -> tuple[str, ...]:
    """Those of the judges, as a service with these settings has them."""
    client = judge_client(given, {}, random.Random(1))
    resources = judge_resources(given, client, Clock())
    return tuple(one.judge.version for one in judge_entries(given, resources, {}) if one.judge)


def write(file: Path, samples: int, end: datetime) -> None:
    """Makes the file."""
    given = settings(file)
    scene = Scene(end - timedelta(days=30), versions(given), fall_at=end - FALL_LASTS)
    with Store.open(file, clock=Clock(end)) as store:
        crowd = make(store, samples, scene, COUNTED)
        crowd.clock.now = end
        # Baselines without the looks that would have come with them.
        crowd.watch._keep(crowd.watch._rebase(end))
        looked_at(store, end)
        span = {"start": scene.start.replace(tzinfo=None), "end": end.replace(tzinfo=None)}
        store.run(lambda c: _tell(c, span)).result()
        # The alarms of now are found by a look at the last hours, which are read with all that came before.
        looked_at(store, end - 12 * QUARTER, feature=FALLEN)
        crowd.watch._look(end, lambda series: series.feature == FALLEN)
        asyncio.run(Incidents(store, given, crowd.clock).settle())
        store.run(lambda c: _remember(c, span)).result()
        store.checkpoint()


def _tell(c: Connection, span: dict[str, datetime]) -> None:
    c.execute(TEXTS, {"words": WORDS.split()})
    for statement in (TRAFFIC, LOOKS):
        c.execute(statement, span)


def _remember(c: Connection, span: dict[str, datetime]) -> None:
    for statement in PAST_INCIDENTS:
        c.execute(statement, {"past": PAST})
    for statement in (MARKERS, AUDIT, SILENCES):
        c.execute(statement, {"start": span["start"]})


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
