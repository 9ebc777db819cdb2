"""docs/registre.md: what an office copies into its register says what the portal holds, and for how long it does.
docs/aipd.md: what it begins its impact assessment with says what is not held."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from ophportal import cookies, retention, search
from ophportal.backups.files import SPARED
from ophportal.cli.leavers import LEFT_FOR
from ophportal.models import TABLES, AgentSession, TenantSession, address_change, agent, paper_code, temporary_password
from tests.citations import ROOT, cited, mistakes
from tests.project import test_security_docs as security

PAGE = (ROOT / "docs" / "registre.md").read_text()
ASSESSMENT = (ROOT / "docs" / "aipd.md").read_text()
BACKUPS = (ROOT / "deploy" / "systemd" / "ophportal-backup.service").read_text()
# What the lines of « Données et durées » say of time. The others have no duration of the portal's own.
DURATIONS = {
    "Dossier": {LEFT_FOR},
    "Mots de passe provisoires": {temporary_password.LIFETIME, temporary_password.TIME_TO_READ},
    "Demandes de code, vérifications": {retention.DETAILS_KEPT, retention.DECIDED_WITHIN},
    "Changements d'adresse e-mail": {address_change.TO_CONFIRM, address_change.TO_UNDO, retention.DETAILS_KEPT},
    "E-mails envoyés": {retention.DETAILS_KEPT},
    "Courriers": {paper_code.LIFETIME},
    "Sessions des locataires": {TenantSession.IDLE, TenantSession.LONGEST},
    "Journal des accès": {retention.JOURNAL_KEPT},
    "Fichiers de travail": {retention.JOB_FILES_KEPT},
    "Agents": {agent.INVITATION, AgentSession.IDLE, AgentSession.LONGEST, retention.AGENTS_KEPT},
    "Cookies": {timedelta(seconds=cookies.YEAR)},
    "Sauvegardes": {timedelta(days=int(days)) for days in re.findall(r"--keep (\d+)", BACKUPS)},
}
UNITS = {"minutes": timedelta(minutes=1), "heures": timedelta(hours=1), "jours": timedelta(days=1)}
CATEGORIES = re.findall(r"^\| (\d+) \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
INVENTORY = re.findall(r"^\| `(\w+)` \| (\d+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def durations_in(text):
    """Those of a text, « 12 mois » being a year, as on the pages."""
    found = {int(many) * UNITS[unit] for many, unit in re.findall(r"(\d+) (minutes|heures|jours)", text)}
    months = re.findall(r"(\d+) mois", text)
    assert set(months) <= {"12"}
    return found | {timedelta(days=365) for _ in months}


@pytest.mark.parametrize("page", [PAGE, ASSESSMENT], ids=["register", "assessment"])
def test_every_test_and_every_file_that_it_cites_exists(page):
    assert len(cited(page)) > 10
    assert mistakes(page) == []


def test_every_table_is_named_once_and_no_other_is():
    assert Counter(table for table, _, _ in INVENTORY) == Counter(it._meta.table_name for it in TABLES)
    for table in search.TABLES:
        assert f"`{table}`" in PAGE


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.table_name)
def test_every_field_of_a_table_is_named_once_and_no_other_is(model):
    [fields] = [fields for table, _, fields in INVENTORY if table == model._meta.table_name]
    held = [field.name for field in model._meta.sorted_fields if field.name != "id"]
    assert Counter(re.findall(r"`(\w+)`", fields)) == Counter(held)


def test_every_table_has_its_line_among_the_categories_which_are_numbered_in_order():
    numbers = [number for number, _, _ in CATEGORIES]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert {number for _, number, _ in INVENTORY} <= set(numbers)


def test_each_line_says_the_durations_of_the_code_and_no_other():
    assert {name: durations_in(kept) for _, name, kept in CATEGORIES if durations_in(kept)} == DURATIONS


def test_it_says_how_many_backups_stay_whatever_their_age():
    assert SPARED + 1 == 4
    assert "les quatre dernières restent" in PAGE


def test_the_assessment_names_once_each_requirement_that_is_not_met_and_no_other():
    not_met = [name for line in security.lines() if line.verdict == "Not met" for name in line.ids]
    lines = re.findall(r"^\| ((?:\d+\.\d+\.\d+(?:, )?)+) \|", ASSESSMENT, re.MULTILINE)
    assert Counter(name for line in lines for name in line.split(", ")) == Counter(not_met)


def test_the_assessment_counts_the_points_of_the_cnil_s_that_are_departed_from():
    assert security.PAGE.count("**departs from it** |") == 3
    assert "trois écarts à la recommandation CNIL 2022-100" in ASSESSMENT
