"""Every page as people set their screens: enlarged, spaced, in their own colours, still, turned, printed."""

from contextlib import contextmanager

import pytest

from tests.browser.measures import MEASURES, PAGES

# What WCAG 1.4.12 lets a reader set.
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""


@pytest.mark.parametrize("scene", PAGES, ids=str)
def test_the_page_bears_what_people_set(scene, request, display):
    page = display(scene.shown(request))
    page.evaluate(MEASURES)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = []

    def measure(setting, *names, width=360, height=740):
        page.set_viewport_size({"width": width, "height": height})
        said = page.evaluate("names => names.flatMap(name => measures[name]())", list(names))
        found.extend(f"{setting}: {one}" for one in said)

    measure("still", "moving")
    measure("a phone that lies on its side", "cut", width=740, height=360)
    measure("a tablet", "small", width=768, height=1024)
    # 1280 × 1024 pixels at 400 %.
    measure("400 %", "cut", "outside", "overlapping", "stuck", "focused", width=320, height=256)
    page.emulate_media(forced_colors="active")
    measure("forced colours", "untold", "focused")
    page.emulate_media(forced_colors="none")
    with styled(page, "html { font-size: 225% !important }"):
        measure("text at 200 %", "cut", "overlapping", width=1280, height=800)
        measure("text at 200 % on a telephone", "cut", "sideways", "parted", "overlapping")
        measure("text at 200 % on the narrowest telephone", "cut", width=320)
    with styled(page, SPACED):
        measure("spaced", "cut", "overlapping")
    assert not found, "\n".join(found)


def scene_named(name):
    return next(scene for scene in PAGES if scene.name == name)


def test_what_is_owed_is_never_smaller_than_the_words_around_it(request, display):
    """Held back by the screen's width alone, it stayed as it was while all the rest grew (WCAG 1.4.4, RGAA 10.4)."""
    page = display(scene_named("compte-en-retard").shown(request))
    page.set_viewport_size({"width": 360, "height": 740})
    size = "name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"
    for percent in (112.5, 150, 225):
        with styled(page, f"html {{ font-size: {percent}% !important }}"):
            assert page.evaluate(size, ".owed") >= page.evaluate(size, ".until")


def test_the_chart_s_letters_are_read_on_a_telephone(request, display):
    page = display(scene_named("operations-une-annee").shown(request))
    for width in (320, 360, 740, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        height = page.evaluate(
            """() => { const text = document.querySelector(".chart text");
            return parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a }"""
        )
        assert 12 <= height <= 20, width


@pytest.mark.parametrize("name", ["code-envoye", "coordonnees", "confirmer-adresse", "annuler-changement", "adresse"])
def test_an_address_that_does_not_fit_is_parted_before_its_at_sign(request, display, name):
    """And not inside a word, as « marie@exemple.t / est »."""
    page = display(scene_named(name).shown(request))
    address = page.locator("main [translate='no']").filter(has_text="@").first
    assert address.inner_html().split("@")[0].endswith("<wbr>")


def test_on_paper_an_answer_stays_with_what_it_answers(request, display):
    page = display(scene_named("compte-deux-baux").shown(request))
    page.emulate_media(media="print")
    broken = "() => [...document.querySelectorAll('.facts > div')].map(one => getComputedStyle(one).breakInside)"
    assert set(page.evaluate(broken)) == {"avoid"}


def test_on_paper_the_console_has_no_menu(request, display):
    page = display(scene_named("agents-dossier-actif").shown(request))
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Console").is_visible()


@contextmanager
def styled(page, sheet):
    """The page under a reader's own sheet; not by its content policy's leave, but by the debugger's."""
    handle = page.evaluate_handle(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; return sheet }",
        sheet,
    )
    yield
    handle.evaluate(
        "sheet => { document.adoptedStyleSheets = document.adoptedStyleSheets.filter(one => one !== sheet) }"
    )
