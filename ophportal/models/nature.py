"""What a ledger entry is about, read in its label: ERPs give words, and no code that two of them share."""

import re
import unicodedata
from enum import StrEnum


class Nature(StrEnum):
    RENT = "rent"  # loyer, and what is let beside it: garage, parking, SLS
    CHARGES = "charges"  # provisions and their yearly adjustment
    AID = "aid"  # APL, AL, RLS: what the CAF or the State pays in the tenant's place; a debit takes it back
    PAYMENT = "payment"
    REVERSAL = "reversal"  # a payment that the bank has sent back
    OTHER = "other"  # fees, repairs, deposits, gestures


def words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


FEES = words("frais|penalites?|depot de garantie|caution|travaux|degradations?|assurance")
AID = words("apl|a p l|als?|alf|rls|caf|msa|aide personnalisee|aides? au logement|allocations? (?:de )?logement|fsl")
PAYMENT = words(
    "paiements?|reglements?|prelevements?|prlv|virements?|vir|cheques?|chq|especes|cb|cartes?|tip|sepa|mandats?|"
    "versements?|encaissements?|acomptes?"
)
SENT_BACK = words("rejets?|rejete|impayes?")
CHARGES = words(
    "charges?|provisions?|eau|chauffage|ascenseur|teom|ordures|entretien|antenne|parties communes|electricite|gaz"
)
RENT = words(
    "loyers?|sls|supplement de loyer|garages?|parkings?|box|stationnement|indemnites? d occupation|quittancement"
)


def nature_of(label: str, *, is_credit: bool) -> Nature:
    """The nature of an entry that says `label`: the first of its words that tells.

    A credit that says « loyer mars » beside no word of payment undoes a call; one whose words tell nothing is OTHER.
    """
    text = folded(label)
    if FEES.search(text):
        return Nature.OTHER
    if PAYMENT.search(text):
        # « Rejet de prélèvement », « annulation virement ».
        if is_credit:
            return Nature.AID if AID.search(text) else Nature.PAYMENT
        return Nature.REVERSAL
    if not is_credit and SENT_BACK.search(text):
        return Nature.REVERSAL
    for nature, said in ((Nature.AID, AID), (Nature.CHARGES, CHARGES), (Nature.RENT, RENT)):
        if said.search(text):
            return nature
    return Nature.OTHER


def folded(label: str) -> str:
    """`label` in lower case without accents, its punctuation made spaces."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", label.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())
