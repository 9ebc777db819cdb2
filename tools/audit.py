"""Asks PyPI and npm for published flaws in the pinned dependencies.

Exit status: 0 nothing is known, 1 something is, 2 somebody could not be asked, which proves nothing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", "requirements-postgresql.txt"]
NPM = ["npm", "audit", "--omit=dev", "--json"]


class UnansweredError(Exception):
    """Whoever knows the flaws could not be asked; the message says of what, in French."""


def main() -> int:
    found = unanswered = False
    for name, ask in (("Python", python_flaws), ("npm", npm_flaws)):
        try:
            flaws = list(ask())
        except UnansweredError as error:
            print(f"{name} : rien n'est prouvé, {error}.")
            unanswered = True
            continue
        print(f"{name} : " + ("des failles sont publiées." if flaws else "aucune faille publiée."))
        print("".join(f"  {flaw}\n" for flaw in flaws), end="")
        found = found or bool(flaws)
    return 1 if found else 2 if unanswered else 0


def python_flaws() -> Iterator[str]:
    answer = answered([*PYTHON, "--format", "json", "--progress-spinner", "off"])
    for package in answer.get("dependencies", []):
        # An index that does not tell flaws, as a mirror may not, knows nothing of them: pip-audit calls that a success.
        if "skip_reason" in package:
            raise UnansweredError(f"l'index interrogé ne dit rien de {package['name']}")
        for flaw in package["vulns"]:
            fixed = ", ".join(flaw["fix_versions"]) or "aucune version"
            yield f"{package['name']} {package['version']} : {flaw['id']} (corrigé par {fixed})"


def npm_flaws() -> Iterator[str]:
    answer = answered(NPM)
    if "vulnerabilities" not in answer:
        raise UnansweredError("le registre interrogé ne répond pas à cette question")
    for name, flaw in answer["vulnerabilities"].items():
        yield f"{name} {flaw['range']} : {flaw['severity']}"


def answered(command: list[str]) -> dict:
    """The JSON that `command` prints, whatever its status: it is not zero when there are flaws too."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        raise UnansweredError(f"« {command[0].rpartition('/')[2]} » n'a pas eu de réponse (le réseau ?)") from None


if __name__ == "__main__":
    sys.exit(main())
