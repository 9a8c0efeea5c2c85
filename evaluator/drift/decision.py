"""What one look at one series says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """The detector's answer. Rates and drops are in [0, 1]; onsets are bucket indices; no data gives None, never 0.

    `votes` counts every tested bucket. Once the evidence reaches arl, the onset is known and `p_now`, `drop` with its
    95 % interval [drop_lo, drop_hi] and `votes_since_onset` speak of the buckets from the onset on; until then they
    speak of all buckets, so that no stretch is picked because it looks bad. `drop` is positive when things got worse:
    p_ref - p_now, or p_now - p_ref when bad is "up". `p_ref` is the reference's rate in the tested votes' mix.
    `flags` are words: "no_baseline", "no_votes", "new_stratum", "minor_shift", "few_fails".

    In a battery `leading` is the position of the indicator with the most evidence at the onset (the number of
    indicators where that is the ridit term), None until the evidence reaches arl. Rates, drop, "minor_shift" and
    "few_fails" speak of `reading`: the leading indicator, or the best supported cut where the ridit term leads; until
    then of the first indicator, so that none is picked because it looks bad.

    >>> from evaluator.drift.detector import evaluate
    >>> quiet = evaluate({"n": [1000], "x": [950]}, {"n": [[20]] * 4, "x": [[19]] * 4}, arl=2880)
    >>> quiet.alarm, quiet.votes, quiet.onset, round(quiet.drop, 2), quiet.flags
    (False, 80.0, None, 0.0, ())
    >>> evaluate({"n": [1000], "x": [950]}, {"n": [[0]], "x": [[0]]}, arl=2880).flags
    ('no_votes',)
    """

    alarm: bool
    log_evidence: float | None
    onset: int | None
    onset_lo: int | None
    onset_hi: int | None
    p_ref: float | None
    p_now: float | None
    drop: float | None
    drop_lo: float | None
    drop_hi: float | None
    votes: float
    flags: tuple[str, ...] = ()
    votes_since_onset: float = 0.0
    leading: int | None = None
    reading: int = 0
