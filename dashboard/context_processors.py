"""What every template knows about the current request."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.backends.utils import csrf_input
from django.utils.functional import SimpleLazyObject


def sandbox(_request: HttpRequest) -> dict[str, bool]:
    """Return `SANDBOX`: whether the data comes from the sandbox, which every page then says."""
    return {"SANDBOX": settings.SANDBOX}


def csrf(request: HttpRequest) -> dict[str, object]:
    """Return `csrf_token`, and `csrf_input` for a form. Each is made once per answer."""
    return {
        "csrf_token": SimpleLazyObject(lambda: get_token(request)),
        "csrf_input": SimpleLazyObject(lambda: csrf_input(request)),
    }
