"""The ledger's labels as imports read them: accents in their letters (NFC), and one kind of apostrophe.

An entry told in both ways was two. Both stay, as the first and the second of their kind: an ERP may well have two.
"""

from unicodedata import normalize

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032\uff07", "'"))
STEP = 10_000


def up(migrator, db):
    read = "SELECT id, label FROM ledger_entry WHERE id > ? ORDER BY id LIMIT ?"
    mend = """
        UPDATE ledger_entry SET label = ?, occurrence = CASE WHEN erp_id <> '' THEN occurrence ELSE 1 + (
            SELECT coalesce(max(other.occurrence), 0) FROM ledger_entry AS other
            WHERE other.erp_id = '' AND other.lease_id = ledger_entry.lease_id AND other.date = ledger_entry.date
                AND other.label = ? AND other.debit = ledger_entry.debit AND other.credit = ledger_entry.credit
        ) END
        WHERE id = ?
    """
    read, mend = (statement.replace("?", db.param) for statement in (read, mend))
    last = 0
    while rows := db.execute_sql(read, (last, STEP)).fetchall():
        for key, label in rows:
            mended = label if label.isascii() else normalize("NFC", label).translate(APOSTROPHES)
            if mended != label:
                db.execute_sql(mend, (mended, mended, key))
        last = rows[-1][0]
