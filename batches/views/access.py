"""Who may open a view. Anonymous visitors never get here: LoginRequiredMiddleware sends them to the login."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from batches.access import EDIT, VIEW
from batches.services.changes.start import NotAllowed


class UserRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


may_view = permission_required(VIEW, raise_exception=True)
may_edit = permission_required(EDIT, raise_exception=True)


def not_allowed(request: UserRequest, refusal: NotAllowed) -> HttpResponse:
    """The page for what a service refused to a person, in its words."""
    return render(request, "batches/not_allowed.html", {"refusal": str(refusal)}, status=403)
