"""`leadline alert …` on a file with a real fall, and over --url on the service that has it."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from evaluator.api.auth import Role, new_key
from evaluator.cli.app import leadline
from tests.acceptance.process import Serving, serve
from tests.builders import empty_database

pytestmark = pytest.mark.slow

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
REFUSAL = "I'm sorry, but I can't help with that request."
CONFIG = """
[drift]
baseline_votes = 200
every_minutes = 1440
[judge]
builtin = ["smell_heuristic"]
[monitors.length]
enabled = false
[features.chat]
owner = "support"
[[alerts.channels]]
name = "ops"
kind = "webhook"
url_env = "HOOK"
secret_env = "HOOK_SECRET"
allow_private = true
[[alerts.routes]]
name = "small"
severities = ["info"]
channels = []
[[alerts.routes]]
name = "nights"
severities = ["warning"]
channels = ["ops"]
quiet = "22:00-07:00"
"""


class Receiver(ThreadingHTTPServer):
    """Counts what it gets, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 404
        self.got: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on loopback."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def environ(receiver: Receiver) -> Iterator[dict[str, str]]:
    """What the configuration names; no key of this machine leaks in."""
    given = {"HOOK": f"http://127.0.0.1:{receiver.server_port}/", "HOOK_SECRET": SECRET, "LOGNAME": "ana"}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ANTHROPIC_API_KEY", raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        yield given


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, environ: dict[str, str]) -> Path:
    """A folder with a configuration and a file in which answers fell: one incident, whose message was refused."""
    folder = tmp_path_factory.mktemp("fallen")
    (folder / "leadline.toml").write_text(CONFIG, encoding="utf-8")
    first = datetime.now(UTC) - timedelta(minutes=5 * 500)
    rows = [
        {
            "id": f"s{n}",
            "timestamp": (first + timedelta(minutes=5 * n)).isoformat(),
            "feature": "chat",
            "response": REFUSAL if n >= 400 and n % 2 else "On its way.",
        }
        for n in range(500)
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    receiver.status = 404
    way = Way(folder, (*local(folder),))
    assert way.run("score", str(folder / "a.jsonl")).exit_code == 0
    assert way.run("check").exit_code == 1
    return folder


def local(folder: Path) -> tuple[str, ...]:
    return ("--config", str(folder / "leadline.toml"), "--database", str(folder / "leadline.duckdb"))


@dataclass(frozen=True)
class Way:
    """Commands on one file, or over --url on the service that has it open. `key` is the fingerprint of its key."""

    folder: Path
    where: tuple[str, ...]
    key: str | None = None

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(leadline, [*self.where, *words])

    def alert(self, *words: str) -> str:
        """What `leadline alert` says when it succeeds."""
        result = self.run("alert", *words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.alert(*words, "--json"))

    @property
    def incident_id(self) -> str:
        [one] = self.json("list", "--state", "all")
        return str(one["incident_id"])

    def logged(self, subject: str) -> list[tuple[str, str, str, str | None]]:
        """What people did to a kind of thing, the oldest first: action, who, which way, with which key."""
        entries = [one for one in self.json("log") if one["subject"] == subject and one["via"] != "leadline"]
        return [(one["action"], one["actor"], one["via"], one["key"]) for one in reversed(entries)]


def copied(fallen: Path, folder: Path) -> Path:
    for name in ("leadline.toml", "leadline.duckdb"):
        shutil.copy(fallen / name, folder / name)
    return folder


def started(folder: Path, environ: dict[str, str], **more: str) -> Serving:
    database, config = folder / "leadline.duckdb", str(folder / "leadline.toml")
    return serve(database, "--config", config, "serve", environ={**environ, **more})


@pytest.fixture(params=["file", "url"])
def way(request: pytest.FixtureRequest, tmp_path: Path, fallen: Path, environ: dict[str, str]) -> Iterator[Way]:
    """Both ways to the same file; the service takes an admin key alone."""
    folder = copied(fallen, tmp_path)
    if request.param == "file":
        yield Way(folder, local(folder))
        return
    key, entry = new_key(Role.ADMIN)
    serving = started(folder, environ, LEADLINE_KEYS=json.dumps([entry]))
    yield Way(folder, ("--url", serving.url, "--key", key), hashlib.sha256(key.encode()).hexdigest()[:8])
    serving.interrupt(15)


def test_an_incident_is_seen_to_from_its_fall_to_its_end(way: Way) -> None:
    """Each step says what it did; the log has who did it, which way and with which key, and nothing twice."""
    id_ = way.incident_id
    assert "chat · smell_heuristic: pass rate" in way.alert("list")
    assert "ana sees to it" in way.alert("ack", id_, "--note", "looking")
    assert f"{id_}: ana sees to it already" in way.alert("ack", id_, "--by", "bob")
    assert "assigned to carol" in way.alert("assign", id_, "carol", "--by", "bob")
    assert "acknowledged" in way.alert("list", "--state", "acknowledged")
    assert "nobody’s" in way.alert("assign", id_, "--nobody")
    assert "not acknowledged" in way.alert("unack", id_)
    assert f"`leadline alert show {id_}`" in way.alert("comment", id_, "it was v7")
    assert f"{id_} is resolved" in way.alert("resolve", id_, "--note", "rolled back")
    assert "by hand by ana: nothing was done" in way.alert("resolve", id_)
    assert "No incident is open" in way.alert("list")
    did = ("acknowledged", "assigned", "assigned", "unacknowledged", "commented", "resolved by hand")
    who = ("ana", "bob", "ana", "ana", "ana", "ana")
    assert way.logged("incident") == [(what, by, "command", way.key) for what, by in zip(did, who, strict=True)]
    assert "note: rolled back" in way.alert("log", "--incident", id_)


def test_an_incident_is_shown_with_all_there_is(way: Way) -> None:
    """By its own id or that of its alert: the message as its channels read it, alerts, deliveries and history."""
    [alert] = way.json("show", way.incident_id)["alerts"]
    way.alert("comment", alert["alert_id"], "x\x1b[2Jy")
    shown = way.alert("show", alert["alert_id"])
    heads = ("What channels were told last (firing", "Alerts:", "Deliveries:", "History (UTC):")
    assert [head for head in heads if head not in shown] == []
    lines = ("Baseline 100.0 %", "Owner: support", "Failing example 1", "the target answered 404", "event: firing")
    assert [line for line in lines if line not in shown] == []
    assert "ana (command) commented: text: x?[2Jy" in shown


def test_a_silence_is_made_listed_and_ended(way: Way) -> None:
    """It says what it mutes; the list has it while it holds, and --past afterwards."""
    assert "No silence holds or is planned" in way.alert("silences")
    made = way.alert("silence", "feature=ch*", "--for", "2h", "--reason", "rollback")
    assert "nobody is told of feature=ch* from" in made
    assert "it mutes 1 firing alert now" in made
    window = ("--from", "2031-01-01T02:00:00Z", "--for", "1h", "--every", "week", "--reason", "backup")
    assert "every week at that time" in way.alert("silence", "owner=support", "severity=info", *window)
    active, waiting = way.json("silences")
    assert (active["state"], active["covers"], active["created_by"]) == ("active", 1, "ana")
    assert (waiting["state"], waiting["kind"], waiting["every"]) == ("waiting", "maintenance", "week")
    assert "owner=support severity=info" in way.alert("silences")
    assert "is over since" in way.alert("unsilence", active["silence_id"], "--by", "bob")
    assert "ended by bob" in way.alert("silences", "--past")
    assert "ended by bob" not in way.alert("silences")
    did = (("silence set", "ana"), ("maintenance set", "ana"), ("silence ended", "bob"))
    assert way.logged("silence") == [(what, who, "command", way.key) for what, who in did]


def test_a_channel_is_tried_and_what_was_given_up_is_sent_again(way: Way, receiver: Receiver) -> None:
    """The target's refusal ends with exit 1 and its reason; once it takes messages, the dead one can follow."""
    receiver.status, before = 404, len(receiver.got)
    refused = way.run("alert", "test", "ops")
    assert (refused.exit_code, refused.stdout) == (1, "ops did not take the message: the target answered 404\n")
    [channel] = way.json("channels")
    assert (channel["name"], channel["state"], channel["waiting"]) == ("ops", "ok", 0)
    event_id = f"{way.incident_id}:firing"
    dead = {one["event_id"]: one["last_error"] for one in way.json("deliveries", "--state", "dead")}
    assert dead[event_id] == "the target answered 404"
    receiver.status = 204
    assert way.alert("test", "ops") == "ops took the message: look there for it.\n"
    assert f"{event_id} to ops: " in way.alert("retry", event_id, "ops")
    assert [one["type"] for one in receiver.got[before : before + 2]] == ["alert.test", "alert.test"]
    assert "delivered at" in settled(way, event_id)
    assert way.logged("channel") == [("tested", "ana", "command", way.key)] * 2
    assert way.logged("delivery") == [("sent again", "ana", "command", way.key)]


def settled(way: Way, event_id: str) -> str:
    """What asking again says once the delivery arrived; a service sends within seconds."""
    said = ""
    for _ in range(40):
        said = way.alert("retry", event_id, "ops")
        if "delivered at" in said:
            break
        threading.Event().wait(0.5)
    return said


def test_routes_say_who_would_be_told(way: Way) -> None:
    """A row per severity with owner, route and channels; at night the end of the quiet hours."""
    rows = way.alert("routes", "--at", "2026-11-20T23:00:00Z").splitlines()
    assert [row.split() for row in rows[1:]] == [
        ["chat", "support", "critical", "(default)", "ops", "–"],
        ["chat", "support", "warning", "nights", "ops", "2026-11-21", "07:00"],
        ["chat", "support", "info", "small", "nobody", "–"],
    ]
    other = way.json("routes", "--feature", "other", "--at", "2026-11-20T12:00:00Z")
    assert [(one["feature"], one["owner"], one["held_until"]) for one in other] == [("other", "", None)] * 3


def test_what_others_do_is_logged_too(way: Way) -> None:
    """Baselines and markers leave a line each with who asked; a marker that is told again leaves none."""
    assert way.run("baseline", "reset", "chat", "smell_heuristic", "--by", "bob").exit_code == 0
    window = ("--start", "2026-01-01T00:00:00Z", "--end", datetime.now(UTC).isoformat())
    assert way.run("baseline", "set", "chat", "smell_heuristic", *window).exit_code == 0
    for _ in range(2):
        marked = way.run("mark", "v7", "--ts", "2026-11-01T00:00:00Z")
        assert marked.exit_code == 0, marked.output
    did = (("baseline reset", "bob"), ("baseline set", "ana"))
    assert way.logged("baseline") == [(what, who, "command", way.key) for what, who in did]
    assert way.logged("marker") == [("marked", "ana", "command", way.key)]
    assert "feature: chat; judge: smell_heuristic" in way.alert("log")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("show", "nope"), "There is no incident 'nope'; `leadline alert list --state all` lists them."),
        (("ack", "nope"), "There is no incident 'nope'"),
        (("resolve", "a/../b"), "There is no incident 'a/../b'"),
        (("show", ""), "There is no incident ''"),
        (("log", "--incident", "nope"), "There is no incident 'nope'"),
        (("unsilence", "nope"), "There is no silence 'nope'; `leadline alert silences --past` lists them."),
        (("test", "nope"), "There is no channel 'nope'; alerts.channels has ops."),
        (("retry", "nope", "ops"), "Nothing was owed to 'ops' for 'nope'; see `leadline alert deliveries`."),
        (("silence", "feature=*", "--until", "2020-01-01T00:00:00Z", "--reason", "r"), "not in the past"),
        (("silence", "feature=*", "--for", "2d", "--every", "day", "--reason", "r"), "must be shorter than that"),
        (("comment", "nope", ""), "text: must not be empty"),
        (("ack", "nope", "--by", " "), "--by: say who you are"),
        (("assign", "nope"), "Give either NAME, or --nobody."),
    ],
)
def test_what_is_wrong_is_one_sentence(everywhere: list[Way], words: tuple[str, ...], complaint: str) -> None:
    """Exit 2, the same words on the file and over --url, and what to do next."""
    for way in everywhere:
        refused = way.run("alert", *words)
        assert refused.exit_code == 2
        assert complaint in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory, fallen: Path, environ: dict[str, str]) -> Iterator[list[Way]]:
    """A file, and a service on another one; nothing is changed in either."""
    alone, served = (copied(fallen, tmp_path_factory.mktemp(name)) for name in ("alone", "served"))
    serving = started(served, environ)
    yield [Way(alone, local(alone)), Way(served, ("--url", serving.url))]
    serving.interrupt(15)


