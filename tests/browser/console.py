"""An agent's way into a real console: the command, the link, the telephone, and then the recovery codes."""

import re

import pyotp
import pytest

from tests.office import wait_until

PASSWORD = "trois lanternes au fond du jardin"
# Each width once and each way once: an agent sits at a desk, and a story takes ten seconds.
both_screens = pytest.mark.parametrize(
    ("width", "height", "javascript"),
    [(360, 740, False), (1280, 800, True)],
    ids=["a telephone without JavaScript", "a desk with JavaScript"],
)


class Staff:
    """An agent of the office, enlisted by the real command; each later login uses a recovery code up."""

    def __init__(self, office, email, name, role):
        made = office.run("agent", "create", email, name, "--role", role)
        assert made.returncode == 0, made.stderr
        self.email = email
        self.link = re.search(r"http://\S+", made.stdout)[0]
        self.codes = []

    def enroll(self, page):
        """Walk the first login, as the link's page asks for it."""
        page.goto(self.link)
        page.get_by_label("Nouveau mot de passe", exact=True).fill(PASSWORD)
        page.get_by_label("Nouveau mot de passe, une deuxième fois", exact=True).fill(PASSWORD)
        secret = page.locator("p > .copy").inner_text()
        page.get_by_label("Code à six chiffres").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Valider").click()
        page.get_by_role("heading", name="Vos codes de secours").wait_for()
        self.codes = page.locator(".codes li").all_inner_texts()

    def log_in(self, page):
        page.goto("/agents/identification")
        page.get_by_label("Adresse e-mail").fill(self.email)
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_label("Code à six chiffres").fill(self.codes.pop())
        page.get_by_role("button", name="Valider").click()
        page.get_by_role("heading", name="Recherche").wait_for()
        page.wait_for_load_state()  # Enter would send the form as without JavaScript


def come_round_to(page, awaited, javascript):
    """Wait for what work leads to: the page comes round to it by itself or, without JavaScript, by « Actualiser »."""
    again = page.get_by_role("link", name="Actualiser")

    def has_come():
        awaited.or_(again).first.wait_for()
        if awaited.count():
            return True
        if not javascript:
            again.click()
        return False

    wait_until(has_come, "the work never ends")
