"""The portal's own address, its key, and who may ask for its figures."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app

from config import Demo, Development, Testing
from ophportal import faults
from ophportal.checks import Level, Results, setting
from ophportal.checks.certificates import validity
from ophportal.health import ALIVE
from ophportal.logs import new_number

# Of guesses, as a power of ten: zxcvbn counts one a letter for letters drawn at random, and far less for rows of keys
# and English words. French ones it does not know: they have no digit among them, as what is drawn nearly always has.
ENOUGH_GUESSES = 25
TIMEOUT = 10
# WSGI has one name for « X-Request-ID » and « X_Request_ID » (RFC 3875, 4.1.18), and the last one wins: a proxy that
# writes its own header and hands the other on, as Caddy does, has visitors write « X_Forwarded_For » too.
TWIN = "X_Request_ID"
HANDED_ON = (
    "le mandataire laisse passer les en-têtes dont le nom a un tiret bas : par « X_Forwarded_For », un visiteur se "
    "donne l'adresse IP qu'il veut, et les limites ne l'arrêtent plus. nginx les écarte de lui-même ; dans Caddy, "
    "ajoutez « request_header -*_* »."
)


def secret_key() -> Results:
    from zxcvbn import zxcvbn

    key = setting("SECRET_KEY")
    if key in {known.defaults.get("SECRET_KEY") for known in (Development, Demo, Testing)}:
        yield Level.ERROR, "c'est celle d'un exemple, que tout le monde connaît : tirez-en une (voir .env.example)."
    elif zxcvbn(key[:72])["guesses_log10"] < ENOUGH_GUESSES or not any(letter.isdigit() for letter in key):
        yield Level.WARNING, "elle a l'air composée de mots ou de suites : tirez-en une au hasard (voir .env.example)."
    else:
        yield Level.OK, f"{len(key)} caractères, sans suite ni mot reconnu."


def public_address() -> Results:
    """Asked of the site as a browser would, from here: what is before the portal answers too."""
    address = urlsplit(setting("BASE_URL"))
    if address.scheme == "http":
        yield Level.WARNING, f"{address.geturl()} n'est pas chiffrée : pour un essai sur cette machine seulement."
    connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=TIMEOUT)
    try:
        connection.connect()
        certificate = connection.sock.getpeercert() if isinstance(connection, HTTPSConnection) else None
        level, told = validity(certificate) if certificate else (Level.OK, "sans certificat")
        number = new_number()
        connection.request("GET", ALIVE, headers={TWIN: number})
        answer = connection.getresponse()
        is_ours = answer.status == 200 and answer.read(20) == b"vivant\n"
    except OSError as error:
        yield Level.ERROR, f"{address.geturl()} : {faults.of_connection(error)}."
        return
    except HTTPException:
        yield Level.ERROR, f"{address.geturl()} ne parle pas comme un site web."
        return
    finally:
        connection.close()
    if is_ours:
        yield level, f"{address.geturl()} répond, {told}."
        if answer.getheader("X-Request-ID") == number:
            yield Level.ERROR, HANDED_ON
    else:
        yield (
            Level.ERROR,
            f"{address.geturl()} répond, mais pas le portail (statut {answer.status}) : est-il lancé, et le "
            "mandataire mène-t-il à lui ?",
        )


def proxies() -> Results:
    count = current_app.config["TRUSTED_PROXIES"]
    if count == 0 and setting("BASE_URL").startswith("https://"):
        yield (
            Level.WARNING,
            "le portail est en https, et OPHPORTAL_TRUSTED_PROXIES vaut 0 : tous les visiteurs comptent pour un seul. "
            "Mettez 1 derrière Caddy ou nginx.",
        )
    else:
        yield Level.OK, f"{count} devant le portail, d'après OPHPORTAL_TRUSTED_PROXIES."


def figures() -> Results:
    host, port = ip_address(setting("METRICS_HOST")), current_app.config["METRICS_PORT"]
    if port and (host.is_unspecified or host.is_global):
        yield Level.WARNING, f"lisibles sur {host}, port {port} : un pare-feu doit fermer ce port au public."
    else:
        yield Level.OK, f"lisibles sur {host}, port {port}." if port else "éteintes (OPHPORTAL_METRICS_PORT est vide)."
