"""The mails as people read them: on a narrow telephone, in the dark, as text alone, in colours that a reader forces."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from bs4 import BeautifulSoup

from ophportal.emails import WRITERS
from tests.browser.scenes import SCENES

MAILS = [scene for scene in SCENES if scene.endpoint.startswith("mail.")]
every_mail = pytest.mark.parametrize("scene", MAILS, ids=str)

# What mail readers have long agreed on: nothing that is fetched, placed, animated or hidden.
SAFE_STYLES = {
    "margin", "padding", "max-width", "border", "border-top", "border-bottom", "border-radius", "display",
    "font-family", "font-size", "font-weight", "line-height", "color", "white-space", "overflow-wrap", "word-break",
    "-webkit-user-select", "user-select",
}  # fmt: skip
WIDTHS = (320, 360, 640)
# A reader that paints every mail its own way, over whatever the mail says.
FORCED = "body, body * { background-color: #000 !important; color: #ff0 !important }"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
INK = "element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"


@pytest.fixture
def read(chromium):
    """A function that opens a mail's HTML where nothing can be fetched; `asked` is all that it asks for."""
    contexts = []

    def read(mail, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.route("**/*", lambda route: page.asked.append(route.request.url) or route.abort())
        page.set_content(mail.html)
        return page

    yield read
    for context in contexts:
        context.close()


def words(text):
    """Its words, without what only parts them: bullets, and the colon after what an address is of."""
    return [word for word in text.split() if word not in {"-", ":"}]


def soup_of(mail):
    return BeautifulSoup(mail.html, "html.parser")


@every_mail
def test_it_is_read_on_every_width_without_scrolling_sideways(scene, request, read, screens):
    mail = scene.played(request)
    for scheme in ("light", "dark"):
        page = read(mail, color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate(SIDEWAYS) == 0, width
            if screens:
                page.screenshot(path=screens / f"{scene.name}-{scheme}-{width}.png", full_page=True)
        assert page.asked == []


@every_mail
def test_its_colours_are_the_reader_s_where_it_has_its_own(scene, request, read):
    """None is set by itself on an element: text and ground go together, or both give way."""
    mail = scene.played(request)
    page = read(mail)
    page.add_style_tag(content=FORCED)
    inks = {tuple(element.evaluate(INK)) for element in page.locator("main *").all()}
    assert inks == {("rgb(255, 255, 0)", "rgb(0, 0, 0)")}
    # And in one that drops the style sheet, nothing of ours is left.
    for element in soup_of(mail).select("[style]"):
        assert not re.search(r"(?<![-\w])color:(?!inherit)|background", element["style"])


@every_mail
def test_it_is_made_of_what_every_reader_has(scene, request):
    soup = soup_of(scene.played(request))
    assert soup.html["lang"] == "fr"
    assert not soup.select("table, img, picture, svg, video, iframe, script, link, form, [background], [class]")
    assert "url(" not in str(soup)
    assert "@import" not in str(soup)
    (heading,) = soup.select("h1")
    assert heading.text == soup.title.text
    for element in soup.select("[style]"):
        names = {rule.split(":")[0].strip() for rule in element["style"].split(";")}
        assert names <= SAFE_STYLES, names - SAFE_STYLES


@every_mail
def test_its_links_say_where_they_lead_and_show_it(scene, request):
    mail = scene.played(request)
    links = soup_of(mail).select("a:not([href^='tel:'])")
    assert len({link.text for link in links}) == len(links)
    for link in links:
        assert "http" not in link.text
        assert len(link.text.split()) > 2
        shown = link.next_sibling.next_sibling
        assert shown.strip() == link["href"]
    # The same ones, in the same order, in the text: each alone on its line.
    assert re.findall(r"^http\S+$", mail.body, re.MULTILINE) == [link["href"] for link in links]


@every_mail
def test_where_it_says_a_telephone_number_a_touch_dials_it(scene, request):
    body = soup_of(scene.played(request)).body
    for link in body.select("a[href^='tel:']"):
        assert (link.text, link["href"]) == ("04\u00a065\u00a071\u00a000\u00a000", "tel:0465710000")
        link.extract()
    assert not re.search(r"\d\d(?:\s\d\d){4}", body.text)


@every_mail
def test_the_text_alone_says_all_of_it(scene, request, app):
    mail = scene.played(request)
    main = soup_of(mail).main
    for line_end in main.select("br"):
        line_end.replace_with("\n")
    assert main.h1.text == mail.subject
    assert words(main.text) == words(f"{app.config['OFFICE']['name']} {mail.subject} {mail.body}")
    # Nothing of HTML's or Markdown's; a paragraph is a line, which each reader folds at its own width.
    assert not re.search(r"&\w+;|&#|<|\*\*|\]\(|^#", mail.body, re.MULTILINE)
    assert "\n\n\n" not in mail.body


@every_mail
def test_it_travels_as_french_in_lines_that_no_server_cuts(scene, request, app):
    mail = scene.played(request)
    with app.app_context():
        raw = mail.as_bytes()
    sent = message_from_bytes(raw, policy=default)
    assert sent["Content-Language"] == "fr"
    parts = [part for part in sent.walk() if not part.is_multipart()]
    # The last one is the one that a reader prefers (RFC 2046, 5.1.4).
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert max(len(line) for line in raw.splitlines()) <= 998


@pytest.mark.parametrize("scene", [mail for mail in MAILS if mail.endpoint == "mail.credentials"], ids=str)
def test_the_code_and_the_password_are_taken_whole_and_never_cut(scene, request, read):
    mail = scene.played(request)
    page = read(mail, viewport={"width": 320, "height": 640})
    copied = re.findall(r"^    (\S+)$", mail.body, re.MULTILINE)
    assert len(copied) == 2
    for text in copied:
        word = page.get_by_text(text, exact=True)
        assert word.evaluate("element => element.getClientRects().length") == 1
        box = word.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        word.dblclick(position={"x": 20, "y": 10})
        assert page.evaluate("getSelection().toString().trim()") == text


def test_every_mail_of_the_portal_is_here():
    assert {scene.endpoint.removeprefix("mail.") for scene in MAILS} == set(WRITERS)
