"""The first tables. A frozen copy: the models move on, this file never does."""

from peewee import BooleanField, DateField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Tenant(Base):
        number = TextField()
        number_key = TextField(unique=True)
        civility = TextField(default="")
        last_name = TextField()
        birth_name = TextField(default="")
        first_names = TextField(default="")
        email = TextField(default="")
        email_key = TextField(default="", index=True)
        phone = TextField(default="")

    class Dwelling(Base):
        reference = TextField()
        reference_key = TextField(unique=True)
        address = TextField(default="")
        postal_code = TextField(default="")
        city = TextField(default="")
        kind = TextField(default="")

    class Lease(Base):
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        dwelling = ForeignKeyField(Dwelling, on_delete="CASCADE")
        starts_on = DateField(null=True)
        ends_on = DateField(null=True)

        class Meta:
            indexes = ((("tenant", "dwelling"), True),)

    class Account(Base):
        tenant = ForeignKeyField(Tenant, unique=True, on_delete="CASCADE")
        code = TextField()
        code_key = TextField(unique=True)
        password_hash = TextField(default="")
        password_set_at = DateTimeField(null=True)
        created_at = DateTimeField()

    class AccessRequest(Base):
        token = TextField(unique=True)
        name = TextField()
        email = TextField()
        dwelling_reference = TextField()
        tenant_number = TextField()
        network_address = TextField()
        created_at = DateTimeField()
        outcome = TextField()
        tenant = ForeignKeyField(Tenant, null=True, on_delete="SET NULL")
        settled_at = DateTimeField(null=True, index=True)

    class TemporaryPassword(Base):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        request = ForeignKeyField(AccessRequest, null=True, unique=True, on_delete="SET NULL")
        digest = TextField(index=True)
        sent_to = TextField()
        created_at = DateTimeField()
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)

    class TenantSession(Base):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        token_digest = TextField(unique=True)
        created_at = DateTimeField()
        last_seen_at = DateTimeField()
        must_choose = BooleanField(default=False)
        device = TextField(default="")
        network_address = TextField(default="")

    class JournalEntry(Base):
        at = DateTimeField(index=True)
        event = TextField()
        tenant = ForeignKeyField(Tenant, null=True, on_delete="SET NULL")
        subject = TextField(default="")
        mailbox = TextField(default="")
        network_address = TextField(default="")
        detail = TextField(default="")

        class Meta:
            indexes = (
                (("subject", "event", "at"), False),
                (("mailbox", "event", "at"), False),
                (("network_address", "event", "at"), False),
            )

    class OutboxMessage(Base):
        message_id = TextField(unique=True)
        mail = TextField(default="")
        request = ForeignKeyField(AccessRequest, null=True, unique=True, on_delete="CASCADE")
        tenant = ForeignKeyField(Tenant, null=True, on_delete="SET NULL")
        recipient = TextField(default="")
        state = TextField()
        attempts = IntegerField(default=0)
        created_at = DateTimeField()
        due_at = DateTimeField()
        give_up_at = DateTimeField()
        claim = TextField(default="")
        claimed_until = DateTimeField(null=True)
        last_error = TextField(default="")
        finished_at = DateTimeField(null=True)

        class Meta:
            indexes = ((("state", "due_at"), False),)

    db.create_tables(
        [
            Tenant,
            Dwelling,
            Lease,
            Account,
            AccessRequest,
            TemporaryPassword,
            TenantSession,
            JournalEntry,
            OutboxMessage,
        ]
    )
