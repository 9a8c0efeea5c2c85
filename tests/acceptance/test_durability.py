"""What was acknowledged is there after kill -9, once; Ctrl-C ends the service within five seconds."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from store import samples
from store.samples import SampleFilter
from store.store import Store
from tests.acceptance.process import Serving, serve

KILLS = 10
SENDERS = 4
BEFORE_KILL = 40

pytestmark = pytest.mark.slow


class Sender(threading.Thread):
    """Posts batches of 1 to 20 samples until the service is gone; remembers what was sent and what was acknowledged.

    What was not acknowledged goes first in the next round, as a real client's retry does.
    """

    def __init__(self, name: str, seed: int) -> None:
        super().__init__()
        self.prefix, self.rng = name, random.Random(seed)
        self.sent = 0
        self.acknowledged: set[str] = set()
        self.unanswered: list[dict[str, str]] = []
        self.url = ""
        self.enough = threading.Semaphore(0)

    def again(self) -> Sender:
        """The same sender for the next round."""
        following = Sender(self.prefix, self.rng.randrange(2**32))
        following.sent, following.acknowledged, following.unanswered = self.sent, self.acknowledged, self.unanswered
        return following

    def batch(self) -> list[dict[str, str]]:
        if self.unanswered:
            return self.unanswered
        size = self.rng.randint(1, 20)
        stamped = datetime.now(UTC).isoformat()
        made = [
            {"id": f"{self.prefix}-{self.sent + i}", "timestamp": stamped, "feature": "load", "response": "x" * 300}
            for i in range(size)
        ]
        self.sent += size
        return made

    def run(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=10) as client:
            while True:
                self.unanswered = self.batch()
                try:
                    answer = client.post("/v1/samples", content=json.dumps(self.unanswered))
                except httpx2.TransportError:
                    self.enough.release(BEFORE_KILL)
                    return
                assert answer.status_code == 202, answer.text
                self.acknowledged |= {item["id"] for item in answer.json()["items"]}
                self.unanswered = []
                self.enough.release()


def round_of(serving: Serving, senders: list[Sender], rng: random.Random) -> None:
    """Load from all senders, then kill -9 in the middle of it."""
    for sender in senders:
        sender.url = serving.url
        sender.start()
    for _ in range(rng.randint(BEFORE_KILL // 2, BEFORE_KILL)):
        for sender in senders:
            sender.enough.acquire()
    serving.kill()
    for sender in senders:
        sender.join(timeout=30)


def test_ten_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """After ten times kill -9 under load, every acknowledged sample is stored exactly once."""
    database, rng = tmp_path / "load.duckdb", random.Random(9)
    senders = [Sender(f"sender{i}", i) for i in range(SENDERS)]
    for _ in range(KILLS):
        round_of(serve(database), senders, rng)
        senders = [sender.again() for sender in senders]
    with Store.open(database, clock=lambda: datetime.now(UTC)) as store, store.read() as c:
        stored = Counter(sample.sample_id for sample in samples.search(c, SampleFilter(limit=1_000_000)))
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    lost, doubled = acknowledged - set(stored), [name for name, times in stored.items() if times > 1]
    print(f"{KILLS} kills: {len(acknowledged)} acknowledged, {len(lost)} lost, {len(doubled)} doubled (target 0, 0)")
    assert len(acknowledged) > 1000
    assert not lost
    assert not doubled


@pytest.mark.parametrize("command", ["serve", "up"])
def test_ctrl_c_ends_within_five_seconds(tmp_path: Path, command: str) -> None:
    """Ctrl-C with an open connection ends the service in time, cleanly."""
    serving = serve(tmp_path / "a.duckdb", command)
    with httpx2.Client(base_url=serving.url) as client:
        client.post("/v1/samples", json={"response": "hello"})
        assert serving.interrupt(5) == 0


def test_what_a_kill_left_unjudged_is_judged_after_the_restart(tmp_path: Path) -> None:
    """A service that is killed before its judges were done judges the rest when it starts again."""
    database = tmp_path / "a.duckdb"
    first = serve(database)
    batch = [
        {"id": f"s{i}", "feature": "load", "response": "hello", "timestamp": "2026-11-01T00:00:00Z"}
        for i in range(3000)
    ]
    httpx2.post(f"{first.url}/v1/samples", json=batch, timeout=30)
    first.kill()
    second = serve(database)
    with httpx2.Client(base_url=second.url, timeout=30) as client:
        for _ in range(600):
            judged = {judge["name"]: judge for judge in client.get("/v1/judges").json()}["smell_heuristic"]
            if judged["ok"] == 3000:
                break
    assert (judged["ok"], judged["pending"]) == (3000, 0)
    second.interrupt(10)