def test_a_service_that_has_the_file_is_not_disturbed(everywhere: list[Way]) -> None:
    """Reading beside it is refused with the way out: --url."""
    _, served = everywhere
    refused = Way(served.folder, local(served.folder)).run("alert", "list")
    assert refused.exit_code == 2
    assert "pass --url of the running service" in refused.stderr


def test_clients_that_do_not_say_who_they_are_keep_working(everywhere: list[Way]) -> None:
    """Markers and baselines without `by` are taken; the log says unknown, by way of the API."""
    _, served = everywhere
    with httpx2.Client(base_url=served.where[1]) as client:
        told = {"feature": "chat", "judge": "smell_heuristic", "automatic": True}
        assert client.post("/v1/baselines", json=told).status_code == 200
        assert (
            client.post("/v1/markers", json=[{"name": "v8"}, {"name": "v9", "by": "deploy script"}]).status_code == 201
        )
    assert served.logged("baseline") == [("baseline reset", "unknown", "api", None)]
    assert served.logged("marker") == [("marked", "unknown", "api", None), ("marked", "deploy script", "api", None)]


def test_an_empty_file_says_how_to_begin(tmp_path: Path, environ: dict[str, str]) -> None:
    """Nothing happened and nothing is configured: each list says so in words, and how a channel is made."""
    (tmp_path / "leadline.toml").write_text("", encoding="utf-8")
    way = Way(tmp_path, local(tmp_path))
    empty_database(tmp_path / "leadline.duckdb")
    assert "No incident is open" in way.alert("list")
    assert "There was no incident yet." in way.alert("list", "--state", "all")
    assert "There was no silence yet." in way.alert("silences", "--past")
    assert "Nothing was owed to any channel yet." in way.alert("deliveries")
    assert "No delivery is dead." in way.alert("deliveries", "--state", "dead")
    assert "Nothing was done yet." in way.alert("log")
    refused = way.run("alert", "test", "ops")
    assert refused.exit_code == 2
    for said in (way.alert("channels"), way.alert("routes"), refused.stderr):
        assert '[[alerts.channels]]\nname = "team"\nkind = "apprise"\nurl_env = "TEAM_URL"' in said


