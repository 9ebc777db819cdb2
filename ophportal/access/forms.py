"""The forms of the journey: what is asked, and the French sentence for each thing that will not do."""

from wtforms import BooleanField, Field, StringField, ValidationError

from ophportal.formatting import typography
from ophportal.forms import (
    NewPasswordForm,
    PortalForm,
    address_field,
    answer_field,
    bare_address,
    current_password_field,
    password_field,
    tight,
)
from ophportal.models.account import CODE_LENGTH
from ophportal.models.keys import code_key, name_key, number_key
from ophportal.paper_codes import is_paper_code, is_well_copied

NO_CODE = "Un code d'accès a 8 chiffres ou lettres, comme 7K2M-94QF. Ce n'est pas votre numéro locataire."
MEANWHILE = typography("« Mot de passe oublié » marche dès maintenant.")


def identifier_field() -> StringField:
    missing = typography("Écrivez votre identifiant : votre code d'accès, ou votre adresse e-mail.")
    return answer_field("Identifiant", missing, 254, as_codes_and_addresses_are, read=tight)


def as_codes_and_addresses_are(form: PortalForm, field: Field) -> None:
    """An address, or as many signs as a code has; the rest names nobody. Most often it is « marie@exemple,fr », or the
    numéro locataire.

    Said before anything is looked up, it tells nothing of who has an account, and it is no guess to be counted. A U,
    which no code has, is left to the common refusal: this sentence would not say what is wrong with it.
    """
    typed = field.data or ""
    if "@" in typed:
        bare_address(form, field)
    elif len(code_key(typed)) != CODE_LENGTH:
        raise ValidationError(NO_CODE)


class LoginForm(PortalForm):
    meanwhile = MEANWHILE
    identifier = identifier_field()
    password = password_field("Mot de passe", "Écrivez votre mot de passe.")
    remember = BooleanField("Mémoriser mon identifiant")


class RequestForm(PortalForm):
    """A form that asks for a code. Who sends it too often is told to look for the e-mail of the first time."""

    too_often = "Trop de demandes"
    meanwhile = "Regardez d'abord vos e-mails, et les courriers indésirables. Vous pouvez aussi appeler l'office."


class AccessRequestForm(RequestForm):
    name = answer_field("Votre Nom", "Écrivez votre nom.", 200)
    email = address_field("Votre adresse email")
    dwelling_reference = answer_field("Votre référence logement", "Écrivez votre référence logement.", 50)
    tenant_number = answer_field("Votre numéro locataire", "Écrivez votre numéro locataire.", 50)

    def validate_name(self, field: Field) -> None:
        if not any(sign.isalpha() for sign in name_key(field.data or "")):
            raise ValidationError("Écrivez votre nom avec des lettres.")

    def validate_dwelling_reference(self, field: Field) -> None:
        if not has_digit(field.data or ""):
            raise ValidationError("Recopiez la référence logement de votre avis d'échéance.")

    def validate_tenant_number(self, field: Field) -> None:
        if not has_digit(field.data or ""):
            raise ValidationError("Recopiez le numéro locataire de votre avis d'échéance.")


def has_digit(typed: str) -> bool:
    """Whether it may be a number: « je ne sais pas » and « n° » have no digit, and of « 000 » nothing is left."""
    return bool(number_key(typed)) and any(sign.isdecimal() for sign in typed)


class LetterForm(RequestForm):
    """The code of a letter and an e-mail address: what a tenant gives who got a letter from the office."""

    letter_code = answer_field("Votre code du courrier", "Écrivez le code du courrier.", 50)
    email = address_field("Votre adresse email")

    def validate_letter_code(self, field: Field) -> None:
        if not is_paper_code(field.data or ""):
            raise ValidationError("Recopiez les 12 chiffres et lettres du code, comme sur le courrier.")
        if not is_well_copied(field.data):
            raise ValidationError(typography("Un des 12 signes n'est pas le bon : relisez-le sur le courrier."))


class OwnPasswordForm(NewPasswordForm):
    """A change from inside the account: the current password shows that it is the tenant at the keyboard."""

    first: tuple[str, ...] = ("current_password",)
    current_password = current_password_field()


class WindowPasswordForm(OwnPasswordForm):
    """A change from the login window."""

    first = ("identifier", "current_password")
    meanwhile = MEANWHILE
    identifier = identifier_field()
