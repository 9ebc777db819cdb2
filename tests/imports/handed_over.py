"""A number that Maria had, and Zoé gets: the lines of the two, and what the ERP goes on telling of Maria."""

from ophportal.models import Tenant
from tests.documents import pdf
from tests.tenant_lines import MARIA

OF_MARIA = (
    ("0012345", "0123-04-056", "01/12/2019", "Dépôt de garantie", "500", ""),
    ("0012345", "0123-04-056", "01/01/2026", "Loyer", "120", ""),
)
ZOE = MARIA | {
    "civility": "M.",
    "last_name": "MARTIN",
    "first_names": "Zoé",
    "birth_name": "",
    "email": "",
    "phone": "",
    "reference": "B-2",
    "starts_on": "15/03/2026",
}
# While the first one's month still runs.
SAME_MONTH = ZOE | {"starts_on": "20/01/2026"}
HERE = ZOE | {"reference": MARIA["reference"]}
OF_MARIA_S_AVIS = {"0012345_2026-01_avis.pdf": pdf("de Maria")}


def zoe():
    """Whoever has the number now."""
    return Tenant.by_number("12345")
