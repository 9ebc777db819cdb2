"""The ledger (écritures), amounts in whole cents."""

from peewee import BigIntegerField, DateField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Lease(Base):
        pass

    class LedgerEntry(Base):
        lease = ForeignKeyField(Lease, on_delete="CASCADE")
        date = DateField()
        label = TextField()
        debit = BigIntegerField()
        credit = BigIntegerField()
        erp_id = TextField(default="")
        occurrence = IntegerField(default=1)

        class Meta:
            indexes = ((("lease", "date"), False),)

    db.create_tables([LedgerEntry])
    # An identifier of the ERP's own is one entry's; without one, all that an entry says tells it from the others.
    db.execute_sql("CREATE UNIQUE INDEX ledger_entry_erp_id ON ledger_entry (erp_id) WHERE erp_id <> ''")
    db.execute_sql(
        "CREATE UNIQUE INDEX ledger_entry_told ON ledger_entry (lease_id, date, label, debit, credit, occurrence)"
        " WHERE erp_id = ''"
    )
