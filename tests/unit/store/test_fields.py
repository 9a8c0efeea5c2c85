"""Conditions on a sample's fields: which fields there are, and globs that Python and the database read alike."""

from __future__ import annotations

import random
import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from store.fields import as_regex, known_field, matches, require_known
from store.store import Store
from tests.builders import make_sample

globs = st.text("ab*?[]!^-.|", min_size=1, max_size=8)
values = st.text("ab[]!^-.|\n", min_size=1, max_size=6)


def test_the_fields_of_rules_are_known() -> None:
    """A configuration can be checked for fields that no rule can look at."""
    assert all(map(known_field, ("feature", "metadata.plan")))
    assert not any(map(known_field, ("metadata.", "featrue")))


@pytest.mark.parametrize(("when", "said"), [({"featrue": "x"}, "no field"), ({"feature": "[b-a]"}, "no pattern")])
def test_a_condition_that_cannot_be_met_is_refused(when: dict[str, str], said: str) -> None:
    """A field that no sample has and a broken pattern are named when the configuration is read."""
    with pytest.raises(ValueError, match=said):
        require_known(when)


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        ({}, True),
        ({"feature": "support-*", "metadata.plan": "pro"}, True),
        ({"metadata.plan": "free"}, False),
        ({"metadata.region": ""}, True),
        ({"error": "*"}, False),
    ],
)
def test_every_condition_must_be_met(when: dict[str, str], meant: bool) -> None:
    """All fields must match their globs; a field that is absent matches only the empty one."""
    assert matches(when, make_sample(metadata={"plan": "pro"})) is meant


@given(globs, values)
@example("[]]", "[]]")
@example("[!]]", "]")
def test_a_glob_is_read_alike_everywhere(glob: str, value: str) -> None:
    """As a regular expression a glob matches what it matches as a glob."""
    try:
        require_known({"feature": glob})
    except ValueError:
        assume(False)
    assert bool(re.fullmatch(as_regex(glob), value, re.DOTALL)) == fnmatchcase(value, glob)


def test_the_database_reads_it_alike_too(store: Store, rng: random.Random) -> None:
    """The pending query uses the same expression: 500 random globs on random values."""
    with store.read() as c:
        for _ in range(500):
            glob = "".join(rng.choices("ab*?[]!^-.|", k=rng.randint(1, 8)))
            value = "".join(rng.choices("ab[]!^-.|\n", k=rng.randint(1, 6)))
            try:
                require_known({"feature": glob})
            except ValueError:
                continue
            found = c.execute("SELECT regexp_full_match(?, ?, 's')", [value, as_regex(glob)]).fetchone()
            assert found == (fnmatchcase(value, glob),), (glob, value)
