"""No digest of the e-mail address that a request names: what requests bring to an address is counted in the outbox."""


def up(migrator, db):
    db.execute_sql("DROP INDEX journal_entry_mailbox_event_at")
    db.execute_sql("ALTER TABLE journal_entry DROP COLUMN mailbox")
