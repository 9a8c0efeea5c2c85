"""How much text is kept: all, only of failures, or none."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from evaluator.settings import Settings
from store.records import Sample, TextState, Verdict


class TextPolicy:
    """What text.keep, and features."NAME".text.keep, say about a feature."""

    def __init__(self, settings: Settings) -> None:
        self._keeps_none = lru_cache(maxsize=1024)(lambda feature: settings.text_of(feature).keep == "none")
        self._somewhere = settings.text.keep == "none" or any(
            settings.text_of(name).keep == "none" for name in settings.features
        )

    def withholds(self, feature: str | None) -> bool:
        """Whether the text of this feature must not reach the disk; a feature that is not known yet may be any."""
        return self._somewhere if feature is None else self._keeps_none(feature)

    def stored(self, sample: Sample) -> Sample:
        """The sample as the store gets it: without its text when its feature keeps none. Its error stays, redacted."""
        if sample.text is not TextState.KEPT or not self.withholds(sample.feature):
            return sample
        return replace(sample, request={}, response={}, reference=None, text=TextState.WITHHELD)

    def explained(self, verdict: Verdict) -> Verdict:
        """The verdict as the store gets it: explanations may quote, and a hash can be tried; they go with the text."""
        if verdict.explanation is None or not self.withholds(verdict.feature):
            return verdict
        silent = tuple(replace(opinion, explanation=None) for opinion in verdict.opinions)
        return replace(verdict, explanation=None, content_hash=None, opinions=silent)
