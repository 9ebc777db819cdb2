"""What every form of the portal keeps, on whatever page a test fetches."""

from collections import Counter

from bs4 import BeautifulSoup, Tag

# WCAG 1.3.5: what is asked about the person who types. The browser, or the password manager, may fill it in.
ABOUT_ONESELF = {
    "identifier": {"username"},
    "name": {"name"},
    "email": {"email", "username"},
    "telephone": {"tel"},
    "password": {"current-password"},
    "current_password": {"current-password"},
    "new_password": {"new-password"},
    "confirmation": {"new-password"},
    "code": {"one-time-code"},
}
# About a dwelling, a letter, somebody else, or a search: « off », for nothing of it should be offered to whoever sits
# down next at a computer that many use.
NOT_ABOUT_ONESELF = {"dwelling_reference", "tenant_number", "letter_code", "reason", "q", "place", "days"}
OF_ANOTHER = "/adresse"  # where an agent writes the address of a tenant
INPUT_TYPES = {"email": "email", "telephone": "tel", "q": "search", "days": "number"}
PICKED = {"checkbox", "radio", "file"}
SUMMARY = ".summary[role=group][aria-labelledby=erreurs][tabindex='-1'][autofocus]"
ERROR_TITLE = "Erreur\u00a0: "
# Every answer that shows a form again: with a token too old, with errors, after too many tries.
REFUSALS = {400, 422, 429}


def check_forms(soup: BeautifulSoup, status: int) -> None:
    for form in soup.select("form"):
        check_form(form)
    for control in controls_in(soup):
        check_control(soup, control)
    check_errors(soup, status)


def controls_in(part: Tag) -> list[Tag]:
    """What a person fills in."""
    return part.select("input:not([type=hidden]), select, textarea")


def kind_of(control: Tag) -> str:
    return str(control.get("type", control.name))


def check_form(form: Tag) -> None:
    assert form.get("action"), "a form without an action works only with JavaScript"
    if str(form.get("method", "get")).lower() == "post":
        assert form.select("input[name=csrf_token][value]"), "a POST form without its token"
    # What is corrected takes the place of what is still on its way; « Prolonger » has nothing to correct.
    if form.get("data-hx-post") and form.get("id") != "session":
        assert form.get("data-hx-sync") == "replace", f"{form['action']}: what is corrected waits for what was wrong"
    buttons = form.select("button")
    assert any(button.get("type") == "submit" for button in buttons), f"no button sends {form['action']}"
    for button in buttons:
        assert button.get("type") == "submit", f"{button} is no button that sends"
        assert len(button.get_text(strip=True)) > 2, f"{button} does not say what it does"
    check_needs(form)
    check_groups(form)


def check_needs(form: Tag) -> None:
    """What must be answered is said in words before it is needed; what need not be is said to be free."""
    written = [control for control in controls_in(form) if kind_of(control) not in PICKED]
    if any(control.has_attr("aria-required") for control in written):
        assert "obligatoire" in form.get_text(), f"{form['action']} does not say that the answers are needed"
        for control in written:
            if not control.has_attr("aria-required") and not control.has_attr("readonly") and control.name != "select":
                assert "facultatif" in label_of(form, control).get_text(), f"{control} does not say that it is free"


def check_groups(form: Tag) -> None:
    picks = form.select("input[type=checkbox], input[type=radio]")
    several = [name for name, times in Counter(pick["name"] for pick in picks).items() if times > 1]
    for pick in picks:
        if pick["name"] in several:
            group = pick.find_parent("fieldset")
            assert group is not None, f"{pick['name']}: a group without a name"
            assert group.find("legend"), f"{pick['name']}: a group without a name"


def label_of(part: Tag, control: Tag) -> Tag:
    labels = part.select(f"label[for='{control.get('id')}']")
    assert len(labels) == 1, f"{len(labels)} labels for {control}"
    assert labels[0].get_text(strip=True), f"an empty label for {control}"
    return labels[0]


