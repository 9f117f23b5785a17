"""The proof of one entry of the trail, as a download that somebody else can check."""

import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.actor import by
from batches.access import reader_of, scope_of
from batches.selectors.trail_export import trail_entry
from batches.services.reads import proof_exported
from batches.views.decorators import UserRequest, may_view
from common.numbers import whole_number
from trail.proof import NotSealed, proof_make


@may_view
@require_safe
def entry_proof(request: UserRequest, entry_id: int) -> HttpResponse:
    """Return the proof as a JSON file; go back to the trail with a sentence where the entry has no seal yet.

    `up_to` in the address is the number of the seal whose head the reader knows: the proof goes no further.
    """
    entry = trail_entry(entry_id, scope=scope_of(request.user), reader=reader_of(request.user))
    if entry is None:
        raise Http404("There is no such entry.")
    try:
        proof = proof_make(entry.pk, up_to=whole_number(request.GET.get("up_to", "")))
    except NotSealed:
        messages.info(request, "This entry is not sealed yet. That takes a few seconds: try again.")
        return redirect("batches:change", entry.change_id) if entry.change_id else redirect("batches:change_list")
    if request.method == "GET":
        proof_exported(entry=entry, **by(request))
    name = f"trail-proof-{entry.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(json.dumps(proof, indent=1), content_type="application/json", headers=headers)
