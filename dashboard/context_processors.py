"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest


def sandbox(_request: HttpRequest) -> dict[str, bool]:
    """`SANDBOX`: whether the data is the sandbox's, which every page then says."""
    return {"SANDBOX": settings.SANDBOX}
