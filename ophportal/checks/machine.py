"""The machine: its clock, its disk, and who may read the portal's files."""

import subprocess
from pathlib import Path

import config
from ophportal import database, disks, documents, faults, jobs
from ophportal.checks import Level, Results


def clock() -> Results:
    """Agents' codes are of half a minute: this asks the system whether it follows a reference clock."""
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    if told == "yes":
        yield Level.OK, "synchronisée par NTP, d'après timedatectl."
    elif told == "no":
        yield (
            Level.WARNING,
            "pas synchronisée, d'après timedatectl : les codes des agents seront refusés. Installez systemd-timesyncd.",
        )
    else:
        yield Level.WARNING, "non vérifiée, timedatectl ne répond pas : comparez « date -u » à une horloge sûre."


def disk() -> Results:
    """Each once: documents and store are mostly on one."""
    for folder in {disk_of(folder): folder for folder in disks.written_to().values()}.values():
        yield room_on(folder)


def disk_of(folder: Path) -> int:
    return folder.stat().st_dev


def room_on(folder: Path) -> tuple[Level, str]:
    free = disks.free_on(folder)
    told = f"{disks.gigabytes(free)} libres pour {folder}"
    if free < disks.TOO_LOW:
        return Level.ERROR, f"{told} : faites de la place, le portail ne pourra bientôt plus y écrire."
    if free < disks.LOW:
        return Level.WARNING, f"{told} : faites de la place."
    return Level.OK, f"{told}."


def files() -> Results:
    """Secrets and people's data are for the portal's own account, which writes them."""
    if why := faults.why_shut(disks.nearest(documents.folder()), disks.nearest(jobs.folders())):
        yield Level.ERROR, f"{why}."
    paths = [config.ROOT / ".env", documents.folder(), jobs.folders()]
    if database.is_sqlite():
        store = database.store_path()
        paths += sorted(store.parent.glob(f"{store.name}*"))
    seen = [path for path in paths if path.exists()]
    open_to_all = [str(path) for path in seen if path.stat().st_mode & 0o007]
    if open_to_all:
        names = " ".join(open_to_all)
        yield Level.ERROR, f"d'autres comptes de la machine peuvent les lire : « chmod -R o= {names} »."
    elif seen:
        yield Level.OK, f"fermés aux autres comptes de la machine : {', '.join(path.name for path in seen)}."
    else:
        yield Level.OK, "le portail n'en a pas encore."
