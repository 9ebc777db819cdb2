"""The own password, asked for again before a change that matters."""

from flask import Response
from flask_login import current_user

from ophportal.access.answers import throttled
from ophportal.access.forms import OwnPasswordForm
from ophportal.access.login import Recognised, recognise
from ophportal.access.throttle import Throttled
from ophportal.account.contact_forms import NewAddressForm, TelephoneForm
from ophportal.htmx import page_or_fragment
from ophportal.visitor import client_address

ProvedForm = OwnPasswordForm | TelephoneForm | NewAddressForm


def recognise_again(form: ProvedForm, template: str, **context: object) -> Recognised | Response:
    """The logged-in tenant, if their password is right; else the form again. Failures count as those of logins."""
    try:
        recognised = recognise(current_user.account.code, form.current_password.data, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal, **context)
    return recognised or not_the_password(form, template, **context)


def not_the_password(form: ProvedForm, template: str, **context: object) -> Response:
    form.current_password.errors = ["Ce n'est pas votre mot de passe actuel."]
    return page_or_fragment(template, 422, form=form, **context)
