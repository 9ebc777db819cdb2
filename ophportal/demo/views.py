"""The demo's own pages: whom to try, and the mail. Registered under the Demo configuration alone."""

from typing import cast

from flask import Blueprint, Flask, Response, abort, render_template

from ophportal.demo.agents import badges
from ophportal.demo.mailbox import KeptMail, keep_mails, kept_mail, kept_mails
from ophportal.demo.office import GUESTS, RARER, SHARING
from ophportal.htmx import page_or_fragment

demo = Blueprint("demo", __name__, url_prefix="/demo")
demo.record_once(lambda state: keep_mails(cast(Flask, state.app)))

# A mail is another document: it brings its own styles, and runs nothing. Its links lead out of the sandbox.
MAIL_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
    )
)


@demo.get("")
def guests() -> str:
    return render_template("demo/guests.html", guests=GUESTS + SHARING + RARER)


@demo.get("/agents")
def agents() -> Response:
    """The two agents, with the codes that their telephones show now."""
    return page_or_fragment("demo/agents.html", badges=badges())


@demo.get("/courrier")
def mails() -> Response:
    return page_or_fragment("demo/mails.html", mails=kept_mails())


@demo.get("/courrier/<name>")
def mail(name: str) -> str:
    return render_template("demo/mail.html", mail=kept_mail_or_404(name))


@demo.get("/courrier/<name>/html")
def mail_as_html(name: str) -> Response:
    """The mail's HTML version, as a mail program would show it."""
    html = kept_mail_or_404(name).html or abort(404)
    # HTML, "7.3.2 Navigation": a browser refuses a sandboxed page under any other opener policy.
    headers = {"Content-Security-Policy": MAIL_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return Response(html, mimetype="text/html", headers=headers)


def kept_mail_or_404(name: str) -> KeptMail:
    return kept_mail(name) or abort(404)
