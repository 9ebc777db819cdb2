"""In a large office, what an agent did of late and the mails that somebody waits for are found by indexes of theirs."""


def up(migrator, db):
    db.execute_sql("CREATE INDEX journal_entry_agent_id_at ON journal_entry (agent_id, at)")
    db.execute_sql("DROP INDEX journal_entry_agent_id")
    db.execute_sql(
        "CREATE INDEX outbox_message_awaited ON outbox_message (state, due_at)"
        " WHERE state = 'waiting' AND (request_id IS NOT NULL OR mail = 'confirm_address')"
    )
