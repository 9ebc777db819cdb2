"""The console's forms."""

import re
from datetime import datetime

from flask import request
from wtforms import Field, StringField, ValidationError

from ophportal.formatting import typography
from ophportal.forms import (
    AtMost,
    NewPasswordForm,
    PortalForm,
    address_field,
    answer_field,
    current_password_field,
    password_field,
    plain,
    trimmed,
)
from ophportal.models import Tenant
from ophportal.models.keys import email_key
from ophportal.models.paper_code import LIFETIME

LONGEST_REASON = 500
LONGEST_PLACE = 100
MOST_DAYS = LIFETIME.days
# What a refusal says that does not tell which of the proofs was wrong: a code may be right, and have served already.
NEXT_CODE = "Un code sert une seule fois : attendez le suivant, puis recommencez."


def code_field() -> StringField:
    return answer_field(
        typography("Code à six chiffres"), typography("Écrivez le code de votre téléphone, ou un code de secours."), 30
    )


class AgentLoginForm(PortalForm):
    email = address_field("Adresse e-mail")
    password = password_field("Mot de passe", "Écrivez votre mot de passe.")
    code = code_field()


class FirstLoginForm(NewPasswordForm):
    code = code_field()


class ProofForm(PortalForm):
    """The agent's password and code, asked for again before what matters."""

    current_password = current_password_field()
    code = code_field()


class AgentPasswordForm(NewPasswordForm, ProofForm):
    first = ("current_password", "code")


class AddressForm(PortalForm):
    """`confirmed` is the address that the box was ticked for: the tick does not count for another address."""

    email = address_field("Nouvelle adresse e-mail", "Écrivez l'adresse e-mail du locataire.")
    confirmed = StringField("C'est bien l'adresse de ce locataire", filters=[trimmed])

    def is_fit_beside(self, others: int) -> bool:
        """Whether an address that `others` tenants have too may be taken; without the tick, asks for it."""
        if not others or email_key(self.confirmed.data) == email_key(self.email.data):
            return True
        whose = "d'un autre locataire" if others == 1 else f"de {others} autres locataires"
        self.confirmed.errors = [f"Cette adresse est aussi celle {whose}. Cochez la case si c'est bien la sienne."]
        return False


def was_overtaken(tenant: Tenant) -> bool:
    """Whether another address is on file by now than the page showed, which sends it as `on_file`.

    Asked of the store, in the transaction that would replace it: who writes may have waited for an import.
    """
    shown = request.form.get("on_file")
    return shown is not None and email_key(shown) != Tenant.get_by_id(tenant.id).email_key


def is_as_shown(name: str, moment: datetime) -> bool:
    """Whether the store's `moment` is the one that the page was about, which sends it as `name`."""
    return request.form.get(name, moment.isoformat()) == moment.isoformat()


class LettersForm(PortalForm):
    """Which tenants are listed to be written to."""

    place = StringField("Résidence", filters=[trimmed], validators=[AtMost(LONGEST_PLACE), plain])
    days = StringField("Sans courrier depuis (en jours)", filters=[trimmed])

    def validate_days(self, field: Field) -> None:
        if not re.fullmatch("[0-9]{1,2}", field.data) or int(field.data) > MOST_DAYS:
            raise ValidationError(f"Écrivez un nombre de jours, de 0 à {MOST_DAYS}.")


class ReasonForm(PortalForm):
    reason = answer_field("Raison", "Écrivez la raison.", LONGEST_REASON)

    def validate_reason(self, field: Field) -> None:
        if len(field.data or "") < 5:
            raise ValidationError("Écrivez la raison en quelques mots.")


class OwnDataForm(ReasonForm, ProofForm):
    """Why the copy is made, and that it is the agent who makes it."""

    first = ("reason",)
