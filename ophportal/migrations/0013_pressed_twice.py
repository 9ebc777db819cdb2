"""Sessions know the form that opened them: by it, a button that is pressed twice is told from another browser."""

from peewee import TextField


def up(migrator, db):
    migrator.migrate(migrator.add_column("tenant_session", "form_digest", TextField(default="")))
