"""Changes of e-mail address by the tenants, and what the ERP last said, so that it takes nothing back."""

from peewee import DateTimeField, ForeignKeyField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Tenant(Base):
        pass

    class AddressChange(Base):
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        token = TextField(unique=True)
        confirm_digest = TextField(index=True)
        undo_digest = TextField(index=True)
        old_email = TextField()
        old_key = TextField()
        new_email = TextField()
        new_key = TextField()
        state = TextField()
        created_at = DateTimeField()
        ends_at = DateTimeField()

    db.create_tables([AddressChange])
    db.execute_sql("CREATE UNIQUE INDEX address_change_pending ON address_change (tenant_id) WHERE state = 'pending'")
    change = ForeignKeyField(AddressChange, field=AddressChange.id, null=True, on_delete="CASCADE")
    migrator.migrate(migrator.add_column("outbox_message", "address_change_id", change))
    # Not by the migrator: on SQLite it would make the table anew, and drop the search's triggers with the old one.
    for column in ("erp_email_key", "erp_phone"):
        db.execute_sql(f"ALTER TABLE tenant ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    db.execute_sql("UPDATE tenant SET erp_email_key = email_key, erp_phone = phone")
