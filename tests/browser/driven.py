"""A page of a browser that Playwright cannot drive, and selenium does: WebKit, Firefox.

`Page` has the few words of Playwright that our stories use, so that one story runs in every engine; roles and names are
those that the browser tells screen readers.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchFrameException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver import Remote
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from urllib3.exceptions import ReadTimeoutError

from tests.office import wait_until
from tests.spaces import NO_BREAK

Answer = TypeVar("Answer")

# What the driver says of an element that moves, or that a swap replaces.
NOT_YET = (ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException)

# A page's errors, and what its content policy refuses.
LISTEN = """
() => {
  const note = (said) => {
    sessionStorage.complaints = JSON.stringify([...JSON.parse(sessionStorage.complaints ?? "[]"), said]);
  };
  addEventListener("error", (event) => note(event.message));
  addEventListener("unhandledrejection", (event) => note(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) => note(event.violatedDirective));
}
"""

# Where to look for each role; the browser then says whether it is so.
ROLES = {
    "banner": "header",
    "button": "button",
    "heading": "h1, h2, h3",
    "link": "a[href]",
    "navigation": "nav",
    "status": "[role=status]",
    "textbox": "input:not([type=hidden])",
}


def once_more(ask: Callable[[], Answer]) -> Answer:
    """What `ask` gives, asked a second time where the driver never answers the first: once in thousands of times, it
    waits for a browser that it has started, or for a page that was leaving as it was looked at.
    """
    try:
        return ask()
    except ReadTimeoutError:
        return ask()


class Place:
    """Where to look for elements: a page, or what is in some of its elements."""

    def __init__(self, elements: Callable[[], list[Any]]):
        self.elements = elements

    def locator(self, selector: str, by: str = By.CSS_SELECTOR) -> "Locator":
        def inside(place: Any) -> list[Any]:
            return once_more(lambda: place.find_elements(by, selector))

        return Locator(lambda: [found for place in self.elements() for found in inside(place)])

    def get_by_role(self, role: str, *, name: str = "", exact: bool = False) -> "Locator":
        return self.locator(ROLES[role]).called(name, exact).those(lambda it: it.aria_role == role)

    def get_by_label(self, name: str, *, exact: bool = False) -> "Locator":
        return self.locator("input:not([type=hidden])").called(name, exact)

    def get_by_text(self, text: str) -> "Locator":
        """The innermost elements that hold the text."""
        holds = f'contains(normalize-space(translate(., "{NO_BREAK}", " ")), "{text}")'
        return self.locator(f"descendant-or-self::*[{holds}][not(*[{holds}])]", By.XPATH)


class Page(Place):
    def __init__(self, driver: Remote, url: str):
        super().__init__(lambda: [driver])
        self.driver = driver
        self.url = url
        self.keyboard = Keyboard(driver)

    def goto(self, path: str) -> None:
        self.driver.get(self.url + path)
        self.evaluate(LISTEN)

    def complaints(self) -> list[str]:
        """What went wrong on the pages that `goto` opened, once they were there: no driver gives the console."""
        return self.evaluate("JSON.parse(sessionStorage.complaints ?? '[]')")

    def set_viewport_size(self, width: int, height: int) -> None:
        def fits() -> bool:
            missing_width, missing_height = self.evaluate(f"[{width} - innerWidth, {height} - innerHeight]")
            if missing_width or missing_height:
                window = self.driver.get_window_size()
                self.driver.set_window_size(window["width"] + missing_width, window["height"] + missing_height)
            return not (missing_width or missing_height)

        wait_until(fits, f"the window is never of {width} by {height}")

    def title(self) -> str:
        return self.driver.title

    def evaluate(self, script: str, argument: object = None) -> Any:
        """What the expression gives in the end; where it gives a function, what that gives for `argument`."""
        return self.driver.execute_async_script(
            f"const it = ({script.strip().rstrip(';')}); const [argument, done] = arguments;"
            "Promise.resolve(typeof it === 'function' ? it(argument) : it).then(done);",
            argument,
        )


class Keyboard:
    def __init__(self, driver: Remote):
        self.driver = driver

    def press(self, key: str) -> None:
        ActionChains(self.driver).send_keys(getattr(Keys, key.upper())).perform()


class Locator(Place):
    """Elements that are looked for anew at each word, and waited for where a word needs them."""

    def those(self, fit: Callable[[WebElement], bool]) -> "Locator":
        # What is not displayed has neither role nor name.
        return Locator(lambda: [element for element in displayed(self.elements()) if fit(element)])

    def called(self, name: str, exact: bool) -> "Locator":
        """As Playwright has it: a part of the name will do, whatever its case, unless `exact`."""

        def fits(element: WebElement) -> bool:
            said = " ".join(element.accessible_name.split())
            return said == name if exact else name.casefold() in said.casefold()

        return self.those(fits)

    @property
    def first(self) -> "Locator":
        return Locator(lambda: self.elements()[:1])

    def count(self) -> int:
        return len(self.elements())

    def is_visible(self) -> bool:
        return bool(self.seen())

    def seen(self) -> list[WebElement]:
        try:
            return displayed(self.elements())
        except (NoSuchFrameException, StaleElementReferenceException):
            return []  # its page, or a swap, has just taken it away
        except WebDriverException as error:
            if error.msg:
                raise
            return []  # it was hidden meanwhile, and the driver has no words for that

    def wait_for(self, state: str = "visible") -> None:
        wait_until(lambda: self.is_visible() is (state == "visible"), f"never {state}")

    def do(self, act: Callable[[WebElement], Any]) -> Any:
        """What `act` gives for the only one that is seen, as soon as the page keeps still enough for it."""
        given: list[Any] = []

        def is_done() -> bool:
            found = self.seen()
            assert len(found) < 2, f"not one, but {len(found)}"
            with suppress(*NOT_YET):
                given.extend(act(element) for element in found)
            return bool(given)

        wait_until(is_done, "it is not there, or cannot be reached")
        return given[0]

    def click(self) -> None:
        self.do(WebElement.click)

    def fill(self, text: str) -> None:
        def write(field: WebElement) -> None:
            # The driver goes to a field to write in it, not to clear it.
            field.parent.execute_script("arguments[0].scrollIntoView({block: 'nearest'})", field)
            field.clear()
            field.send_keys(text)

        self.do(write)

    def input_value(self) -> str:
        return self.do(lambda field: field.get_property("value"))

    def get_attribute(self, name: str) -> str | None:
        return self.do(lambda element: element.get_dom_attribute(name))

    def inner_text(self) -> str:
        return self.do(lambda element: element.get_property("innerText"))

    def bounding_box(self) -> dict[str, float]:
        return self.do(lambda element: element.rect)


def displayed(elements: list[WebElement]) -> list[WebElement]:
    if not elements:
        return []
    # One by one: within a list, the driver would give the script something else than elements.
    return elements[0].parent.execute_script("return [...arguments].filter((one) => one.checkVisibility())", *elements)
