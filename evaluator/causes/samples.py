"""What keeps one judge from judging, and what became of the samples of the last 24 hours at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluator.api.judge_shapes import JudgeView
from evaluator.api.shapes import Finding
from evaluator.causes.words import CLIENTS, names, none_kept, problem, word

TEXT = {
    "withheld": 'text.keep = "none" keeps text in memory only: what cannot be judged at once has none any more',
    "expired": "raise text.days: text is deleted before it is judged",
    "incomplete": "set incomplete = true for the judge, or have the client send whole texts: docs/clients.md",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A judge, and what became of the samples of the last 24 hours at it, as in CoverageDay; `features` are its.

    `of_earlier` arrived in the last 24 hours and are older than that: scored logs, which count on their own days.
    """

    judge: JudgeView
    arriving: Sequence[str] = ()
    features: Sequence[str] = ()
    not_kept: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    no_text: Counter[str] = field(default_factory=Counter)
    text_hint: str = ""
    applies: int = 0
    chosen: int = 0
    expected: float = 0.0
    ok: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    of_earlier: int = 0

    @property
    def area(self) -> str:
        """The judge, as the finding names it."""
        return f"judge {self.judge.name}"

    @property
    def with_text(self) -> int:
        """Kept samples whose text the judge can read."""
        return self.kept - self.no_text.total()


def other_features(work: Work) -> Finding | None:
    if work.features or not work.arriving:
        return None
    globs, arriving = names(work.judge.features), names(work.arriving)
    return problem(
        area=work.area,
        what=f"its features ({globs}) are not among those that send samples ({arriving})",
        fix="mend `features` of the judge",
    )


def nothing_is_kept(work: Work) -> Finding | None:
    return none_kept(work.area, work.kept, work.not_kept)


def no_text(work: Work) -> Finding | None:
    if not work.no_text or work.with_text:
        return None
    reason = work.no_text.most_common(1)[0][0]
    missing = work.text_hint or CLIENTS
    return problem(
        area=work.area,
        what=f"none of {work.kept:,} samples has text that it can judge, most often: {word(reason)}",
        fix=TEXT.get(reason, missing),
    )


def other_samples(work: Work) -> Finding | None:
    # What a judge without a key applies to, nobody has looked at.
    if work.applies or not work.with_text or work.judge.state == "not_configured":
        return None
    return problem(
        area=work.area,
        what=f"none of {work.with_text:,} samples of the last 24 hours is one that it applies to",
        fix="mend `applies_to` of its rubric",
    )
