"""Pauses the batches of a campaign with the SDK by get and update, inside its environment, and prints the seconds.

`sdk_loop.py URL KEY CAMPAIGN BATCHES CONCURRENCY`; a concurrency of 1 means the synchronous client in a loop.
"""

import asyncio
import sys
import time

from syllable_sdk import SyllableSDK

URL, KEY, CAMPAIGN = sys.argv[1:4]
BATCHES, CONCURRENCY = int(sys.argv[4]), int(sys.argv[5])
IDS = [f"{CAMPAIGN}.{number}" for number in range(BATCHES)]
FIELDS = ("batch_id", "campaign_id", "expires_on", "count", "created_at", "deleted_at", "deleted_reason")


def paused(batch):
    """Return the body of the update that pauses a batch."""
    whole = batch.model_dump(mode="json")
    body = {field: whole[field] for field in FIELDS if whole.get(field) is not None}
    return body | {"status": "PAUSED", "last_updated_by": "operator@example.com"}


def one_by_one(sdk):
    """Pause the batches with the synchronous client."""
    for batch_id in IDS:
        batch = sdk.outbound.batches.get_by_id(batch_id=batch_id, server_url=URL)
        sdk.outbound.batches.update(batch_id=batch_id, communication_batch=paused(batch), server_url=URL)


async def side_by_side(sdk):
    """Pause the batches with CONCURRENCY tasks of the asynchronous client."""
    waiting = iter(IDS)

    async def work():
        for batch_id in waiting:
            batch = await sdk.outbound.batches.get_by_id_async(batch_id=batch_id, server_url=URL)
            await sdk.outbound.batches.update_async(
                batch_id=batch_id, communication_batch=paused(batch), server_url=URL
            )

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


with SyllableSDK(api_key_header=KEY) as client:
    began = time.perf_counter()
    if CONCURRENCY == 1:
        one_by_one(client)
    else:
        asyncio.run(side_by_side(client))
    sys.stdout.write(f"{time.perf_counter() - began}\n")
