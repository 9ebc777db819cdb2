"""A tenant's session (DESIGN 6)."""

from datetime import timedelta
from typing import Any, Self

from flask_login import UserMixin
from peewee import BooleanField, Expression, ForeignKeyField, Query, TextField

from ophportal import clock
from ophportal.models.account import Account
from ophportal.models.session_row import SessionRow, digest_of
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given


class TenantSession(UserMixin, SessionRow):
    """`must_choose` holds back everything but the choice of a password, after a temporary one let the tenant in.

    `also_proved` is the other account whose own password was right at the same login: the session may go over to it.
    `form_digest` stands for the form that opened it, in this browser and no other; it is empty after any other way in.
    """

    IDLE = timedelta(minutes=30)
    LONGEST = timedelta(hours=12)

    account = ForeignKeyField(Account, backref="sessions", on_delete="CASCADE")
    account_id: int  # Peewee's own: the key, without its row
    must_choose = BooleanField(default=False)
    also_proved = ForeignKeyField(Account, null=True, backref="sessions_beside", on_delete="SET NULL")
    also_proved_id: int | None  # Peewee's own: the key, without its row
    form_digest = TextField(default="")

    @classmethod
    def named_by(cls, token: str) -> Self | None:
        """The running session of this cookie with its account and tenant, in one query; None when it has ended.

        It ends with the tenant's last lease, too, and when the office blocks the account.
        """
        session = NAMED_BY.first(cls, Account, Tenant, digest=digest_of(token), today=clock.today(), **cls.bounds())
        if session is not None:
            session.token = token
        return session

    @property
    def tenant(self) -> Tenant:
        return self.account.tenant

    def get_id(self) -> str:
        """What Flask-Login puts into the cookie."""
        return self.token

    @classmethod
    def opened_by(cls, form_digest: Any, *, since: Any) -> Expression:
        """The condition that this form has opened the session, after `since`."""
        return (cls.form_digest == form_digest) & (cls.created_at > since)

    @classmethod
    def of_first_press(cls, account: Account, form_digest: str, *, by_mail: bool) -> Self | None:
        """The session that this form has just opened (`clock.PRESSED_TWICE`): its button was pressed twice.

        `by_mail` tells a mailed password from an own one. None when the form has opened nothing, or when the session
        has been ended since, as it is when its password is voided.
        """
        first = cls.opened_by(form_digest, since=clock.a_moment_ago()) & (cls.must_choose == by_mail)
        # Not by `first`: a number that is bound to LIMIT makes SQLite plan the query anew, each time.
        return next(iter(cls.select().where((cls.account == account) & first)), None)

    def is_just_opened_by(self, form_digest: str) -> bool:
        return self.form_digest == form_digest and self.created_at > clock.a_moment_ago()

    def is_in(self, account: Account) -> bool:
        """Whether the session has `account` open; others of `running_of` have the second account open."""
        return self.account_id == account.id

    def other_account(self) -> Account | None:
        """The account beside this one, with its tenant, as the store has it now; None when it may not be opened.

        That is: its password was voided, `end_all_of` has taken the right to switch, the office has blocked it, its
        leases have ended, or this session is over.
        """
        row = TenantSession
        return (
            Account.select(Account, Tenant)
            .join(Tenant)
            .join_from(Account, row, on=(row.also_proved == Account.id))
            .where((row.id == self.id) & row.is_running() & (Account.password_hash != "") & Account.may_be_entered())
            .first()
        )

    @classmethod
    def running_of(cls, account: Account) -> list[Self]:
        """The running sessions that have the account open or may switch to it, the most recently seen first."""
        theirs = (cls.account == account) | (cls.also_proved == account)
        return list(cls.select().where(theirs & cls.is_running()).order_by(cls.last_seen_at.desc()))

    @classmethod
    def end_one_of(cls, account: Account, session_id: int) -> bool:
        """End one session of the account; of one in the other account, only its right to switch to this one.

        False when it is neither.
        """
        may_switch = (cls.also_proved == account) & (cls.id == session_id)
        if cls.update(also_proved=None).where(may_switch).execute():
            return True
        return cls.delete().where((cls.account == account) & (cls.id == session_id)).execute() == 1

    @classmethod
    def end_all_of(cls, account: Account, but: Self | None = None) -> None:
        """End the account's sessions, all or all but one, and the right of others to switch to it."""
        others = cls.id != (but.id if but is not None else None)
        cls.update(also_proved=None).where((cls.also_proved == account) & others).execute()
        cls.delete().where((cls.account == account) & others).execute()


def named_by() -> Query:
    row = TenantSession
    return (
        row.select(row, Account, Tenant)
        .join(Account, on=row.account)
        .join(Tenant)
        .where(
            (row.token_digest == given("digest"))
            & row.is_running(
                seen_after=given("seen_after", row.last_seen_at.db_value),
                begun_after=given("begun_after", row.created_at.db_value),
            )
            & Account.may_be_entered(given("today"))
        )
    )


NAMED_BY = Prepared(named_by)
