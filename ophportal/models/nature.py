"""What a ledger entry is about, read in its label: ERPs give words, and no code that two of them share."""

import re
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache


class Nature(StrEnum):
    RENT = "rent"  # loyer, and what is let beside it: garage, parking, SLS
    CHARGES = "charges"  # provisions and their yearly adjustment
    AID = "aid"  # APL, AL, RLS: what the CAF or the State pays in the tenant's place; a debit takes it back
    PAYMENT = "payment"
    REVERSAL = "reversal"  # a payment that the bank has sent back
    OPENING = "opening"  # à nouveau: what was owed, or in advance, before the ledger begins
    OTHER = "other"  # fees, repairs, deposits, gestures


# Fees of anything but of the dwelling's own charges; they name what they are for: « frais de rejet de prélèvement ».
COSTS = r"frais(?! (?:(?:de|d|du|des) )*(?:chauffage|eau|ascenseur|gardien|communs))|penalites?"
OTHER = (
    rf"{COSTS}|depot (?:de )?garantie|dg|cautions?|cautionnement|travaux|degradations?|reparations?|vandalisme|"
    r"assurances?|badges?|bips?|cartes? (?:d )?(?:acces|resident)|plaques?|"
    r"remises? (?:(?:de|sur|des|les) )*(?:dettes?|impayes?)"
)
OPENING = (
    r"a nouveau|ran|^reports?$|soldes? (?:anterieurs?|reportes?|initial|precedent|d ouverture|de depart|au \d+)|"
    r"(?:report|reprise) (?:(?:de|du|d) )?(?:soldes?|anterieur|exercice)"
)
# Initials of people can be « AL »: beside a word of payment it says nothing.
SURE_AID = (
    r"apl|a p l|als|alf|rls|caf|cnaf|msa|fsl|aide personnalisee|aides? (?:au|de) logement|"
    r"allocations? (?:(?:de|du|au) )?logement|reductions? (?:(?:de|du) )?loyer (?:de )?solidarite"
)
AID = rf"{SURE_AID}|al"
# « Acompte » is what a tenant pays, but also what an office asks on account of charges.
CHARGES = (
    r"(?:acomptes?|appels?) (?:(?:de|sur|pour|d|les|s) )*(?:charges?|provisions?|eau|chauffage)|"
    r"charges?|chges?|provisions?|provs?|eau|chauffage|ascenseurs?|teom|reom|ordures|entretien|nettoyage|menage|"
    r"gardiennage|espaces verts|antenne|interphone|vmc|robinetterie|parties communes|electricite|gaz|"
    r"frais (?:(?:de|d|du|des) )*(?:gardien|communs)"
)
# A bank's « provision » is money in an account, and lacks.
SENT_BACK = (
    r"rejets?|rejetee?s?|refusee?s?|(?:sans|defaut de|absence de|manque de) provisions?|provisions? insuffisantes?"
)
UNPAID = rf"{SENT_BACK}|impayee?s?"
PAYMENT = (
    r"paiements?|paiemts?|paye|reglements?|reglts?|regl|rglts?|prelevements?|prelevts?|prelev|prel|prlvt?s?|pvts?|"
    r"virements?|virts?|vir|cheques?|chqs?|especes|numeraire|cb|cartes?|tip|tup|sepa|mandats?|eficash|versements?|"
    r"encaissements?|acomptes?|telepaiements?|telereglements?"
)
RENT = (
    r"loyers?|loy|surloyer|sls|supplements? (?:de )?loyer|garages?|parkings?|pkg|box|stationnement|"
    r"indemnites? (?:d )?occupation|quittancements?|quittances?|echeances?|appels?|termes?"
)
# What is agreed on a debt is no new rent: « échéance plan d'apurement ».
AGREEMENT = r"(?:echeances? )?(?:(?:du|de|d) )*(?:plans?|protocole|apurement|echelonnement|moratoire|echeancier)"


