"""WebKit, the engine of every iPhone: Debian's MiniBrowser, driven by its WebDriver on a screen that nobody sees.

Playwright cannot drive it: its pages are those of `driven`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from selenium.webdriver import Remote
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.driven import once_more

DRIVER = shutil.which("WebKitWebDriver")
BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))


# For so many seconds the driver may be silent; a browser takes two to open on a busy machine.
LONGEST_SILENCE = 40

# The browser's own bar would not let its window be as narrow as a telephone.
NO_BAR = "* { font-size: 1px; min-width: 0; min-height: 0; padding: 0; margin: 0; border-width: 0; }"


def is_here() -> bool:
    return bool(DRIVER and BROWSERS and shutil.which("Xvfb"))


@contextmanager
def screen() -> Iterator[str]:
    """A screen of its own, by its X name, such as « :1 »."""
    number, told = os.pipe()
    command = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[told], stderr=subprocess.DEVNULL) as server, os.fdopen(number) as numbers:
        os.close(told)
        try:
            yield ":" + numbers.readline().strip()
        finally:
            server.terminate()


@contextmanager
def browser(display: str, folder: Path, *, javascript: bool = True) -> Iterator[Remote]:
    """A browser that remembers nothing, with its settings in `folder`."""
    style = folder / "gtk-3.0" / "gtk.css"
    style.parent.mkdir(exist_ok=True)
    style.write_text(NO_BAR)
    options = Options()
    options.binary_location = str(BROWSERS[-1])
    options.add_argument("--automation")
    options.add_argument(f"--enable-javascript={str(javascript).lower()}")
    environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": str(folder), "LIBGL_ALWAYS_SOFTWARE": "1"}
    with ExitStack() as until_the_end:
        yield once_more(lambda: begun(until_the_end, options, environment))


def begun(until_the_end: ExitStack, options: Options, environment: dict[str, str]) -> Remote:
    """A browser that has just been opened. Raises ReadTimeoutError when it never is."""
    service = Service(DRIVER, env=environment)
    service.start()
    until_the_end.callback(service.stop)
    config = ClientConfig(service.service_url, timeout=LONGEST_SILENCE)
    return until_the_end.enter_context(Remote(RemoteConnection(client_config=config), options=options))
