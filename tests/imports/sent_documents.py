"""A document as the office names it, and why some are refused."""

import pytest

from ophportal.imports.documents import import_documents, look_at_documents
from ophportal.imports.refusals import ImportRefused
from ophportal.models import Document
from tests.spaces import as_read

NAME = "0012345_2026-03_avis.pdf"


def refused(path):
    """The reasons, in sentences with plain spaces; looking says the same as writing, and neither writes."""
    before = list(Document.select().tuples())
    with pytest.raises(ImportRefused) as caught:
        import_documents(path)
    reasons = [as_read(str(error)) for error in caught.value.errors]
    try:
        looked = look_at_documents(path).refused
    except ImportRefused as whole:
        looked = whole
    assert [as_read(str(error)) for error in looked.errors] == reasons
    assert list(Document.select().tuples()) == before
    return reasons
