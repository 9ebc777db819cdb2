"""The mailed password: one login, twenty-four hours, for the address that it went to."""

from datetime import date, timedelta

import pytest

from ophportal import database, passwords
from ophportal.clock import now
from ophportal.models import AccessRequest, Account, Lease, OutboxMessage, TemporaryPassword, Tenant, TenantSession
from ophportal.models.keys import email_key
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.doors import choose, landing_or_page, try_in

NEW = "deux lunes rouges sur le toit"


def another_last_letter(password: str) -> str:
    """The temporary password with its last letter mistyped, whichever letter that is."""
    return password[:-1] + next(letter for letter in passwords.LETTERS if letter != password[-1])


class TestTemporaryPassword:
    """One login, twenty-four hours, for the address that it went to; and nobody is locked out by it."""

    def test_it_is_good_for_one_login(self, client, another_browser, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, code, temporary) == 303
        assert try_in(another_browser, code, temporary) == 422
        assert landing(choose(client, NEW)) == "/compte"
        assert try_in(another_browser, code, temporary) == 422

    def test_it_is_not_used_up_by_somebody_who_mistypes(self, client, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, code, another_last_letter(temporary)) == 422
        assert try_in(client, "ZZZZ-ZZZZ", temporary) == 422
        assert try_in(client, code, temporary) == 303

    @pytest.mark.parametrize(("minutes", "status"), [(24 * 60 - 1, 303), (24 * 60, 422), (24 * 60 + 1, 422)])
    def test_it_is_good_for_twenty_four_hours(self, client, make_tenant, mailed, clock, minutes, status):
        make_tenant()
        code, temporary = mailed()
        clock.shift(timedelta(minutes=minutes))
        assert try_in(client, code, temporary) == status

    def test_a_newer_one_makes_it_void(self, client, another_browser, make_tenant, mailed, each_press_counts):
        make_tenant()
        code, older = mailed()
        same_code, newer = mailed()
        assert (same_code, newer != older) == (code, True)
        assert try_in(client, code, older) == 422
        assert try_in(client, code, newer) == 303
        assert try_in(another_browser, code, older) == 422

    def test_a_change_of_address_makes_it_void_and_back_again(self, client, make_tenant, mailed):
        tenant = make_tenant()
        code, temporary = mailed()
        put_address(tenant, "autre@exemple.test")
        assert try_in(client, code, temporary) == 422
        put_address(tenant, "")
        assert try_in(client, code, temporary) == 422
        put_address(tenant, "maria@exemple.test")
        assert try_in(client, code, temporary) == 303

    def test_the_same_address_written_otherwise_keeps_it(self, client, make_tenant, mailed):
        tenant = make_tenant()
        code, temporary = mailed()
        put_address(tenant, "Maria@Exemple.test")
        Tenant.update(phone="04 65 71 00 01").execute()
        assert try_in(client, code, temporary) == 303

    def test_the_end_of_the_last_lease_makes_it_void(self, client, make_tenant, mailed, clock):
        make_tenant()
        code, temporary = mailed()
        Lease.update(ends_on=date(2026, 3, 1)).execute()
        assert try_in(client, code, temporary) == 422
        Lease.update(ends_on=date(2026, 3, 2)).execute()
        assert try_in(client, code, temporary) == 303

    def test_it_opens_the_account_of_its_own_tenant_alone(self, client, make_tenant, make_account, mailed):
        other = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test")
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, other.code, temporary) == 422
        assert try_in(client, "ange@exemple.test", temporary) == 422
        assert try_in(client, code, temporary) == 303

    def test_what_the_store_knows_of_it_opens_nothing(self, client, make_tenant, mailed):
        make_tenant()
        code, _ = mailed()
        for secret in (TemporaryPassword.get().digest, AccessRequest.get().token):
            assert try_in(client, code, secret) == 422

    def test_once_used_it_is_found_by_the_form_alone_that_has_just_used_it(self, make_tenant, clock):
        account = Account.get_or_open(make_tenant())
        other = Account.get_or_open(make_tenant("ROSSI", number="678", reference="9-9", email="rossi@exemple.test"))
        used = TemporaryPassword.create(account=account, digest="digest", sent_to=account.tenant.email_key)

        def is_found_by(form):
            return TemporaryPassword.valid_for([account.id], "digest", form) is not None

        assert is_found_by("form")
        assert used.use()
        assert not is_found_by("form")
        opened = TenantSession.start(
            account=account, device="", network_address="", must_choose=True, form_digest="form"
        )
        assert is_found_by("form")
        assert not is_found_by("another form")
        for of_another_way_in in ({"must_choose": False}, {"account": other}):
            with database.proxy.atomic() as undone:
                TenantSession.update(of_another_way_in).execute()
                assert not is_found_by("form")
                undone.rollback()
        clock.shift(timedelta(hours=1))
        TenantSession.update(created_at=now()).where(TenantSession.id == opened.id).execute()
        assert not is_found_by("form")

    def test_the_own_password_goes_on_working_until_it_is_used(self, client, another_browser, make_account, mailed):
        account = make_account()
        code, temporary = mailed()
        assert try_in(another_browser, code, OWN_PASSWORD) == 303
        another_browser.log_out()
        assert try_in(client, code, temporary) == 303
        assert try_in(another_browser, account.code, OWN_PASSWORD) == 422

    def test_its_use_ends_the_sessions_of_whoever_was_in_at_once(self, client, another_browser, make_account, mailed):
        """« Ce n'était pas vous ? Demandez tout de suite un nouveau mot de passe »: before it is chosen, too."""
        log_in(another_browser, make_account())
        code, temporary = mailed()
        assert another_browser.get("/compte").status_code == 200
        assert try_in(client, code, temporary) == 303
        assert landing(another_browser.get("/compte")) == "/identification"
        assert landing(choose(client, NEW)) == "/compte"

    def test_its_use_is_told_of_by_no_mail_about_a_new_device(self, client, make_account, mailed):
        """Who opens with it has just read that mailbox."""
        make_account()
        code, temporary = mailed()
        assert try_in(client, code, temporary) == 303
        assert not OutboxMessage.select().where(OutboxMessage.mail == "new_device").exists()

    def test_so_ends_one_that_an_older_one_opened_and_that_has_chosen_nothing_yet(
        self, client, another_browser, make_tenant, mailed, each_press_counts
    ):
        make_tenant()
        code, older = mailed()
        assert try_in(another_browser, code, older) == 303
        _, newer = mailed()
        assert try_in(client, code, newer) == 303
        assert landing(another_browser.get("/compte/choisir-mot-de-passe")) == "/identification"

    def test_asking_for_codes_locks_nobody_out(
        self, client, another_browser, make_account, mailed, outbox, each_press_counts
    ):
        account = make_account()
        log_in(another_browser, account)
        for _ in range(5):
            mailed()
        assert request_code(client).status_code == 429
        assert landing_or_page(another_browser) == "/compte"
        another_browser.log_out()
        assert log_in(another_browser, account).status_code == 303

    def test_a_tenant_who_closes_the_browser_before_choosing_asks_again(
        self, client, another_browser, make_tenant, mailed, each_press_counts
    ):
        make_tenant()
        code, temporary = mailed()
        assert try_in(another_browser, code, temporary) == 303
        again, fresh = mailed()
        assert again == code
        assert try_in(client, code, fresh) == 303
        assert landing(choose(client, NEW)) == "/compte"
        # Whoever held the first of them is out.
        assert landing_or_page(another_browser) == "/identification"


def put_address(tenant: Tenant, email: str) -> None:
    Tenant.update(email=email, email_key=email_key(email)).where(Tenant.id == tenant.id).execute()
