"""The statistics: pure functions of counts, one idea per file."""

from evaluator.drift.decision import Decision
from evaluator.drift.detector import evaluate
from evaluator.drift.recovery import Recovery, recovered

__all__ = ["Decision", "Recovery", "evaluate", "recovered"]
