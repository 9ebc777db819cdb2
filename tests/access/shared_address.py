"""What who shares an e-mail address does, and what ends it."""

from datetime import date

from ophportal.models import Account, Lease
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, press
from tests.page import Page

ADDRESS = "les.pruniers@exemple.test"
OTHER_PASSWORD = "trois nuages gris au galop"
NEW = "deux lunes rouges sur le toit"
CHOICE = "/compte/comptes"


def describe(account: Account, **fields: str) -> None:
    dwelling = Lease.current_of(account.tenant)[0].dwelling
    for name, value in fields.items():
        setattr(dwelling, name, value)
    dwelling.save()


def enter(browser, password=OWN_PASSWORD, identifier=ADDRESS):
    return browser.submit("/identification", identifier=identifier, password=password)


def whose(browser, page="/compte"):
    return Page(browser.get(page, follow_redirects=True)).one(".whose").get_text()


def choose(browser, account_id):
    page = Page(browser.get(CHOICE))
    token = page.soup.select("input[name=csrf_token]")[0]["value"]
    headers = {"HX-Request": "true"} if browser.htmx else {}
    return browser.post(CHOICE, data={"csrf_token": token, "account": str(account_id)}, headers=headers)


def choose_unasked(browser, account_id):
    """The press of a button that the page does not show, with a token that is good for this browser."""
    token = Page(browser.get("/compte")).soup.select("input[name=csrf_token]")[0]["value"]
    return browser.post(CHOICE, data={"csrf_token": token, "account": str(account_id)})


def close(account, how, app=None):
    """What ends an account's part in a session of the other."""
    match how:
        case "blocked":
            account.block()
        case "ended":
            Lease.update(ends_on=date(2021, 1, 1)).where(Lease.tenant == account.tenant).execute()
        case "changed":
            change_elsewhere(app, account)
        case "mailed":
            account.forget_password()
        case "others ended":
            browser = StrictVisitor(app, app.response_class)
            log_in(browser, account)
            log_in(StrictVisitor(app, app.response_class), account)
            press(browser, "/compte/securite", "/compte/securite/deconnecter-les-autres")
        case "forgotten":
            Account.forget_all_passwords()


def change_elsewhere(app, account):
    browser = StrictVisitor(app, app.response_class)
    fields = {"current_password": OWN_PASSWORD, "new_password": NEW, "confirmation": NEW}
    answer = browser.submit("/changer-mot-de-passe", identifier=account.code, **fields)
    assert landing(answer) == "/identification"
