"""The ERP's identifiers as imports compare them: of digits alone, without the zeros that a spreadsheet takes away.

An entry told with them and again without was two. Those that say the same are one, the older; those that say something
else stay as they are, since an ERP that counts anew each year has both.
"""

DELETE_DOUBLES = """
    DELETE FROM ledger_entry WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (
                PARTITION BY ltrim(erp_id, '0'), lease_id, date, label, debit, credit ORDER BY id
            ) AS place
            FROM ledger_entry
            WHERE erp_id <> '' AND ltrim(erp_id, '0123456789') = ''
        ) AS told WHERE place > 1
    )
"""
SHORTEN = """
    UPDATE ledger_entry SET erp_id = ltrim(erp_id, '0')
    WHERE substr(erp_id, 1, 1) = '0' AND id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY ltrim(erp_id, '0') ORDER BY length(erp_id), id) AS place
            FROM ledger_entry
            WHERE erp_id <> '' AND ltrim(erp_id, '0123456789') = '' AND ltrim(erp_id, '0') <> ''
        ) AS told WHERE place = 1
    )
"""


def up(migrator, db):
    db.execute_sql(DELETE_DOUBLES)
    db.execute_sql(SHORTEN)
