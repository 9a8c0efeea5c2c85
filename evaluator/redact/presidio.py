"""Presidio as one more finder, for what has no form: names and places. Imported only when it is switched on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evaluator.errors import ConfigError
from evaluator.redact.finds import Find

LANGUAGE = "en"
MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_trf")
LEARNED = frozenset(("PERSON", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME", "AGE", "ID"))
"""Entities that need a language model; all others have patterns."""
SHORTEST = 4


class Presidio:
    """Asks an analyzer about each text by itself."""

    def __init__(self, analyzer: Any, entities: Sequence[str]) -> None:
        self._analyzer = analyzer
        self._entities = list(entities)

    def find(self, texts: Sequence[str]) -> Iterator[tuple[int, Find]]:
        """What the analyzer finds, with the number of the text."""
        for index, text in enumerate(texts):
            if len(text) >= SHORTEST:
                for result in self._analyzer.analyze(text, language=LANGUAGE, entities=self._entities):
                    value = text[result.start : result.end]
                    yield index, Find(result.start, result.end, result.entity_type, value.casefold())


def build(entities: Iterable[str]) -> Presidio:
    """The finder of these entities. ConfigError: Presidio or its model is not installed, or an entity is unknown."""
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError:
        raise ConfigError(
            "redaction.presidio: Presidio is not installed; run `pip install '.[presidio]'` in a clone of "
            "Leadline, or switch it off."
        ) from None
    wanted = list(entities)
    engine: Any = SpacyNlpEngine()
    # Its own load() would download a model by itself.
    engine.nlp = {LANGUAGE: spacy.load(_model(wanted)) if LEARNED.intersection(wanted) else spacy.blank(LANGUAGE)}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=[LANGUAGE], nlp_engine=engine)
    known = {entity for recognizer in registry.recognizers for entity in recognizer.supported_entities}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise ConfigError(
            f"redaction.presidio_entities: {unknown[0]!r} is not known; known: {', '.join(sorted(known))}."
        )
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE])
    return Presidio(analyzer, wanted)


def _model(wanted: Sequence[str]) -> str:
    """An installed language model."""
    import spacy

    found = next((model for model in MODELS if spacy.util.is_package(model)), None)
    if found is None:
        names = ", ".join(sorted(LEARNED.intersection(wanted)))
        raise ConfigError(
            f"redaction.presidio: {names} need a language model; run `python -m spacy download {MODELS[0]}`, "
            "or name only entities with patterns in redaction.presidio_entities."
        )
    return found
