"""Where an act came from."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from django.http import HttpRequest
from structlog.contextvars import get_contextvars


@dataclass(frozen=True, slots=True)
class Source:
    """The network address and the id of a request, both "" for what the background does."""

    address: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """The source of what is done to answer `request`; its id is the one in the log and in `X-Request-ID`."""
        return cls(_address(request.META.get("REMOTE_ADDR", "")), str(get_contextvars().get("request_id", "")))


def _address(text: str) -> str:
    """`text` where it is an IP address, without its zone, else "": an entry must not fail because of it."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


BACKGROUND = Source()
