"""What the LLM judges are made of, from the settings and the environment: providers, their client, budgets, judges."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator.redact.detection import detection
from evaluator.settings import JudgeSettings, Settings
from judges import registry
from judges.budget import Budgets, Limit
from judges.client import ClaudeClient, ClientSettings, Watcher
from judges.models import require_pinned
from judges.registry import Entry
from judges.routes import Routes
from store.judge_versions import JudgeVersion
from store.records import Clock

if TYPE_CHECKING:
    from judges.llm import Resources


def judge_client(
    settings: Settings, environ: Mapping[str, str], rng: random.Random, watcher: Watcher | None = None
) -> Routes | None:
    """The client of the LLM judges; None without a key or a server of one's own: then they are not configured."""
    found = providers(settings.judge, environ)
    if not found:
        return None
    fallback = settings.judge.fallback_model
    clients = [ClaudeClient(provider, rng=rng, sleep=asyncio.sleep, watcher=watcher) for provider in found]
    return Routes(clients, fallback_model=require_pinned(fallback) if fallback else None)


def providers(settings: JudgeSettings, environ: Mapping[str, str]) -> list[ClientSettings]:
    """Those that the settings name; else the one that key and address in the environment make."""
    common = ClientSettings(
        timeout_seconds=settings.timeout_seconds, max_attempts=settings.max_attempts, breaker=settings.breaker
    )
    if settings.providers:
        return [provider.reached(environ, common) for provider in settings.providers]
    key = environ.get("ANTHROPIC_API_KEY") or None
    base_url = settings.base_url or environ.get("ANTHROPIC_BASE_URL") or None
    name = "custom" if base_url else "anthropic"
    return [replace(common, name=name, api_key=key, base_url=base_url)] if key or base_url else []


def judge_resources(settings: Settings, client: Routes | None, clock: Clock) -> Resources | None:
    """What the LLM judges share; None without a client."""
    if client is None:
        return None
    from judges.llm import Resources

    total = Limit(usd_per_day=settings.judge.usd_per_day, usd_per_week=settings.judge.usd_per_week)
    budgets = Budgets(total, registry.limits(settings.judges), clock)
    return Resources(
        model=client,
        budgets=budgets,
        fallback_model=settings.judge.fallback_model,
        repeat_rate=settings.judge.repeat_rate,
    )


def judge_entries(settings: Settings, resources: Resources | None, environ: Mapping[str, str]) -> list[Entry]:
    """Every judge that the settings name, configured or not."""
    return registry.build(
        settings.judges,
        builtin=settings.judge.builtin,
        llm_rate=settings.judge.llm_rate,
        model=settings.judge.model,
        resources=resources,
        environ=environ,
        detection=detection(settings.redaction),
    )


def present_versions(entries: Iterable[Entry], now: datetime) -> list[JudgeVersion]:
    """What each judge is that can judge, to be written down while its configuration is known."""
    return [
        JudgeVersion(
            judge=entry.name,
            judge_version=entry.judge.version,
            kind=entry.judge.kind,
            model=entry.model,
            definition=entry.definition,
            first_seen_at=now,
        )
        for entry in entries
        if entry.judge
    ]
