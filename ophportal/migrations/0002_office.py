"""The office's console: agents and their sessions, what they verify, the letters they print, the work done apart."""

from peewee import DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    # What the new tables and columns refer to; they are there already.
    class Tenant(Base):
        pass

    class AccessRequest(Base):
        pass

    class Agent(Base):
        email = TextField()
        email_key = TextField(unique=True)
        name = TextField()
        role = TextField()
        password_hash = TextField(default="")
        factor_seed = TextField()
        factor_step = IntegerField(default=0)
        invitation_digest = TextField(default="", index=True)
        invitation_expires_at = DateTimeField(null=True)
        created_at = DateTimeField()
        activated_at = DateTimeField(null=True)
        disabled_at = DateTimeField(null=True)

    class RecoveryCode(Base):
        agent = ForeignKeyField(Agent, on_delete="CASCADE")
        digest = TextField(index=True)

    class AgentSession(Base):
        agent = ForeignKeyField(Agent, on_delete="CASCADE")
        token_digest = TextField(unique=True)
        created_at = DateTimeField()
        last_seen_at = DateTimeField()
        device = TextField(default="")
        network_address = TextField(default="")

    class Verification(Base):
        request = ForeignKeyField(AccessRequest, unique=True, on_delete="CASCADE")
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        created_at = DateTimeField()
        opened_by = ForeignKeyField(Agent, null=True, on_delete="SET NULL")
        opened_at = DateTimeField(null=True)
        decision = TextField(default="")
        reason = TextField(default="")
        decided_by = ForeignKeyField(Agent, null=True, on_delete="SET NULL")
        decided_at = DateTimeField(null=True, index=True)

    class PaperCode(Base):
        tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
        digest = TextField(unique=True)
        printed_by = ForeignKeyField(Agent, null=True, on_delete="SET NULL")
        created_at = DateTimeField()
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)

    class Job(Base):
        token = TextField(unique=True)
        kind = TextField()
        agent = ForeignKeyField(Agent, null=True, on_delete="SET NULL")
        parameters = TextField(default="{}")
        result = TextField(default="{}")
        state = TextField()
        attempts = IntegerField(default=0)
        created_at = DateTimeField(index=True)
        claim = TextField(default="")
        claimed_until = DateTimeField(null=True)
        finished_at = DateTimeField(null=True)
        forgotten_at = DateTimeField(null=True)

        class Meta:
            indexes = ((("state", "created_at"), False),)

    db.create_tables([Agent, RecoveryCode, AgentSession, Verification, PaperCode, Job])
    who = ForeignKeyField(Agent, field=Agent.id, null=True, on_delete="SET NULL")
    migrator.migrate(
        migrator.add_column("access_request", "asked_by_id", who),
        migrator.add_column("access_request", "letter_digest", TextField(default="")),
        migrator.add_column("account", "activated_at", DateTimeField(null=True)),
        migrator.add_column("account", "blocked_at", DateTimeField(null=True)),
        migrator.add_column("journal_entry", "agent_id", who),
        migrator.add_column(
            "outbox_message",
            "verification_id",
            ForeignKeyField(Verification, field=Verification.id, null=True, on_delete="CASCADE"),
        ),
    )
    db.execute_sql("UPDATE account SET activated_at = password_set_at")
    # The requests that waited for a person before there was a page for them.
    db.execute_sql(
        "INSERT INTO verification (request_id, tenant_id, created_at, decision, reason)"
        " SELECT id, tenant_id, settled_at, '', '' FROM access_request"
        " WHERE outcome IN ('other_address', 'no_address') AND tenant_id IS NOT NULL AND name <> ''"
    )
