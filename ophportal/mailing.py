"""Flask-Mail with what its 0.10 lacks: a time limit on every step, real certificate checks, a calm farewell."""

import smtplib
import ssl
from typing import Any

from flask import current_app
from flask_mail import Connection, Mail


class PatientConnection(Connection):
    """A connection to the mail server that never waits for ever and never trusts a stranger's certificate."""

    def configure_host(self) -> smtplib.SMTP:
        """An open connection, under TLS and logged in as configured. Raises OSError or `smtplib.SMTPException`."""
        mail = self.mail
        host = smtplib.SMTP(mail.server, mail.port, timeout=current_app.config["MAIL_TIMEOUT"])
        try:
            if mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *failure: Any) -> None:
        """Say goodbye. The server's 250 came before: whatever goes wrong now, the mail has left (RFC 5321, 4.2.5)."""
        if self.host is None:
            return
        try:
            self.host.quit()
        except (OSError, smtplib.SMTPException):
            self.host.close()


class PatientMail(Mail):
    """Flask-Mail's `Mail`, opening patient connections."""

    def connect(self) -> Connection:
        return PatientConnection(current_app.extensions["mail"])
