"""Who may open a view. Anonymous visitors never get here: LoginRequiredMiddleware sends them to the login."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.actor import by
from accounts.models import User
from batches.access import EDIT, VIEW
from batches.forms.reason import ReasonForm
from batches.services.changes.update import NotAllowed, ReasonMissing
from batches.services.operations.overlaps import InTheWay
from common.reasons import tidy


class UserRequest(HttpRequest):
    """A request by somebody who is logged in."""

    user: User


View = Callable[..., HttpResponseBase]

may_view = permission_required(VIEW, raise_exception=True)


def may_edit(view: View) -> View:
    """Guard a view that writes; see `explained`."""
    return permission_required(EDIT, raise_exception=True)(explained(view))


def explained(view: View) -> View:
    """Have a page say why if a service refuses, and ask for a reason if only that is missing."""

    @wraps(view)
    def answered(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ReasonMissing as missing:
            return _ask_reason(request, str(missing))
        except NotAllowed as refusal:
            return render(request, "batches/not_allowed.html", {"refusal": str(refusal)}, status=403)
        except InTheWay as other:
            return render(request, "batches/in_the_way.html", {"operation": other.operation}, status=409)

    return answered


def why(request: UserRequest) -> dict[str, Any]:
    """Return who sends `request`, from where, and the reason it has, "" for none, as keyword arguments."""
    return {**by(request), "reason": tidy(request.POST.get("reason", ""))}


def _ask_reason(request: UserRequest, problem: str) -> HttpResponse:
    """Ask for a reason, and post the rest of the form again with it."""
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    if form.is_bound:
        form.add_error("reason", problem)
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    posted = [pair for pair in sent if pair[0] not in ("csrfmiddlewaretoken", "reason")]
    return render(request, "batches/ask_reason.html", {"form": form, "posted": posted, "problem": problem}, status=422)
