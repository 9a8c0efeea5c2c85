"""Lists that grow with the number of judges and features show a part, and the way to the rest."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import SCRIPT
from tests.fake_api import World, create_api, serving
from ui.components.agreement import FEATURES
from ui.components.judge_card import CARDS
from ui.components.rubric_diff import height

pytestmark = pytest.mark.slow


def many_unconfigured() -> None:
    """Thirty judges without a key."""
    from tests.accounts import llm_judges
    from ui.components.coverage import unconfigured

    one = llm_judges([])[0].model_copy(update={"state": "not_configured", "detail": "no key"})
    unconfigured([one.model_copy(update={"name": f"judge_{n}"}) for n in range(30)])


def many_features() -> None:
    """A judge that people look after on thirty features."""
    from tests.fake_labels import unlabelled
    from ui.components.agreement import beside_people

    beside_people([unlabelled(f"feature-{n}", "tone", said=n) for n in range(30)])


def test_judges_that_cannot_run_are_leafed_through() -> None:
    """Of thirty some are shown at once."""
    app = AppTest.from_function(many_unconfigured, default_timeout=30).run()
    assert not app.exception
    assert sum("`judge_" in one.value for one in app.markdown) == 6


def test_cards_of_judges_are_leafed_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two dozen judges some have their card on the first page."""
    api = create_api()
    api.state.world = World("hostile")
    with serving(api) as url:
        monkeypatch.setenv("LEADLINE_UI_API", url)
        app = AppTest.from_file(str(SCRIPT), default_timeout=30).run().switch_page("pages/judges.py").run()
    assert sum(one.proto.label == "Text and versions" for one in app.get("page_link")) == CARDS


def test_features_that_people_looked_at_are_bounded() -> None:
    """Those with most labels are told, and how many more there are."""
    app = AppTest.from_function(many_features, default_timeout=30).run()
    told = [one.value for one in app.caption]
    assert len(told) == FEATURES + 1
    assert "`feature-29`" in told[0]
    assert told[-1] == "and 24 more features: the page Label has each of them."


def test_a_long_change_scrolls_in_its_own_box() -> None:
    """A rubric of a thousand lines does not push the page away."""
    assert (height(10), height(1000)) == ("content", 900)
