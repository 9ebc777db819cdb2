"""« J'ai reçu un courrier »: the tenant's way from the letter's code to their account."""

from datetime import date, timedelta

import pytest
import time_machine

from ophportal.clock import now
from ophportal.codes import CODE_LETTERS, closed, grouped
from ophportal.models import (
    AccessRequest,
    Account,
    Event,
    JournalEntry,
    OutboxMessage,
    Outcome,
    PaperCode,
    TemporaryPassword,
    Tenant,
)
from ophportal.outbox import deliver_due
from ophportal.paper_codes import is_paper_code, is_well_copied, paper_code, paper_digest
from ophportal.retention import purge
from tests.conftest import OWN_PASSWORD, landing, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read
from tests.together import at_once

NEVER_PRINTED = "0000-0000-0000"


@pytest.fixture
def post_letter(app):
    """A function that puts a letter's code into a tenant's hands."""

    def post(tenant):
        code = paper_code()
        with app.app_context():
            PaperCode.issue({tenant.id: paper_digest(code)}, None)
        return code

    return post


def use(visitor, code, email="maria@exemple.test"):
    return visitor.submit("/courrier-recu", letter_code=code, email=email)


def plain(mail):
    return as_read(mail.body)


def events():
    return [entry.event for entry in JournalEntry.select().order_by(JournalEntry.id)]


def test_who_has_no_address_on_file_gets_from_the_letter_to_the_account(visitor, make_tenant, post_letter, outbox):
    tenant = make_tenant(email="")
    code = post_letter(tenant)

    asked = Page(visitor.get("/demander-un-code"))
    link = next(a for a in asked.soup.select("a") if a.text == "J'ai reçu un courrier")
    answer = visitor.submit(link["href"], letter_code=code, email="Maria@exemple.test")
    confirmation = Page(answer if visitor.htmx else visitor.get(landing(answer)))
    assert (
        "Le code d'accès a été envoyé à l'adresse Maria@exemple.test, si le code du courrier est valable."
        in confirmation.one("#demande strong").get_text()
    )

    mail = outbox.deliver()
    assert mail.recipients == ["Maria@exemple.test"]
    access_code, password = code_and_password(mail.body)
    assert landing(visitor.submit("/identification", identifier=access_code, password=password)) == "/compte"
    visitor.submit("/compte/choisir-mot-de-passe", new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)
    assert "Maria Stella D'ANGELO-PAOLI" in Page(visitor.get("/compte")).text

    tenant = Tenant.get_by_id(tenant.id)
    assert (tenant.email, tenant.email_key) == ("Maria@exemple.test", "maria@exemple.test")
    assert AccessRequest.get().outcome == Outcome.CREDENTIALS_SENT
    assert PaperCode.get().used_at is not None
    used = JournalEntry.get(JournalEntry.event == Event.LETTER_USED)
    assert used.tenant == tenant


@pytest.mark.parametrize("typed", ["{}", "  {} ", "lower", "spaces", "no dashes", "look-alikes"])
def test_the_code_may_be_typed_as_people_type(client, make_tenant, app, outbox, typed):
    code = grouped(closed("70K2194QFD0"))
    with app.app_context():
        PaperCode.issue({make_tenant(email="").id: paper_digest(code)}, None)
    ways = {
        "lower": code.lower(),
        "spaces": code.replace("-", " "),
        "no dashes": code.replace("-", ""),
        "look-alikes": code.replace("0", "O").replace("1", "l"),
    }
    use(client, ways.get(typed, typed.format(code)))
    outbox.deliver()
    assert AccessRequest.get().outcome == Outcome.CREDENTIALS_SENT


