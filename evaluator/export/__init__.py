"""Verdicts leave for the user's own backend: as events of OTLP, in order, at least once; off unless it is set."""
