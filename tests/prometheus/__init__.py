"""Real Prometheus, promtool, Alertmanager and amtool, as Debian packs them (tests/prometheus/install)."""

from __future__ import annotations

from pathlib import Path

BIN = Path(__file__).resolve().parents[2] / "build" / "prometheus" / "usr" / "bin"


def binary(name: str) -> str:
    """The path of promtool, prometheus, prometheus-alertmanager or amtool; `make test` brings them."""
    found = BIN / name
    assert found.exists(), f"{found} is missing: run `make build/prometheus/made`"
    return str(found)
