"""Fixtures of the imports' stories."""

import pytest

from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from tests.documents import write_folder, write_zip
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


@pytest.fixture
def tenant(make_tenant):
    return make_tenant()


@pytest.fixture(params=["folder", "zip"])
def pack(request, tmp_path):
    """A function that puts files, contents by name, into a folder or a ZIP, and gives its path."""

    def pack(files):
        if request.param == "folder":
            return write_folder(tmp_path / "papiers", files)
        return write_zip(tmp_path / "papiers.zip", files)

    return pack


@pytest.fixture
def zipped(tmp_path):
    return lambda files, **more: write_zip(tmp_path / "papiers.zip", files, **more)
