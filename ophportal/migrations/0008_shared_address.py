"""Two accounts by one address: the other account that a session may go over to."""

from peewee import ForeignKeyField, Model


def up(migrator, db):
    class Account(Model):
        class Meta:
            database = db
            legacy_table_names = False

    other = ForeignKeyField(Account, field=Account.id, null=True, on_delete="SET NULL")
    migrator.migrate(migrator.add_column("tenant_session", "also_proved_id", other))
