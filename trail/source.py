"""Where an act came from."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from django.http import HttpRequest
from structlog.contextvars import get_contextvars


@dataclass(frozen=True, slots=True)
class Source:
    """The network address and the id of a request, both "" for background work."""

    address: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Return the source of `request`. Its id also stands in the log and in `X-Request-ID`."""
        return cls(_address(request.META.get("REMOTE_ADDR", "")), str(get_contextvars().get("request_id", "")))


def _address(text: str) -> str:
    """Return `text` without its zone where it is an IP address, else "": a bad address must not prevent an entry."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


BACKGROUND = Source()
