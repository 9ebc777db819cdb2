"""Takes the pictures of docs/agents.md from the demonstration office: `make pictures`.

Starts the demo of this checkout on a port of its own, walks its console in Debian's Chromium, and ends it. What the
demo's store holds is what the pictures show: begin with `make clean` for pictures of a new office.
"""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images" / "agents"
PORT = "8119"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).parent / "ophportal"), "demo", "--port", PORT]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_the_demo()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(base_url=f"http://127.0.0.1:{PORT}", viewport={"width": 900, "height": 640})
            walk(page)
            browser.close()
    finally:
        demo.terminate()
        demo.wait()


def wait_for_the_demo() -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            time.sleep(5)  # the worker settles the requests that wait for an agent
            return
    raise SystemExit("la démonstration ne répond pas")


def walk(page: Page) -> None:
    log_in(page)
    page.locator("#q").press_sequentially("laur", delay=40)
    page.locator("#resultats a").first.wait_for()
    take(page, "recherche")
    page.locator("#resultats li:has(.badge-active) a").first.click()
    page.get_by_role("heading", name="Journal des accès").wait_for()
    take(page, "dossier", whole=True)
    page.get_by_role("link", name="Corriger l'adresse e-mail").click()
    take(page, "adresse", whole=True)
    page.goto("/agents/a-verifier")
    take(page, "a-verifier")
    page.get_by_role("button", name="Ouvrir").or_(page.get_by_role("button", name="Continuer")).first.click()
    page.get_by_role("heading", name="Votre décision").wait_for()
    take(page, "demande", whole=True)
    page.get_by_role("button", name="Laisser pour plus tard").click()
    page.goto("/agents/tableau-de-bord")
    take(page, "tableau-de-bord", whole=True)
    page.goto("/agents/imports")
    page.locator("#file").set_input_files(ROOT / "instance" / "demo-locataires.csv")
    page.get_by_role("button", name="Regarder le fichier").click()
    page.get_by_role("heading", name="Ce que l'import ferait").wait_for()
    take(page, "import", whole=True)
    page.get_by_role("button", name="Abandonner").click()
    page.goto("/agents/courriers")
    take(page, "courriers", whole=True)
    page.goto("/agents/agents")
    take(page, "agents")


def log_in(page: Page) -> None:
    """As the first of the demo's agents; a code of the telephone serves once, so another may have to be waited for."""
    page.goto("/agents/identification")
    take(page, "identification", whole=True)
    for _ in range(8):
        page.goto("/demo/agents")
        email, password, code = page.locator("dl").first.locator("dd").all_inner_texts()
        page.goto("/agents/identification")
        for name, value in (("email", email), ("password", password), ("code", code)):
            page.locator(f"#{name}").fill(value)
        page.get_by_role("button", name="Valider").click()
        page.wait_for_timeout(1500)
        if page.url.endswith("/agents"):
            return
        page.wait_for_timeout(5000)
    raise SystemExit("la console ne s'ouvre pas")


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


if __name__ == "__main__":
    main()
