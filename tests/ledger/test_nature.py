"""What ledger entries are about: labels as ERPs of social landlords write them, each with the nature that it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ophportal.models.nature import Nature, nature_of, usual_side

DEBITS = {
    Nature.RENT: (
        "QUITTANCEMENT MARS 2026", "QUITTANCE 03/2026", "LOYER PRINCIPAL", "Loyer mars", "LOY. PRINC. MARS 2026",
        "LOYER NET (APL DEDUITE)", "LOYER MARS (PRELEVEMENT)", "APPEL DE LOYER 03/2026", "Avis d'échéance mars 2026",
        "ECHEANCE DU 01/03/2026", "TERME MARS 2026", "LOYER GARAGE", "PARKING N°12", "BOX 4", "Stationnement",
        "SLS MARS 2026", "SUPPLEMENT DE LOYER DE SOLIDARITE", "SURLOYER", "Indemnité d'occupation",
        "INDEMNITES OCCUPATION", "LOYER PRORATA DU 15 AU 31/03/2026", "RAPPEL DE LOYER", "LOYERS IMPAYES",
        "LOYER MARS, REMBOURSEMENT EN AVRIL",
    ),
    Nature.CHARGES: (
        "PROV. CHARGES", "PROVISION POUR CHARGES", "PROVISIONS S/CHARGES MARS 2026", "ACOMPTE SUR CHARGES",
        "ACOMPTE EAU FROIDE", "REGUL CHARGES 2025", "Régularisation de charges 2025", "EAU FROIDE", "PROV EAU CHAUDE",
        "CHAUFFAGE COLLECTIF", "FRAIS DE CHAUFFAGE", "ENTRETIEN ASCENSEUR", "ASCENSEUR", "TEOM 2026",
        "TAXE ORDURES MENAGERES", "CONTRAT ENTRETIEN CHAUDIERE", "NETTOYAGE PARTIES COMMUNES", "ESPACES VERTS",
        "APPEL DE CHARGES", "CHARGES LOCATIVES",
    ),
    Nature.AID: (
        "INDU APL", "INDU APL JANVIER A MARS", "REPRISE APL", "Trop-perçu A.P.L.", "REGUL RLS", "REJET VIREMENT CAF",
        "ANNULATION VIREMENT CAF", "REJET APL", "AL MARS 2026", "REMBOURSEMENT APL",
    ),
    Nature.REVERSAL: (
        "REJET PRLV PROVISION INSUFFISANTE", "REJET PRELEVEMENT", "Rejet de prélèvement du 05/03/2026",
        "PRLV REJETE", "PRELEVEMENT IMPAYE", "IMPAYE PRELEVEMENT SEPA", "REJET PROVISION INSUFFISANTE",
        "CHEQUE SANS PROVISION", "CHQ IMPAYE", "RETOUR CHEQUE", "CHEQUE REJETE", "Défaut de provision",
        "PROVISION INSUFFISANTE", "ANNULATION REGLEMENT", "ANNULATION PRLV", "IMPAYE LOYER MARS", "REJET TIP SEPA",
        "LOYER MARS REJET PRLV", "LOYER MARS PRLV REJETÉ", "REJET CHEQUE DEPOT DE GARANTIE", "VIREMENT REFUSE",
    ),
    Nature.OTHER: (
        "FRAIS DE REJET", "FRAIS REJET PRLV", "REJET PRLV - FRAIS BANCAIRES", "FRAIS DE REJET PROVISION INSUFFISANTE",
        "DEPOT DE GARANTIE", "DG ENTREE", "PENALITES DE RETARD", "PENALITE RETARD LOYER", "FRAIS HUISSIER",
        "COMMANDEMENT DE PAYER", "REPARATIONS LOCATIVES", "REPARATION CHAUFFE-EAU", "TRAVAUX CHARGE LOCATAIRE",
        "ASSURANCE HABITATION", "BADGE PARKING", "CARTE D'ACCES PARKING",
        "ECHEANCE PLAN D'APUREMENT", "REMBOURSEMENT LOYER", "RBT TROP-PERCU", "DIVERS", "",
    ),
    Nature.OPENING: (
        "SOLDE ANTERIEUR", "A NOUVEAU", "REPORT À NOUVEAU", "REPRISE DE SOLDE LOYERS", "SOLDE INITIAL", "REPORT",
        "SOLDE AU 31/12/2025", "SOLDE D'OUVERTURE", "SOLDES ANTERIEURS LOYERS IMPAYES",
        "SOLDE ANTERIEUR DONT FRAIS DE RELANCE",
    ),
}  # fmt: skip
CREDITS = {
    Nature.PAYMENT: (
        "PRLV SEPA", "PRELEVEMENT", "Prélèvement automatique", "PRELEVT 05/03", "VIREMENT",
        "VIR SEPA RECU", "VIR M. LAURIER LOYER MARS",
        "VIREMENT AL KHALIFA", "CHEQUE", "CHQ 1234567", "REMISE CHEQUE", "REGLEMENT CB", "CARTE BANCAIRE",
        "PAIEMENT EN LIGNE", "ESPECES", "VERSEMENT ESPECES GUICHET", "TIP", "TIP SEPA", "MANDAT CASH", "ACOMPTE",
        "Encaissement", "RGLT", "LOYER MARS VIREMENT", "REGLEMENT SOLDE ANTERIEUR", "SOLDE ANTERIEUR CHEQUE",
        "CHEQUE DEPOT DE GARANTIE", "REGLEMENT CHARGES",
        "VIREMENT PLAN D'APUREMENT", "ANNULATION REJET PRLV", "REPRESENTATION PRLV", "REGULARISATION IMPAYE",
    ),
    Nature.AID: (
        "APL", "APL MARS 2026", "A.P.L.", "RAPPEL APL", "VIREMENT CAF", "VIR CAF APL MARS", "VIREMENT MSA",
        "AL MARS 2026", "ALS",
        "ALF", "RLS", "REDUCTION DE LOYER DE SOLIDARITE", "Réduction loyer solidarité (RLS)", "Aide au logement",
        "ALLOCATION LOGEMENT", "AIDE PERSONNALISEE AU LOGEMENT", "AIDE FSL", "VIREMENT FSL",
        "APL MARS VIREMENT", "AL VERSEMENT MARS",
    ),
    Nature.CHARGES: (
        "REGUL CHARGES 2025", "REGULARISATION DE CHARGES", "REGUL EAU 2025", "ANNULATION PROV. CHARGES",
    ),
    Nature.RENT: (
        "ANNULATION LOYER", "ANNULATION QUITTANCEMENT MAI 2026", "REMISE DE LOYER", "AVOIR SUR LOYER",
        "ANNULATION LOYER NET (APL DEDUITE)",
    ),
    Nature.OTHER: (
        "REMISE DE DETTE", "REMISE SUR IMPAYES", "GESTE COMMERCIAL", "EFFACEMENT DE DETTE", "ANNULATION FRAIS DE REJET",
        "ANNULATION FRAIS REJET PRLV", "RESTITUTION DEPOT DE GARANTIE", "REMBOURSEMENT DEPOT DE GARANTIE VIREMENT",
        "AVOIR", "",
    ),
    Nature.OPENING: ("SOLDE REPORTE", "A NOUVEAU CREDITEUR"),
}  # fmt: skip


def told(labels):
    return [(label, nature) for nature, some in labels.items() for label in some]


@pytest.mark.parametrize(("label", "nature"), told(DEBITS))
def test_what_a_debit_is_about(label, nature):
    assert nature_of(label, is_credit=False) is nature


@pytest.mark.parametrize(("label", "nature"), told(CREDITS))
def test_what_a_credit_is_about(label, nature):
    assert nature_of(label, is_credit=True) is nature


@pytest.mark.parametrize(("label", "nature"), told(DEBITS)[::3])
def test_capitals_accents_and_punctuation_change_nothing(label, nature):
    assert nature_of(f"  {label.lower().replace(' ', ' - ', 1)} ", is_credit=False) is nature


@given(st.text(), st.booleans())
def test_a_payment_is_a_credit_and_a_reversal_a_debit(label, is_credit):
    nature = nature_of(label, is_credit=is_credit)

    assert nature is not (Nature.REVERSAL if is_credit else Nature.PAYMENT)


@pytest.mark.parametrize(
    ("labels", "nature", "side"),
    [(DEBITS, Nature.RENT, "debit"), (CREDITS, Nature.PAYMENT, "credit")],
)
def test_what_is_surely_a_rent_or_a_payment_has_its_side_and_nothing_has_the_other(labels, nature, side):
    sides = [usual_side(label) for label in labels[nature]]
    assert set(sides) <= {side, ""}
    assert sides.count(side) > len(sides) / 2


@pytest.mark.parametrize("nature", [Nature.AID, Nature.REVERSAL, Nature.OTHER, Nature.CHARGES])
def test_what_else_is_charged_has_no_side(nature):
    assert {usual_side(label) for label in DEBITS[nature]} == {""}


def test_nor_has_what_the_caf_pays():
    assert {usual_side(label) for label in CREDITS[Nature.AID]} == {""}
