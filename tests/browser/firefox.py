"""Firefox, by Marionette, the protocol that it speaks itself: Debian 12 has no geckodriver, which translates it.

Its pages are those of `driven`: what selenium would tell a driver is told to the browser.
"""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import FirefoxOptions, Remote
from selenium.webdriver.remote.command import Command

from tests.office import wait_until

BROWSER = shutil.which("firefox-esr") or shutil.which("firefox")

# For so many seconds the browser may be silent.
LONGEST_SILENCE = 40

SETTINGS = {
    "marionette.port": 0,  # one that is free: it writes which
    "intl.accept_languages": "fr",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.startup.page": 0,
    "browser.zoom.full": False,
    "toolkit.legacyUserProfileCustomizations.stylesheets": True,
}

# The browser's own bars would not let its window be as narrow as a telephone.
NO_LEAST_WIDTH = "* { min-width: 0 !important }"

# Selenium's names for what Marionette calls otherwise than by its WebDriver name.
WORDS = {
    Command.NEW_SESSION: "NewSession",
    Command.GET: "Navigate",
    Command.GET_TITLE: "GetTitle",
    Command.FIND_ELEMENTS: "FindElements",
    Command.FIND_CHILD_ELEMENTS: "FindElements",
    Command.CLICK_ELEMENT: "ElementClick",
    Command.CLEAR_ELEMENT: "ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "ElementSendKeys",
    Command.GET_ELEMENT_PROPERTY: "GetElementProperty",
    Command.GET_ELEMENT_ATTRIBUTE: "GetElementAttribute",
    Command.GET_ELEMENT_RECT: "GetElementRect",
    Command.GET_ELEMENT_ARIA_ROLE: "GetComputedRole",
    Command.GET_ELEMENT_ARIA_LABEL: "GetComputedLabel",
    Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript",
    Command.W3C_ACTIONS: "PerformActions",
    Command.GET_WINDOW_RECT: "GetWindowRect",
    Command.SET_WINDOW_RECT: "SetWindowRect",
    Command.ADD_COOKIE: "AddCookie",
    Command.PRINT_PAGE: "Print",
}


class Marionette:
    """A line to the browser, on which selenium's commands go as « length:[0, number, name, what] »."""

    def __init__(self, port: int, *, javascript: bool):
        # Where a page may run no script, no promise of a test's own is ever kept but in the browser's own room.
        self.room = {} if javascript else {"sandbox": "system"}
        self.line = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_SILENCE)
        self.answers = self.line.makefile("rb")
        self.asked = 0
        self.answer()  # it says who it is

    def answer(self) -> Any:
        length = b""
        while (byte := self.answers.read(1)) != b":":
            assert byte, "Firefox has hung up"
            length += byte
        return json.loads(self.answers.read(int(length)))

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        name = WORDS.get(command)
        if command == Command.FIND_CHILD_ELEMENTS:
            params = {**params, "element": params["id"]}
        if command == Command.W3C_EXECUTE_SCRIPT_ASYNC:
            params = {**params, **self.room}
        words = json.dumps([0, self.asked, f"WebDriver:{name}" if name else command, params or {}]).encode()
        self.line.sendall(b"%d:%s" % (len(words), words))
        _, _, error, value = self.answer()
        if error:
            return {"status": error["error"], "value": error}
        return {"value": value["value"] if isinstance(value, dict) and value.keys() == {"value"} else value}

    def close(self) -> None:
        self.answers.close()
        self.line.close()


@contextmanager
def browser(folder: Path, *, javascript: bool = True) -> Iterator[Remote]:
    """A browser that remembers nothing and that nobody sees, with its settings in `folder`."""
    (folder / "chrome").mkdir(parents=True)
    (folder / "chrome" / "userChrome.css").write_text(NO_LEAST_WIDTH)
    settings = {**SETTINGS, "javascript.enabled": javascript}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()]
    (folder / "user.js").write_text("".join(lines))
    command = [str(BROWSER), "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
    environment = {**os.environ, "HOME": str(folder)}
    port = folder / "MarionetteActivePort"
    with subprocess.Popen(
        [*command, "--profile", str(folder)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: port.exists() and port.read_text(), "Firefox never listens")
            driver = Remote(Marionette(int(port.read_text()), javascript=javascript), options=FirefoxOptions())  # type: ignore[arg-type]
            yield driver
            driver.command_executor.close()  # type: ignore[union-attr]
        finally:
            process.terminate()


def enlarge_text(driver: Remote, times: float) -> None:
    """« Zoom texte seulement », which no page can set."""
    driver.execute("Marionette:SetContext", {"value": "chrome"})
    driver.execute_script(f"gBrowser.selectedBrowser.textZoom = {times}")
    driver.execute("Marionette:SetContext", {"value": "content"})
