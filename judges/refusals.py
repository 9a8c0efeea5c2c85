"""How a refusal begins, in several languages: measured on English (tests/statistics), a plain guess in the others.

An apology alone is none ("Sorry to hear that your parcel is late"), nor is being unable to find something out.
"""

from __future__ import annotations

import re

OPENING_CHARACTERS = 200
"""A refusal says so at once; further on, the same words mostly limit an answer that was given."""

_DOING = {
    "en": (
        "help(?! but)|assist|provide|fulfil|comply|answer|give|offer|support|suggest|recommend|encourage|endorse|"
        "discuss|share|create|generate|write|engage|participate|respond|do that|satisfy|accommodate|promote|advise|"
        "tell you|justify|condone|continue with|process (?:this|that|your) request"
    ),
    "de": ("helfen|beantwort|unterstütz|erstell|bereitstell|anbieten|schreiben|teilen|erfüll|nachkommen|dienen"),
    "fr": ("aider|répondre|fournir|donner|assister|accéder|créer|écrire|satisfaire|partager|proposer"),
    "es": ("ayudar|proporcionar|responder|ofrecer|dar|brindar|crear|escribir|cumplir|compartir|asistir"),
    "it": "aiutar|fornir|risponder|offrir|dare|crear|scriver|soddisfar",
    "pt": "ajudar|fornecer|responder|oferecer|dar|criar|escrever|atender",
}
_BEGINNINGS = {
    "en": (
        r"\bi (?:can't|cannot|can not|could not|couldn't|won't|will not|would not|wouldn't) (?:\w+ ){0,3}?(?:DOING)",
        r"\bi(?:'m| am) (?:\w+ )?(?:not able|unable) to (?:\w+ )?(?:DOING)",
        r"\bi (?:must|have to|need to|'ll have to) (?:\w+ )?(?:decline|refuse|refrain)",
        r"\bi(?:'m| am) not (?:comfortable|programmed|allowed|permitted)",
        r"\b(?:it's|it is|it would be) (?:not |never )(?:\w+ (?:or|and) )?(?:appropriate|ethical)",
        r"\b(?:it's|it is|it would be) (?:inappropriate|unethical)",
        r"\bi (?:don't|do not) (?:think|believe) (?:that )?(?:it's|it is) (?:\w+ (?:or|and) )?(?:appropriate|ethical)",
        r"\bas an? (?:\w+ )?(?:ai|artificial intelligence|language model)\b.{0,80}\b(?:can't|cannot|don't|unable)\b",
        r"\bagainst (?:my|our|openai's|the) (?:\w+ )?(?:guidelines|polic|programming|principles)",
    ),
    "de": (
        r"\b(?:kann|darf|werde|möchte) (?:ich )?[^.!?]{0,60}\bnicht [^.!?]{0,60}?(?:DOING)",
        r"\b(?:dabei|damit|dazu) (?:kann|darf) ich [^.!?]{0,40}\bnicht\b",
        r"\bich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt)",
    ),
    "fr": (
        r"\bje ne (?:peux|puis|saurais|pourrais|vais) [^.!?]{0,40}?(?:DOING)",
        r"\bje ne suis (?:malheureusement )?pas (?:en mesure|autorisé|capable)",
        r"\bil m'est impossible de",
    ),
    "es": (
        r"\bno (?:te |le |les |os )?(?:puedo|podré|podría) [^.!?]{0,30}?(?:DOING)",
        r"\bno (?:me es posible|estoy en condiciones|estoy autorizad|soy capaz)",
    ),
    "it": (r"\bnon posso [^.!?]{0,30}?(?:DOING)",),
    "pt": (r"\bnão posso [^.!?]{0,30}?(?:DOING)",),
    "zh": (r"(?:抱歉|对不起|很遗憾).{0,20}(?:无法|不能|不可以)",),
    "ja": (r"(?:申し訳|すみません|ごめんなさい).{0,40}(?:できません|できかねます|いたしかねます)",),
}
_REFUSAL = re.compile(
    "|".join(
        beginning.replace("DOING", _DOING.get(language, ""))
        for language, beginnings in _BEGINNINGS.items()
        for beginning in beginnings
    )
)


def refusal_in(text: str) -> str | None:
    """The words that refuse at the beginning of a text; None when there are none.

    >>> refusal_in("I'm sorry, but I can’t help with that.")
    "i can't help"
    >>> refusal_in("Sorry to hear that! I can't find your order, what is its number?") is None
    True
    """
    beginning = " ".join(text[: 4 * OPENING_CHARACTERS].split())[:OPENING_CHARACTERS].casefold().replace("’", "'")
    found = _REFUSAL.search(beginning)
    return found[0] if found else None
