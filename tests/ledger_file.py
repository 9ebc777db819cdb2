"""The titles of a ledger file."""

LEDGER = ("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit")
WITH_IDENTIFIER = (*LEDGER, "Identifiant")
