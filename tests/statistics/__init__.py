"""Seeded programs that measure what is promised, each figure beside its target.

A test that measures takes the fixture `figures` and says in one line what it found:

    assert figures.at_most("1", "false alarms, 200 coins", bound, 0.20, form="{:.1%}", note="upper 95 % bound")
    assert figures.at_least("4", "slices, one dimension -15 points: top 1", share, 0.85, form="{:.2f}")
    figures.record("3", "onset", "covers .91", target=".85-.97", ok=True)       ok=None: no target, it only informs

The first word is a key of tests/figures.py MUST_SHOW. All are printed as one table at the end of a run, and written to
build/figures.md by `make bench`. A missed target reads MISSED with its reason in `note`, and stays in the table.
"""
