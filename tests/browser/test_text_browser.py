"""The journey in a text browser: lynx, driven by the keys that a person presses."""

import os
import shutil
import subprocess

import pytest

from tests.office import Visit, code_and_password
from tests.spaces import as_read

pytestmark = pytest.mark.skipif(not shutil.which("lynx"), reason="no lynx here: apt-get install lynx")

OWN_PASSWORD = "quatrechevresbleuesdansent"
DOWN, ENTER = "Down Arrow", "^J"


def press(office, path, keys, folder):
    """Open `path` in lynx, press `keys`, quit; what the screen showed meanwhile."""
    script = folder / "keys"
    script.write_text("".join(f"key {'<space>' if key == ' ' else key}\n" for key in [*keys, "^L", "Q"]))
    # Left to itself it holds each of its messages up for a second or more.
    settings = folder / "lynx.cfg"
    settings.write_text("INFOSECS:0\nMESSAGESECS:0\nALERTSECS:0\nACCEPT_ALL_COOKIES:TRUE\nCHARACTER_SET:utf-8\n")
    command = ["lynx", f"-cfg={settings}", "-nocolor", f"-cmd_script={script}", office.url + path]
    environment = {
        **os.environ,
        "TERM": "vt100",
        "LINES": "80",
        "COLUMNS": "120",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
    }
    shown = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return shown.stdout.decode(errors="replace")


def form(links_before, *answers):
    """The keys that go past so many links, fill in the fields one after the other, and press the button after them."""
    keys = [DOWN] * links_before
    for answer in answers:
        keys += [*answer, DOWN]
    return [*keys, ENTER]


def test_from_the_home_page_to_the_account(office, household, tmp_path):
    # Skip link, the office's name, the account link; then in the window: « Demander un code d'accès ».
    to_the_window = [DOWN, DOWN, ENTER]
    to_the_request = [*to_the_window, *[DOWN] * 10, ENTER]
    answers = (household["Nom"].lower(), household["Email"], household["Réf. logement"], household["N° locataire"])
    # On that page one link more, « J'ai reçu un courrier », comes before the form.
    press(office, "/", [*to_the_request, *form(5, *answers)], tmp_path)
    code, password = code_and_password(office.next_mail(household["Email"]))

    log_in = form(4, code, password)
    log_in[-1:] = [DOWN, ENTER]  # past « Mémoriser mon identifiant »
    choose = form(4, OWN_PASSWORD, OWN_PASSWORD)
    shown = press(office, "/", [*to_the_window, *log_in, *choose], tmp_path)
    assert "maintenant connect" in shown
    assert household["Réf. logement"] in shown
    assert "mot de passe" in office.next_mail(household["Email"])

    page = Visit(office).submit("/identification", identifier=code, password=OWN_PASSWORD)
    assert "Vous êtes maintenant connecté à votre compte locataire" in page
    assert "nouvel appareil" in as_read(office.next_mail(household["Email"]))
