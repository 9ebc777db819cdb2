"""What probes ask of the portal, and what they may rely on."""

import pytest
from peewee import OperationalError

from ophportal import database
from ophportal.database import proxy


def test_a_portal_whose_store_answers_is_ready(client):
    answer = client.get("/sante")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "prêt\n", "text/plain")


def test_one_whose_store_is_away_is_alive_and_not_ready(client, without_store):
    answer = client.get("/sante")
    assert (answer.status_code, answer.text) == (503, "la base ne répond pas\n")
    assert client.get("/sante/vivant").status_code == 200


def test_one_whose_store_fails_half_way_is_not_ready(client, monkeypatch, caplog):
    def fail(*_):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(proxy.obj, "execute_sql", fail)
    assert client.get("/sante").status_code == 503
    assert "disk I/O error" in caplog.text


def test_one_that_is_newer_than_its_store_is_not_ready(client, newer_version):
    answer = client.get("/sante")
    assert (answer.status_code, answer.text) == (503, "la base n'est pas à jour\n")
    assert database.pending_migrations() == ["9999_tomorrow"]


def test_one_that_is_older_than_its_store_is_not_ready(client, older_version):
    """A host that was left out of an update: each login there was an error of the portal's."""
    answer = client.get("/sante")
    assert (answer.status_code, answer.text) == (503, "la base vient d'une version plus récente\n")


def test_to_be_ready_asks_the_store_for_its_migrations_and_no_more(client, statements):
    client.get("/sante")
    assert len(statements) <= 2


def test_to_be_alive_asks_nothing_of_the_store(client, statements):
    assert client.get("/sante/vivant").text == "vivant\n"
    assert statements == []


@pytest.mark.parametrize("address", ["/sante", "/sante/vivant"])
class TestBoth:
    def test_nobody_keeps_the_answer_and_no_cookie_comes_with_it(self, client, address):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert len(answer.data) < 50

    def test_a_probe_knows_the_machine_by_any_name(self, client, address):
        for name in ("127.0.0.1:8000", "10.0.0.4", "hôte"):
            assert client.get(address, headers={"Host": name}).status_code == 200

    def test_other_pages_still_go_by_the_portal_s_name(self, client, address):
        for other in ("/", f"{address}/", f"{address}/autre"):
            assert client.get(other, headers={"Host": "10.0.0.4"}).status_code == 400

    def test_any_number_of_probes_is_answered_and_none_is_journalled(self, client, address, statements):
        assert {client.get(address).status_code for _ in range(60)} == {200}
        assert not [asked for asked, _ in statements if asked.startswith(("INSERT", "UPDATE"))]

    def test_it_cannot_be_written_to(self, client, address):
        assert client.post(address).status_code in {400, 405}
