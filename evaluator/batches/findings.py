"""What keeps batches from coming back, for `leadline doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import partial

from evaluator.api.shapes import Finding
from evaluator.service import Service
from evaluator.settings import Settings
from store import batches as batch_store
from store.batches import BatchState

DAY = timedelta(hours=24)
LATEST_BATCHES = 100

problem = partial(Finding, level="problem")


def batch_findings(service: Service) -> Iterator[Finding]:
    """Batches that do not come back, were not taken, or cannot be taken in; judges that will never have any."""
    with service.store.read() as c:
        listed = batch_store.newest(c, LATEST_BATCHES)
    versions = {lane.judge.version for lane in service.pipeline.lanes}
    newest = {batch.judge: batch for batch in reversed(listed)}
    for batch in listed:
        area, is_open = f"batch {batch.batch_key}", batch.state in batch_store.OPEN
        if batch is newest[batch.judge] and batch.state is BatchState.FAILED:
            what = f"failed, and none of {batch.judge} was submitted since"
            yield problem(area=area, what=what, fix=batch.reason or "")
        elif is_open and batch.judge_version not in versions:
            what = f"is under way for a version of {batch.judge} that is not configured any more"
            yield problem(area=area, what=what, fix="put the rubric and the model back until the batch is taken in")
        elif is_open and service.batches and batch.provider != service.batches.provider:
            what = f"is at {batch.provider}, which is not the provider of batches any more"
            yield problem(area=area, what=what, fix="put its address back until the batch is taken in")
        elif is_open and (age := service.clock() - batch.submitted_at) > DAY:
            what = f"has not come back for {age.total_seconds() / 3600:,.0f} hours; {batch.judge} waits for it"
            yield problem(area=area, what=what, fix=batch.reason or "look for it in the provider's console")
    for judge, failure in (service.batches.failures if service.batches else {}).items():
        yield problem(area=f"judge {judge}", what="the last batch was not submitted", fix=failure)
    yield from _without_text(service)


def _without_text(service: Service) -> Iterator[Finding]:
    """A batch needs the text later than a call does."""
    for lane in service.pipeline.lanes:
        without = [] if lane.live else _unkept(service.settings, lane.judge.features)
        if without:
            yield problem(
                area=f"judge {lane.judge.name}",
                what=f"judges by batches, and the text of {', '.join(without)} is not kept until then",
                fix='set batch = false for it, or text.keep = "failures"',
            )


def _unkept(settings: Settings, globs: Sequence[str]) -> list[str]:
    """Of the features that these globs name, those whose text is not kept: named in the settings, or by the globs."""
    named = [name for name in settings.features if any(fnmatchcase(name, glob) for glob in globs)]
    others = [glob for glob in globs if glob not in settings.features and settings.text.keep == "none"]
    return [name for name in named if settings.text_of(name).keep == "none"] + [_words(glob) for glob in others]


def _words(glob: str) -> str:
    return "all other features" if glob == "*" else glob
