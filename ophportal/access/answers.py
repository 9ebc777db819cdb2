"""Answers that several of the journey's views give."""

from flask import Response

from ophportal.access.throttle import Throttled
from ophportal.formatting import NO_BREAK, typography
from ophportal.forms import PortalForm
from ophportal.htmx import page_or_fragment


def throttled(template: str, form: PortalForm, refusal: Throttled, **context: object) -> Response:
    """429 (RFC 6585): the form again, which says how long to wait."""
    wait = in_words(refusal.minutes)
    told = f"{form.too_often}. Réessayez dans {wait}."
    if refusal.of_address:
        told = (
            f"{form.too_often} viennent de votre connexion à internet, de vous ou d'autres personnes. "
            f"Réessayez dans {wait}, ou avec une autre connexion."
        )
    form.form_errors.append(typography(f"{told} {form.meanwhile}".rstrip()))
    response = page_or_fragment(template, 429, form=form, **context)
    response.headers["Retry-After"] = str(refusal.minutes * 60)
    return response


def in_words(minutes: int) -> str:
    """« 1 minute », « 60 minutes », « 20 heures »: hours, rounded up, where minutes would be too many to picture."""
    number, unit = (minutes, "minute") if minutes <= 90 else (-(-minutes // 60), "heure")
    return f"{number}{NO_BREAK}{unit}{'s' if number > 1 else ''}"
