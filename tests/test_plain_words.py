"""Plain words in all that tenants read (CECRL A2 to B1): no jargon, short sentences, abbreviations that are explained.

The pages and the mails are the scenes of tests/browser, each in its states; what else the code may say to a tenant is
read in the code.
"""

import ast
import re
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from peewee import OperationalError

import ophportal
from ophportal.models import BuildingContact, LedgerEntry, Tenant
from tests import stores
from tests.browser.conftest import demo, inside, logo  # noqa: F401 - fixtures that scenes ask for
from tests.browser.scenes import SCENES
from tests.spaces import as_read

# How a word that few people know begins (a regular expression), and what to say in its place.
JARGON = {
    "authentifi": "se connecter",
    "credential": "code d'accès et mot de passe",
    "identifiants": "code d'accès et mot de passe",
    "log(in|out)": "se connecter, se déconnecter",
    "session": "connexion",
    "token|jeton": "code",
    "cookie": "petit texte que le site garde",
    "url": "adresse",
    "hyper": "lien",
    "onglet|interface": "page",
    "serveur": "portail",
    "requête": "demande",
    "données saisies": "réponses",
    "chiffré|crypté": "protégé",
    "hach": "transformé",
    "notifi|newsletter": "message, prévenir",
    "upload": "envoyer",
    "(in)?valides?\\b": "le bon, pas le bon ; qui marche",
    "incorrect|erroné": "faux, pas le bon",
    "requise?s?\\b": "il faut",
    "indisponib": "ne répond pas",
    "cliqu": "appuyer",
    "saisi": "écrire",
    "renseigne": "écrire",
    "veuillez|merci de": "l'impératif",
    "effectu|procéde": "faire",
    "ultérieur": "plus tard",
    "préalabl": "d'abord",
    "antérieur": "avant",
    "afin|en vue de|dans le cadre (de|du|des|d')\\b": "pour",
    "à l'aide de|au moyen de": "avec",
    "via\\b": "par",
    "le cas échéant": "si",
    "suite à": "après",
    "à compter d": "à partir de, depuis",
    "susmentionn|susdit|ledit|ladite": "ce, cette",
    "ci-(dessous|dessus|joint|après)": "dire ce que c'est",
    "conformément": "comme le dit",
    "modalité": "comment",
    "modifi": "changer",
    "bénéfici": "avoir",
    "nécessit": "il faut",
    "souhait": "vouloir",
    "volumineu": "grand",
    "momentané": "pour le moment",
    "suspen[ds]": "bloquer",
    "dysfonctionnement": "problème",
    "réitér": "recommencer",
    "usager": "vous",
    # « connecté » is not what a woman is.
    "vous (êtes|serez|garde) \\w+é\\b|être appelé": "ce que l'appareil est, ou ce que la personne fait",
}
# What the guide and the design say literally, and what is explained where it stands.
SETTLED = (
    "Si vous avez oublié votre code d'accès et/ou votre mot de passe, saisissez les champs ci-dessous et valider, "
    "le mot de passe sera envoyé à l'adresse email renseignée sur votre compte.",
    "si les informations saisies correspondent à votre dossier",
    "votre session se termine",
    "votre session est terminée",
    "SSL actif",
    "Vous êtes maintenant connecté à votre compte locataire",
    "les cookies : de petits textes que le site y garde",
)
# Pages that the law writes with us, and the words that they may not do without.
LEGAL = {
    "pages.legal_notice": "MIT",
    # It explains what a cookie is, and one of them is called « session ».
    "pages.personal_data": "cookie|session|TSA|CEDEX",
    # The declaration's imposed form (RGAA 4.1), and what the portal is made with.
    "pages.accessibility": "conformément|ci-dessous|HTML|CSS|SVG|CEDEX|PDF",
}
# The most words between two stops. Easy-to-read French asks for short sentences, and gives no number: 15 keeps to one
# idea each, for who reads little. Elsewhere 25, past which readers lose the thread: GOV.UK's rule for its own pages.
ON_THE_HELP_PAGE, ELSEWHERE = 15, 25

INLINE = {"a", "abbr", "b", "em", "i", "small", "span", "strong", "time"}
# A stop ends a sentence, or what is said before a list, or a half of a sentence that stands alone.
STOP = re.compile(r"(?<=[.!?…])\s+|\s[:;](?=\s|$)|:$", re.MULTILINE)
CAPITALS = re.compile(r"(?<![\w@./-])[A-Z]{2,}(?![\w@-])")
# Who does it comes first: « L'office vérifie », not « est vérifié par l'office ».
PASSIVE = re.compile(r"\b(?:est|sont|été|sera|seront) \w+(?:é|i|it|is|u|t)e?s? par (?:l'|le |la |les |un |une )")
# « la date de fin de validité du code »: three nouns that hang on one another.
CHAIN = re.compile(r"(?:\b(?:de la |de l'|du |des |de |d')\w[\w-]* ?){3}")
WAYS = re.compile(r"par (?:e-mail|courrier|téléphone|internet)")

OF_TENANTS = [scene for scene in SCENES if not re.match(r"office|demo", scene.endpoint)]


