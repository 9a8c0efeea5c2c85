"""All kinds of judges that need no model, and the judge of each."""

from __future__ import annotations

from collections.abc import Mapping

from judges import (
    checks,
    cut_off,
    known_citations,
    known_numbers,
    leaks,
    phrases,
    repetition,
    same_language,
    schema,
    smell,
    tool_calls,
    valid_json,
)
from judges.checks import CheckConfig
from judges.code import config as code
from judges.code import model as code_model
from judges.code.config import CodeConfig
from judges.code.model import PydanticConfig
from judges.cut_off import CutOffHeuristicConfig
from judges.judge import Judge
from judges.known_citations import KnownCitationsConfig
from judges.known_numbers import KnownNumbersConfig
from judges.leaks import Detection, NoLeaksConfig
from judges.phrases import PhrasesConfig
from judges.repetition import NotRepeatingConfig
from judges.same_language import SameLanguageConfig
from judges.schema import SchemaConfig
from judges.smell import SmellHeuristicConfig
from judges.tool_calls import ToolCallsConfig
from judges.valid_json import ValidJsonConfig

PlainConfig = (
    SchemaConfig
    | ValidJsonConfig
    | PydanticConfig
    | ToolCallsConfig
    | CheckConfig
    | PhrasesConfig
    | NotRepeatingConfig
    | NoLeaksConfig
    | KnownNumbersConfig
    | KnownCitationsConfig
    | SameLanguageConfig
    | CutOffHeuristicConfig
    | SmellHeuristicConfig
    | CodeConfig
)


def build(config: PlainConfig, *, detection: Detection, environ: Mapping[str, str]) -> Judge:
    """The judge of a definition; JudgeConfigError when it cannot be used."""
    match config:
        case SchemaConfig():
            return schema.build(config)
        case ValidJsonConfig():
            return valid_json.build(config)
        case PydanticConfig():
            return code_model.build(config, environ)
        case CodeConfig():
            return code.build(config, environ)
        case ToolCallsConfig():
            return tool_calls.build(config)
        case phrases.ForbiddenPhrasesConfig() | phrases.RequiredPhrasesConfig():
            return phrases.build(config)
        case NotRepeatingConfig():
            return repetition.build(config)
        case NoLeaksConfig():
            return leaks.build(config, detection)
        case KnownNumbersConfig():
            return known_numbers.build(config)
        case KnownCitationsConfig():
            return known_citations.build(config)
        case SameLanguageConfig():
            return same_language.build(config)
        case CutOffHeuristicConfig():
            return cut_off.build(config)
        case SmellHeuristicConfig():
            return smell.build(config)
        case _:
            return checks.build(config)
