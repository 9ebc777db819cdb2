"""The extensions that pages need, unbound; `create_app` binds them. Mail is the worker's (`mailing`)."""

from flask_login import LoginManager
from flask_wtf import CSRFProtect

csrf = CSRFProtect()
login_manager = LoginManager()
# Phones change address between two pages: the session row, not the address, says who it is.
login_manager.session_protection = None
# It would be made at each request all the same, and kept in the cookie: a digest of the visitor's address and browser.
login_manager._session_identifier_generator = lambda: None
