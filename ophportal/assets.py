"""The static files: each address carries a digest of its content, resolved once at start, and is kept for a year.

The stylesheet is served with the office's colour written at its end, since pages allow no inline style.
"""

import hashlib
import mimetypes
from pathlib import Path

from flask import Flask, Response, request

YEAR = 365 * 24 * 3600
NEEDED = ("portal.js", "icon.svg", "vendor/htmx.min.js")
# Endpoints whose answers browsers may keep: the same for everybody, and named by their content.
KEPT = {"static", "stylesheet", "logo"}


def init_app(app: Flask) -> None:
    """Give templates `asset(name)`. Raises FileNotFoundError at start when a file that pages need is missing."""
    folder = Path(str(app.static_folder))
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise FileNotFoundError(f"static/{missing[0]} manque : lancez « make install ».")
    stylesheet = (folder / "portal.css").read_bytes() + office_colours(app.config["OFFICE"]["colour"])
    addresses = {name: f"/static/{name}?v={digest((folder / name).read_bytes())}" for name in NEEDED}
    addresses["portal.css"] = f"/portal.css?v={digest(stylesheet)}"

    @app.get("/portal.css", endpoint="stylesheet")
    def stylesheet_view() -> Response:
        return Response(stylesheet, mimetype="text/css")

    if logo := app.config["OFFICE"]["logo"]:
        addresses["logo"] = serve_logo(app, Path(logo))
    app.jinja_env.globals["asset"] = addresses.get

    current = set(addresses.values())

    @app.after_request
    def keep_in_browsers(response: Response) -> Response:
        if request.endpoint in KEPT and response.status_code in {200, 206, 304}:
            # While hosts are updated one after the other, an old file must not be kept under the new digest.
            is_current = request.full_path in current
            kept = f"public, max-age={YEAR}, immutable" if is_current else "public, max-age=3600"
            response.headers["Cache-Control"] = kept
        return response


def serve_logo(app: Flask, path: Path) -> str:
    """Serve the office's own picture; its address."""
    picture, kind = path.read_bytes(), mimetypes.guess_type(path.name)[0]

    @app.get("/logo", endpoint="logo")
    def logo_view() -> Response:
        return Response(picture, mimetype=kind)

    return f"/logo?v={digest(picture)}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def office_colours(colour: str) -> bytes:
    """The two custom properties that carry the office's colour, for light and for dark screens."""
    light, dark = lightened(colour, 0.6), colour
    return f":root{{--brand:{dark};--brand-on-dark:{light}}}\n".encode()


def lightened(colour: str, share: float) -> str:
    """`#rrggbb` mixed with so much white (0 to 1)."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in channels)
