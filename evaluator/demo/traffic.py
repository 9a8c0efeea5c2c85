"""A week of traffic from a script (fixtures/demo/traffic.toml): seeded, so that every run makes the same week."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

from evaluator.errors import InputError

Item = dict[str, Any]
Weights = Mapping[str, Mapping[str, float]]

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "demo"
NAMES = ("Aylin", "Bruno", "Chiara", "David", "Elif", "Fatou", "Goran", "Hanna", "Ines", "Jonas")
TURN_SECONDS = (40, 240)


@dataclass(frozen=True, slots=True)
class Change:
    """What changes `at_hours` into the week; a regression must be found by `judge`, any other change must not."""

    at_hours: float
    says: str
    regression: bool
    judge: str
    where: Mapping[str, str]
    bad_rate: float | None = None
    defect: str = "bad"
    prompt_version: str | None = None
    weights: Weights | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the script: its traffic, its exchanges, and what changes."""

    name: str
    per_day: int
    model: str
    prompt_version: str
    system: str
    session_turns: int
    weights: Weights
    exchanges: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """The whole week."""

    seed: int
    days: int
    features: tuple[Feature, ...]

    def changes(self) -> list[tuple[Feature, Change]]:
        """Every change in time order, with its feature."""
        found = [(feature, change) for feature in self.features for change in feature.changes]
        return sorted(found, key=lambda pair: pair[1].at_hours)


def load(folder: Path = FOLDER) -> Script:
    """The script; InputError when the fixtures are not there (they are in the repository, not in the wheel)."""
    path = folder / "traffic.toml"
    if not path.is_file():
        raise InputError(f"{path} is missing: run the demo from a checkout of the repository, where fixtures/ is.")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Script(table["seed"], table["days"], tuple(_feature(entry) for entry in table["feature"]))


def _feature(table: dict[str, Any]) -> Feature:
    changes = tuple(Change(**{"where": {}, **change}) for change in table.pop("change", []))
    return Feature(exchanges=tuple(table.pop("exchange")), changes=changes, **table)


def week(script: Script, end: datetime) -> list[Item]:
    """All samples of the week that ends at `end`, in time order, in the public shape."""
    items = [item for feature in script.features for item in _items(script, feature, end)]
    return sorted(items, key=lambda item: str(item["timestamp"]))


@dataclass(slots=True)
class _Session:
    """A conversation on its way through the week: who it is, and how many hours of the week have passed."""

    feature: Feature
    number: int
    hours: float
    traits: Mapping[str, str]
    rng: random.Random


def _items(script: Script, feature: Feature, end: datetime) -> Iterator[Item]:
    rng = random.Random(f"{script.seed}/{feature.name}")  # noqa: S311 - a script, not a secret
    start = end - timedelta(days=script.days)
    for number in range(round(script.days * feature.per_day * 2 / (1 + feature.session_turns))):
        hours = _arrival(rng, script.days)
        session = _Session(feature, number, hours, _traits(rng, feature, hours), rng)
        for turn in range(rng.randint(1, feature.session_turns)):
            if session.hours < script.days * 24:
                yield _item(session, turn, start + timedelta(hours=session.hours))
            session.hours += rng.uniform(*TURN_SECONDS) / 3600


def _arrival(rng: random.Random, days: int) -> float:
    """An hour of the week: four times as busy at the busiest time of a day as at the quietest."""
    while True:
        hours = rng.uniform(0, days * 24)
        if rng.uniform(0, 1.6) < 1 + 0.6 * math.sin(2 * math.pi * hours / 24):
            return hours


def _traits(rng: random.Random, feature: Feature, hours: float) -> dict[str, str]:
    weights = dict(feature.weights)
    for change in feature.changes:
        if change.weights and hours >= change.at_hours:
            weights.update(change.weights)
    return {key: rng.choices(list(shares), list(shares.values()))[0] for key, shares in weights.items()}


def _item(session: _Session, turn: int, ts: datetime) -> Item:
    feature, name = session.feature, f"{session.feature.name}-{session.number:05d}"
    exchange = session.rng.choice([e for e in feature.exchanges if e["when"].items() <= session.traits.items()])
    ask, answer = _texts(session, exchange)
    item: Item = {
        "id": f"{name}-{turn}",
        "timestamp": ts.astimezone(UTC).isoformat(),
        "feature": feature.name,
        "session_id": name,
        "model": feature.model,
        "prompt_version": _prompt_version(session),
        "request": {"system": feature.system, "messages": [{"role": "user", "content": ask}], "max_tokens": 600},
        "response": {"content": [{"type": "text", "text": answer}], "stop_reason": "end_turn"},
        "usage": {"input_tokens": 60 + len(ask) // 4, "output_tokens": 8 + len(answer) // 4},
        "latency_ms": round(session.rng.lognormvariate(6.6, 0.4)),
        "metadata": session.traits,
    }
    return item | {"reference": exchange["reference"]} if "reference" in exchange else item


def _texts(session: _Session, exchange: Mapping[str, Any]) -> tuple[str, str]:
    """The question, and a good or a bad answer to it."""
    rng, change = session.rng, _active(session)
    rate = exchange["bad_rate"] if change is None or change.bad_rate is None else change.bad_rate
    bad = change.defect if change else "bad"
    answer = exchange[bad] if rng.random() < rate else exchange["good"]
    order = f"{rng.choice('ABCDEFGH')}{rng.choice('KLMNPQRS')}-{rng.randint(10000, 99999)}"
    words = {"order": order, "name": rng.choice(NAMES), "days": str(rng.randint(2, 28))}
    return Template(exchange["ask"]).substitute(words), Template(answer).substitute(words)


def _active(session: _Session) -> Change | None:
    """The change that decides this answer."""
    for change in session.feature.changes:
        in_time = change.bad_rate is not None and session.hours >= change.at_hours
        if in_time and change.where.items() <= session.traits.items():
            return change
    return None


def _prompt_version(session: _Session) -> str:
    changes = session.feature.changes
    versions = [c.prompt_version for c in changes if c.prompt_version and session.hours >= c.at_hours]
    return versions[-1] if versions else session.feature.prompt_version
