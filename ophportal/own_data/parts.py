"""All that the portal holds on a tenant, table by table.

tests/account/test_own_data.py asks it of every table that leads to a tenant, and of every field.
"""

from ophportal.own_data import access, record

PARTS = (
    record.TENANT,
    record.LEASES,
    record.LEDGER,
    record.DOCUMENTS,
    record.WITHDRAWALS,
    record.CONSENTS,
    access.ACCOUNT,
    access.REQUESTS,
    access.VERIFICATIONS,
    access.ADDRESS_CHANGES,
    access.MAILS,
    access.TEMPORARY_PASSWORDS,
    access.PAPER_CODES,
    access.SESSIONS,
    access.JOURNAL,
)
