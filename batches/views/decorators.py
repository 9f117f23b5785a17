"""Who may open a view. Anonymous visitors never get here: LoginRequiredMiddleware sends them to the login."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from batches.access import EDIT, VIEW
from batches.services.changes.update import NotAllowed
from batches.services.operations.overlaps import InTheWay


class UserRequest(HttpRequest):
    """A request by somebody who is logged in."""

    user: User


View = Callable[..., HttpResponse]

may_view = permission_required(VIEW, raise_exception=True)


def may_edit(view: View) -> View:
    """Guard a view that writes. If a service refuses meanwhile, a page says why."""

    @wraps(view)
    def answered(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotAllowed as refusal:
            return render(request, "batches/not_allowed.html", {"refusal": str(refusal)}, status=403)
        except InTheWay as other:
            return render(request, "batches/in_the_way.html", {"operation": other.operation}, status=409)

    return permission_required(EDIT, raise_exception=True)(answered)
