"""Which language is a text in? py3langid (naive Bayes over byte n-grams, 139 languages), with dialects folded."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

NOBODYS = frozenset({"zxx", "la", "eo", "vo"})
"""What the library calls numbers, markup and names; and what lists of plants or filler text look like."""
VARIETIES = {
    "wuu": "zh", "yue": "zh", "gan": "zh", "arz": "ar", "ary": "ar", "nb": "no", "nn": "no", "bs": "hr", "sr": "hr",
    "pcm": "en", "ext": "es", "vec": "it", "lij": "it", "gcr": "fr", "gcf": "fr", "ltg": "lv", "sdh": "ku", "uzs": "uz",
    "guw": "yo", "hbo": "he", "grc": "el", "ms": "id", "lb": "de",
}  # fmt: skip
"""Languages that are written so alike that a short text cannot tell them apart, each under the largest of them."""
MOST_CHARACTERS = 5_000
LEAST_BYTES = 24
"""Letters of a text, in bytes of UTF-8: 24 letters of English, 12 of Russian, 8 of Chinese."""


def ranked(text: str) -> dict[str, float]:
    """The probability of each language, dialects folded; of a long text, its beginning is read.

    >>> max(ranked("Wo ist meine Bestellung?").items(), key=lambda item: item[1])[0]
    'de'
    """
    folded: dict[str, float] = {}
    for language, probability in _identifier().rank(text[:MOST_CHARACTERS]):
        name = fold(language)
        folded[name] = folded.get(name, 0.0) + probability
    return folded


def fold(language: str) -> str:
    """The name under which a language is compared."""
    return VARIETIES.get(language, language)


def known() -> frozenset[str]:
    """The codes of all languages that can be recognised."""
    return frozenset({*_identifier().labels, *VARIETIES}) - NOBODYS


def enough(text: str) -> bool:
    """Whether a text has letters enough to be of some language."""
    beginning = text[:MOST_CHARACTERS]
    letters = "".join(character for character in beginning if character.isalpha())
    return len(letters.encode("utf-8", "surrogatepass")) >= LEAST_BYTES


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """The model: half a second and 90 MB, when the first judge asks."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
