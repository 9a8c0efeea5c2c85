"""What findings about missing verdicts share: levels, reasons in words, and what mends a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from evaluator.api.shapes import Finding

KEEPING = {
    "rate": "raise sampling.rate, or the rate of the rule in sampling.rules that matches them",
    "self_traffic": "they are the judges' own calls: point your own clients at Leadline, docs/clients.md",
    "rejected": "the answer to each request names the reason; docs/samples.md has the fields",
    "duplicate": "they came before under the same ids: give every call an id of its own",
}
CLIENTS = "switch the text on at the client: docs/clients.md"

ok = partial(Finding, level="ok")
hint = partial(Finding, level="hint")
problem = partial(Finding, level="problem")


def none_kept(area: str, kept: int, not_kept: Counter[str]) -> Finding | None:
    """That of what arrived nothing was kept; None when something was, or nothing arrived."""
    if kept or not not_kept:
        return None
    reason = not_kept.most_common(1)[0][0]
    return problem(
        area=area,
        what=f"none of {not_kept.total():,} items of the last 24 hours was kept, most often: {word(reason)}",
        fix=KEEPING.get(reason, "docs/samples.md says what is kept"),
    )


def word(reason: str) -> str:
    """A reason as people say it."""
    return reason.replace("_", " ") or "no reason given"


def names(given: Sequence[str]) -> str:
    """The first few of them."""
    return ", ".join(given[:5]) + (f" and {len(given) - 5} more" if len(given) > 5 else "")
