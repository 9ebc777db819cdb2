"""The portal's mails, as their HTML is read."""

from tests.browser.scenes import scene
from tests.conftest import request_code


@scene("mail.credentials", "mail-code-d-acces")
def credentials(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    return outbox.deliver()
