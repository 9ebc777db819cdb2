"""Documents that the office drops for its tenants; their contents are files."""

from peewee import DateField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Tenant(Base):
        pass

    class Lease(Base):
        pass

    class Document(Base):
        token = TextField(unique=True)
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        lease = ForeignKeyField(Lease, null=True, on_delete="CASCADE")
        period = DateField()
        kind = TextField()
        title = TextField()
        digest = TextField(index=True)
        size = IntegerField()
        added_at = DateTimeField()

    db.create_tables([Document])
    db.execute_sql(
        "CREATE UNIQUE INDEX document_place ON document (tenant_id, COALESCE(lease_id, 0), period, kind, title)"
    )
