"""Consents to electronic delivery; and the index that says when the ledger was last brought up to date."""

from peewee import DateTimeField, ForeignKeyField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Tenant(Base):
        pass

    class DeliveryConsent(Base):
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        wording = TextField()
        given_at = DateTimeField()
        withdrawn_at = DateTimeField(null=True)

    db.create_tables([DeliveryConsent])
    db.execute_sql(
        "CREATE UNIQUE INDEX delivery_consent_in_force ON delivery_consent (tenant_id) WHERE withdrawn_at IS NULL"
    )
    migrator.migrate(migrator.add_index("job", ("kind", "finished_at")))
