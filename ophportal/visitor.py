"""Where a request comes from, and on what: as far as the configured proxies, and the browser, tell."""

from ipaddress import ip_address, ip_network

from flask import request

from ophportal.devices import device_name


def client_device() -> str:
    """What the visitor's device calls itself, in words."""
    return device_name(request.user_agent.string)


def client_address() -> str:
    """The network address that the request comes from, as far as the configured proxies vouch for it.

    An IPv6 one as its /64, « 2001:db8::/64 »: that is what one household has (RFC 6177), addresses by the billion.
    """
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(address.ipv4_mapped if address.version == 6 else address)
