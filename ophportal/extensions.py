"""The extensions that pages need, unbound; `create_app` binds them. Mail is the worker's (`mailing`)."""

from flask import current_app, g, request, session
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from ophportal.errors import SentFromElsewhere

# What browsers say of where a form is sent from (Fetch Metadata); those before 2023 say nothing.
OTHER_SITES = {"cross-site", "same-site"}


class FormProtection(CSRFProtect):
    """Flask-WTF's, which looks up whether a view is exempt before it sees that nothing is sent: most requests.

    What another site's page sends is refused at once, by views that check their own tokens too. It comes without our
    cookies (SameSite), and the answer's would take their place: any site could log a visitor out.
    """

    def protect(self, apply_exemptions: bool = False) -> None:
        if request.method in current_app.config["WTF_CSRF_METHODS"]:
            if request.headers.get("Sec-Fetch-Site") in OTHER_SITES:
                raise SentFromElsewhere
            super().protect(apply_exemptions)


class Sessions(LoginManager):
    """Flask-Login's, where nothing but a session's row says who it is.

    No remember cookie; and no digest of the visitor's address and browser, made at each request and kept in the cookie:
    phones change address between two pages.
    """

    session_protection = None

    def __init__(self) -> None:
        super().__init__()
        self._session_identifier_generator = lambda: None

    def _load_user(self) -> None:
        token = session.get("_user_id")
        user = None if token is None else self._user_callback(token)
        g._login_user = self.anonymous_user() if user is None else user


csrf = FormProtection()
login_manager = Sessions()
