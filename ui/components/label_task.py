"""Labelling: the judge's question and one sample, an answer, then what the judge said, and the next one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from evaluator.api.label_shapes import CriterionView, LabelView, SavedView, TaskView
from evaluator.api.shapes import SampleView, VerdictView
from ui.client import Api
from ui.components.acting import DONE, NAME, attempt, may_act
from ui.components.examples import conversation, passage, shortened
from ui.components.label_answers import answers, bar, key_of
from ui.theme import LABEL_LOOKS, Look, badge
from ui.words import one_line, plain

SAID = "label_said"
AGAIN = "label_again"


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked and answered last in this visit."""

    task: TaskView
    saved: SavedView


def labelling(api: Api, feature: str, judge: str) -> None:
    """What somebody is asked now; after an answer what the judge said, until they go on; nothing of who only reads."""
    if not may_act():
        return
    name = str(st.session_state.get(NAME) or "").strip()
    if not name:
        st.info("Write your name to begin: nobody is asked about the same sample twice.", icon=":material/person:")
        return
    said: Said | None = st.session_state.get(SAID)
    if said and (said.task.feature, said.task.judge, said.saved.label.by.casefold()) != (
        feature,
        judge,
        name.casefold(),
    ):
        said = None
    if said and said.task.sample:
        again = bool(st.session_state.get(AGAIN))
        _ask(api, said.task, said.task.sample, said.saved.label) if again else _shown(said, said.task.sample)
        return
    task = api.next_label(name, judge, feature)
    if task.sample is None:
        nothing_left(task)
    else:
        _ask(api, task, task.sample, None)


def _ask(api: Api, task: TaskView, sample: SampleView, before: LabelView | None) -> None:
    question(task.criterion)
    if before:
        st.caption(f":material/edit: Your answer was {plain(_word(before))}; what you choose now replaces it.")
    _read(sample)
    # Keys of their own for each sample and turn: what was pressed for one can never answer another.
    key = f"{sample.sample_id}-{before.revision if before else 0}"
    given = answers(task.criterion, key, (before.note if before else None) or "")
    if given is not None:
        with bar(task.criterion):
            saved = attempt(lambda by: api.label(by, task, sample, given), "It is kept")
        if saved:
            st.session_state[SAID] = Said(task, saved)
            st.session_state[AGAIN] = False
            # The verdict beside the answer says that it is kept; a message for each of hundreds would be in the way.
            st.session_state.pop(DONE, None)
            st.rerun()


def _shown(said: Said, sample: SampleView) -> None:
    """What the judge said, beside what this person did; a key for the next one, and one to change the answer."""
    label, verdict = said.saved.label, said.saved.verdict
    look = LABEL_LOOKS["skipped" if said.saved.agrees is None else "agrees" if said.saved.agrees else "differs"]
    question(said.task.criterion)
    _compared(look, label, verdict)
    _read(sample)
    with st.bottom, st.container(horizontal=True, gap="small"):
        if st.button("Next", shortcut="n", icon=":material/arrow_forward:", type="primary", key=f"go-{label.label_id}"):
            st.session_state.pop(SAID, None)
            st.rerun()
        if st.button("Change my answer", shortcut="u", icon=":material/undo:", key=f"undo-{label.label_id}"):
            st.session_state[AGAIN] = True
            st.rerun()


def _compared(look: Look, label: LabelView, verdict: VerdictView) -> None:
    with st.container(border=True):
        judged = verdict.label or ("pass" if verdict.passed else "fail")
        st.markdown(f"{badge(look)} You: **{plain(_word(label), 40)}**. The judge: **{plain(judged, 40)}**.")
        if verdict.explanation:
            st.caption("The judge says")
            st.text(shortened(verdict.explanation))
        if label.note:
            st.caption("Your note")
            st.text(shortened(label.note))


def question(criterion: CriterionView) -> None:
    """What is asked: the judge's own question; folded away what its labels mean, and its instructions."""
    st.caption("The criterion")
    st.text(one_line(criterion.question, 2000))
    told = [
        f"{key_of(choice, place) or '–'}  {one_line(choice.label, 40)}: {one_line(choice.meaning, 600)}"
        for place, choice in enumerate(criterion.choices, 1)
    ]
    told += [f"{one_line(name, 40)} = {one_line(value, 400)}" for name, value in criterion.details.items()]
    told += ["", shortened(criterion.instructions)] if criterion.instructions else []
    if told:
        with st.expander("What it means, as the judge is told", icon=":material/menu_book:"):
            st.text("\n".join(told).strip())


def _read(sample: SampleView) -> None:
    conversation(sample)
    if sample.reference:
        passage("reference", sample.reference)


def nothing_left(task: TaskView) -> None:
    """Why there is nothing to label, and what to do about it."""
    if not task.judged:
        st.subheader(":material/hourglass_empty: Nothing to label yet", anchor=False)
        days = f"{task.days:g} days"
        st.text(f"The judge's present version has decided on nothing of this feature in the last {days}.")
        st.page_link("pages/coverage.py", label="See why under Coverage", icon=":material/filter_alt:")
        return
    if task.elsewhere:
        st.subheader(":material/group: The rest is with others", anchor=False)
        st.text(f"{task.elsewhere:,} samples are in other people's hands. They come back when nobody answers.")
    else:
        st.subheader(":material/task_alt: All done", anchor=False)
        told = "You labelled nothing here yourself" if not task.mine else f"You labelled {task.mine:,} of them"
        st.text(f"Nothing is left to label of {task.judged:,} judged samples whose text is there. {told}.")
    st.button("Look again", icon=":material/refresh:", shortcut="n")


def _word(label: LabelView) -> str:
    if label.skipped:
        return "cannot say"
    return label.label or ("pass" if label.passed else "fail")
