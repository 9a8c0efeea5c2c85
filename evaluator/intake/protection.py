"""What stands between what clients send and the disk: redaction, and the settings of how much text is kept."""

from __future__ import annotations

from typing import Protocol

from evaluator.intake.parts import Part
from store.records import Sample


class Redactor(Protocol):
    """Takes out of text what must not be stored or judged: evaluator.redact.redactor.Redactor."""

    def part(self, part: Part, /) -> Part:
        """One record, with marks that are the same for the same value in every record."""

    def number(self, sample: Sample, /) -> Sample:
        """A sample made of such records, its marks numbered."""

    def sample(self, sample: Sample, /) -> Sample:
        """Both steps."""

    def text(self, text: str, /) -> str:
        """A text that belongs to no sample."""


class TextPolicy(Protocol):
    """How much text is kept: evaluator.redact.keep.TextPolicy."""

    def withholds(self, feature: str | None, /) -> bool:
        """Whether no text of this feature (None: not known yet) may reach the disk."""

    def stored(self, sample: Sample, /) -> Sample:
        """The sample as it is stored."""


class AsSent:
    """Redacts nothing and keeps everything."""

    def part(self, part: Part, /) -> Part:
        return part

    def number(self, sample: Sample, /) -> Sample:
        return sample

    def sample(self, sample: Sample, /) -> Sample:
        return sample

    def text(self, text: str, /) -> str:
        return text

    def withholds(self, _feature: str | None, /) -> bool:
        return False

    def stored(self, sample: Sample, /) -> Sample:
        return sample


AS_SENT = AsSent()
