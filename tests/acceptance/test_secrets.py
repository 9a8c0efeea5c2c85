"""What must not be stored is stored nowhere: planted in every channel, looked for in everything the service leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.captures import FOLDER
from tests.acceptance.leaks import CHANNELS, FILE_CHANNEL, Plants, public, quiet, send, stored_texts
from tests.acceptance.process import Serving, serve
from tests.fakes import Asked, FakeClaude, Reply, decides

pytestmark = pytest.mark.slow
SECONDS = 30
ALL = [Plants(number) for number in range(1, FILE_CHANNEL + 1)]
ENCODED = ("content-type", "content-encoding")
READS = (
    "/v1/samples?limit=1000", "/v1/verdicts?limit=1000", "/v1/alerts", "/v1/monitors", "/v1/judges", "/v1/coverage",
    "/v1/costs", "/v1/checks", "/v1/settings", "/v1/status", "/v1/doctor", "/metrics", "/healthz", "/readyz",
)  # fmt: skip


@dataclass
class Left:
    """Everything that a run leaves behind or says."""

    answers: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def places(self) -> Iterator[tuple[str, str]]:
        """Where, and what."""
        yield from (("an answer", text) for text in self.answers)
        yield from (("the log", text) for text in self.log)
        yield from ((name, content.decode("latin-1")) for name, content in self.files.items())
        yield from self.texts
        yield from (("a judge's prompt", text) for text in self.asked)

    def holding(self, needles: list[str]) -> list[str]:
        """The places in which any of these stands."""
        found = {f"{needle} in {place}" for place, text in self.places() for needle in needles if needle in text}
        return sorted(found)


def quoting(asked: Asked) -> Reply:
    """A judge that fails every answer and quotes it."""
    return decides("FAIL", f"It says: {asked.response[:200]}")


@dataclass
class Run:
    """A service in a process of its own with LLM judges that ask a fake, and what it leaves."""

    folder: Path
    settings: dict[str, str]
    left: Left = field(default_factory=Left)

    def __enter__(self) -> Run:
        self.claude = FakeClaude(rule=quoting)
        self.claude.__enter__()
        self.environ = {
            "ANTHROPIC_BASE_URL": self.claude.url,
            "ANTHROPIC_API_KEY": "sk-ant-fake",
            "LEADLINE_JUDGE__LLM_RATE": "1",
            "LEADLINE_INTAKE__SETTLE_SECONDS": "1",
            "LEADLINE_INTAKE__OPEN_SECONDS": "1",
            "LEADLINE_LOG_LEVEL": "debug",
            **self.settings,
        }
        self.serving = serve(self.database, environ=self.environ)
        self.reader = threading.Thread(target=self._listen, args=(self.serving,))
        self.reader.start()
        self.client = httpx2.Client(base_url=self.serving.url, timeout=SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.serving.process.terminate()
        self.serving.process.wait(timeout=SECONDS)
        self.reader.join(timeout=SECONDS)
        self.claude.__exit__()

    @property
    def database(self) -> Path:
        return self.folder / "leaks.duckdb"

    def _listen(self, serving: Serving) -> None:
        assert serving.process.stderr is not None
        self.left.log.extend(serving.process.stderr)

    def send(self) -> None:
        """Posts every channel; the log of the database is looked at before anything is put together."""
        for channel, plants in zip(CHANNELS, ALL, strict=False):
            self.left.answers.append(send(self.client, channel, plants))
        self.look()

    def look(self) -> None:
        """Takes what the files hold now."""
        for file in self.folder.iterdir():
            self.left.files[f"{file.name}, look {len(self.left.files)}"] = file.read_bytes()

    def until_judged(self, samples: int) -> None:
        """Waits until so many samples are there and the LLM judge has judged them."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            judges = {judge["name"]: judge for judge in self.client.get("/v1/judges").json()}
            stored = len(self.client.get("/v1/samples?limit=1000").json())
            if stored >= samples and not any(judge["pending"] for judge in judges.values()):
                return
            time.sleep(0.2)
        raise AssertionError(f"{stored} samples, {judges}")

    def read_all(self) -> None:
        """Asks for everything that can be read."""
        answers = [self.client.get(path) for path in READS]
        self.left.answers += [f"{answer.request.url}: {answer.text}" for answer in answers]
        ids = [sample["sample_id"] for sample in self.client.get("/v1/samples?limit=1000").json()]
        self.left.answers += [self.client.get(f"/v1/samples/{one}").text for one in ids]
        self.left.asked = [json.dumps(asked.body, ensure_ascii=False) for asked in self.claude.asked]
        self.look()

    def score_a_file(self) -> None:
        """`leadline score` of a file, after the service has stopped."""
        file = self.folder.parent / "history.jsonl"
        file.write_text(json.dumps(public(ALL[-1])) + "\n")
        command = [sys.executable, "-m", "ui.cli", "--database", str(self.database), "score", str(file), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * SECONDS, env=self._whole_environ())
        self.left.answers.append(done.stdout)
        self.left.log.append(done.stderr)
        assert done.returncode == 0, done.stderr

    def _whole_environ(self) -> dict[str, str]:
        return {**os.environ, **self.environ}


