"""The store, the contents beside it, and the worker that empties its outbox."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from peewee import PeeweeException

from config import is_elsewhere, is_verified
from ophportal import clock, database, documents, faults
from ophportal.checks import Level, Results, setting
from ophportal.formatting import counted, date_and_time
from ophportal.imports.kinds import KINDS, overdue
from ophportal.models import Job, OutboxMessage
from ophportal.models.outbox_message import Backlog
from ophportal.retention import clock_may_be_ahead
from ophportal.store import UnfitStoreError

# Longer than a claim: a worker that died has been replaced by then.
LATE = timedelta(minutes=10)
# Mails refused for good within this time: tenants mistype their addresses one by one, a server that says no says it to
# everybody.
OF_LATE = timedelta(hours=1)
SEVERAL = 3
# Connections that a web process may take at once.
FEW = 16
# Seconds: two clocks closer than the one tell the same time; from the other on, agents' codes are refused by one, and
# claims run out before their time.
SAME_TIME, WRONG_TIME = 1, 30
NOBODY = "personne ne s'en occupe : lancez « ophportal serve », ou « ophportal deliver »"


def store() -> Results:
    if is_missing():
        yield Level.ERROR, f"{database.store_path()} n'existe pas : « ophportal migrate » la crée."
        return
    try:
        pending = database.pending_migrations()
    except UnfitStoreError as error:
        yield Level.ERROR, f"{error}."
        return
    except PeeweeException as error:
        yield Level.ERROR, f"elle ne répond pas ({faults.of_store(error)})."
        return
    except database.NewerStoreError as error:
        yield Level.ERROR, f"{error} : remettez cette version, ou restaurez la sauvegarde d'avant."
        return
    yield Level.OK, "elle répond."
    if database.is_sqlite() and (why := faults.why_unwritable()):
        yield Level.ERROR, f"{why}."
    if pending:
        yield Level.ERROR, f"elle n'est pas à jour, il manque {', '.join(pending)} : « ophportal migrate »."
    else:
        yield Level.OK, "elle est à jour."
    if not database.is_sqlite():
        yield from way_to(setting("DATABASE_URL"))
        yield from of_several_hosts()
        if not pending:
            yield from left_out()


def left_out() -> Results:
    """Hosts that an update has forgotten: nothing else tells, for nginx asks after no version."""
    for address in database.proxy.hosts_of_an_older_version():
        yield (
            Level.ERROR,
            f"un serveur s'en sert avec une version d'avant : {address or 'celui de la base'}. Ses pages servent "
            "encore, sur une base qu'elles ne connaissent pas : arrêtez-le, puis mettez-le à jour.",
        )


def way_to(url: str) -> Results:
    """Whether what travels to a store on another machine is hidden, and that machine the right one."""
    if not is_elsewhere(url):
        return
    if is_verified(url):
        yield Level.OK, "elle est sur une autre machine, dont le certificat est vérifié."
        return
    yield (
        Level.WARNING,
        "elle est sur une autre machine, et rien ne vérifie que c'est la bonne, ni que personne ne lit en chemin. "
        "L'office l'accepte (OPHPORTAL_DATABASE_UNVERIFIED) ; pour en finir, ajoutez "
        "« ?sslmode=verify-full&sslrootcert=… » à OPHPORTAL_DATABASE_URL (docs/exploitation.md, « Plusieurs "
        "serveurs »).",
    )


def of_several_hosts() -> Results:
    """What they share a server by: the secret key, its connections, and the time."""
    for address in database.proxy.hosts_of_another_key():
        yield (
            Level.ERROR,
            f"un serveur s'en sert avec une autre clé secrète : {address or 'celui de la base'}. Chacun refuse les "
            "sessions, les liens et les codes de l'autre : mettez partout la même OPHPORTAL_SECRET_KEY, puis "
            "redémarrez le portail sur chacun.",
        )
    if (free := database.proxy.free_connections()) < FEW:
        yield (
            Level.WARNING,
            f"connexions encore libres pour tous les serveurs : {free}. Quand il n'y en a plus, leurs pages répondent "
            "503 : augmentez « max_connections » de PostgreSQL.",
        )
    behind = database.proxy.seconds_behind()
    if abs(behind) < SAME_TIME:
        yield Level.OK, "son horloge et celle-ci disent la même heure."
        return
    seconds = "1 seconde" if abs(behind) < 1.5 else f"{abs(behind):.0f} secondes"
    which = "de retard" if behind > 0 else "d'avance"
    harm = ", et des e-mails peuvent partir deux fois" if abs(behind) >= WRONG_TIME else ""
    yield (
        Level.ERROR if harm else Level.WARNING,
        f"l'horloge de ce serveur a {seconds} {which} sur celle de la base{harm} : mettez-les toutes à l'heure "
        "(« timedatectl » dit si NTP s'en occupe).",
    )


def is_missing() -> bool:
    """Whether SQLite would make an empty store: looking must not."""
    return database.is_sqlite() and not database.store_path().exists()


def reads_the_store(find: Callable[[], Results]) -> Callable[[], Results]:
    """A check that asks the tables, where there are any to ask."""

    @wraps(find)
    def found() -> Results:
        if is_missing():
            yield Level.WARNING, "vérification impossible, faute de base."
            return
        try:
            yield from find()
        except PeeweeException:
            yield Level.WARNING, "vérification impossible, faute de base à jour."

    return found


@reads_the_store
def papers() -> Results:
    lost = documents.lost()
    if lost:
        what = counted(lost, "fichier manque", "fichiers manquent")
        yield (
            Level.ERROR,
            f"{what} dans {documents.folder()}, et les locataires ne peuvent pas les lire : remettez ce dossier d'une "
            "sauvegarde, ou importez ces documents de nouveau.",
        )
    else:
        yield Level.OK, "chacun a son fichier."


@reads_the_store
def delivery() -> Results:
    backlog, job_due, job_cut = OutboxMessage.backlog(), Job.due_since(), Job.cut_short_since()
    refused = OutboxMessage.refused_since(clock.now() - OF_LATE)
    yield from oddities(backlog, refused)
    stuck = False
    for due, what in ((backlog.left_alone_since, "un e-mail"), (job_due, "un import ou un courrier")):
        if due and clock.now() - due > LATE:
            stuck = True
            yield (
                Level.ERROR,
                f"{what} attend depuis {ago(due)}, et {NOBODY}.",
            )
    if job_cut and clock.now() - job_cut > LATE:
        yield (
            Level.WARNING,
            f"un import ou un courrier demandé il y a {ago(job_cut)} est interrompu par la base chaque fois qu'il "
            "reprend : le journal du portail dit pourquoi (« the store does not answer »).",
        )
    if backlog.failing and backlog.oldest:
        yield (
            Level.WARNING,
            f"e-mails que le serveur n'a pas pris : {backlog.failing}, le plus ancien d'il y a {ago(backlog.oldest)} "
            "(« ophportal mails » dit pourquoi).",
        )
    elif not stuck:
        yield Level.OK, f"e-mails en attente : {backlog.waiting}, {how_late(backlog)}."


def how_late(backlog: Backlog) -> str:
    """Since when the mails wait, and for whom."""
    due = backlog.due_since
    if due is None or clock.now() - due <= LATE:
        return "aucun en retard"
    whom = "le serveur de courrier les prend un à un" if backlog.held else NOBODY
    return f"le plus ancien depuis {ago(due)} ; {whom}"


def oddities(backlog: Backlog, refused: int) -> Results:
    """What is wrong although mail leaves."""
    if refused >= SEVERAL:
        yield (
            Level.WARNING,
            f"e-mails que le serveur a refusés pour de bon depuis une heure : {refused} (« ophportal mails » dit "
            "pourquoi).",
        )
    if backlog.ahead:
        yield (
            Level.WARNING,
            f"e-mails datés de plus tard que l'heure qu'il est : {backlog.ahead}. L'horloge était en avance, ou "
            "retarde : comparez « date -u » à une horloge sûre.",
        )
    if clock_may_be_ahead():
        yield (
            Level.WARNING,
            "à l'heure de cette machine, personne n'est venu depuis plus d'un mois : son horloge est peut-être en "
            "avance, à moins qu'une vieille sauvegarde ne vienne d'être restaurée. Comparez « date -u » à une horloge "
            "sûre. La livraison n'efface rien pendant sept jours, sauf à votre demande (« ophportal deliver --once »).",
        )


@reads_the_store
def imports() -> Results:
    """Those of a nightly timer, which nobody watches: until one enters again, tenants read an account of days ago."""
    refused, late = Job.refused_unseen(KINDS), overdue()
    for kind, at in refused.items():
        yield (
            Level.WARNING,
            f"« {KINDS[kind].title} » : le fichier du {date_and_time(at)} a été refusé, et aucun n'est entré depuis. "
            "Un responsable en lit les raisons dans « Imports », et y envoie le bon.",
        )
    for sentence in late:
        yield Level.WARNING, f"{sentence} Regardez l'export de l'ERP, et le minuteur qui lance l'import."
    if not (refused or late):
        yield Level.OK, "aucun fichier refusé par la ligne de commande n'attend le suivant."


def ago(then: datetime) -> str:
    minutes = int((clock.now() - then).total_seconds() // 60)
    return counted(minutes, "minute", "minutes") if minutes < 120 else f"{minutes // 60} heures"
