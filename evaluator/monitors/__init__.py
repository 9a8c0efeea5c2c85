"""Monitors: which series are watched, against which baseline, and what each look at them says."""
