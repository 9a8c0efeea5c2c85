"""Is the candidate no worse than the baseline? Two sets of verdicts, compared once, for a verdict in CI."""
