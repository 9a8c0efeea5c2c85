"""The files of the charts."""

from __future__ import annotations

from ui.components.chart_files import NAME, file_stem


def test_very_long_names_leave_the_charts_apart() -> None:
    """Of a long name the files keep what they show, and stay short enough for every file system."""
    stems = [file_stem("feature-" * 40, what) for what in ("series", "evidence", "mix", "distribution")]
    assert len(set(stems)) == 4
    assert {len(stem) for stem in stems} == {NAME}
    assert stems[1].endswith("-evidence")