def test_codes_are_drawn_at_random_and_lie_nowhere(app, make_tenant, post_letter):
    codes = {paper_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(is_paper_code(code) and len(code) == 14 for code in codes)
    # 32 letters each drawn 2 200 / 32 times: none is missing.
    assert len(set("".join(codes))) == 33

    code = post_letter(make_tenant())
    assert code not in str(PaperCode.select().dicts().get())
    assert code.replace("-", "") not in str(PaperCode.select().dicts().get())


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("letter_code", "", "Écrivez le code du courrier."),
        ("letter_code", "7K2M-94QF", "Recopiez les 12 chiffres et lettres du code"),
        ("letter_code", "7K2M-94QF-D0XVV", "Recopiez les 12 chiffres et lettres du code"),
        ("letter_code", "UUUU-UUUU-UUUU", "Recopiez les 12 chiffres et lettres du code"),
        ("letter_code", "x" * 51, "«\u00a0Votre code du courrier\u00a0»\u00a0: trop long."),
        (
            "letter_code",
            "7K2M\0-94QF-D0XV",
            "«\u00a0Votre code du courrier\u00a0»\u00a0: il y a un caractère invisible.",
        ),
        ("email", "", "Écrivez votre adresse e-mail."),
        ("email", "maria", "Cette adresse e-mail n'est pas complète"),
        ("email", "a@exemple.test, b@exemple.test", "Cette adresse e-mail n'est pas complète"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field_and_writes_nothing(visitor, field, typed, said):
    fields = {"letter_code": NEVER_PRINTED, "email": "maria@exemple.test", field: typed}
    answer = visitor.submit("/courrier-recu", **fields)
    page = Page(answer)

    assert answer.status_code == 422
    assert page.title.startswith("Erreur")
    assert said in page.one(f"#{field}-erreur").text
    assert page.one(f".summary a[href='#{field}']")
    assert AccessRequest.select().count() == OutboxMessage.select().count() == 0


class TestSlip:
    """Who got a letter has no address on file: no mail would tell them that the code was miscopied."""

    def test_it_is_told_at_once_and_writes_nothing(self, visitor, make_tenant, post_letter):
        code = post_letter(make_tenant(email=""))
        slip = code[:-1] + ("3" if code[-1] != "3" else "4")
        answer = use(visitor, slip)
        page = Page(answer)
        assert answer.status_code == 422
        assert "Un des 12 signes n'est pas le bon : relisez-le sur le courrier." in as_read(
            page.one("#letter_code-erreur").text
        )
        assert page.one("#letter_code")["value"] == slip
        assert AccessRequest.select().count() == JournalEntry.select().count() == 0

    def test_no_wrong_sign_and_no_two_swapped_pass(self):
        for _ in range(30):
            code = paper_code().replace("-", "")
            assert is_well_copied(code)
            for place, sign in enumerate(code):
                others = [code[:place] + other + code[place + 1 :] for other in CODE_LETTERS if other != sign]
                swaps = [
                    code[:place] + code[after] + code[place + 1 : after] + sign + code[after + 1 :]
                    for after in range(place + 1, len(code))
                    if code[after] != sign
                ]
                assert not any(map(is_well_copied, [*others, *swaps])), code

    def test_what_it_says_depends_on_the_signs_alone(self, client, make_tenant, post_letter):
        """Of codes that were printed and that were not, the same: it is no way to ask which exist."""
        assert use(client, post_letter(make_tenant(email=""))).status_code == 303
        assert use(client, NEVER_PRINTED).status_code == 303
        assert use(client, "0000-0000-0001").status_code == 422


class TestDeadCodes:
    def test_a_code_serves_once(self, client, make_tenant, post_letter, outbox):
        code = post_letter(make_tenant(email=""))
        use(client, code)
        outbox.deliver()
        use(client, code, "autre@exemple.test")

        assert outbox.deliver() is None
        assert [request.outcome for request in AccessRequest.select().order_by(AccessRequest.id)] == [
            Outcome.CREDENTIALS_SENT,
            Outcome.UNKNOWN,
        ]
        assert Tenant.get().email == "maria@exemple.test"

    def test_nor_do_two_workers_at_once_use_it_twice(self, make_tenant, post_letter):
        post_letter(make_tenant(email=""))
        one, other = PaperCode.get(), PaperCode.get()
        assert (one.use(), other.use()) == (True, False)

    def test_who_presses_twice_is_told_that_all_is_well(self, client, make_tenant, post_letter, outbox):
        code = post_letter(make_tenant(email=""))
        use(client, code)
        use(client, code)
        outbox.deliver()

        credentials, dead = outbox.sent
        assert "Votre mot de passe" in plain(credentials)
        assert "Ce code n'est pas le bon, ou il ne marche plus." in plain(dead)
        assert "Vous avez déjà reçu un e-mail avec votre code d'accès ? Alors tout va bien." in plain(dead)
        assert "avis d'échéance" not in plain(dead) + dead.html
        access_code, password = code_and_password(credentials.body)
        assert landing(client.submit("/identification", identifier=access_code, password=password)) == "/compte"

    def test_the_newest_letter_alone_is_valid(self, client, make_tenant, post_letter, outbox):
        tenant = make_tenant(email="")
        first, second = post_letter(tenant), post_letter(tenant)
        use(client, first)
        assert outbox.deliver() is None
        use(client, second)
        assert outbox.deliver() is not None

    def test_that_one_was_used_stays_when_another_is_printed(self, client, make_tenant, post_letter, outbox):
        tenant = make_tenant(email="")
        use(client, post_letter(tenant))
        outbox.deliver()
        post_letter(tenant)
        assert [code.used_at is not None for code in PaperCode.select().order_by(PaperCode.id)] == [True, False]
        assert PaperCode.newest_of(tenant).used_at is None

    def test_what_becomes_of_one_letter_changes_nobody_else_s(self, client, make_tenant, post_letter, outbox):
        maria = make_tenant(email="")
        karim = make_tenant("BEN AMAR", "Karim", number="99", reference="99", email="")
        of_karim, of_maria = post_letter(karim), post_letter(maria)
        use(client, of_maria)
        assert outbox.deliver() is not None
        assert [PaperCode.newest_of(tenant).used_at is None for tenant in (maria, karim)] == [False, True]
        use(client, of_karim, "karim@exemple.test")
        assert outbox.deliver() is not None

    def test_it_expires_after_sixty_days(self, client, make_tenant, post_letter, outbox):
        code = post_letter(make_tenant(email=""))
        with time_machine.travel(now() + timedelta(days=59, hours=23), tick=False):
            assert PaperCode.valid_with(PaperCode.get().digest) is not None
        with time_machine.travel(now() + timedelta(days=60, seconds=1), tick=False):
            use(client, code)
            assert outbox.deliver() is None
            assert AccessRequest.get().outcome == Outcome.UNKNOWN
            assert PaperCode.newest_of(Tenant.get()) is None
            purge()
            assert PaperCode.select().count() == 0

    def test_an_ended_lease_gives_no_access(self, client, make_tenant, post_letter, outbox):
        code = post_letter(make_tenant(email="", ends_on=date(2020, 1, 1)))
        use(client, code)
        assert outbox.deliver() is None
        assert AccessRequest.get().outcome == Outcome.UNKNOWN
        assert PaperCode.get().used_at is None

    def test_a_blocked_account_stays_blocked_and_its_address_is_told(self, client, make_account, post_letter, outbox):
        account = make_account(email="ancienne@exemple.test")
        code = post_letter(account.tenant)
        account.block()
        use(client, code)

        assert outbox.deliver().recipients == ["ancienne@exemple.test"]
        assert AccessRequest.get().outcome == Outcome.BLOCKED
        assert Tenant.get().email == "ancienne@exemple.test"
        assert TemporaryPassword.select().count() == 0
        assert PaperCode.get().used_at is None

    def test_a_wrong_code_with_an_address_on_file_tells_that_address(self, client, make_tenant, outbox):
        make_tenant()
        use(client, NEVER_PRINTED)

        mail = outbox.deliver()
        assert mail.recipients == ["maria@exemple.test"]
        assert "les 12 chiffres et lettres du code" in plain(mail)
        assert AccessRequest.get().outcome == Outcome.NO_MATCH
        assert AccessRequest.get().tenant is None

    def test_a_wrong_code_with_an_unknown_address_is_for_the_journal_alone(self, client, make_tenant, outbox):
        make_tenant()
        use(client, NEVER_PRINTED, "autre@exemple.test")

        assert outbox.deliver() is None
        assert AccessRequest.get().outcome == Outcome.UNKNOWN
        assert events() == [Event.REQUEST, Event.REQUEST_SETTLED]

    def test_an_empty_digest_is_nobody_s(self, app):
        with app.app_context():
            assert PaperCode.valid_with("") is None


class TestAddress:
    def test_an_older_address_is_told_that_another_one_replaces_it(self, client, make_account, post_letter, outbox):
        account = make_account(email="ancienne@exemple.test")
        use(client, post_letter(account.tenant), "nouvelle@exemple.test")
        outbox.deliver()

        to = {mail.recipients[0]: plain(mail) for mail in outbox.sent}
        assert set(to) == {"ancienne@exemple.test", "nouvelle@exemple.test"}
        assert "l'office écrit à une autre adresse e-mail" in to["ancienne@exemple.test"]
        assert "nouvelle@exemple.test" not in to["ancienne@exemple.test"]
        assert account.code in to["nouvelle@exemple.test"]
        assert account.code not in to["ancienne@exemple.test"]

    def test_the_address_on_file_typed_again_changes_nothing(self, client, make_tenant, post_letter, outbox):
        use(client, post_letter(make_tenant()), "MARIA@exemple.test")
        outbox.deliver()
        assert [mail.recipients for mail in outbox.sent] == [["maria@exemple.test"]]
        assert Event.EMAIL_CHANGED not in events()

    def test_two_tenants_may_share_an_address(self, client, make_tenant, post_letter, outbox):
        make_tenant()
        karim = make_tenant("BEN AMAR", "Karim", number="99", reference="99", email="")
        use(client, post_letter(karim))

        assert "BEN AMAR" in outbox.deliver().body
        assert [tenant.email for tenant in Tenant] == ["maria@exemple.test"] * 2

    def test_a_password_of_one_s_own_goes_on_until_the_temporary_one_is_used(
        self, client, make_account, post_letter, outbox
    ):
        account = make_account()
        use(client, post_letter(account.tenant))
        outbox.deliver()
        assert landing(client.submit("/identification", identifier=account.code, password=OWN_PASSWORD)) == "/compte"


def test_of_two_uses_at_once_one_wins(app, make_tenant, post_letter, client, outbox):
    """Two workers settle two requests with one code at the same moment."""
    code = post_letter(make_tenant(email=""))
    for email in ("une@exemple.test", "deux@exemple.test"):
        use(client, code, email)

    def deliver():
        with app.app_context():
            deliver_due()

    at_once(deliver, deliver)

    assert sorted(request.outcome for request in AccessRequest) == [Outcome.CREDENTIALS_SENT, Outcome.UNKNOWN]
    winner = AccessRequest.get(AccessRequest.outcome == Outcome.CREDENTIALS_SENT)
    assert Tenant.get().email == winner.email
    assert [mail.recipients for mail in outbox.sent] == [[winner.email]]
    assert TemporaryPassword.select().count() == Account.select().count() == 1


def test_a_use_that_the_worker_could_not_finish_is_taken_again(client, make_tenant, post_letter, outbox, monkeypatch):
    """A crash in the middle of the settling uses no code up."""
    code = post_letter(make_tenant(email=""))
    use(client, code)
    with monkeypatch.context() as broken:
        broken.setattr(TemporaryPassword, "issue", lambda *_: 1 / 0)
        outbox.deliver()
    assert PaperCode.get().used_at is None
    assert Tenant.get().email == ""

    with time_machine.travel(now() + timedelta(minutes=1)):
        assert outbox.deliver().recipients == ["maria@exemple.test"]


def test_what_was_typed_is_forgotten_after_thirty_days(client, make_tenant, post_letter, outbox):
    for code, email in ((post_letter(make_tenant(email="")), "maria@exemple.test"), (NEVER_PRINTED, "x@exemple.test")):
        use(client, code, email)
    outbox.deliver()
    with time_machine.travel(now() + timedelta(days=29)):
        purge()
        assert {request.email for request in AccessRequest} == {"maria@exemple.test", "x@exemple.test"}
    with time_machine.travel(now() + timedelta(days=31)):
        purge()
        assert {(request.email, request.network_address) for request in AccessRequest} == {("", "")}
        assert {request.outcome for request in AccessRequest} == {Outcome.CREDENTIALS_SENT, Outcome.UNKNOWN}


def test_many_codes_from_one_place_are_slowed(client):
    answers = [use(client, closed(f"00000000{n:03d}"), f"p{n}@exemple.test").status_code for n in range(21)]
    assert answers == [303] * 20 + [429]


class TestMadeUpCodes:
    """A code of nobody's costs nothing to make up: with a tenant's address beside it, it has the portal write there."""

    @pytest.fixture(autouse=True)
    @staticmethod
    def clock(app, monkeypatch):
        monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 1000)  # from as many networks as a stranger likes
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            yield clock

    @staticmethod
    def make_up(client, count):
        for n in range(count):
            assert landing(use(client, closed(f"00000000{n:03d}"))) == "/code-envoye"

    def test_bring_an_address_on_file_so_many_mails_an_hour(self, client, make_tenant, outbox, clock):
        make_tenant()
        self.make_up(client, 9)
        outbox.deliver()
        assert [mail.recipients for mail in outbox.sent] == [["maria@exemple.test"]] * 5
        outcomes = [request.outcome for request in AccessRequest.select().order_by(AccessRequest.id)]
        assert outcomes == [Outcome.NO_MATCH] * 5 + [Outcome.TOO_MANY] * 4

        clock.shift(timedelta(minutes=61))
        self.make_up(client, 1)
        outbox.deliver()
        assert len(outbox.sent) == 6

    def test_count_with_the_wrong_answers_of_the_other_form(self, client, make_tenant, outbox):
        make_tenant()
        for n in range(4):
            request_code(client, tenant_number=f"77{n}")
        self.make_up(client, 3)
        outbox.deliver()
        assert len(outbox.sent) == 5

    def test_keep_no_letter_from_opening(self, client, make_tenant, post_letter, outbox):
        code = post_letter(make_tenant())
        self.make_up(client, 9)
        use(client, code)
        outbox.deliver()
        *_, mail = outbox.sent
        access_code, password = code_and_password(mail.body)
        assert landing(client.submit("/identification", identifier=access_code, password=password)) == "/compte"

    def test_nor_do_passwords_that_came_otherwise(self, client, make_tenant, post_letter, outbox, each_press_counts):
        """The letter's code would be used up, and nothing come of it."""
        code = post_letter(make_tenant())
        for _ in range(5):
            request_code(client)
        outbox.deliver()
        use(client, code)
        outbox.deliver()
        assert len(outbox.sent) == 6
        assert JournalEntry.select().where(JournalEntry.event == Event.LETTER_USED).count() == 1

    def test_and_letters_of_a_blocked_account_tell_its_address_no_oftener(
        self, client, make_tenant, post_letter, outbox, app, monkeypatch, each_press_counts
    ):
        monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
        tenant = make_tenant()
        Account.get_or_open(tenant).block()
        for _ in range(2):
            request_code(client)
        use(client, post_letter(tenant))
        outbox.deliver()
        assert len(outbox.sent) == 2
