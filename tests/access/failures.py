"""Who tries an account's door and is refused."""

from tests.conftest import log_in


def fail(client, account, times):
    for _ in range(times):
        log_in(client, account, "faux")