def check_control(part: Tag, control: Tag) -> None:
    label_of(part, control)
    assert not control.has_attr("placeholder"), f"{control}: a placeholder goes when one types"
    assert not control.has_attr("maxlength"), f"{control}: a paste would be cut without a word"
    # Firefox has a screen reader say « non valide » of each empty `required` field, before anything is typed.
    assert not control.has_attr("required") or kind_of(control) == "checkbox", f"{control}: aria-required instead"
    # A change of context while one types is a surprise (WCAG 3.2.2); only the search answers as one types.
    trigger = str(control.get("data-hx-trigger", ""))
    assert not trigger or kind_of(control) == "search", f"{control} acts by itself"
    if kind_of(control) not in PICKED | {"select"}:
        check_purpose(control)


def check_purpose(control: Tag) -> None:
    """Its type, the keyboard that it calls up, and what may fill it in."""
    name, kind, filled = str(control["name"]), kind_of(control), str(control.get("autocomplete"))
    if name in NOT_ABOUT_ONESELF or str(control.find_parent("form")["action"]).endswith(OF_ANOTHER):
        assert filled == "off", control
    else:
        assert filled in ABOUT_ONESELF[name], control
    assert kind == INPUT_TYPES.get(name, "password" if "password" in filled else "text"), control
    assert (control.get("inputmode") == "email") == (kind == "email" and not control.has_attr("readonly")), control
    # It stays as it is typed. Once shown, a password is a text, which a telephone would begin with a capital.
    if kind in {"text", "email", "password"} and not control.has_attr("readonly"):
        left_alone = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
        assert left_alone.items() <= control.attrs.items(), control
    # Neither comes back to the screen.
    assert not (kind == "password" or filled == "one-time-code") or not control.get("value"), control


def check_errors(soup: BeautifulSoup, status: int) -> None:
    """One summary, in the order of the page, which says what each field says; the title tells of it."""
    described = [control for control in controls_in(soup) if check_description(soup, control)]
    summaries = soup.select(SUMMARY)
    assert len(soup.select("#erreurs")) == len(summaries), "a summary that cannot take the focus"
    title = soup.select_one("head > title") or soup.find("title", recursive=False)
    assert (title is not None and title.get_text().startswith(ERROR_TITLE)) == bool(summaries), f"{title}"
    if not summaries:
        assert not described, f"errors without their summary: {described}"
        assert status not in REFUSALS or not controls_in(soup.select_one("main") or soup), "a refusal without a summary"
        return
    assert len(summaries) == 1
    links = [(link["href"], link.get_text()) for link in summaries[0].select("a")]
    assert links == [(f"#{control['id']}", error_of(soup, control)) for control in described]
    assert soup.select_one(f".field, {SUMMARY}") is summaries[0], "the summary comes after what it is about"


def check_description(soup: BeautifulSoup, control: Tag) -> bool:
    """Whether the field is in error. Its hint and its error, where there are, are told with its name.

    So is that a password is needed: Orca reads `aria-required` of any other field, not of a password.
    """
    name = control.get("id")
    there = [part for part in (f"{name}-aide", f"{name}-erreur") if soup.find(id=part)]
    if kind_of(control) == "password":
        assert "obligatoire" in soup.select_one("#obligatoire").get_text()
        there.append("obligatoire")
    assert str(control.get("aria-describedby", "")).split() == there, f"{control} is described by {there}"
    wrong = f"{name}-erreur" in there
    assert control.get("aria-invalid") == ("true" if wrong else None), control
    return wrong


def error_of(soup: BeautifulSoup, control: Tag) -> str:
    """What the field's error says, without the « Erreur : » that is for who does not see its colour."""
    told = soup.select_one(f"#{control['id']}-erreur").get_text()
    assert told.startswith(ERROR_TITLE), told
    return told.removeprefix(ERROR_TITLE)
