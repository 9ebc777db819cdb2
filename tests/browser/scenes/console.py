"""The agents' console: its door, an agent's own access, the other agents; console_*.py show the rest of it."""

from datetime import timedelta

import time_machine

from ophportal import clock, jobs
from ophportal.models import Job
from tests.browser.scenes import scene
from tests.conftest import landing, log_in_agent, press
from tests.console.proofs import OWN_CODES, both_proofs, first_login, invited


def after(visitor, answer):
    """The page where the visitor lands."""
    return visitor.get(landing(answer))


def so_far(done, total):
    """The one job's worker has noted how far it is."""
    (jobs.made_folder(Job.get()) / "progress").write_text(f"{done} {total}")


@scene("office_entry.log_in", "agents-identification")
def door(client):
    return client.get("/agents/identification")


@scene("office_entry.log_in", "agents-identification-vide", status=422)
def nothing_typed(client):
    return client.submit("/agents/identification")


@scene("office_entry.log_in", "agents-identification-refusee", status=422)
def wrong_code(client, make_agent):
    return log_in_agent(client, make_agent(), code="000000")


@scene("office_entry.log_in", "agents-identification-trop-d-essais", status=429)
def too_many_tries(client, make_agent):
    agent = make_agent()
    for _ in range(5):
        log_in_agent(client, agent, code="000000")
    return log_in_agent(client, agent, code="000000")


@scene("office_entry.log_in", "agents-session-terminee")
def session_over(console):
    with time_machine.travel(clock.now() + timedelta(minutes=30)):
        return after(console, console.get("/agents"))


@scene("office_entry.log_in", "agents-deconnexion")
def logged_out(console):
    return after(console, press(console, "/agents", "/agents/deconnexion"))


@scene("office_entry.first_login", "agents-premiere-connexion")
def good_link(client, app):
    _, link = invited(app)
    return after(client, client.get(link))


@scene("office_entry.first_login", "agents-invitation-perimee", status=410)
def dead_link(client):
    return after(client, client.get("/agents/invitation/ancien"))


@scene("office_entry.first_login", "agents-invitation-perdue", status=400)
def lost_link(client):
    return client.get("/agents/premiere-connexion")


@scene("office_entry.first_login", "agents-premiere-connexion-invalide", status=422)
def unfit_first_login(client, app):
    return first_login(client, invited(app)[1], new_password="court", code="")


@scene("office_entry.first_login", "agents-codes-de-secours")
def first_recovery_codes(client, app):
    return first_login(client, invited(app)[1])


@scene("office.own_access", "agents-mon-acces")
def own_access(console, another_browser):
    log_in_agent(another_browser, console.agent, code="000000")
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        log_in_agent(another_browser, console.agent)
        return console.get("/agents/mon-acces")


@scene("office.change_own_password", "agents-mot-de-passe")
def own_password(console):
    return console.get("/agents/mon-acces/mot-de-passe")


@scene("office.change_own_password", "agents-mot-de-passe-invalide", status=422)
def unfit_password(console):
    return console.submit("/agents/mon-acces/mot-de-passe", new_password="court")


@scene("office.own_access", "agents-mot-de-passe-change")
def password_changed(console):
    fields = {"new_password": "deux lunes rouges sur le toit", "confirmation": "deux lunes rouges sur le toit"}
    return after(console, console.submit("/agents/mon-acces/mot-de-passe", **fields, **both_proofs(console)))


@scene("office.renew_recovery_codes", "agents-nouveaux-codes")
def own_codes(console):
    return console.get(OWN_CODES)


@scene("office.renew_recovery_codes", "agents-nouveaux-codes-invalide", status=422)
def unproved_codes(console):
    return console.submit(OWN_CODES, current_password="pas celui-ci du tout", code="000000")


@scene("office.renew_recovery_codes", "agents-nouveaux-codes-donnes")
def codes_renewed(console):
    return console.submit(OWN_CODES, **both_proofs(console))


@scene("office.renew_recovery_codes", "agents-nouveaux-codes-trop-d-essais", status=429)
def too_many_proofs(console):
    for _ in range(5):
        console.submit(OWN_CODES, current_password="pas celui-ci du tout", code="000000")
    return console.submit(OWN_CODES, current_password="pas celui-ci du tout", code="000000")


@scene("office.agents", "agents-liste")
def agents(manager_console, make_agent, app):
    make_agent("Barnabé Essai", email="barnabe@office.exemple.test").disable()
    make_agent("Autre Essai", email="autre@office.exemple.test")
    invited(app)
    return manager_console.get("/agents/agents")


@scene("office.disable_agent", "agents-desactiver")
def disabling(manager_console, make_agent):
    return manager_console.get(f"/agents/agents/{make_agent().id}/desactiver")


@scene("office.agents", "agents-desactive")
def agent_disabled(manager_console, make_agent):
    disable = f"/agents/agents/{make_agent().id}/desactiver"
    return after(manager_console, press(manager_console, disable, disable))


@scene("office.invite_again", "agents-nouveau-lien")
def invitation(manager_console, make_agent):
    return manager_console.get(f"/agents/agents/{make_agent().id}/lien")


@scene("office.invite_again", "agents-nouveau-lien-invalide", status=422)
def unproved_invitation(manager_console, make_agent):
    return manager_console.submit(f"/agents/agents/{make_agent().id}/lien", code="000000")


@scene("office.invite_again", "agents-nouveau-lien-donne")
def invitation_given(manager_console, make_agent):
    return manager_console.submit(f"/agents/agents/{make_agent().id}/lien", **both_proofs(manager_console))


@scene("office.agents", "agents-page-reservee", status=403)
def for_responsables(console):
    return console.get("/agents/agents")


@scene("office.tenant", "agents-page-introuvable", status=404)
def nobody_there(console):
    return console.get("/agents/locataires/999999")