@cache
def words(pattern: str) -> re.Pattern[str]:
    """Compiled when first asked for: many processes never read a label, and it takes a while."""
    return re.compile(rf"\b(?:{pattern})\b")


# In a label the leftmost tells; of two that begin alike, the first here.
FIRST = (
    rf"(?P<opening>{OPENING})|(?P<other>{OTHER}|{AGREEMENT})|(?P<aid>{AID})|(?P<unpaid>{UNPAID})|"
    rf"(?P<charges>{CHARGES})|(?P<payment>{PAYMENT})|(?P<rent>{RENT})"
)
# What is asked, or given back, for a month that had its call.
ADJUSTMENT = r"reguls?|regularisations?|rappels?|rattrapages?|(?:re)?ajustements?|reliquats?|arrieres?"
REFUND = r"remboursements?|rembts?|rbts?|restitutions?"
ANY_PAYMENT = rf"{PAYMENT}|{UNPAID}"


@lru_cache(maxsize=4096)
def nature_of(label: str, *, is_credit: bool) -> Nature:
    """The nature of an entry that says `label`: the first of its words that tells.

    A credit that says « loyer mars » beside no word of payment undoes a call; one whose words tell nothing is OTHER.
    """
    text = folded(label)
    found = words(FIRST).search(text)
    first = (found and found.lastgroup) or "other"
    return nature_of_credit(text, first) if is_credit else nature_of_debit(text, first)


def nature_of_credit(text: str, first: str) -> Nature:
    if first == "other":
        return Nature.OTHER
    # « Virement CAF »; but « annulation loyer » undoes a rent, whatever it says of its APL.
    if first == "aid" or (first in {"payment", "unpaid"} and words(SURE_AID).search(text)):
        return Nature.AID
    if words(ANY_PAYMENT).search(text):
        return Nature.PAYMENT
    return Nature(first)


def nature_of_debit(text: str, first: str) -> Nature:
    if first == "opening":
        return Nature.OPENING
    if first == "other" or words(COSTS).search(text):
        return Nature.OTHER
    if first in {"payment", "unpaid"} or words(SENT_BACK).search(text):
        return Nature.AID if words(SURE_AID).search(text) else Nature.REVERSAL
    # « Remboursement loyer » is money that the office gives back, and no month's call.
    if first == "rent" and words(REFUND).match(text):
        return Nature.OTHER
    return Nature(first)


@lru_cache(maxsize=4096)
def is_adjustment(label: str) -> bool:
    """Whether it says « rappel » or « régularisation »: of an amount, that it is no month's own."""
    return words(ADJUSTMENT).search(folded(label)) is not None


# What a report prints below its lines, and is no entry. A « total du mois » may be what a month asks for in one line.
TOTAL = (
    r"^(?:(?:sous )?tota(?:l|ux)|soldes?|cumuls?)(?: (?:generaux|general|debiteurs?|crediteurs?|debits?|credits?|"
    r"fina(?:l|ux)|cumule|net|a reporter|(?:(?:du|de) )?(?:comptes?|locataires?|periode)).*)?$|^a reporter$"
)


def is_total(label: str) -> bool:
    """Whether it says a sum of entries, or the balance after them."""
    return words(TOTAL).search(folded(label)) is not None


def folded(label: str) -> str:
    """`label` in lower case without accents, its punctuation made spaces."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", label.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


# What undoes an entry stands on the other side than what it undoes.
UNDOING = rf"{UNPAID}|{REFUND}|annul\w*|avoirs?|contre ?pass\w*|extournes?|regul\w*|retours?|trop percus?"


@lru_cache(maxsize=4096)
def usual_side(label: str) -> str:
    """« debit » for what is surely a rent, « credit » for what is surely a payment; empty for anything else."""
    text = folded(label)
    found = words(FIRST).search(text)
    if found is None or words(f"{UNDOING}|{SURE_AID}").search(text):
        return ""
    if found.lastgroup == "payment":
        return "credit"
    return "debit" if found.lastgroup == "rent" and not words(PAYMENT).search(text) else ""
