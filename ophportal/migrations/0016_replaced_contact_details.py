"""Tenants keep what the portal replaced last of their ways to be reached: from the ERP it is no news."""


def up(migrator, db):
    # Not by the migrator: on SQLite it would make the table anew, and drop the search's triggers with the old one.
    for column in ("replaced_email_key", "replaced_phone"):
        db.execute_sql(f"ALTER TABLE tenant ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
