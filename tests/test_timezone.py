"""An office overseas: its days end at its own midnight, and not at that of Paris."""

import pytest
import time_machine

import config
from config import Production
from ophportal import checks, clock, create_app, database
from ophportal.checks import Check
from ophportal.formatting import date_and_time
from tests.conftest import StrictVisitor, log_in
from tests.lives import enter
from tests.page import Page

GUADELOUPE, REUNION, PARIS = "America/Guadeloupe", "Indian/Reunion", "Europe/Paris"


@pytest.fixture
def settings(app, monkeypatch):
    """A function that gives an office's settings, of this zone or without one; all is as it was after the test."""

    def settings(zone=""):
        names = ("SECRET_KEY", "DATABASE_URL", "DATA_FOLDER", "MAIL_SENDER")
        given = {name: app.config[name] for name in names}
        return {**given, "BASE_URL": "http://localhost", "MAIL_SERVER": "localhost", "OFFICE_TIMEZONE": zone}

    monkeypatch.setattr(clock, "zone", PARIS)
    yield settings
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


@pytest.mark.parametrize(
    ("zone", "instant", "is_over"),
    [
        (GUADELOUPE, "2026-03-05 19:30-04:00", False),
        (GUADELOUPE, "2026-03-06 00:30-04:00", True),
        (REUNION, "2026-03-05 23:30+04:00", False),
        (REUNION, "2026-03-06 00:30+04:00", True),
        ("", "2026-03-05 23:30+01:00", False),
        ("", "2026-03-06 00:30+01:00", True),
    ],
)
def test_the_rent_may_be_paid_until_midnight(settings, make_account, zone, instant, is_over):
    """In Guadeloupe, by the time of Paris, the date would be past from seven in the evening on."""
    account = make_account()
    enter(account.tenant.leases.get(), "2026-03-01", "Loyer mars", "400.00")
    portal = create_app(Production(settings(zone)))
    visitor = StrictVisitor(portal, portal.response_class)
    with time_machine.travel(instant, tick=False):
        log_in(visitor, account)
        until = Page(visitor.get("/compte")).one(".until").get_text()
    assert ("La date limite est passée" in until) is is_over


@pytest.mark.parametrize(("zone", "told"), [(GUADELOUPE, "20~h~30"), (REUNION, "4~h~30"), ("", "1~h~30")])
def test_commands_tell_its_hour_too(settings, monkeypatch, zone, told):
    """`ophportal check` makes no portal: it goes on under settings that are not sound."""
    monkeypatch.setattr(config, "office_environment", lambda: settings(zone))
    with time_machine.travel("2026-03-06 00:30+00:00", tick=False):
        tell = Check("L'heure", (), lambda: iter([(checks.Level.OK, date_and_time(clock.now()))]))
        *_, finding = checks.examine("config.Production", [tell])
    assert finding.message.endswith(told.replace("~", "\u00a0"))
