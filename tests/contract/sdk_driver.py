"""Runs inside the SDK's own environment: one call per line of JSON in, one result or error per line of JSON out.

In: `{"url", "key", "call": "outbound.batches.list", "arguments": {…}}`.
Out: `{"result": …}` or `{"error": {"name": <the SDK's class>, "status": …, "body": …}}`.
"""

import json
import sys
from functools import cache
from operator import attrgetter

import syllable_sdk
from pydantic import BaseModel


@cache
def sdk_with(key):
    """Return the SDK from a cache, because creating it takes long. Each call names its address."""
    return syllable_sdk.SyllableSDK(api_key_header=key, timeout_ms=5000)


def plain(value):
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def call(request):
    method = attrgetter(request["call"])(sdk_with(request["key"]))
    try:
        return {"result": plain(method(server_url=request["url"], **request["arguments"]))}
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what is asked for
        status, body = getattr(error, "status_code", None), getattr(error, "body", str(error))
        return {"error": {"name": type(error).__name__, "status": status, "body": body}}


for line in sys.stdin:
    sys.stdout.write(json.dumps(call(json.loads(line))) + "\n")
    sys.stdout.flush()
