"""What a tenant does in a browser, step by step, and what is waited for there."""

from contextlib import contextmanager
from datetime import date

from ophportal import clock
from tests.conftest import OWN_PASSWORD
from tests.office import code_and_password, wait_until

SCREENS = [(360, 740), (1280, 800)]
# Of the ledger and of the years that are looked for in it, though the year ends while they are.
TODAY = clock.today()


def ask_for_a_code(page, household):
    page.get_by_label("Votre Nom").fill(household["Nom"].lower())
    page.get_by_label("Votre adresse email").fill(household["Email"])
    page.get_by_label("Votre référence logement").fill(household["Réf. logement"])
    page.get_by_label("Votre numéro locataire").fill(household["N° locataire"])
    page.get_by_role("button", name="Valider").click()


def log_in(page, code, password):
    page.get_by_label("Identifiant", exact=True).fill(code)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Valider").click()


def choose_password(page, password=OWN_PASSWORD):
    page.get_by_label("Nouveau mot de passe", exact=True).fill(password)
    page.get_by_label("Nouveau mot de passe, une deuxième fois", exact=True).fill(password)
    page.get_by_role("button", name="Valider").click()


@contextmanager
def logged_in(office, chromium, household):
    """What the browser of this household holds, once they have asked for their code and chosen a password."""
    context = chromium.new_context(base_url=office.url, locale="fr-FR")
    page = context.new_page()
    page.goto("/demander-un-code")
    ask_for_a_code(page, household)
    code, password = code_and_password(office.next_mail(household["Email"]))
    page.goto("/identification")
    log_in(page, code, password)
    choose_password(page)
    page.get_by_role("heading", name="Votre compte locataire").wait_for()
    office.next_mail(household["Email"])
    yield context.storage_state()
    context.close()


def sent_to(page, path):
    """A list of what the page sends to `path` from here on."""
    sent = []
    page.on("request", lambda it: sent.append(it) if it.method == "POST" and it.url.endswith(path) else None)
    return sent


def fits(page):
    """Whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def wait_for_focus(page, selector):
    """A page's own focus comes after what it shows. By its script: in WebKit, `:focus` also asks for the window's."""
    is_there = "(selector) => document.activeElement.matches(selector)"
    wait_until(lambda: page.evaluate(is_there, selector), f"the focus never comes to {selector}")


def wait_for_title(page, part):
    """So does the title of what is swapped."""
    wait_until(lambda: part in page.title(), f"« {part} » never comes to the title")


def ledger_of(household, today):
    """Two years of rents, all paid but the last."""
    yield "N° locataire;Réf. logement;Date;Libellé;Débit;Crédit"
    months = [date(year, month, 1) for year in (today.year - 1, today.year) for month in range(1, 13)]
    called = [day for day in months if day <= today]
    for day in called:
        start = f"{household['N° locataire']};{household['Réf. logement']};{day:%d/%m/%Y}"
        yield f"{start};Loyer;1 412,35;"
        yield f"{start};APL;;100,00"
        if day != called[-1]:
            yield f"{start};Prélèvement;;1 312,35"
