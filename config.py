"""The settings, read once at start from `OPHPORTAL_…` in the environment or a `.env` beside this file
(from a wheel: in the folder where it is started).

Each class is one way of running the portal. A reader that meets nonsense does not guess: it notes one French
sentence that says what to set, and `Config()` raises them all together as `ConfigError`.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

HERE = Path(__file__).resolve().parent
# Installed from a wheel, the portal keeps nothing among its libraries: `.env` and `instance` are where it is started.
ROOT = HERE if (HERE / "pyproject.toml").is_file() else Path.cwd()
INSTANCE = ROOT / "instance"
PREFIX = "OPHPORTAL_"

# RFC 1123 host names; a bare IPv4 address has the same shape.
HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]+(?<!-)", re.IGNORECASE | re.ASCII)
MAILBOX = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+\.[^\s<>@,;\"]+|[^\s<>@,;\"]+@localhost")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# How the address of a store begins, and an example of each. With three slashes alone, the file would lie wherever the
# command is started, another one each time.
STORES = {
    "sqlite:////": "sqlite:////var/lib/ophportal/ophportal.sqlite",
    "postgresql://": "postgresql://utilisateur:motdepasse@hôte/base",
}
NO_CONFIGURATION = "OPHPORTAL_CONFIG ne nomme aucune configuration : retirez ce réglage."
NO_DRIVER = "OPHPORTAL_DATABASE_URL nomme PostgreSQL : installez le pilote, « make postgresql »."


def is_host_name(text: str) -> bool:
    labels = text.split(".")
    return len(text) <= 253 and all(len(label) <= 63 and HOST_LABEL.fullmatch(label) for label in labels)


def parts_of(url: str) -> SplitResult:
    """Its parts; all empty where `urlsplit` finds no sense, as in `https://[x`."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def wrong_with_store(url: str, *kinds: str) -> str:
    """Why `url` leads to no store of these kinds, keys of STORES; empty when it may. The password is not told."""
    if any(url.startswith(kind) and re.fullmatch(".+", url[len(kind) :]) for kind in kinds) and parts_of(url).scheme:
        return ""
    forms = " ou ".join(STORES[kind] for kind in kinds)
    return f"doit s'écrire comme {forms} (lu : « {url.split('@')[-1]} »)"


def is_elsewhere(url: str) -> bool:
    """Whether one of the machines that `url` names for PostgreSQL's library is not this one.

    What follows the « ? » passes before what stands in front; the environment has what is named nowhere.
    """
    parts = parts_of(url)
    asked = dict(parse_qsl(parts.query))
    in_front = unquote(parts.netloc.rpartition("@")[2])
    named = (
        asked.get("host") or in_front or os.environ.get("PGHOST", ""),
        asked.get("hostaddr") or os.environ.get("PGHOSTADDR", ""),
    )
    hosts = [re.sub(r":\d*$|[\[\]]", "", host) for hosts in named for host in hosts.split(",") if host]
    return parts.scheme == "postgresql" and any(host[0] not in "/@" and host not in LOOPBACK for host in hosts)


def is_verified(url: str) -> bool:
    """Whether PostgreSQL's library asks the server at `url` for TLS, and for a certificate of its very name.

    Left to itself, it goes without TLS where the server offers none, and looks at no certificate.
    """
    return (dict(parse_qsl(parts_of(url).query)).get("sslmode") or os.environ.get("PGSSLMODE")) == "verify-full"


def is_unverified(url: str) -> bool:
    """Whether what travels to the store may be read, or led elsewhere, on the way."""
    return is_elsewhere(url) and not is_verified(url)


UNVERIFIED = (
    "mène à une autre machine, et rien ne vérifie que c'est la bonne, ni que personne ne lit en chemin : ajoutez-y "
    "« ?sslmode=verify-full&sslrootcert=… » (docs/exploitation.md, « Plusieurs serveurs »), ou dites que l'office "
    "l'accepte : OPHPORTAL_DATABASE_UNVERIFIED=oui"
)


class ConfigError(Exception):
    """Settings that cannot be used; `problems` holds one French sentence for each, `settings` what could be read."""

    def __init__(self, problems: list[str], settings: "Config | None"):
        super().__init__("\n".join(problems))
        self.problems = problems
        self.settings = settings


