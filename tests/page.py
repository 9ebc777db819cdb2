"""A page as a test reads it, and the house rules that every page must keep."""

import re
from collections import Counter
from itertools import pairwise

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from tests.page_forms import check_forms
from tests.spaces import NO_BREAK, as_read

# A plain space where French wants a no-break one; times such as 8:30 and addresses have none.
WRONG_SPACE = re.compile(r"« | »|[Nn]° | [:;!?€%](?=\s|$)")
# In French zero is singular too: « 0 document », « 1 bail ».
WRONG_PLURAL = re.compile(
    rf"(?<![^\s(«])[01][ {NO_BREAK}](?:agents|appareils|autres|baux|codes|comptes|courriers|demandes|documents|e-mails"
    r"|écritures|essais|fichiers|heures|jours|lignes|locataires|logements|messages|minutes|pages|raisons|secondes)\b"
)


class Page:
    """The parsed HTML of a response. `text` has its spaces folded and no-break ones made plain."""

    def __init__(self, response: TestResponse):
        self.response = response
        # Where a line may be broken, no word ends.
        self.soup = BeautifulSoup(response.text.replace("<wbr>", ""), "html.parser")

    @property
    def text(self) -> str:
        return " ".join(as_read(self.soup.get_text(" ")).split())

    @property
    def is_whole(self) -> bool:
        return self.soup.find("html") is not None

    @property
    def title(self) -> str:
        return self.one("title").get_text()

    def one(self, selector: str) -> Tag:
        found = self.soup.select(selector)
        assert len(found) == 1, f"{selector}: {len(found)} on the page, not one"
        return found[0]

    def check(self) -> None:
        """Raise AssertionError when a house rule is broken."""
        ids = Counter(str(tag["id"]) for tag in self.soup.select("[id]"))
        assert not [name for name, times in ids.items() if times > 1], f"doubled ids: {ids}"
        self.check_references(set(ids))
        check_forms(self.soup, self.response.status_code)
        for image in self.soup.select("img"):
            assert image.has_attr("alt")
        self.check_content_policy()
        self.check_drawings()
        self.check_tables()
        self.check_names()
        self.check_messages()
        wrong = [line for line in self.visible_lines() if WRONG_SPACE.search(line)]
        assert not wrong, f"plain spaces where French wants no-break ones: {wrong}"
        assert not WRONG_PLURAL.search(self.text), f"none and one are singular: {WRONG_PLURAL.findall(self.text)}"
        if self.is_whole:
            self.check_whole_page()

    def check_whole_page(self) -> None:
        assert self.one("html")["lang"] == "fr"
        heading = " ".join(self.one("h1").get_text().split())
        title = self.title.removeprefix("Erreur" + NO_BREAK + ": ").split(" – ")[0]
        name = " ".join(title.split())
        assert name in heading or heading in name or name == "Accueil", (
            f"the title says « {name} », the heading « {heading} »"
        )
        # Pages where htmx swaps something load it, and the others do not, for old phones' sake.
        if self.soup.select("[data-hx-get], [data-hx-post]"):
            self.one("script[src*=htmx]")
        self.one("main#contenu")
        self.one("a.skip[href='#contenu']")
        # Law 2005-102, article 47: the home page says it; here every page does, until a person has audited the portal.
        mention = as_read(self.one("footer a[href='/accessibilite']").get_text())
        assert mention == "Accessibilité : non conforme"
        self.one("footer a[href='/plan-du-site']")
        # A screen reader does not announce a status that is there from the start: so the first message takes the focus.
        news = self.soup.select("main > .notice[role=status]")
        assert [tag.has_attr("autofocus") for tag in news] == [tag is news[0] for tag in news]
        levels = [int(tag.name[1]) for tag in self.soup.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] <= 2
        assert all(b - a <= 1 for a, b in pairwise(levels)), f"heading levels jump: {levels}"

    def check_references(self, ids: set[str]) -> None:
        attributes = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
        for tag in self.soup.select(", ".join(f"[{name}]" for name in attributes)):
            for attribute in attributes:
                for name in str(tag.get(attribute, "")).split():
                    assert name in ids, f"{attribute}={name} leads nowhere"
        if self.is_whole:
            for link in self.soup.select("a[href^='#']"):
                assert str(link["href"])[1:] in ids, f"{link} leads nowhere"

    def check_content_policy(self) -> None:
        assert not self.soup.select("[style], style, script:not([src])"), "inline style or script"
        assert not [tag for tag in self.soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]

    def check_drawings(self) -> None:
        """Each has a text alternative, or is hidden from screen readers."""
        for drawing in self.soup.select("svg:not([role=img] svg)"):
            named = drawing.get("role") == "img" and (drawing.get("aria-label") or drawing.get("aria-labelledby"))
            assert named or drawing.get("aria-hidden") == "true", f"neither named nor hidden: {str(drawing)[:100]}"
            # Firefox gives screen readers the words in a drawing, after its name: the chart's months were « D, J, F… ».
            assert not drawing.select("text:not([aria-hidden=true] *, [aria-hidden=true])")
        # Without the style sheet too they are outlines, and a step's is small: else they are black, and fill the page.
        for drawing in self.soup.select("svg[class^=drawing]"):
            assert drawing["class"] == ["drawing"] or {"width", "height"} <= drawing.attrs.keys(), str(drawing)[:100]
            for shape in drawing.select("path, rect, circle"):
                assert shape.find_parent(fill="none", stroke="currentColor"), f"a black shape: {shape}"

    def check_names(self) -> None:
        """WCAG 2.5.3: the name of a link or button contains its visible text, so that voice control finds it."""
        for pressed in self.soup.select("a, button"):
            parts = pressed.find_all(string=True)
            seen = "".join(text for text in parts if not text.find_parent(class_="hidden"))
            assert seen.strip() in (pressed.get("aria-label") or "".join(parts)), f"not as it is seen: {pressed}"

    def check_messages(self) -> None:
        """Orca, whose role for a status is a window's status bar, reads the elements in it and skips its own text."""
        for message in self.soup.select("[role=status]"):
            own = "".join(message.find_all(string=True, recursive=False)).strip()
            assert not own, f"Orca says « barre d'état », and not « {own} »"

    def check_tables(self) -> None:
        """RGAA 5.4: a table has a name. 5.7: a header is that of its whole line or column, or its cells name it."""
        for table in self.soup.select("table:not([aria-label], [aria-labelledby])"):
            assert table.caption, f"a table of what? {str(table)[:100]}"
        for header in self.soup.select("th"):
            named = self.soup.select(f"[headers~='{header.get('id')}']")
            assert header.get("scope") in {"row", "col"} or named, f"a header of what? {header}"

    def visible_lines(self) -> list[str]:
        return [str(text) for text in self.soup.find_all(string=True) if text.parent.name not in {"script", "style"}]
