"""How far the labels are, and what they tell by now."""

from __future__ import annotations

import streamlit as st

from evaluator.api.label_shapes import AgreementView
from ui.components.agreement import agreement_figures
from ui.words import plain

AIM = "an interval of 5 points to either side"


def progress(view: AgreementView) -> None:
    """How many labels there are and are lacking, who gave them, and the numbers so far."""
    st.subheader("What the labels tell", anchor=False)
    if view.lacking is not None:
        st.progress(view.counted / max(view.counted + view.lacking, 1), text=lacking_words(view))
    if view.labelled:
        agreement_figures(view)
        told = ", ".join(f"{plain(name, 60)} {n:,}" for name, n in list(view.labellers.items())[:12])
        st.caption(f":material/group: Labelled by {told}.")
    if view.labelled and not view.people.n:
        st.caption(
            "A second person who labels is given one in five of these samples again: then their agreement shows."
        )


def lacking_words(view: AgreementView) -> str:
    """How many count and how many more it takes, as text.

    >>> from tests.fake_labels import agreement_of
    >>> lacking_words(agreement_of("chat", "tone", counted=40, lacking=130))
    '40 labels count; about 130 more for an interval of 5 points to either side'
    """
    have = f"{view.counted:,} label{'s' if view.counted != 1 else ''} count{'' if view.counted != 1 else 's'}"
    if not view.lacking:
        return f"{have}: enough for {AIM}, or all there is"
    return f"{have}; about {view.lacking:,} more for {AIM}"
