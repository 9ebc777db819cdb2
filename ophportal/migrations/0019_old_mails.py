"""In an office that is years old, the mails whose address is to be blanked are found by an index of theirs."""


def up(migrator, db):
    db.execute_sql("CREATE INDEX outbox_message_addressed ON outbox_message (finished_at) WHERE recipient <> ''")
