"""Network addresses, as servers and proxies write them."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

BRACKETS_OR_PORT = re.compile(r"\[(?P<inside>.*)\](:\d+)?|(?P<before>[^:]*):\d+")


def address_of(text: str) -> Address | None:
    """Parse `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`; None for other text.

    An IPv4 address written as IPv6 becomes the IPv4 address. The zone of an IPv6 address (`%eth0`) is dropped, because
    it means nothing on another machine.
    """
    bare = text.strip()
    if match := BRACKETS_OR_PORT.fullmatch(bare):
        bare = match["inside"] or match["before"] or ""
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address
