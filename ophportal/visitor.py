"""Which network address and which device a request comes from, as the configured proxies and the browser say."""

import re
from ipaddress import ip_address, ip_network

from flask import request

# « 203.0.113.5:41234 », « [2001:db8::1]:443 »: so some balancers forward an address (RFC 7239, 6).
WITH_PORT = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[^]]+)\](?::[0-9]+)?")
# The first word found decides: browsers name their ancestors after themselves (RFC 9110, 10.1.5).
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("w3m", "w3m"),
    ("Lynx", "Lynx"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def client_device() -> str:
    """The browser and system that the visitor's `User-Agent` most likely tells: « Firefox sur Windows »."""
    told = request.user_agent.string
    browser = next((name for word, name in BROWSERS if word in told), "Navigateur inconnu")
    system = next((name for word, name in SYSTEMS if word in told), "")
    return f"{browser} sur {system}" if system else browser


def client_address() -> str:
    """The network address that the request comes from, as far as the configured proxies vouch for it.

    An IPv6 one as its /64, « 2001:db8::/64 »: that is what one household has (RFC 6177), addresses by the billion.
    """
    told = request.remote_addr or ""
    with_port = WITH_PORT.fullmatch(told)
    try:
        address = ip_address(with_port["v4"] or with_port["v6"] if with_port else told)
    except ValueError:
        return ""
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(address.ipv4_mapped if address.version == 6 else address)
