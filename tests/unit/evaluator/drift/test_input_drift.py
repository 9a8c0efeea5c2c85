"""Whether the requests changed: the tests beside scipy, and what the verdict says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from evaluator.drift.input_drift import Requests, compare
from evaluator.drift.text_shift import told_apart
from evaluator.drift.two_windows import chi_square, kolmogorov_smirnov

OLD = [f"where is my order number {i}?" for i in range(120)]
NEW = [f"wo ist meine Bestellung {i}?" for i in range(120)]


@given(st.lists(st.integers(30, 300), min_size=6, max_size=6))
def test_the_test_of_categories_is_that_of_scipy(counts: list[int]) -> None:
    """With every category common, p is the plain chi-square's."""
    table = np.array(counts).reshape(2, 3)
    before, now = ([name for name, n in zip("abc", row, strict=True) for _ in range(n)] for row in table)
    found = chi_square(before, now)
    assert found is not None
    assert found.p == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=1e-9, abs=1e-300)


def test_the_effect_does_not_shrink_when_one_side_is_larger() -> None:
    """V is that of equally large windows: from 50:50 to 80:20 is .31, whatever the numbers."""
    found = [chi_square(["a", "b"] * half, ["a"] * 80 + ["b"] * 20) for half in (50, 5000)]
    assert [one and round(one.effect, 2) for one in found] == [0.31, 0.31]


def test_rare_categories_are_taken_together() -> None:
    """Values of their own for each request are one category, of which nothing can be asked."""
    assert chi_square([f"user{i}" for i in range(500)], [f"user{i}" for i in range(500, 900)]) is None


def test_numbers_without_a_value_are_left_out() -> None:
    """NaN is no value; too few values give None."""
    assert kolmogorov_smirnov([np.nan] * 100, range(100)) is None
    found = kolmogorov_smirnov([*range(100), np.nan], range(100))
    assert found is not None
    assert found.effect == 0.0


def test_another_language_is_told_apart() -> None:
    """Texts of another language are told apart without fail."""
    found = told_apart(OLD, NEW)
    assert found is not None
    assert (found.effect, found.p < 1e-9) == (1.0, True)


def test_the_same_texts_again_tell_nothing() -> None:
    """A text that comes again is never learned from and asked about: the AUC is exactly one half."""
    found = told_apart(OLD, list(reversed(OLD)))
    assert found is not None
    assert found.effect == 0.5


@pytest.mark.parametrize("odd", ["", "a", "\ud800\udfff", "\x00" * 9, "😀" * 3000])
def test_odd_texts_are_texts(odd: str) -> None:
    """Empty, short, broken and endless texts do no harm."""
    assert told_apart([*OLD, odd], [*NEW, odd]) is not None


def test_the_verdict_names_what_changed() -> None:
    """Language, then text and length, each with its own test; what did not change is not named."""
    before = Requests(OLD, categories={"language": ["en"] * 120, "plan": ["a", "b"] * 60})
    now = Requests(NEW, categories={"language": ["de"] * 120, "plan": ["a", "b"] * 60})
    found = compare(before, now)
    assert {feature.name for feature in found.features if feature.changed} == {"language", "text", "length"}
    assert found.verdict == f"the requests changed ({', '.join(f.name for f in found.features if f.changed)})"


def test_the_same_requests_look_the_same() -> None:
    """Nothing is named when nothing changed."""
    assert compare(Requests(OLD), Requests(OLD)).verdict == "the requests look the same"


def test_a_trifle_among_many_is_no_change() -> None:
    """A significant difference below the least effect is shown but not called a change."""
    rng = np.random.default_rng(1)
    before, now = rng.normal(0.0, 1.0, 40_000), rng.normal(0.1, 1.0, 40_000)
    found = compare(Requests(numbers={"tokens": before}), Requests(numbers={"tokens": now}))
    assert found.changed is False
    assert found.features[0].p < 1e-9


def test_too_few_requests_say_nothing() -> None:
    """No data is not "the same"."""
    found = compare(Requests(OLD[:5]), Requests(NEW[:5]))
    assert (found.changed, found.verdict) == (None, "too few requests to say whether they changed")


def test_an_impossible_level_is_refused() -> None:
    """alpha lies between 0 and 1."""
    with pytest.raises(ValueError, match="alpha must lie"):
        compare(Requests(OLD), Requests(OLD), alpha=0.0)


def test_which_way_a_feature_moved_is_told() -> None:
    """Longer requests have a larger median; of a category the value that came more often is named, with its shares."""
    old = Requests(OLD, categories={"language": ["en"] * 90 + ["de"] * 30})
    new = Requests([f"{text} {text}" for text in OLD], categories={"language": ["en"] * 30 + ["de"] * 90})
    told = {one.name: one for one in compare(old, new).features}
    length, language = told["length"], told["language"]
    assert (length.before, length.now) == (28.0, 57.0)
    assert (language.value, language.before, language.now) == ("de", 0.25, 0.75)
