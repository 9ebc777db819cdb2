"""Documents that the office has taken back from their tenants, so that the next import does not bring them back."""

from peewee import DateField, DateTimeField, ForeignKeyField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Tenant(Base):
        pass

    class Lease(Base):
        pass

    class Withdrawal(Base):
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        lease = ForeignKeyField(Lease, null=True, on_delete="CASCADE")
        period = DateField()
        kind = TextField()
        title = TextField()
        digest = TextField()
        withdrawn_at = DateTimeField()

    db.create_tables([Withdrawal])
