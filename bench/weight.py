"""What a visit brings over the wire: the bodies of the page and of all that it names, without their headers.

A client asks the served portal as browsers do: for brotli (over TLS, with any browser of the last eight years), for
gzip (over plain HTTP), for neither. Pages come whole, never compressed: they carry secrets (BREACH). A browser asks
for the stylesheets, the scripts and the icon once; their names carry a digest of what is in them, and a year's
`immutable`: a repeat visit is the page alone.

Identification loads no htmx: docs/decisions/0008-htmx-where-it-swaps.md says why. What the two weigh together is told
beside it, without a goal: 12 000 of it are htmx, which no minifier makes lighter, and neither goal leaves room for a
page, its sheet and its script beside them. The pages whose parts are swapped load it, once, whichever comes first.
"""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.request import Request, urlopen

from bench.figures import Figure
from bench.served import Served, portal_served

PAGES = {
    "Home": "/",
    "Identification": "/identification",
    "Request": "/demander-un-code",
    "Account home": "/compte",
}
ENCODINGS = {"br": "brotli", "gzip": "gzip", "identity": "not compressed"}
FIRST_FLIGHT = 14_600  # ten segments of 1 460 bytes (RFC 6928)
MOST_OF_A_PAGE = 6_000


class Loaded(HTMLParser):
    """The addresses that a browser asks for with a page."""

    def __init__(self, html: str):
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        source = told.get("src") or (told.get("href") if tag == "link" else None)
        if source:
            self.addresses.append(source)


def figures() -> Iterator[Figure]:
    with portal_served() as served:
        for name, path in PAGES.items():
            for encoding, way in ENCODINGS.items():
                weights = first_visit(served, path, encoding)
                has_goal = (name, encoding) == ("Identification", "br")
                goal, met = ("≤ 16 000, then ≤ 14 600", weights.total() <= FIRST_FLIGHT) if has_goal else ("", None)
                yield Figure(f"{name}, first visit, {way}", goal, told(weights), met)
                if has_goal:
                    htmx = first_visit(served, PAGES["Request"], encoding)["htmx"]
                    yield Figure(f"{name} and htmx, which a next page loads", "", told(weights + Counter(htmx=htmx)))
            again = repeat_visit(served, path)
            met = again.total() == again["HTML"] <= MOST_OF_A_PAGE
            yield Figure(f"{name}, repeat visit", "HTML alone, ≤ 6 000", told(again), met)


def told(weights: Counter[str]) -> str:
    """« 5 329 bytes: HTML 2 915, CSS … »"""
    said = f"{weights.total():,} bytes: " + "; ".join(f"{kind} {weight:,}" for kind, weight in weights.items())
    return said.replace(",", " ").replace(";", ",")


def first_visit(served: Served, path: str, encoding: str) -> Counter[str]:
    """Bytes by kind."""
    page, _ = fetch(served, path, encoding)
    weights = Counter({"HTML": len(page)})
    for address in Loaded(page.decode()).addresses:
        body, _ = fetch(served, address, encoding)
        weights[kind_of(address)] += len(body)
    return weights


def repeat_visit(served: Served, path: str) -> Counter[str]:
    """Bytes by kind of what the browser does not have already, a minute later."""
    page, _ = fetch(served, path, "br")
    weights = Counter({"HTML": len(page)})
    for address in Loaded(page.decode()).addresses:
        body, caching = fetch(served, address, "br")
        if "immutable" not in caching:
            weights[kind_of(address)] += len(body)
    return weights


def fetch(served: Served, path: str, encoding: str) -> tuple[bytes, str]:
    """The body as it comes, and how long it is kept."""
    headers = {"Accept-Encoding": encoding} | ({"Cookie": served.cookie} if path.startswith("/compte") else {})
    with urlopen(Request(served.url + path, headers=headers)) as answer:
        assert answer.url == served.url + path, f"{path} leads to {answer.url}"
        return answer.read(), answer.headers["Cache-Control"]


def kind_of(address: str) -> str:
    name = address.partition("?")[0]
    kinds = {"htmx.min.js": "htmx", ".css": "CSS", ".js": "JS"}
    return next((kind for end, kind in kinds.items() if name.endswith(end)), "icon")
