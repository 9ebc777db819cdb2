"""What the demonstration office adds: its guests, its agents, the mail that it keeps."""

from collections.abc import Callable

from flask import Flask
from werkzeug.test import TestResponse

from ophportal.demo.mailbox import KeptMail, kept_mails
from ophportal.models import Tenant
from ophportal.outbox import deliver_due
from tests.browser.scenes import scene
from tests.conftest import StrictVisitor, request_code


def look_at(demo: Flask, address: str) -> TestResponse:
    return StrictVisitor(demo, demo.response_class).get(address)


@scene("pages.home", "demo-accueil")
def home(demo):
    return look_at(demo, "/")


@scene("demo.guests", "demo")
def guests(demo):
    return look_at(demo, "/demo")


@scene("demo.agents", "demo-agents")
def agents(demo):
    return look_at(demo, "/demo/agents")


@scene("demo.mails", "demo-courrier-vide")
def no_mail(demo):
    return look_at(demo, "/demo/courrier")


@scene("demo.mails", "demo-courrier")
def mails(demo, make_tenant):
    mails_of(demo, make_tenant, 2)
    return look_at(demo, "/demo/courrier")


@scene("demo.mail", "demo-message")
def mail(demo, make_tenant):
    newest = mails_of(demo, make_tenant)[0]
    return look_at(demo, f"/demo/courrier/{newest.name}")


def mails_of(demo: Flask, make_tenant: Callable[[], Tenant], times: int = 1) -> list[KeptMail]:
    """The mail of a demo where a tenant has asked for their code so many times."""
    make_tenant()
    for _ in range(times):
        request_code(StrictVisitor(demo, demo.response_class))
    with demo.app_context():
        while deliver_due():
            pass
        return kept_mails()
