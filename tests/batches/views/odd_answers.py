"""An API that answers with the same odd value wherever it can put it."""

import json

from django.core.cache import caches

from batches.access import EVERYTHING
from batches.selectors.batch_requests import forget_requests
from sandbox import faults
from syllable.schemas import Batch, Campaign, RequestResult

ID = "20261123.9"
CAMPAIGN = 7
# Fields that would show that the answer speaks the other contract.
FOREIGN = {"2025-04": ("paused",), "current": ("count", "last_worked_on")}


def object_of(model, odd, text, **known):
    """Make an object of the API in which every field is odd in the same way, except for `known`."""
    named = {text: odd, "INVALID": {"total_count": odd, "counts": {text: odd}}}
    kept = {"status_counts": {text: 3}, "detailed_status_counts": named, "insights": named, "request_variables": named}
    fields = {field: kept.get(field, odd) for field in model.model_fields}
    return fields | known


def answer_with_odd_objects(sandbox, contract, odd, text, *, batch_id=ID, **known):
    """Have the API answer all reads with objects in which every field is `odd`, and every name in one is `text`.

    `known` are the fields of the batch that is read by itself.
    """
    caches["local"].clear()
    forget_requests(batch_id, scope=EVERYTHING)
    batch = object_of(Batch, odd, text)
    batch = {field: value for field, value in batch.items() if field not in FOREIGN[contract]}
    request = object_of(RequestResult, odd, text)
    campaign = object_of(Campaign, odd, text, id=CAMPAIGN)
    total = {"total_count": odd, "page_size": odd}
    sandbox.faults.clear()
    for path, payload in {
        r"/batches$": {"items": [batch, batch | {"batch_id": text, "campaign_id": CAMPAIGN}, odd], **total},
        r"/batches/[^/]+$": batch | {"batch_id": batch_id, "status": "ACTIVE"} | known,
        r"/results$": [request, request | {"insights": odd}, request | {"insights": odd, "target": text}, odd],
        r"/campaigns$": {"items": [campaign, campaign | {"id": odd}, odd], **total},
        rf"/campaigns/{CAMPAIGN}$": campaign,
    }.items():
        content = json.dumps(payload).encode()
        sandbox.faults.add(faults.answer(200, content=content), method="GET", path=path, times=None)
