"""Fixtures of the imports' stories."""

import pytest
from openpyxl import Workbook

from ophportal.imports.documents import import_documents
from ophportal.imports.ledger import import_ledger
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from ophportal.models import Account, DeliveryConsent, Tenant
from ophportal.passwords import hash_password
from tests.conftest import OWN_PASSWORD
from tests.documents import write_folder, write_zip
from tests.imports.handed_over import OF_MARIA, OF_MARIA_S_AVIS
from tests.ledger_file import LEDGER
from tests.spaces import as_read
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL, rows_on_file


@pytest.fixture
def refusals(tenant_file):
    """The reasons, a text each, with which a file of these lines is refused, when nothing was written."""

    def refusals(*lines):
        before = rows_on_file()
        with pytest.raises(ImportRefused) as refused:
            import_tenants(tenant_file(*lines))
        assert rows_on_file() == before
        return [as_read(str(error)) for error in refused.value.errors]

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


@pytest.fixture
def ledger_file(tmp_path):
    """A function that writes a ledger file of these lines."""
    return lambda *lines: write_table(tmp_path / "ecritures.csv", LEDGER, lines)


@pytest.fixture
def maria_before(app, tenant_file, ledger_file, tmp_path):
    """Maria, whose lease has ended, with all that a tenant can have in the portal; her account."""
    import_tenants(tenant_file(MARIA | {"ends_on": "31/01/2026"}, PAUL))
    import_ledger(ledger_file(*OF_MARIA))
    import_documents(write_folder(tmp_path / "papiers", OF_MARIA_S_AVIS))
    account = Account.get_or_open(Tenant.by_number("12345"))
    DeliveryConsent.give(account.tenant, "J'accepte.")
    account.choose_password(hash_password(OWN_PASSWORD))
    return account


@pytest.fixture
def book(tmp_path):
    """A function that saves a workbook of these sheets, lists of rows, and gives its path."""

    def save(*sheets):
        workbook = Workbook()
        workbook.remove(workbook.active)
        for rows in sheets:
            sheet = workbook.create_sheet()
            for row in rows:
                sheet.append(row)
        path = tmp_path / "classeur.csv"  # what a file is named does not count
        workbook.save(path)
        return path

    return save
