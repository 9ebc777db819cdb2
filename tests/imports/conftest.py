"""Fixtures of the imports' stories."""

import pytest

from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from tests.tenant_lines import rows_on_file


@pytest.fixture
def refusals(tenant_file):
    """The reasons, a text each, with which a file of these lines is refused, when nothing was written."""

    def refusals(*lines):
        before = rows_on_file()
        with pytest.raises(ImportRefused) as refused:
            import_tenants(tenant_file(*lines))
        assert rows_on_file() == before
        return [str(error).replace("\u00a0", " ") for error in refused.value.errors]

    return refusals
