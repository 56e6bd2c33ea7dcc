"""Where deliveries may go: to public addresses by HTTPS, so that nobody has this machine ask what only it can reach."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

DESTINATION_CHARACTERS_MAX = 2_000

_PUBLIC_IPV6 = IPv6Network("2000::/3")
_IPV6_OVER_IPV4 = IPv6Network("2002::/16")
_INNER_DOMAINS = ("localhost", "local", "internal", "lan", "home.arpa")


class DestinationRefused(Exception):
    """Nothing is sent there; the message says why, in the language that is active."""


@dataclass(frozen=True)
class Target:
    """A destination whose name was looked up: what is connected to is what was checked.

    Attributes:
        url: with the address in the name's place.
        host: for the Host header.
        name: for the certificate.
    """

    url: httpx.URL
    host: str
    name: str


def check_destination(text: str) -> None:
    """Whether a destination can be one, as far as its text tells; its name is looked up at each delivery.

    Raises:
        DestinationRefused
    """
    url = _url(text)
    name = url.host.rstrip(".").lower()
    try:
        is_inner = not _may_be_reached(name)
    except ValueError:
        is_inner = name.rpartition(".")[2] in _INNER_DOMAINS or "." not in name or name.endswith("home.arpa")
        is_inner = is_inner and not (name == "localhost" and settings.EPCIS_WEBHOOKS_TO_LOOPBACK)
    if is_inner:
        raise _not_public(name)


async def find_target(text: str) -> Target:
    """Look up a destination's name.

    Raises:
        DestinationRefused: any of its addresses is not public.
        OSError: the name cannot be found.
    """
    url = _url(text)
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[4][0]) for address in found]
    if not addresses or not all(map(_may_be_reached, addresses)):
        raise _not_public(url.host)
    return Target(url.copy_with(host=addresses[0]), url.netloc.decode(), url.host)


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        has_host = bool(url.host)
    except (httpx.InvalidURL, ValueError):
        has_host = False
    if not has_host or len(text) > DESTINATION_CHARACTERS_MAX or url.userinfo or url.fragment or not text.isprintable():
        raise DestinationRefused(_("“dest” must be an address such as https://example.com/epcis."))
    if url.scheme != "https" and not (url.scheme == "http" and settings.EPCIS_WEBHOOKS_TO_LOOPBACK):
        raise DestinationRefused(_("“dest” must begin with https://."))
    return url


def _may_be_reached(address: str) -> bool:
    """Whether deliveries may go to an IP address. Raises ValueError, it is none."""
    ip = ip_address(address.partition("%")[0])
    if ip.is_loopback:
        return bool(settings.EPCIS_WEBHOOKS_TO_LOOPBACK)
    if ip.version == 6 and (ip not in _PUBLIC_IPV6 or ip in _IPV6_OVER_IPV4):
        return False
    return ip.is_global and not ip.is_multicast


def _not_public(name: str) -> DestinationRefused:
    return DestinationRefused(
        _(
            "Nothing is sent to “%(name)s”: it is not a public address. For development,"
            " PINLIAN_WEBHOOKS_TO_LOOPBACK=1 allows this machine's own."
        )
        % {"name": name[:100]}
    )