def test_a_silence_of_nothing_is_told(tmp_path: Path, environ: dict[str, str]) -> None:
    """What can never match is refused, with a name that can; what matches nothing known now is said to."""
    (tmp_path / "leadline.toml").write_text("", encoding="utf-8")
    way = Way(tmp_path, local(tmp_path))
    hints = {"severity=urgent": "There are critical, warning, info.", "metric=latency": "Did you mean 'latency_ms'?"}
    for matcher, hint in {**hints, "metric=x*": "There are pass_rate,"}.items():
        refused = way.run("alert", "silence", matcher, "--for", "1h", "--reason", "test")
        assert (refused.exit_code, hint in refused.stderr) == (2, True)
    assert "No monitor and no rule" in way.alert("silence", "feature=supprt-*", "--for", "1h", "--reason", "test")


def test_reading_needs_no_secret_of_a_channel(tmp_path: Path, environ: dict[str, str]) -> None:
    """Whoever only looks at the file of a stopped service needs none; sending without it says what is missing."""
    channel = '[[alerts.channels]]\nname = "nowhere"\nkind = "apprise"\nurl_env = "NOWHERE_URL"'
    (tmp_path / "leadline.toml").write_text(channel, encoding="utf-8")
    empty_database(tmp_path / "leadline.duckdb")
    way = Way(tmp_path, local(tmp_path))
    assert "No incident is open" in way.alert("list")
    assert "needs the environment variable NOWHERE_URL" in way.run("alert", "test", "nowhere").stdout


def test_the_channel_that_is_suggested_is_one(tmp_path: Path, environ: dict[str, str]) -> None:
    """The lines can be copied: with their variable set, the channel is there to be tried."""
    way = Way(tmp_path, local(tmp_path))
    (tmp_path / "leadline.toml").write_text("", encoding="utf-8")
    lines = way.alert("channels").split("\n\n")[1]
    (tmp_path / "leadline.toml").write_text(lines, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEAM_URL", "json://127.0.0.1:1/")
        [channel] = way.json("channels")
    assert (channel["name"], channel["kind"]) == ("team", "apprise")
