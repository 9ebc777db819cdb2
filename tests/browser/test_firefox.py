"""What Firefox does its own way: the letters alone enlarged, and what it prints.

The stories marked `every_engine`, in the files beside this one, run in Firefox too.
"""

import base64
import re

import pytest

from tests import pdf
from tests.browser.firefox import enlarge_text
from tests.browser.steps import fits

pytestmark = pytest.mark.parametrize("open_page", ["firefox"], indirect=True)


def test_the_number_of_a_step_stays_on_its_round_when_the_letters_alone_are_enlarged(open_page):
    """It is white: below its round, nobody reads it."""
    page = open_page("/", width=360, height=740)
    enlarge_text(page.driver, 2)
    height, line = page.evaluate("""() => {
        const round = getComputedStyle(document.querySelector(".steps > li"), "::before");
        return [round.height, round.lineHeight].map(parseFloat);
    }""")
    assert line <= height


def test_nothing_is_scrolled_sideways_when_they_are(open_page, tenant):
    page = open_page(width=360, height=740, storage_state=tenant)
    for path in ("/", "/identification", "/demander-un-code", "/aide", "/compte", "/compte/operations"):
        page.goto(path)
        enlarge_text(page.driver, 2)
        assert fits(page), path


@pdf.needs_poppler
def test_the_operations_are_all_printed(open_page, tenant):
    """As a table, whatever the screen's width, on which its form hangs."""
    page = open_page("/compte/operations", storage_state=tenant)
    lines = page.locator("#operations [scope=row]").count()
    assert lines > 12
    printed = pdf.read(base64.b64decode(page.driver.print_page()))
    assert len(re.findall(r"\d\d/\d\d/\d{4}", printed)) == lines
    assert "Solde : " not in printed
