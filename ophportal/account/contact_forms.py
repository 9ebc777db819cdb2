"""The forms of « Mes coordonnées »: the current password shows that it is the tenant at the keyboard (ASVS 7.5.1)."""

from wtforms import Field, StringField, ValidationError

from ophportal.forms import AtMost, PortalForm, address_field, current_password_field, plain, trimmed
from ophportal.models import Tenant
from ophportal.models.keys import email_key
from ophportal.telephone import telephone


class TelephoneForm(PortalForm):
    """A number, or none: nobody has to have one."""

    telephone = StringField("Votre numéro de téléphone (facultatif)", filters=[trimmed], validators=[AtMost(50), plain])
    current_password = current_password_field()

    def validate_telephone(self, field: Field) -> None:
        if not field.raw_data:
            # An empty field erases the number, a missing one does not.
            raise ValidationError("Écrivez votre numéro, ou effacez-le.")
        if not field.data:
            return
        written = telephone(field.data)
        if written is None:
            # The number may break: kept whole (`typography`), it is wider than a telephone with large letters.
            raise ValidationError("Ce numéro n'est pas complet. Il ressemble à\u00a0: 06 39 98 12 34")
        field.data = written


class NewAddressForm(PortalForm):
    email = address_field("Votre nouvelle adresse e-mail")
    current_password = current_password_field()

    def is_new_to(self, tenant: Tenant) -> bool:
        """Whether it is another address than the one on file; says so when not."""
        same = email_key(self.email.data) == tenant.email_key
        if same:
            self.email.errors = ["C'est déjà votre adresse e-mail."]
        return not same