@stores.once
@pytest.mark.parametrize("scene", OF_TENANTS, ids=str)
def test_tenants_read_plain_words(scene, request, app):
    # Played here, whoever has shown it before: what the office is called must be what it was in the scene.
    shown = scene.shown_anew(request)
    allowed = LEGAL.get(scene.endpoint, "")
    most = ON_THE_HELP_PAGE if scene.endpoint == "pages.guide" else ELSEWHERE
    for text in filter(None, [text_of(shown.html), folded(shown.text)]):
        ours = without(text, names_in(app))
        found = [*jargon_in(ours, allowed), *unexplained_in(ours, shown.html, allowed)]
        if scene.endpoint not in LEGAL:
            found += hard_sentences_in(ours, most)
        assert not found, "\n".join(found)


@stores.once
@pytest.mark.parametrize("scene", [scene for scene in OF_TENANTS if scene.endpoint.startswith("mail.")], ids=str)
def test_a_mail_that_says_to_call_the_office_says_the_number_there(scene, request, app):
    """Who reads little does not look for it in the foot of the message."""
    shown = scene.shown_anew(request)
    for text in (text_of(shown.html), folded(shown.text)):
        for what_follows in re.findall(r"ppele[zr](?: tout de suite| aussi)? l'office(.+)", text):
            assert what_follows.startswith(f" au {app.config['OFFICE']['phone']}")


def names_in(app):
    """What the office and its ERP say as they like: the settings, names, what is written on an entry of the ledger."""
    for office in (app.config["OFFICE"], vars(app.jinja_env.globals["office"])):
        yield from chain(*(re.split(r"\s*[|:]\s*", folded(said)) for said in office.values()))
    with suppress(OperationalError):  # where the scene is of a store that is away
        yield from (tenant.last_name for tenant in Tenant.select())
        yield from (contact.name for contact in BuildingContact.select())
        yield from (entry.label for entry in LedgerEntry.select())


def test_the_code_says_plain_words():
    """Refusals, messages and advice that no scene shows: every French sentence in the rooms where tenants come."""
    root = Path(ophportal.__file__).parent
    rooms = ["access", "account", "own_data", "pages"]
    files = ["addresses.py", "errors.py", "forms.py", "formatting.py", "password_policy.py", "telephone.py"]
    read = [*(root / file for file in files), *chain(*((root / room).glob("*.py") for room in rooms))]

    said = [sentence for file in read for sentence in sentences_in_code(file)]

    assert "Les deux mots de passe ne sont pas les mêmes." in said, "the sentences are not read"
    found = [it for text in said for it in (*jargon_in(without(text)), *hard_sentences_in(without(text), ELSEWHERE))]
    assert not found, "\n".join(found)


def sentences_in_code(file):
    """The strings of a Python file that a person may read: a capital, then words. Not its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    asides = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in asides:
            text = folded(node.value)
            if re.match(r"[«A-ZÀÉÊ][^\n]* \w", text):
                yield text


def text_of(html):
    """What a page says, aloud too, a block a line."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.select("script, style"):
        tag.decompose()
    for tag in soup.find_all(lambda tag: tag.name not in INLINE):
        tag.insert_before("\n")
        tag.append("\n")
    aloud = [str(tag["aria-label"]) for tag in soup.select("[aria-label]")]
    return folded("\n".join([soup.get_text(), *aloud]))


def folded(text):
    """No-break spaces and the typographic apostrophe made plain, a line a block."""
    lines = as_read(text).replace("’", "'").splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def without(text, names=()):
    """The text without what is settled, nor the names that are in it."""
    for words in sorted({*SETTLED, *names}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", "…", text, flags=re.IGNORECASE) if words else text
    return text


def jargon_in(text, allowed=""):
    for words, plain in JARGON.items():
        for found in re.finditer(rf"(?<![\w-])(?:{words})\w*", text, re.IGNORECASE):
            if not (allowed and re.match(allowed, found[0], re.IGNORECASE)):
                yield f"« {found[0]} »: say « {plain} » (…{text[max(0, found.start() - 40) : found.end() + 20]!r}…)"


def hard_sentences_in(text, most):
    for sentence in chain(*(STOP.split(line) for line in text.splitlines())):
        words = [word for word in sentence.split(" ") if re.search(r"\w", word)]
        if len(words) > most:
            yield f"{len(words)} words, at most {most}: « {sentence} »"
        if PASSIVE.search(WAYS.sub("", sentence)):
            yield f"say first who does it: « {sentence} »"
        if CHAIN.search(sentence):
            yield f"nouns that hang on one another: « {sentence} »"


def unexplained_in(text, html, allowed=""):
    """The abbreviations that no `abbr`, « Un PDF est… », « on dit aussi… » nor « aide… au logement (APL) » tells."""
    explained = {"OK"} | {tag.get_text() for tag in BeautifulSoup(html, "html.parser").select("abbr[title]")}
    for short in sorted(set(CAPITALS.findall(text)) - explained - set(allowed.split("|"))):
        before = re.findall(rf"([^.\n(]*)\({short}\)", text)
        told = re.search(rf"Un {short} est|on dit aussi « [^»]*{short}", text)
        if not told and not any(is_spelt(short, words) for words in before):
            yield f"« {short} » is not explained"


def is_spelt(short, words):
    """Whether some of the words begin with its letters, in their order."""
    letters = iter("".join(word[0] for word in re.split(r"[\s']+", words.casefold()) if word))
    return all(letter in letters for letter in short.casefold())
