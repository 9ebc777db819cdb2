"""What is measured of a page in the browser, and the pages that it is measured of."""

from pathlib import Path

from tests.browser.scenes import SCENES

MEASURES = Path(__file__).with_name("measures.js").read_text(encoding="utf-8")
PAGES = [scene for scene in SCENES if not scene.endpoint.startswith("mail.")]
