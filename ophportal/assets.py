"""The static files: each URL carries a digest of the content, so that browsers may keep it for a year.

They are few and small: all are read at start and served from memory, compressed once for each encoding that browsers
ask for. Pages are never compressed: a secret beside what a visitor types could be guessed by its length (BREACH).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, abort, request

YEAR = 365 * 24 * 3600
NEEDED = (
    "portal.css",
    "pages.css",
    "account.css",
    "office.css",
    "portal.js",
    "search.js",
    "session.js",
    "swaps.js",
    "icon.svg",
    "vendor/htmx.min.js",
)
# Python's `mimetypes` reads the machine's list, of a thousand types: a third of a megabyte a worker.
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
# The endpoints whose answers browsers may keep: the same for everybody, under URLs that change with the content.
KEPT = {"static"}


def by_brotli(content: bytes) -> bytes:
    import brotli  # loaded, as gzip is, for the first who takes it

    return bytes(brotli.compress(content, quality=11))


def by_gzip(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content)


# By encoding, the best first. Browsers accept brotli over TLS only.
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {"br": by_brotli, "gzip": by_gzip}


class Asset:
    """A static file: `kind` is its media type, `address` its URL with the digest."""

    def __init__(self, name: str, content: bytes):
        self.name, self.content = name, content
        self.bodies: dict[str, bytes] = {}  # by encoding, each compressed when first asked for
        self.kind = TYPES[Path(self.name).suffix.lower()]
        self.digest = hashlib.sha256(self.content).hexdigest()[:12]
        self.address = f"/static/{self.name}?v={self.digest}"

    def answer(self) -> Response:
        """The file, in the best encoding that the browser accepts. A PNG or JPEG is compressed in itself."""
        is_text = self.kind.startswith("text/") or self.kind.endswith(("javascript", "+xml"))
        way = next((way for way in COMPRESSED if is_text and request.accept_encodings.quality(way)), "")
        response = Response(self.compressed(way) if way else self.content, mimetype=self.kind)
        if is_text:
            response.vary.add("Accept-Encoding")
        if way:
            response.content_encoding = way
        response.set_etag(f"{self.digest}-{way or 'whole'}")
        return response.make_conditional(request)  # type: ignore[return-value] # the same response

    def compressed(self, way: str) -> bytes:
        if way not in self.bodies:
            self.bodies[way] = COMPRESSED[way](self.content)
        return self.bodies[way]


def init_app(app: Flask) -> None:
    """Serve the files, and give templates `asset(name)`. Raises FileNotFoundError when one is missing."""
    folder = Path(app.root_path) / "static"
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise FileNotFoundError(f"static/{missing[0]} manque : lancez « make install ».")
    contents = {name: (folder / name).read_bytes() for name in NEEDED}
    # Pages allow no inline style: the office's colour is written at the stylesheet's end.
    contents["portal.css"] += office_colours(app.config["OFFICE"]["colour"])
    assets = {name: Asset(name, content) for name, content in contents.items()}
    if logo := app.config["OFFICE"]["logo"]:
        assets["logo"] = Asset(f"logo{Path(logo).suffix}", Path(logo).read_bytes())
    app.jinja_env.globals["asset"] = {name: asset.address for name, asset in assets.items()}.get
    serve(app, {asset.name: asset for asset in assets.values()})


def serve(app: Flask, assets: dict[str, Asset]) -> None:
    """Serve the files, by their names."""

    @app.get("/static/<path:name>", endpoint="static")
    def static_file(name: str) -> Response:
        asset = assets.get(name) or abort(404)
        response = asset.answer()
        # While hosts are updated one after the other, an old file must not be kept under the new digest.
        is_current = request.full_path == asset.address
        response.headers["Cache-Control"] = (
            f"public, max-age={YEAR}, immutable" if is_current else "public, max-age=3600"
        )
        return response


def office_colours(colour: str) -> bytes:
    """The two custom properties that carry the office's colour, for light and for dark screens."""
    light, dark = lightened(colour, 0.6), colour
    return f":root{{--brand:{dark};--brand-on-dark:{light}}}\n".encode()


def lightened(colour: str, share: float) -> str:
    """`#rrggbb` mixed with so much white (0 to 1)."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in channels)
