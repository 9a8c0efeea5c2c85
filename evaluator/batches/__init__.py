"""Judging by batches: half the price, within a day. What is submitted is written down first: nothing is paid twice."""

from evaluator.batches.runner import Batches, Standing
from evaluator.batches.submission import Submitted

__all__ = ["Batches", "Standing", "Submitted"]
