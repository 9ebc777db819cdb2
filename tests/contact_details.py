"""How a tenant changes the telephone number that the office has of them."""

from ophportal.models import Tenant
from tests.conftest import OWN_PASSWORD

PAGE = "/compte/coordonnees"
TELEPHONE = "/compte/coordonnees/telephone"
NEW = "06 39 98 12 34"


def change(visitor, telephone=NEW, password=OWN_PASSWORD):
    return visitor.submit(TELEPHONE, telephone=telephone, current_password=password)


def phone():
    return Tenant.get().phone
