"""Since when an agent has had their password, as far as the journal tells: it goes back a year."""

from peewee import DateTimeField

CHOSEN = """
    UPDATE agent SET password_set_at = (
        SELECT max(at) FROM journal_entry
        WHERE agent_id = agent.id AND event IN ('password_changed', 'agent_activated')
    )
    WHERE password_hash <> ''
"""


def up(migrator, db):
    migrator.migrate(migrator.add_column("agent", "password_set_at", DateTimeField(null=True)))
    db.execute_sql(CHOSEN)
