"""The statistics: pure functions of counts, one idea per file."""
