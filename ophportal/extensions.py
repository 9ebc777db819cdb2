"""The extensions, unbound; `create_app` binds them."""

from flask_login import LoginManager
from flask_wtf import CSRFProtect

from ophportal.mailing import PatientMail

csrf = CSRFProtect()
mail = PatientMail()
login_manager = LoginManager()
# Phones change address between two pages: the session row, not the address, says who it is.
login_manager.session_protection = None
