"""Answers that several of the journey's views give."""

from flask import Response

from ophportal.access.forms import PortalForm
from ophportal.access.throttle import Throttled
from ophportal.htmx import page_or_fragment


def throttled(template: str, form: PortalForm, refusal: Throttled, **context: object) -> Response:
    """The form again, with how long to wait: 429 (RFC 6585)."""
    minutes = f"{refusal.minutes} minute{'s' if refusal.minutes > 1 else ''}"
    form.form_errors.append(f"Trop d'essais. Réessayez dans {minutes}.")
    response = page_or_fragment(template, 429, form=form, **context)
    response.headers["Retry-After"] = str(refusal.minutes * 60)
    return response
