"""What Firefox does its own way: what it prints.

The stories marked `every_engine`, in the files beside this one, run in Firefox too.
"""

import base64
import re

import pytest

from tests import pdf

pytestmark = pytest.mark.parametrize("open_page", ["firefox"], indirect=True)


@pdf.needs_poppler
def test_the_operations_are_all_printed(open_page, tenant):
    """As a table, whatever the screen's width, on which its form hangs."""
    page = open_page("/compte/operations", storage_state=tenant)
    lines = page.locator("#operations [scope=row]").count()
    assert lines > 12
    printed = pdf.read(base64.b64decode(page.driver.print_page()))
    assert len(re.findall(r"\d\d/\d\d/\d{4}", printed)) == lines
    assert "Solde : " not in printed
