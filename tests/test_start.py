"""What a process that serves pages loads, and what waits for the first who needs it."""

import os
import subprocess
import sys
from pathlib import Path

from werkzeug.routing import Map, Rule

ROOT = Path(__file__).parent.parent
# Each is for a page, a paper or a job that most processes never see.
LATER = (
    "argon2", "brotli", "email_validator", "flask_mail", "gzip", "openpyxl", "ophportal.demo", "ophportal.own_data",
    "ophportal.papers", "prometheus_client", "pyotp", "segno", "typst", "zxcvbn",
)  # fmt: skip
READERS = ("ophportal.access.settling", "ophportal.imports.runs", "ophportal.outbox", "playhouse.migrations")


def test_pages_are_served_without_what_only_some_need(tmp_path):
    settings = {
        "OPHPORTAL_SECRET_KEY": "a-key-for-this-test-alone-0123456789",
        "OPHPORTAL_BASE_URL": "http://127.0.0.1:8000",
        "OPHPORTAL_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite",
        "OPHPORTAL_MAIL_SERVER": "127.0.0.1",
        "OPHPORTAL_MAIL_USE_TLS": "non",
        "OPHPORTAL_MAIL_SENDER": "ne-pas-repondre@exemple.test",
    }
    tell = "import sys, wsgi; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", tell], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    assert {*LATER, *READERS}.isdisjoint(told.stdout.split())


def test_addresses_are_written_as_werkzeug_writes_them(portal):
    for rule in portal.url_map.iter_rules():
        plain = Rule(rule.rule, endpoint=rule.endpoint, defaults=rule.defaults)
        Map([plain])
        values = dict.fromkeys(plain.arguments - set(plain.defaults or ()), 7)
        assert rule.build(values) == plain.build(values)
        assert rule.build(values | {"an": "2024"}) == plain.build(values | {"an": "2024"})
