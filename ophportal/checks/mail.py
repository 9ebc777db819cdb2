"""The mail server, tried as each mail does, and the address that mails come from."""

import smtplib
from urllib.parse import urlsplit

from flask import current_app

from ophportal import faults
from ophportal.checks import Level, Results, setting
from ophportal.checks.certificates import validity

# Seconds for each question.
DNS_TIMEOUT = 5


def server() -> Results:
    """As far as the sender's name: no mail leaves."""
    from ophportal.mailing import mail

    where = f"{setting('MAIL_SERVER')}, port {setting('MAIL_PORT')}"
    sender = setting("MAIL_SENDER")
    try:
        connection = mail.connect().configure_host()
    except (OSError, smtplib.SMTPException) as error:
        yield Level.ERROR, f"{where} : {faults.of_mail_server(error)}."
        return
    level, told = Level.OK, ["répond"]
    if current_app.config["MAIL_USE_TLS"]:
        level, validity_told = validity(connection.sock.getpeercert())  # type: ignore[union-attr] # it is under TLS
        told.append(validity_told)
    if setting("MAIL_USERNAME"):
        told.append("identification acceptée")
    try:
        connection.ehlo_or_helo_if_needed()
        code, _ = connection.mail(sender)
        connection.quit()
    except (OSError, smtplib.SMTPException):
        code = 421
        connection.close()
    yield level, f"{where} : {', '.join(told)}."
    if code != 250:
        yield Level.ERROR, f"{where} : n'accepte pas {sender} comme expéditeur ({code})."


def sender() -> Results:
    """Whether those who receive the mail can see that the office sent it."""
    address = setting("MAIL_SENDER")
    domain = address.rpartition("@")[2].lower()
    site = urlsplit(setting("BASE_URL")).hostname or ""
    if not are_kin(domain, site):
        yield Level.WARNING, f"{address} n'est pas du même domaine que {site} : les locataires peuvent s'en méfier."
    yield from published(domain, address)


def are_kin(one: str, other: str) -> bool:
    """Whether two names are of one domain, by their last two parts: under such suffixes as `asso.fr` strangers are."""
    return one.split(".")[-2:] == other.split(".")[-2:]


def published(domain: str, address: str) -> Results:
    """What the domain says in the DNS about its mail. DKIM's key lies under a name that the mail server alone knows."""
    from dns.exception import DNSException

    try:
        missing = [
            name
            for name, place, mark in (("SPF", domain, "v=spf1"), ("DMARC", f"_dmarc.{domain}", "v=DMARC1"))
            if not any(text.startswith(mark) for text in texts_at(place))
        ]
    except DNSException:
        yield Level.WARNING, f"{address} : le DNS ne répond pas, SPF et DMARC ne sont pas vérifiés."
        return
    if missing:
        yield (
            Level.WARNING,
            f"{domain} ne publie pas {' ni '.join(missing)} : des e-mails iront aux indésirables. Demandez-le à qui "
            "tient ce domaine.",
        )
    else:
        yield Level.OK, f"{address} ; {domain} publie SPF et DMARC. DKIM : à voir avec le serveur de courrier."


def texts_at(name: str) -> list[str]:
    """The TXT records at `name`; none where nothing is. Raises DNSException when nobody says."""
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode(errors="replace") for record in answer]