class Reader:
    """Typed readers over text values; what they refuse is noted in `problems`, a sentence a setting."""

    def __init__(self, values: Mapping[str, str]):
        self.values = values
        self.problems: list[str] = []

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(f"{PREFIX}{name} {sentence}")

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
            self.refuse(name, f"doit être un nombre entier de {low} à {high} (lu : « {text} »).")
            return default
        return int(text)

    def boolean(self, name: str, *, default: bool) -> bool:
        text = self.text(name, "oui" if default else "non").lower()
        if text in {"1", "oui", "true", "yes", "on"}:
            return True
        if text in {"0", "non", "false", "no", "off"}:
            return False
        self.refuse(name, f"doit être « oui » ou « non » (lu : « {text} »).")
        return default

    def secret(self, name: str) -> str:
        value = self.text(name)
        if not value:
            self.refuse(
                name,
                "manque : mettez-y le résultat de « python3 -c 'import secrets; print(secrets.token_hex(32))' ».",
            )
        elif len(value) < 32 or len(set(value)) < 10:
            # The value itself is never repeated: these sentences end up in logs.
            self.refuse(name, "est trop faible : il faut au moins 32 caractères tirés au hasard.")
        return value

    def base_url(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if not value:
            self.refuse(name, "manque : l'adresse publique du portail, par exemple https://locataires.exemple.fr.")
            return value
        parts = parts_of(value)
        try:
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host = ""
        if parts.scheme not in {"http", "https"} or not (is_host_name(host) or host in LOOPBACK):
            self.refuse(name, f"n'est pas une adresse web (lu : « {value} »).")
        elif parts.path or parts.query or parts.fragment or parts.username:
            self.refuse(name, f"doit s'arrêter après le nom du site, sans chemin (lu : « {value} »).")
        elif parts.scheme == "http" and host not in LOOPBACK:
            self.refuse(name, "doit commencer par https:// : les mots de passe ne circulent pas en clair.")
        return value

    def host(self, name: str) -> str:
        value = self.text(name)
        if not value:
            self.refuse(name, "manque : le nom du serveur d'envoi de courrier (SMTP).")
        elif not is_host_name(value):
            self.refuse(name, f"n'est pas un nom de serveur (lu : « {value} »).")
        return value

    def ip_address(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            return str(ip_address(value))
        except ValueError:
            self.refuse(name, f"doit être une adresse IP de cette machine (lu : « {value} »).")
            return default

    def mailbox(self, name: str) -> str:
        value = self.text(name)
        if not value:
            self.refuse(name, "manque : l'adresse d'expédition du courrier, par exemple ne-pas-repondre@exemple.fr.")
        elif not MAILBOX.fullmatch(value) or not value.isascii():
            self.refuse(name, f"doit être une adresse e-mail seule, sans nom (lu : « {value} »).")
        return value

    def web_page(self, name: str) -> str:
        value = self.text(name)
        parts = parts_of(value)
        if value and not (parts.scheme == "https" and is_host_name(parts.hostname or "") and value.isascii()):
            self.refuse(name, f"doit être l'adresse d'une page, en https:// (lu : « {value} »).")
            return ""
        return value

    def colour(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            self.refuse(name, f"doit s'écrire comme #1d4e89 (lu : « {value} »).")
            return default
        if contrast_on_white(value) < 4.5:
            self.refuse(
                name,
                f"est trop clair pour se lire sur du blanc, 4,5:1 au moins (WCAG 1.4.3) (lu : « {value} »).",
            )
        return value.lower()

    def file(self, name: str) -> str:
        value = self.text(name)
        if value and not Path(value).is_file():
            self.refuse(name, f"ne mène à aucun fichier (lu : « {value} »).")
        elif value and Path(value).suffix.lower() not in {".svg", ".png"}:
            self.refuse(name, f"doit être une image .svg ou .png (lu : « {value} »).")
        return value

    def zone(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value != default:
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(value)
            except (ValueError, LookupError, OSError):  # no name, of no zone, of a folder of them
                self.refuse(name, f"doit être un fuseau comme {default} ou Indian/Reunion (lu : « {value} »).")
                return default
        return value

    def database_url(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if wrong := wrong_with_store(value, *STORES):
            self.refuse(name, f"{wrong}.")
        return value


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of `#rrggbb` against white, 1.0 to 21.0 (WCAG 2.2, « contrast ratio »)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def written_in(path: Path) -> dict[str, str | None]:
    if not path.exists():
        return {}
    from dotenv import dotenv_values  # loaded where there is such a file alone

    # As systemd reads an EnvironmentFile: « ${ » in a password is two letters of it.
    try:
        return dotenv_values(path, interpolate=False)
    except UnicodeDecodeError:
        problem = f"{path} n'est pas écrit en UTF-8 : enregistrez-le dans cet encodage."
        raise ConfigError([problem], None) from None


def settings_file() -> Path:
    """Where the office writes its settings; `.env` may be a link to it, as the guide has it."""
    return (ROOT / ".env").resolve()


def office_environment() -> dict[str, str]:
    """Our settings of the environment, over those of the `.env` file; names without their prefix."""
    found: dict[str, str | None] = {**written_in(settings_file()), **os.environ}
    return {name[len(PREFIX) :]: value or "" for name, value in found.items() if name.startswith(PREFIX)}


class Config:
    """What every way of running the portal has in common. `defaults` stand under the environment."""

    DEMO = False
    TESTING = False
    DEBUG = False
    JSON_LOGS = False
    # Whether a store on another machine is reached though nobody looks at its certificate.
    DATABASE_UNVERIFIED = True
    defaults: Mapping[str, str] = {}

    # Flask-WTF: a token lives as long as the browser's session, so that a page left open
    # over lunch still works; the session cookie itself is renewed at login.
    WTF_CSRF_TIME_LIMIT = None
    # The token, and cookies that no sister site can set, are proof enough; a browser that sends no Referer
    # would neither choose a password nor log out.
    WTF_CSRF_SSL_STRICT = False
    WTF_I18N_ENABLED = False
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    # The largest form is the thousand boxes of the console's letters, some 16 KiB; the rest is for a clumsy paste.
    MAX_CONTENT_LENGTH = 64 * 1024
    MAX_FORM_MEMORY_SIZE = 64 * 1024
    MAX_FORM_PARTS = 50
    # Seconds for each step of the talk with the mail server (Flask-Mail itself sets none).
    MAIL_TIMEOUT = 15

    def __init__(self, environment: Mapping[str, str] | None = None):
        given = self.environment() if environment is None else environment
        read = Reader({**self.defaults, **{name: value for name, value in given.items() if value.strip()}})
        self.read_secrets_and_addresses(read)
        self.read_mail(read)
        self.read_office(read)
        self.read_limits(read)
        self.read_metrics(read)
        if read.problems:
            raise ConfigError(read.problems, self)

    def environment(self) -> Mapping[str, str]:
        return office_environment()

    def read_secrets_and_addresses(self, read: Reader) -> None:
        self.SECRET_KEY = read.secret("SECRET_KEY")
        self.DATABASE_URL = read.database_url("DATABASE_URL", f"sqlite:///{INSTANCE / 'ophportal.sqlite'}")
        self.DATA_FOLDER = read.text("DATA_FOLDER", "" if self.DATABASE_URL.startswith("sqlite:") else str(INSTANCE))
        self.BASE_URL = read.base_url("BASE_URL")
        secure = self.BASE_URL.startswith("https://")
        self.SESSION_COOKIE_SECURE = secure
        # RFC 6265bis: a browser takes a __Host- cookie over TLS alone, and never from a sister domain.
        self.COOKIE_PREFIX = "__Host-" if secure else ""
        self.SESSION_COOKIE_NAME = f"{self.COOKIE_PREFIX}session"
        self.TRUSTED_HOSTS = self.trusted_hosts()
        self.TRUSTED_PROXIES = read.integer("TRUSTED_PROXIES", 0, 0, 5)

    def trusted_hosts(self) -> list[str]:
        return [parts_of(self.BASE_URL).hostname or "invalid"]

    def read_mail(self, read: Reader) -> None:
        self.MAIL_SERVER = read.host("MAIL_SERVER")
        self.MAIL_USE_TLS = read.boolean("MAIL_USE_TLS", default=True)
        self.MAIL_PORT = read.integer("MAIL_PORT", 587 if self.MAIL_USE_TLS else 25, 1, 65535)
        if self.MAIL_PORT == 465:  # RFC 8314, 7.3: TLS from the first byte
            read.refuse("MAIL_PORT", "ne peut pas être 465 : le portail chiffre par STARTTLS. Prenez 587.")
        self.MAIL_USERNAME = read.text("MAIL_USERNAME") or None
        self.MAIL_PASSWORD = read.text("MAIL_PASSWORD") or None
        if bool(self.MAIL_USERNAME) != bool(self.MAIL_PASSWORD):
            read.refuse("MAIL_PASSWORD", "et OPHPORTAL_MAIL_USERNAME vont ensemble : donnez les deux, ou aucun.")
        elif not self.MAIL_USE_TLS and self.MAIL_SERVER and self.MAIL_SERVER not in LOOPBACK:
            read.refuse("MAIL_USE_TLS", "doit être « oui » : les mots de passe provisoires ne circulent pas en clair.")
        for name in ("MAIL_USERNAME", "MAIL_PASSWORD"):
            # Python's client says them in ASCII alone.
            if not read.text(name).isascii():
                read.refuse(name, "doit s'écrire sans accent ni « € » : changez-le sur le serveur de courrier.")
        self.MAIL_SENDER = read.mailbox("MAIL_SENDER")

    def read_office(self, read: Reader) -> None:
        self.OFFICE = {
            "name": read.text("OFFICE_NAME", "Office Public Habitat de la Communauté d'Agglomération du Pays Ajaccien"),
            "short_name": read.text("OFFICE_SHORT_NAME", "OPH CAPA"),
            "address": read.text("OFFICE_ADDRESS"),
            "phone": read.text("OFFICE_PHONE"),
            "hours": read.text("OFFICE_HOURS"),
            "email": read.text("OFFICE_EMAIL"),
            "director": read.text("OFFICE_DIRECTOR"),
            "registration": read.text("OFFICE_REGISTRATION"),
            "data_protection": read.text("OFFICE_DATA_PROTECTION"),
            "host": read.text("OFFICE_HOST"),
            # Where the office publishes what decree 2019-768 wants beside the declaration of accessibility.
            "accessibility_scheme": read.web_page("OFFICE_ACCESSIBILITY_SCHEME"),
            "accessibility_plan": read.web_page("OFFICE_ACCESSIBILITY_PLAN"),
            "colour": read.colour("OFFICE_COLOR", "#1d4e89"),
            "logo": read.file("OFFICE_LOGO"),
            # How tenants pay, a way a sentence, parted by « | »; who listens to those who cannot.
            "payment": read.text("OFFICE_PAYMENT"),
            "payment_page": read.web_page("OFFICE_PAYMENT_PAGE"),
            "difficulty": read.text("OFFICE_DIFFICULTY"),
        }
        # Whose midnight ends a day: a lease's last, or the one until which the rent may be paid.
        self.TIMEZONE = read.zone("OFFICE_TIMEZONE", "Europe/Paris")
        # The day of the month by which the rent is due: the first such day on or after its call.
        self.DUE_DAY = read.integer("OFFICE_DUE_DAY", 5, 1, 28)

    def read_limits(self, read: Reader) -> None:
        """The doors' limits; each is so many in a time, and the times are in `access/throttle.py`."""
        self.LOGIN_FAILURES = read.integer("LOGIN_FAILURES", 5, 1, 1000)
        self.LOGIN_FAILURES_DAY = read.integer("LOGIN_FAILURES_DAY", 25, 1, 100_000)
        self.LOGIN_FAILURES_ADDRESS = read.integer("LOGIN_FAILURES_ADDRESS", 50, 1, 100_000)
        self.REQUESTS_TARGET = read.integer("REQUESTS_TARGET", 5, 1, 1000)
        self.REQUESTS_ADDRESS = read.integer("REQUESTS_ADDRESS", 20, 1, 100_000)

    def read_metrics(self, read: Reader) -> None:
        """Where Prometheus asks for figures: a port that the proxy does not show. 0: nowhere."""
        self.METRICS_PORT = read.integer("METRICS_PORT", 0, 0, 65535)
        self.METRICS_HOST = read.ip_address("METRICS_HOST", "127.0.0.1")


class Production(Config):
    """What serves tenants. Refuses to start without a key, a base URL, a sender and a mail server."""

    JSON_LOGS = True

    def read_secrets_and_addresses(self, read: Reader) -> None:
        super().read_secrets_and_addresses(read)
        self.DATABASE_UNVERIFIED = read.boolean("DATABASE_UNVERIFIED", default=False)
        if is_unverified(self.DATABASE_URL) and not self.DATABASE_UNVERIFIED:
            read.refuse("DATABASE_URL", f"{UNVERIFIED}.")


class Development(Config):
    """A developer's own machine: everything has a default, mail goes to a local catch-all on port 1025."""

    DEBUG = True
    defaults: Mapping[str, str] = {
        "SECRET_KEY": "a-key-for-development-alone-0123456789",
        "BASE_URL": "http://127.0.0.1:8000",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": "1025",
        "MAIL_USE_TLS": "non",
        "MAIL_SENDER": "ne-pas-repondre@exemple.test",
    }

    def trusted_hosts(self) -> list[str]:
        return sorted(LOOPBACK - {"::1"})


class Demo(Development):
    """The demonstration office of `make demo`: its own store, its mail kept on disk and shown on a page.

    Of the environment it takes the office's identity alone, so that a demo started on a machine that
    serves tenants can never touch their database nor send a mail.
    """

    DEMO = True
    DEBUG = False
    MAIL_SUPPRESS_SEND = True
    DEMO_MAIL_FOLDER = INSTANCE / "demo-courrier"

    def environment(self) -> Mapping[str, str]:
        identity = {name: value for name, value in office_environment().items() if name.startswith("OFFICE_")}
        return {
            "OFFICE_ADDRESS": "1 rue de l'Exemple, 20000 Ajaccio",
            "OFFICE_PHONE": "04 65 71 00 00",  # a range that the ARCEP keeps for fiction (decision 2018-0881)
            "OFFICE_HOURS": "Du lundi au vendredi, de 8 h 30 à 12 h et de 13 h 30 à 16 h 30",
            "OFFICE_EMAIL": "contact@office.exemple.test",
            "OFFICE_DIRECTOR": "La direction de l'office (démonstration)",
            "OFFICE_DATA_PROTECTION": "donnees@office.exemple.test",
            "OFFICE_HOST": "Hébergement de démonstration, sur votre propre ordinateur",
            "OFFICE_PAYMENT": (
                "Prélèvement automatique : demandez le formulaire à l'office"
                "|Virement : IBAN FR00 0000 0000 0000 0000 0000 000 (inventé)"
                "|Chèque : à l'ordre de l'office, votre numéro locataire au dos"
                "|Carte ou espèces : à l'accueil de l'office"
            ),
            "OFFICE_DIFFICULTY": "Le service social de l'office : 04 65 71 00 01, du lundi au vendredi",
            **identity,
            "SECRET_KEY": demo_key(),
            "DATABASE_URL": f"sqlite:///{INSTANCE / 'demo.sqlite'}",
            "BASE_URL": f"http://127.0.0.1:{os.environ.get('PORT', '8000')}",
        }


def demo_key() -> str:
    """The demo's own secret key, drawn once on each machine."""
    path = INSTANCE / "demo.key"
    if not path.exists():
        INSTANCE.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


class Testing(Config):
    """For tests: deaf to the environment, with a temporary SQLite file and no mail that leaves.

    OPHPORTAL_TESTING_DATABASE_URL alone is heard: an empty database of PostgreSQL's, in place of the file.
    """

    TESTING = True
    MAIL_SUPPRESS_SEND = True
    defaults: Mapping[str, str] = {
        "SECRET_KEY": "a-key-for-tests-alone-abcdefghijklmnop",
        "BASE_URL": "http://localhost",
        "MAIL_SERVER": "localhost",
        "MAIL_USE_TLS": "non",
        "MAIL_SENDER": "ne-pas-repondre@exemple.test",
        "OFFICE_ADDRESS": "1 rue de l'Exemple, 20000 Ajaccio",
        "OFFICE_PHONE": "04 65 71 00 00",
        "OFFICE_HOURS": "Du lundi au vendredi, de 8 h 30 à 12 h",
        "OFFICE_EMAIL": "contact@office.exemple.test",
    }

    def environment(self) -> Mapping[str, str]:
        folder = tempfile.mkdtemp(prefix="ophportal-test-")
        url = os.environ.get("OPHPORTAL_TESTING_DATABASE_URL", f"sqlite:///{folder}/test.sqlite")
        return {"DATABASE_URL": url, "DATA_FOLDER": folder}
