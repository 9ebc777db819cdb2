"""How many tenants, accounts, entries and documents there are, in one line."""

from collections.abc import Mapping

from ophportal.formatting import counted

# By table.
NOUNS = {
    "tenant": ("locataire", "locataires"),
    "account": ("compte", "comptes"),
    "ledger_entry": ("écriture", "écritures"),
    "document": ("document", "documents"),
}


def told(counts: Mapping[str, int], nouns: Mapping[str, tuple[str, str]] = NOUNS) -> str:
    """« 2\u00a0368 locataires, 1 compte, 85\u00a0000 écritures, 0 document »."""
    return ", ".join(counted(counts.get(table, 0), *noun) for table, noun in nouns.items())
