"""Accueil du compte: what the tenant owes, until when, and how to pay."""

from flask import render_template
from flask_login import current_user

from ophportal.account.room import account, current_tenant
from ophportal.models import Lease


@account.get("")
def home() -> str:
    tenant = current_tenant()
    leases = Lease.current_of(tenant)
    return render_template("account/home.html", tenant=tenant, leases=leases, code=current_user.account.code)
