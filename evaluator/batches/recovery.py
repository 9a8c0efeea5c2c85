"""A batch that was written down, and nobody knows whether the provider has it: a crash, or an answer that was lost.

Its custom ids tell that a batch is ours, but the provider shows them only with the results. So a batch made at that
time with as many requests is waited for; only when there is none, nothing was made.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from functools import partial

import structlog

from evaluator.batches.draft import position_of
from evaluator.batches.means import Means
from judges.batch import BatchClient
from store import batches as batch_store
from store.batches import Batch

log = structlog.get_logger(__name__)

SKEW = timedelta(minutes=10)
"""How far the provider's clock may be from ours."""
PATIENCE = timedelta(minutes=10)
"""How long a batch may take to appear at the provider after it was begun to be sent; that alone may take five."""


async def find(means: Means, batch: Batch) -> str | None:
    """The provider's id of the batch; None while that is not known, and when there is none: then it is discarded."""
    known = await means.read(batch_store.provider_ids)
    recent = await means.client.recent(batch.submitted_at - SKEW)
    alike = [status for status in recent if status.total == batch.requests and status.id not in known]
    for status in alike:
        if status.ended and await _is_ours(means.client, status.id, batch.batch_key):
            await means.write(partial(batch_store.submitted, batch_key=batch.batch_key, provider_id=status.id))
            log.info("batch found at the provider", judge=batch.judge, batch=batch.batch_key)
            return status.id
    under_way = any(not status.ended for status in alike)
    if not under_way and means.clock() - batch.submitted_at > PATIENCE:
        await means.write(lambda c: batch_store.discard(c, batch.batch_key))
        means.settle(batch.batch_key, 0.0)
        log.info("batch was never made; its samples are pending again", judge=batch.judge, batch=batch.batch_key)
    return None


async def _is_ours(client: BatchClient, provider_id: str, batch_key: str) -> bool:
    async with aclosing(client.results(provider_id, "")) as results:
        async for custom_id, _ in results:
            return position_of(custom_id, batch_key) is not None
    return False