def finished(run: Run) -> Left:
    """What a run left, all of its tables included."""
    run.look()
    run.left.texts = list(stored_texts(run.database))
    return run.left


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A run through every channel, judged, read, stopped, and a file scored afterwards."""
    folder = tmp_path_factory.mktemp("leaks") / "data"
    folder.mkdir()
    with Run(folder, {}) as run:
        run.send()
        run.until_judged(15)
        run.read_all()
    run.claude.__enter__()
    run.environ["ANTHROPIC_BASE_URL"] = run.claude.url
    run.score_a_file()
    run.claude.__exit__()
    return finished(run)


@pytest.mark.parametrize("plants", ALL, ids=[*(channel.name for channel in CHANNELS), "a scored file"])
def test_planted_values_are_nowhere(left: Left, plants: Plants) -> None:
    """No value of any rule and no user id is in the tables, the files, the log, an answer or a judge's prompt."""
    found = left.holding(plants.needles)
    print(f"{len(plants.needles)} values, found in {len(found)} places (target 0)")
    assert found == []


def test_the_texts_around_them_are_there(left: Left) -> None:
    """The test looks in the right places: every channel's text is in the tables, and judges were asked about it."""
    stored = " ".join(text for _, text in left.texts)
    assert [plants.number for plants in ALL if plants.word not in stored] == []
    assert any(ALL[0].word in asked for asked in left.asked)
    assert any(ALL[0].word.encode() in content for content in left.files.values())


def test_nothing_of_a_text_is_stored_where_none_is_kept(tmp_path: Path) -> None:
    """With text.keep = none, words of requests, answers and comments reach neither file nor log, yet are judged."""
    folder, plants = tmp_path / "data", Plants(77)
    folder.mkdir()
    with Run(folder, {"LEADLINE_TEXT__KEEP": "none"}) as run:
        for path, body in quiet(plants):
            assert run.client.post(path, json=body).status_code in (200, 202)
        run.look()
        run.until_judged(2)
        run.read_all()
    left = finished(run)
    assert sum(plants.word in asked for asked in left.asked) == 2
    left.asked = []
    assert left.holding([plants.word, *plants.needles]) == []


@pytest.mark.skipif(not FOLDER.exists(), reason="the real data in ../shared/data/payloads is not here")
def test_what_real_clients_sent_is_redacted(tmp_path: Path) -> None:
    """The captures of 19 clients hold an address, a phone number and a user's id: none of them is stored."""
    folder = tmp_path / "data"
    folder.mkdir()
    with Run(folder, {}) as run:
        for head in sorted(FOLDER.glob("*/0*.headers.json")):
            told = json.loads(head.read_text())
            headers = {name: value for name, value in told["headers"] if name.lower() in ENCODED}
            path = {"/webhooks/litellm": "/v1/webhooks/litellm"}.get(told["path"], told["path"])
            body = head.with_name(head.name.replace(".headers.json", ".bin")).read_bytes()
            run.left.answers.append(run.client.post(path, content=body, headers=headers).text)
        run.look()
        run.until_judged(100)
        run.read_all()
    left = finished(run)
    assert any("Grüße" in text or "guitar" in text for _, text in left.texts)
    assert left.holding(["joerg.mueller@example.com", "151 23456789", "user-8c1f"]) == []
