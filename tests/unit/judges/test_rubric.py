"""Rubric files: what they may say, what is refused, and what makes a new version."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from judges.errors import JudgeConfigError
from judges.rubric import Rubric, RubricConfig, load, parse, shipped

MINIMAL = """
name = "polite"
question = "Is it polite?"
[labels]
PASS = "it is"
FAIL = "it is not"
"""


def refused(text: str) -> str:
    """Why a rubric is refused."""
    with pytest.raises(JudgeConfigError) as caught:
        parse(text, source="polite.toml")
    return str(caught.value)


def version(rubric: Rubric, model: str = "claude-haiku-5-5", template: str = "t") -> str:
    return rubric.version(model=model, template=template)


def test_the_smallest_rubric_is_a_question_with_two_labels() -> None:
    """Name, question and what PASS and FAIL mean are enough."""
    assert parse(MINIMAL, source="x").labels == {"PASS": "it is", "FAIL": "it is not"}


def test_a_rubric_is_read_from_its_file(tmp_path: Path) -> None:
    """`load` reads a path as UTF-8 TOML."""
    path = tmp_path / "polite.toml"
    path.write_text(MINIMAL.replace("polite?", "höflich?"), encoding="utf-8")
    assert load(path).question == "Is it höflich?"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path gives a configuration error with the path in it."""
    with pytest.raises(JudgeConfigError, match=r"nowhere\.toml cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """Latin-1 bytes are reported as such, not as a decoding traceback."""
    path = tmp_path / "latin.toml"
    path.write_bytes(MINIMAL.replace("polite?", "höflich?").encode("latin-1"))
    with pytest.raises(JudgeConfigError, match="not UTF-8"):
        load(path)


def test_the_shipped_smell_test_names_its_three_faults() -> None:
    """The smell test fails what is empty, refuses a benign request, or contradicts itself, and shows both labels."""
    rubric = shipped("smell_test")
    assert all(
        fault in rubric.instructions for fault in ("Empty:", "Refusal of a benign request:", "Self-contradiction:")
    )
    assert {example.label for example in rubric.examples} == {"PASS", "FAIL"}


def test_an_unknown_shipped_rubric_lists_those_there_are() -> None:
    """A typo is answered with the names that exist."""
    with pytest.raises(JudgeConfigError, match=r"there is: answers_question, .*smell_test"):
        shipped("smel_test")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("", "either `labels` or `scale`"),
        ('[labels]\nPASS = "it is"', "at least two"),
        ('[labels]\nkind = "it is"\nrude = "it is not"', "`passing` must name some"),
        ('passing = ["kind", "rude"]\n[labels]\nkind = "it is"\nrude = "it is not"', "and not all"),
        ('[scale]\n1 = "bad"\n2 = "good"', "`passes_from` must name a step"),
        ('passes_from = "1"\n[scale]\n1 = "bad"\n2 = "good"', "not the worst one"),
        ('[labels]\n"a\\nb" = "x"\nPASS = "y"', "labels"),
        ('passing = ["1"]\npasses_from = "2"\n[scale]\n1 = "bad"\n2 = "good"', "`passing` goes with `labels`"),
        ('passes_from = "PASS"\n[labels]\nPASS = "x"\nFAIL = "y"', "`passes_from` goes with a scale"),
        ('[labels]\nPASS = "x"\npass = "y"', "differ only in upper and lower case"),
        ('votes = 2\n[labels]\nPASS = "x"\nFAIL = "y"', "must be odd"),
        ('[applies_to]\nfeatrue = "x"\n[labels]\nPASS = "x"\nFAIL = "y"', "no field of a sample"),
    ],
)
def test_what_cannot_be_decided_by_is_refused(change: str, said: str) -> None:
    """Labels, scale, votes and conditions that make no sense are refused with words that say what would."""
    assert said in refused('name = "polite"\nquestion = "Is it?"\n' + change)


def test_steps_of_a_scale_are_spread_evenly() -> None:
    """The worst step scores 0, the best 1; from `passes_from` on a verdict is a pass."""
    scale = '[scale]\npoor = "a"\nfair = "b"\ngood = "c"\n'
    rubric = parse('name = "x"\nquestion = "How good?"\npasses_from = "fair"\n' + scale, source="x")
    assert [(rubric.score(step), rubric.passes(step)) for step in rubric.choices] == [
        (0, False),
        (0.5, True),
        (1, True),
    ]


def test_labels_pass_or_fail() -> None:
    """Any labels may be used; those named in `passing` score 1."""
    labels = '[labels]\nnone = "a"\npartial = "b"\nfull = "c"\n'
    rubric = parse('name = "x"\nquestion = "Refused?"\npassing = ["none"]\n' + labels, source="x")
    assert [(rubric.score(label), rubric.passes(label)) for label in rubric.choices] == [
        (1, True),
        (0, False),
        (0, False),
    ]


def test_an_unknown_key_is_named() -> None:
    """A key that this version does not know is an error, not silently ignored."""
    assert "vote: not a known key" in refused("vote = 3\n" + MINIMAL)


def test_toml_that_is_nested_without_end_is_refused() -> None:
    """A file of brackets is no reason to fall over."""
    assert "nested too deeply" in refused("x = " + "[" * 100_000)


def test_broken_toml_says_where() -> None:
    """A syntax error carries the parser's line."""
    assert "polite.toml is not TOML" in refused("name = ")


def test_an_example_must_use_a_label_of_the_rubric() -> None:
    """An example with a stray label would teach the judge an answer that is then an error."""
    example = '[[examples]]\nrequest = "a"\nresponse = "b"\nlabel = "GREAT"\nexplanation = "c"\n'
    assert "'GREAT'" in refused(MINIMAL + example)


def test_a_moving_model_alias_is_refused_with_the_pinned_id() -> None:
    """An alias would change the judge unseen, so the message names the snapshot to write instead."""
    assert "Use claude-haiku-4-5-20251001" in refused('model = "claude-haiku-4-5"\n' + MINIMAL)


FULL = parse(
    """
name = "polite"
question = "Is it polite?"
passes_from = "2"
[scale]
1 = "it is not"
2 = "it is"
3 = "it is, very much so"
[escalation]
model = "claude-sonnet-5-5"
[[examples]]
request = "a"
response = "b"
label = "1"
explanation = "c"
""",
    source="x",
)
DECIDING: dict[str, object] = {
    "question": "Is it very polite?",
    "instructions": "Be strict.",
    "scale": {"1": "it is not at all", "2": "it is", "3": "it is, very much so"},
    "passes_from": "3",
    "examples": (),
    "needs": ("context",),
    "effort": "high",
    "votes": 3,
    "escalation": None,
    "conversation": True,
}
ELSEWHERE: dict[str, object] = {
    "name": "manners",
    "applies_to": {"feature": "chat"},
    "rate": 0.5,
    "batch": True,
    "model": "claude-opus-5-5",
}


@pytest.mark.parametrize("key", DECIDING)
def test_whatever_decides_makes_a_new_version(key: str) -> None:
    """Everything that can change a verdict is part of the version."""
    assert version(FULL.model_copy(update={key: DECIDING[key]})) != version(FULL)


@pytest.mark.parametrize("key", ELSEWHERE)
def test_what_decides_nothing_makes_no_new_version(key: str) -> None:
    """Which samples are judged, when and how often leaves the series as it is; the model counts as it is in the end."""
    assert version(FULL.model_copy(update={key: ELSEWHERE[key]})) == version(FULL)


def test_every_key_either_decides_or_does_not() -> None:
    """A new key must be looked at: labels, passing and the quiet time are tried below, all others above."""
    assert {*DECIDING, *ELSEWHERE, "labels", "passing", "quiet_minutes"} == set(Rubric.model_fields)


@pytest.mark.parametrize(
    "changed",
    [
        MINIMAL.replace('"it is"', '"it is indeed"'),
        MINIMAL.replace('PASS = "it is"\nFAIL = "it is not"', 'FAIL = "it is not"\nPASS = "it is"'),
        'passing = ["FAIL"]\n' + MINIMAL,
    ],
)
def test_labels_their_order_and_what_passes_make_a_new_version(changed: str) -> None:
    """The judge reads labels in their order, and what passes decides the verdict."""
    assert version(parse(changed, source="x")) != version(parse(MINIMAL, source="x"))


@pytest.mark.parametrize("conversation", [True, False])
def test_the_quiet_time_decides_for_conversations_only(conversation: bool) -> None:
    """How long a session must be quiet says which turns are seen; other rubrics do not look at it."""
    rubric = FULL.model_copy(update={"conversation": conversation})
    assert (version(rubric.model_copy(update={"quiet_minutes": 5.0})) != version(rubric)) is conversation


def test_an_effort_that_the_model_does_not_take_decides_nothing() -> None:
    """Haiku 4.5 knows no effort, so the rubric's makes no new series there."""
    strict, haiku = FULL.model_copy(update={"effort": "high"}), "claude-haiku-4-5-20251001"
    assert version(strict, model=haiku) == version(FULL, model=haiku)


def test_model_and_template_make_a_new_version() -> None:
    """Another model or other prompt words start a new series."""
    rubric = parse(MINIMAL, source="x")
    assert len({version(rubric), version(rubric, model="claude-opus-5-5"), version(rubric, template="u")}) == 3


def test_formatting_makes_no_new_version() -> None:
    """Comments, blank lines and the rubric's own name decide nothing."""
    same = "# a comment\n\n" + MINIMAL.replace('name = "polite"', 'name = "manners"')
    assert version(parse(same, source="x")) == version(parse(MINIMAL, source="x"))


@pytest.mark.parametrize("bad", [{"name": "Smell Test"}, {"rate": 1.5}, {"modle": "x"}, {"model": "claude-haiku-4-5"}])
def test_a_judge_definition_is_checked(bad: dict[str, object]) -> None:
    """Name, rate, keys and model of a [[judges]] table of kind rubric are checked when it is read."""
    with pytest.raises(ValidationError):
        RubricConfig.model_validate({"kind": "rubric", "name": "smell_test", **bad})
