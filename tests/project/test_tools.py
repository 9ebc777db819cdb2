"""What `make audit` and `make sbom` make of what the registries and the tools say."""

import importlib.util
import json
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
FLAWED = {"name": "flask", "version": "0.1", "vulns": [{"id": "PYSEC-0", "fix_versions": ["0.2"]}]}
UNKNOWN = {"name": "flask", "skip_reason": "not found"}


def tool(name):
    specification = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("python", "npm", "status", "said"),
    [
        ({"dependencies": [CLEAN]}, {"vulnerabilities": {}}, 0, "Python : aucune faille publiée.\nnpm : aucune faille"),
        ({"dependencies": [FLAWED]}, {"vulnerabilities": {}}, 1, "flask 0.1 : PYSEC-0 (corrigé par 0.2)"),
        ({"dependencies": [UNKNOWN]}, {"vulnerabilities": {}}, 2, "rien n'est prouvé, l'index interrogé ne dit rien"),
        ({"dependencies": [CLEAN]}, {"error": "405"}, 2, "npm : rien n'est prouvé"),
        ({"dependencies": [FLAWED]}, {"error": "405"}, 1, "npm : rien n'est prouvé"),
    ],
)
def test_an_audit_that_could_not_ask_is_no_success(python, npm, status, said, monkeypatch, capsys):
    audit = tool("audit")
    monkeypatch.setattr(audit, "answered", lambda command: npm if command is audit.NPM else python)
    assert audit.main() == status
    assert said in capsys.readouterr().out


def test_an_audit_without_an_answer_is_told_in_a_sentence(monkeypatch, capsys):
    audit = tool("audit")
    monkeypatch.setattr(audit, "PYTHON", ["/nonexistent/pip-audit"])
    monkeypatch.setattr(audit, "NPM", ["/bin/echo", "not JSON"])
    assert audit.main() == 2
    assert "« pip-audit » n'a pas eu de réponse (le réseau ?)" in capsys.readouterr().out


def test_the_list_of_parts_holds_what_npm_installs_for_production_alone():
    lock = json.loads((TOOLS.parent / "package-lock.json").read_text())
    [htmx] = tool("sbom").npm_components(lock)
    assert htmx["purl"].startswith("pkg:npm/htmx.org@")
    assert htmx["hashes"][0]["alg"] == "SHA-512"
    assert len(bytes.fromhex(htmx["hashes"][0]["content"])) == 64
    assert htmx["licenses"] == [{"license": {"name": "BSD-0-Clause"}}]
