"""What the portal's forms have in common, and the French sentence for each thing that will not do."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, StopValidation

from ophportal.email_address import is_bare_address
from ophportal.extensions import csrf
from ophportal.formatting import typography
from ophportal.models import Account, Agent
from ophportal.password_policy import LONGEST, objection_at_sight, objection_to
from ophportal.passwords import canonical

# The longest password, with each letter decomposed into up to four code points (NFD).
LONGEST_TYPED = 4 * LONGEST
NO_ADDRESS = (
    "Cette adresse e-mail n'est pas complète, ou elle a une faute. Elle s'écrit sans espace, sans accent et sans "
    "virgule, comme nom@exemple.fr"
)
SAME = "Le nouveau mot de passe est le même que l'actuel. Choisissez-en un autre."
STALE = (
    "La page est restée ouverte trop longtemps. Rien n'est enregistré. {again}, puis appuyez encore une fois sur le "
    "bouton. Si cela recommence, votre navigateur refuse peut-être les cookies : de petits textes que le site y garde."
)


class AtMost:
    """At most so many characters: more is a clumsy paste, not an answer.

    Nothing reads further: normalising a long run of combining letters takes seconds (python/cpython#149079).
    """

    def __init__(self, most: int):
        self.most = most

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        if len(field.data or "") > self.most:
            raise StopValidation(in_field(field, f"trop long. Écrivez {self.most} caractères au plus."))


def in_field(field: Field, wrong: str) -> str:
    """The error with the field's name before it: the list of errors stands far from the field."""
    return typography(f"« {field.label.text} » : {wrong}")


def plain(_form: FlaskForm, field: Field) -> None:
    """No control character: nobody types one, and they make mails and lists lie."""
    typed = field.data or ""
    # The page comes back without it, so that the same answer can be sent again.
    field.data = "".join(letter for letter in typed if unicodedata.category(letter) not in {"Cc", "Cs", "Co", "Cn"})
    if field.data != typed:
        raise ValidationError(in_field(field, "il y a un caractère invisible. Effacez et écrivez de nouveau."))


def bare_address(_form: FlaskForm, field: Field) -> None:
    if not is_bare_address(field.data or ""):
        raise ValidationError(NO_ADDRESS)


def trimmed(text: str | None) -> str:
    """`text` with its spaces folded, and without the soft hyphens and direction marks that a copied PDF brings."""
    visible = "".join(letter for letter in text or "" if unicodedata.category(letter) != "Cf")
    return re.sub(r"\s+", " ", visible).strip()


def tight(text: str | None) -> str:
    """`trimmed`, and an address without the spaces that a telephone adds, and what ends a sentence or parts a list."""
    typed = trimmed(text)
    return re.sub(r" ?([@.]) ?", r"\1", typed).rstrip(".,;") if "@" in typed else typed


class TokenThatComes(FlaskForm.Meta.csrf_class):
    """Checks the CSRF token that was sent, as Flask-WTF does. It makes none: pages do (`signatures.form_token`)."""

    def generate_csrf_token(self, _field: Field) -> str:
        return ""


class PortalForm(FlaskForm):
    """A form that checks its own token, so that a stale page keeps what was typed in it."""

    # The names of the fields that the page shows before inherited ones; errors are listed in the page's order.
    first: tuple[str, ...] = ()
    # The beginning of the message after too many tries, and what may be done at once.
    too_often = "Trop d'essais"
    meanwhile = ""

    class Meta(FlaskForm.Meta):
        csrf_class = TokenThatComes

        def wrap_formdata(self, form: FlaskForm, _formdata: Any) -> Any:
            """Text fields alone; Flask-WTF would take a file or a JSON value, of any type, for an answer too."""
            return request.form if form.is_submitted() else None

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.csrf_token.errors:
            self.csrf_token.errors = [typography(STALE.format(again=self.to_do_again))]
        return bool(valid)

    @property
    def to_do_again(self) -> str:
        """What a form that comes back needs: a password does not come back with it."""
        if any(isinstance(field, PasswordField) for field in self):
            return "Écrivez de nouveau ce qui manque, le mot de passe surtout"
        return "Relisez vos réponses"

    @property
    def errors(self) -> dict[str | None, Any]:
        """By field, in the order of the page."""
        errors = super().errors
        return {name: errors.pop(name) for name in self.first if name in errors} | errors

    @property
    def is_only_stale(self) -> bool:
        """Whether the stale token is all that is wrong."""
        return self.errors.keys() == {"csrf_token"}

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it: 200 without errors, 400 when its token is stale, else 422."""
        if self.csrf_token.errors:
            return 400
        return 422 if self.errors else 200


def checks_its_own_token(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: Flask-WTF leaves the CSRF token of this view to its `PortalForm`, or to its own `csrf.protect()`.

    So a page with a stale token comes back with what was typed, instead of an error page.
    """
    csrf.exempt(view)
    return view


def password_field(label: str, missing: str, most: int = LONGEST_TYPED) -> PasswordField:
    return PasswordField(label, validators=[DataRequired(missing), AtMost(most)])


def answer_field(
    label: str, missing: str, most: int, *checks: Any, read: Callable[[str | None], str] = trimmed
) -> StringField:
    """A required text of at most `most` characters: `read` cleans it first, and `checks` are more validators."""
    return StringField(label, filters=[read], validators=[DataRequired(missing), AtMost(most), plain, *checks])


def address_field(label: str, missing: str = "Écrivez votre adresse e-mail.") -> StringField:
    """A required e-mail address."""
    return answer_field(label, missing, 254, bare_address, read=tight)


def current_password_field() -> PasswordField:
    """The present password, asked for again as a proof of who is at the keyboard."""
    return password_field("Mot de passe actuel", "Écrivez votre mot de passe actuel.")


class NewPasswordForm(PortalForm):
    """A password of one's own, twice."""

    new_password = password_field("Nouveau mot de passe", "Choisissez un mot de passe.", LONGEST)
    confirmation = password_field(
        "Nouveau mot de passe, une deuxième fois", "Écrivez le nouveau mot de passe une deuxième fois.", LONGEST
    )

    def validate_new_password(self, field: Field) -> None:
        if objection := objection_at_sight(field.data):
            raise ValidationError(typography(objection))

    def is_fit(self, who: Account | Agent) -> bool:
        """Whether `who` may take the new password; the field says why not. It is slow: ask once they are recognised."""
        objection = SAME if self.is_the_current_one() else objection_to(self.new_password.data, who)
        if objection:
            self.new_password.errors = [typography(objection)]
        return not objection

    def is_the_current_one(self) -> bool:
        """Whether the new password is what the form's `current_password` holds, if it has that field."""
        current = self.data.get("current_password")
        return current is not None and canonical(current) == canonical(self.new_password.data)

    def validate_confirmation(self, field: Field) -> None:
        new = self.new_password
        if field.data != new.data and (new.errors or canonical(field.data) != canonical(new.data)):
            raise ValidationError("Les deux mots de passe ne sont pas les mêmes.")
