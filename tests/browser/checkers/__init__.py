"""What reads each page for the tests: axe-core, the Nu HTML checker, html-validate. They come by npm, at set-up."""

from pathlib import Path

MODULES = Path(__file__).resolve().parents[3] / "node_modules"
