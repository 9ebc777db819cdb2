"""`ophportal check`: the portal's own address, and the mail server, asked as they are."""

import http.server
import socket
import subprocess
import threading
from contextlib import contextmanager

import dns.resolver
import pytest
from aiosmtpd.smtp import AuthResult

import config
from ophportal.checks import Level, address, mail
from tests.names import NameServer
from tests.smtp import Postman, PostOffice, free_port, self_signed

OK, WARNING, ERROR = Level


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """A function that gives the TLS context of a server whose certificate this machine trusts."""

    def make(name="localhost", days=60):
        context, certificate = self_signed(tmp_path, name)
        renew(certificate, tmp_path / "key.pem", days)
        context.load_cert_chain(certificate, tmp_path / "key.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        return context

    return make


def renew(certificate, key, days):
    """Sign it anew, until so many days from now: at 0 it has expired."""
    signed = certificate.with_suffix(".new")
    words = ["openssl", "x509", "-in", certificate, "-signkey", key, "-days", str(days), "-out", signed]
    subprocess.run(words, check=True, capture_output=True)
    signed.replace(certificate)


@contextmanager
def site(body=b"vivant\n", status=200, tls=None, number="X-Request-ID"):
    """A web server that says this, whatever it is asked; its address. The portal behind it numbers each answer as
    the header `number` says, or else by itself."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("X-Request-ID", self.headers[number] or "0000-0000-0000")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            """A visitor who trusts no such certificate hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestAddress:
    def test_a_site_that_leads_to_the_portal_over_tls_is_right(self, look, trusted):
        with site(tls=trusted()) as url:
            [(level, said)] = look(address.public_address, BASE_URL=url)
        assert (level, said) == (OK, f"{url} répond, certificat valable encore 59 jours.")

    @pytest.mark.parametrize(
        ("days", "when"),
        [
            (5, "expire dans moins de 5 jours"),
            (1, "son certificat expire aujourd'hui ou demain : renouvelez-le"),  # and no number of days
        ],
    )
    def test_a_certificate_that_ends_soon_is_pointed_out(self, look, trusted, days, when):
        with site(tls=trusted(days=days)) as url:
            [(level, said)] = look(address.public_address, BASE_URL=url)
        assert level == WARNING
        assert when in said

    @pytest.mark.parametrize(
        ("certificate", "said"),
        [({"days": 0}, "il a expiré"), ({"name": "autre.exemple.test"}, "il est fait pour un autre nom")],
    )
    def test_a_certificate_that_a_browser_would_refuse(self, look, trusted, certificate, said):
        with site(tls=trusted(**certificate)) as url:
            [(level, message)] = look(address.public_address, BASE_URL=url)
        assert level == ERROR
        assert said in message

    def test_a_certificate_that_nobody_knows(self, look, tmp_path):
        context, _ = self_signed(tmp_path)
        with site(tls=context) as url:
            [(level, message)] = look(address.public_address, BASE_URL=url)
        assert level == ERROR
        assert "signé par lui-même" in message

    @pytest.mark.parametrize("answer", [{"status": 502}, {"body": b"<h1>Welcome to nginx!</h1>"}])
    def test_a_proxy_that_leads_elsewhere(self, look, trusted, answer):
        with site(tls=trusted(), **answer) as url:
            [(level, message)] = look(address.public_address, BASE_URL=url)
        assert level == ERROR
        assert "mais pas le portail" in message

    def test_a_proxy_that_hands_on_what_passes_for_its_own_word(self, look):
        with site(number="X_Request_ID") as url:
            *_, (level, message) = look(address.public_address, BASE_URL=url)
        assert level == ERROR
        assert "X_Forwarded_For" in message
        assert "request_header -*_*" in message

    def test_a_site_that_nobody_answers_for(self, look):
        [(level, message)] = look(address.public_address, BASE_URL=f"https://localhost:{free_port()}")
        assert (level, message.split(" : ")[1]) == (ERROR, "rien n'écoute sur ce port.")

    def test_a_name_that_does_not_exist(self, look):
        [(level, message)] = look(address.public_address, BASE_URL="https://locataires.invalid")
        assert (level, message.split(" : ")[1]) == (ERROR, "ce nom n'a pas d'adresse dans le DNS.")

    def test_something_that_is_no_web_site(self, look):
        with PostOffice(Postman()) as office:
            _, (level, message) = look(address.public_address, BASE_URL=f"http://localhost:{office.port}")
        assert level == ERROR
        assert "ne parle pas comme un site web" in message

    def test_one_without_tls_is_for_a_trial(self, look):
        with site() as url:
            (level, message), (second, _) = look(address.public_address, BASE_URL=url)
        assert (level, second) == (WARNING, OK)
        assert "n'est pas chiffrée" in message

    def test_behind_a_proxy_that_is_not_counted_all_visitors_are_one(self, look):
        tls = "https://locataires.exemple.test"
        [(level, said)] = look(address.proxies, BASE_URL=tls)
        assert level == WARNING
        assert "OPHPORTAL_TRUSTED_PROXIES" in said
        assert look(address.proxies, BASE_URL=tls, TRUSTED_PROXIES="1")[0][0] == OK
        assert look(address.proxies)[0][0] == OK

    @pytest.mark.parametrize(
        ("host", "port", "level"),
        [("127.0.0.1", "9100", OK), ("10.0.0.4", "9100", OK), ("0.0.0.0", "", OK), ("0.0.0.0", "9100", WARNING),
         ("::", "9100", WARNING), ("8.8.8.8", "9100", WARNING)],
    )  # fmt: skip
    def test_figures_that_the_public_could_read(self, look, host, port, level):
        assert look(address.figures, METRICS_HOST=host, METRICS_PORT=port)[0][0] == level


class TestMailServer:
    def test_one_without_tls_inside_the_machine(self, look):
        postman = Postman()
        with PostOffice(postman) as office:
            [(level, said)] = look(mail.server, MAIL_USE_TLS="non", MAIL_PORT=str(office.port))
        assert (level, said) == (OK, f"localhost, port {office.port} : répond.")
        assert postman.mails == []

    def test_one_with_a_certificate_and_a_password(self, look, trusted):
        def accept(*_):
            return AuthResult(success=True)

        with PostOffice(Postman(), tls_context=trusted(), authenticator=accept) as office:
            given = {"MAIL_PORT": str(office.port), "MAIL_USERNAME": "office", "MAIL_PASSWORD": "mot-de-passe"}
            [(level, said)] = look(mail.server, **given)
        assert level == OK
        assert said.endswith("répond, certificat valable encore 59 jours, identification acceptée.")

    def test_a_certificate_that_ends_soon(self, look, trusted):
        with PostOffice(Postman(), tls_context=trusted(days=5)) as office:
            [(level, said)] = look(mail.server, MAIL_PORT=str(office.port))
        assert level == WARNING
        assert "expire dans moins de 5 jours" in said

    @pytest.mark.parametrize(
        ("certificate", "said"),
        [({"days": 0}, "il a expiré"), ({"name": "autre.exemple.test"}, "il est fait pour un autre nom")],
    )
    def test_a_certificate_that_is_refused(self, look, trusted, certificate, said):
        with PostOffice(Postman(), tls_context=trusted(**certificate)) as office:
            [(level, message)] = look(mail.server, MAIL_PORT=str(office.port))
        assert level == ERROR
        assert said in message

    def test_a_password_that_is_refused_is_not_repeated(self, look, trusted):
        def refuse(*_):
            return AuthResult(success=False, handled=False)

        with PostOffice(Postman(), tls_context=trusted(), authenticator=refuse) as office:
            given = {"MAIL_PORT": str(office.port), "MAIL_USERNAME": "office", "MAIL_PASSWORD": "mot-de-passe"}
            [(level, said)] = look(mail.server, **given)
        assert level == ERROR
        assert "est refusé (535)" in said
        assert "mot-de-passe" not in said

    def test_one_without_tls_where_it_is_wanted(self, look):
        with PostOffice(Postman()) as office:
            [(level, said)] = look(mail.server, MAIL_PORT=str(office.port))
        assert level == ERROR
        assert "STARTTLS" in said

    def test_one_that_is_away(self, look):
        [(level, said)] = look(mail.server, MAIL_PORT=str(free_port()))
        assert level == ERROR
        assert "rien n'écoute sur ce port" in said

    def test_one_that_says_nothing(self, look, monkeypatch):
        monkeypatch.setattr(config.Config, "MAIL_TIMEOUT", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            [(level, said)] = look(mail.server, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(silent.getsockname()[1]))
        assert level == ERROR
        assert "un serveur de courrier, ou il raccroche" in said

    def test_one_that_does_not_take_this_sender(self, look):
        class Choosy(Postman):
            async def handle_MAIL(self, *_):  # noqa: N802 - aiosmtpd's name
                return "553 not yours"

        with PostOffice(Choosy()) as office:
            (level, _), (second, said) = look(mail.server, MAIL_USE_TLS="non", MAIL_PORT=str(office.port))
        assert (level, second) == (OK, ERROR)
        assert "n'accepte pas ne-pas-repondre@exemple.test comme expéditeur (553)" in said


class TestSender:
    SPF, DMARC = "v=spf1 mx -all", "v=DMARC1; p=reject"
    SITE = "https://locataires.exemple.test"

    @pytest.fixture
    def names(self, monkeypatch):
        """What the DNS says; fill it in."""
        texts = {}
        with NameServer(texts) as server:
            monkeypatch.setattr(dns.resolver, "default_resolver", server.resolver())
            yield texts

    def test_one_of_the_site_s_domain_that_publishes_both_is_right(self, look, names):
        names.update({"exemple.test": self.SPF, "_dmarc.exemple.test": self.DMARC})
        [(level, said)] = look(mail.sender, BASE_URL=self.SITE)
        assert level == OK
        assert "DKIM : à voir" in said

    def test_what_the_domain_does_not_publish_is_named(self, look, names):
        names["exemple.test"] = "something else"
        [(level, said)] = look(mail.sender, BASE_URL=self.SITE)
        assert level == WARNING
        assert said.startswith("exemple.test ne publie pas SPF ni DMARC")
        names["exemple.test"] = self.SPF
        assert look(mail.sender, BASE_URL=self.SITE)[0][1].startswith("exemple.test ne publie pas DMARC")

    def test_one_of_another_domain_looks_strange_to_tenants(self, look, names):
        names.update({"exemple.test": self.SPF, "_dmarc.exemple.test": self.DMARC})
        (level, said), (second, _) = look(mail.sender, BASE_URL="https://portail.autre.test")
        assert (level, second) == (WARNING, OK)
        assert "n'est pas du même domaine que portail.autre.test" in said

    def test_when_nobody_knows_that_is_said(self, look, monkeypatch):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], free_port()
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        monkeypatch.setattr(mail, "DNS_TIMEOUT", 0.2)
        [(level, said)] = look(mail.sender, BASE_URL=self.SITE)
        assert level == WARNING
        assert "ne sont pas vérifiés" in said
