"""What every template knows of the request that it answers."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.backends.utils import csrf_input
from django.utils.functional import SimpleLazyObject


def sandbox(_request: HttpRequest) -> dict[str, bool]:
    """`SANDBOX`: whether the data is the sandbox's, which every page then says."""
    return {"SANDBOX": settings.SANDBOX}


def csrf(request: HttpRequest) -> dict[str, object]:
    """`csrf_token`, and `csrf_input` for a form, each made once for all its uses in an answer."""
    return {
        "csrf_token": SimpleLazyObject(lambda: get_token(request)),
        "csrf_input": SimpleLazyObject(lambda: csrf_input(request)),
    }
