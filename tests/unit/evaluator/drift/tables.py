"""Small tables for the detector's tests."""

from __future__ import annotations

from typing import Any

import numpy as np

BASELINE = {"n": [1000.0], "x": [950.0]}


def rows(*runs: tuple[int, float, float]) -> dict[str, Any]:
    """Buckets of one stratum from runs of (how many, votes, passes)."""
    table = np.array([[n, x] for count, n, x in runs for _ in range(count)], dtype=float).reshape(-1, 2)
    return {"n": table[:, :1], "x": table[:, 1:]}


def fallen(clean: int = 100, down: int = 60) -> dict[str, Any]:
    """Buckets at 95 %, then at 80 %."""
    return rows((clean, 20, 19), (down, 20, 16))
