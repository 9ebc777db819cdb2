"""docs/exploitation.md and deploy/: what an office's IT person types exists, and what runs there is accepted."""

import os
import pty
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import unicodedata
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPMessage, HTTPResponse
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from ophportal import clock
from ophportal.bodies import UPLOADS
from ophportal.cli.main import cli
from ophportal.office.imports import LARGEST
from tests.office import Office, Visit, first_login, wait_until, write_tenant_file
from tests.smtp import free_port

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "exploitation.md").read_text()
UNITS = ROOT / "deploy" / "systemd"
SITE = ROOT / "deploy" / "nginx" / "ophportal.conf"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
PROGRAM = "/opt/ophportal/actuel/.venv/bin/ophportal"
# In tenths, as --threshold counts; systemd calls 2.0 and less « OK ».
MOST_EXPOSED = "15"
SECRET_LINKS = "^/(agents/invitation|confirmer-adresse|annuler-changement)/"

tool = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in ("nginx", "systemd-analyze", "openssl")
}


BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def commands_of_the_guide():
    typed = [line for block in BLOCKS for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", GUIDE)
    typed = [line.strip().removeprefix("podman exec ophportal ").partition(" && ")[0] for line in typed]
    return sorted({line for line in typed if line.startswith("ophportal ") and "…" not in line})


def commands_of_the_units():
    starts = [re.findall(rf"^ExecStart={PROGRAM} (.*)$", (UNITS / name).read_text(), re.M) for name in SERVICES]
    return [f"ophportal {line.replace('$OPTIONS', '--keep 30')}" for [line] in starts]


def parse(line):
    """As the shell and click would, up to running it. Raises UsageError."""
    command, words = cli, shlex.split(line)
    context = command.make_context(words[0], words[1:])
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("line", [*commands_of_the_guide(), *commands_of_the_units()])
def test_each_command_exists_with_its_options(line):
    try:
        parse(line)
    except click.exceptions.Exit:
        assert line == "ophportal --version"
    except click.MissingParameter:  # named in a sentence, and not typed whole
        assert f"\n{line}\n" not in GUIDE


def test_the_guide_s_commands_are_found():
    assert "ophportal import tenants /var/lib/ophportal/depot/locataires.csv --dry-run" in commands_of_the_guide()
    assert "ophportal serve --no-deliver" in commands_of_the_units()


@pytest.mark.parametrize("block", [block for block in BLOCKS if "make -C" in block])
def test_what_is_installed_can_be_read_by_the_portal_s_account(block):
    """Root's own umask may be 077, as hardening guides have it."""
    unpacks = "tar --extract" if "tar --extract" in block else "make -C"
    assert "umask 022" in block.partition(unpacks)[0]


@pytest.mark.parametrize(
    "fails", ["", "sha256sum", "tar", "mv", "make production", "make postgresql", "ophportal backup"]
)
def test_an_update_that_is_pasted_whole_goes_no_further_than_a_step_that_fails(tmp_path, fails):
    """Another archive than the published one, PyPI that does not answer, a disk that is full, or the file of a first
    try, which the way back would restore: the old version starts again."""
    [update] = [block for block in BLOCKS if "ln -sfn 0.2.0" in block]
    stubs, versions = tmp_path / "stubs", tmp_path / "versions"
    (versions / "0.2.0").mkdir(parents=True)
    (versions / "actuel").symlink_to("0.1.0")
    stubs.mkdir()
    for name in ("sha256sum", "tar", "mv", "make", "systemctl", "cp", "ophportal"):
        told = "$3" if name == "make" else "$1"  # after « -C » and the folder
        fault = f'case "{name} {told}" in "{fails or "-"}"*) exit 1;; esac'
        (stubs / name).write_text(f'#!/bin/sh\necho "$@"\n{fault}\n')
        (stubs / name).chmod(0o755)
    (stubs / "ln").symlink_to("/bin/ln")
    update = update.replace("/opt/ophportal", str(versions)).replace("/etc/ophportal/ophportal.env", "/dev/null")
    typed = subprocess.run(
        ["/bin/sh"], input=update, env={"PATH": str(stubs)}, text=True, capture_output=True, check=False
    )
    assert (versions / "actuel").readlink() == Path("0.1.0" if fails else "0.2.0")
    assert "start ophportal-web ophportal-deliver" in typed.stdout.splitlines()


class TestTheGuidesCommand:
    """`deploy/ophportal`, which root types: what runs under the portal's account is not root's to obey."""

    @pytest.fixture
    @staticmethod
    def environment(tmp_path):
        """One where `runuser` says what it was told to do, and does nothing."""
        program = tmp_path / "runuser"
        program.write_text('#!/bin/sh\necho "$@"\n')
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def test_on_the_screen_it_has_a_terminal_of_its_own_where_nothing_can_type_for_root(self, environment):
        terminal, theirs = pty.openpty()
        screen = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        subprocess.run([ROOT / "deploy" / "ophportal", "check", "a b"], env=environment, check=True, **screen)
        os.close(theirs)
        assert os.read(terminal, 1000).decode().strip() == f"--pty -u ophportal -- {PROGRAM} check a b"
        os.close(terminal)

    def test_into_a_file_it_writes_what_it_says_and_no_more(self, environment):
        """Through a terminal, both outputs would be one, and each line would end as on a teletype."""
        told = subprocess.run(
            [ROOT / "deploy" / "ophportal", "check"], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        assert told.stdout == f"-u ophportal -- {PROGRAM} check\n"


def test_each_setting_named_exists():
    known = set(re.findall(r"^(OPHPORTAL_[A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    files = [ROOT / "Containerfile", *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    named = set(re.findall(r"OPHPORTAL_[A-Z_]+", GUIDE + "".join(path.read_text() for path in files)))
    assert named - known == set()


def test_each_place_of_the_guide_that_it_leads_to_exists():
    places = {slug(title) for title in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) - places == set()
    for address in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", GUIDE):
        assert (ROOT / "docs" / address).exists(), address


def slug(title):
    kept = (letter for letter in title.lower() if letter in "- " or unicodedata.category(letter)[0] in "LN")
    return "".join(kept).replace(" ", "-")


def test_each_file_that_the_guide_installs_exists():
    for path in re.findall(r"/opt/ophportal/actuel/((?:deploy|\.env\.)\S*\w)", GUIDE):
        assert (ROOT / path).exists(), path


@tool["systemd-analyze"]
def test_systemd_takes_the_units(tmp_path):
    for path in UNITS.rglob("*"):
        target = tmp_path / path.relative_to(UNITS)
        if path.is_file():
            target.parent.mkdir(exist_ok=True)
            target.write_text(path.read_text().replace(PROGRAM, "/bin/true"))
    units = [path for path in tmp_path.iterdir() if path.is_file()]
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert [line for line in verified.stderr.splitlines() if "ophportal" in line] == []


def test_a_backup_is_made_on_the_night_of_summer_time_too():
    """systemd lets a day go by that does not have the hour: on 28 March 2027, Paris goes from two o'clock to three."""
    [hour] = re.findall(r"^OnCalendar=\*-\*-\* (\S+)$", (UNITS / "ophportal-backup.timer").read_text(), re.MULTILINE)
    night = datetime.fromisoformat(f"2027-03-28 {hour}").replace(tzinfo=clock.here())
    assert night.astimezone(UTC).astimezone(clock.here()) == night


@tool["systemd-analyze"]
@pytest.mark.parametrize("name", SERVICES)
def test_the_services_are_little_exposed(name, tmp_path):
    shutil.copytree(UNITS, tmp_path / "etc" / "systemd" / "system")
    analyze = ["systemd-analyze", "security", "--offline=true", f"--root={tmp_path}"]
    judged = subprocess.run([*analyze, f"--threshold={MOST_EXPOSED}", name], capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-500:]


def test_a_service_that_dies_leaves_no_copy_of_its_memory():
    """By default the kernel writes none; a program that collects them would keep the secret key for days."""
    assert "\nLimitCORE=0\n" in (UNITS / "ophportal-.service.d" / "commun.conf").read_text()


def test_a_start_that_has_failed_is_not_waited_for():
    """A setting that is refused ends the portal at once, and whoever types « systemctl restart » is told then."""
    [waits] = re.findall(r"^ExecStartPost=(.*)$", (UNITS / "ophportal-web.service").read_text(), re.MULTILINE)
    ended = subprocess.Popen(["true"])
    ended.wait()
    command = shlex.split(waits.replace(":8000", f":{free_port()}"))
    assert subprocess.run(command, env={**os.environ, "MAINPID": str(ended.pid)}, timeout=30).returncode == 1


def system_calls_allowed():
    """As the services' filters leave them, each set by its names."""
    allowed, common = set(), (UNITS / "ophportal-.service.d" / "commun.conf").read_text()
    for line in re.findall(r"^SystemCallFilter=(.*)$", common, re.MULTILINE):
        names = calls_of(line.removeprefix("~").split())
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def calls_of(words):
    sets = [word for word in words if word.startswith("@")]
    if not sets:
        return set(words)
    listed = subprocess.run(["systemd-analyze", "syscall-filter", *sets], capture_output=True, text=True, check=True)
    inside = [line.strip() for line in listed.stdout.splitlines() if line.startswith("    ") and "#" not in line]
    return {word for word in words if word not in sets} | calls_of(inside)


@tool["systemd-analyze"]
def test_the_portal_does_all_its_work_with_the_system_calls_that_the_services_leave_it(tmp_path):
    under = [sys.executable, str(ROOT / "tests" / "system_calls.py"), " ".join(system_calls_allowed() | {"execve"})]
    with Office(tmp_path, under) as office:
        ledger = tmp_path / "ledger.csv"
        ledger.write_text("N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n1;1-A;05/01/2026;Loyer;398,12;\n")
        for kind, file in ("tenants", write_tenant_file(tmp_path / "tenants.csv", 1)), ("ledger", ledger):
            assert "1 en plus" in office.run("import", kind, file).stdout
        office.serve()
        visit = Visit(office)
        first_login(office, visit, 1, "lune rousse sur la dune")
        with visit.opener.open(f"{office.url}/compte/baux/1/releve.pdf") as statement:
            assert statement.read(5) == b"%PDF-"


def locations():
    """What the site says of each of its places, by its address."""
    return dict(re.findall(r"\n    location (?:[=~] )?(\S+) \{\n(.*?)\n    \}", SITE.read_text(), re.DOTALL))


def test_no_way_to_the_portal_is_without_its_rate():
    ways = {place for place, said in locations().items() if "proxy_pass" in said}
    assert {"/", SECRET_LINKS, *UPLOADS} == ways
    for place in ways:
        assert "limit_req zone=ophportal_requests " in locations()[place], place


@pytest.mark.parametrize("place", sorted(UPLOADS))
def test_what_a_stranger_uploads_never_lies_on_nginx_s_disk(place):
    """The portal's own door answers before it reads (`ophportal.bodies`)."""
    said = locations()[place]
    assert "proxy_request_buffering off;" in said
    assert "limit_conn ophportal_uploads 2;" in said


class Answer(NamedTuple):
    status: int
    text: str
    headers: HTTPMessage


class Nginx:
    """nginx with the site as it is shipped, on ports that anybody may listen on; its files lie in `folder`."""

    def __init__(self, folder):
        self.folder, self.configuration, self.port = folder, folder / "nginx.conf", free_port()
        self.plain_port = free_port()
        live = folder / "live"
        live.mkdir()
        subject = ["-subj", "/CN=locataires.exemple.fr", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
        pair = ["-keyout", live / "privkey.pem", "-out", live / "fullchain.pem"]
        subprocess.run(["openssl", "req", "-x509", *subject, *pair], check=True, capture_output=True)
        site = SITE.read_text()
        for ours, here in {
            "/etc/letsencrypt/live/locataires.exemple.fr": str(live),
            "/var/log/nginx": str(folder),
            "/opt/ophportal/actuel": str(ROOT),
            # Where nothing listens: the portal is stopped.
            "server 127.0.0.1:8000": f"server 127.0.0.1:{free_port()}",
            "listen [::]:80;": "",
            "listen [::]:80 default_server;": "",
            "listen [::]:443 ssl http2 default_server;": "",
            "listen [::]:443 ssl http2;": "",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
        }.items():
            site = site.replace(ours, here)
        places = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # As Debian's own, which compresses unless a site says no.
        http = f"http {{ gzip on; {places} {site} }}"
        # root's worker would be somebody who may not read a clone that lies in root's home.
        user = "user root;" if os.geteuid() == 0 else ""
        self.configuration.write_text(f"{user} pid {folder}/pid; error_log {folder}/log; events {{}} {http}")

    def checked(self):
        return subprocess.run(["nginx", "-t", "-c", self.configuration], capture_output=True, text=True)

    @contextmanager
    def serving(self):
        """Until the block ends; a function that asks for an address, or begins to send to it, and gives the answer."""
        server = subprocess.Popen(["nginx", "-c", self.configuration, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        trusting = ssl.create_default_context(cafile=self.folder / "live" / "fullchain.pem")
        trusting.check_hostname = False

        def ask(address, length=0):
            name = "locataires.exemple.fr"
            heads = f"Host: {name}\r\nReferer: https://{name}{address}\r\nConnection: close"
            if length:
                heads += f"\r\nContent-Length: {length}"
            plain = socket.create_connection(("127.0.0.1", self.port))
            with plain, trusting.wrap_socket(plain, server_hostname=name) as connection:
                connection.sendall(f"{'POST' if length else 'GET'} {address} HTTP/1.1\r\n{heads}\r\n\r\n".encode())
                answer = HTTPResponse(connection)
                answer.begin()
                return Answer(answer.status, answer.read().decode(), answer.headers)

        try:
            wait_until(lambda: is_listening(self.port), "nginx does not listen")
            yield ask
        finally:
            server.terminate()
            server.wait()


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nginx(tmp_path):
    return Nginx(tmp_path)


@tool["nginx"]
@tool["openssl"]
def test_nginx_takes_the_site(nginx):
    checked = nginx.checked()
    assert checked.returncode == 0, checked.stderr
    # Debian 13's calls « listen … http2 » the old way; Debian 12's knows no other.
    warned = [line for line in checked.stderr.splitlines() if "[warn]" in line and '"listen ... http2"' not in line]
    assert warned == []


@tool["nginx"]
@tool["openssl"]
def test_no_secret_link_is_in_the_log_of_what_went_wrong(app, nginx):
    """While the portal is stopped, as for an update, nginx tells of each visit that it could not serve."""
    secret = "5ec4e7" * 7
    links = [rule.rule for rule in app.url_map.iter_rules() if "<secret>" in rule.rule]
    assert len(links) == 3
    with nginx.serving() as ask:
        for link in links:
            assert ask(link.replace("<secret>", secret)).status == 502, link
        assert ask("/aide").status == 502
    told = (nginx.folder / "ophportal.error.log").read_text()
    assert "/aide" in told
    assert secret not in told


@tool["nginx"]
@tool["openssl"]
def test_nor_where_the_page_that_says_so_is_missing(app, nginx):
    """As on a proxy of its own: beside the file that it misses, nginx tells what it was asked for."""
    secret = "5ec4e7" * 7
    links = [rule.rule for rule in app.url_map.iter_rules() if "<secret>" in rule.rule]
    shipped = nginx.configuration.read_text()
    nginx.configuration.write_text(shipped.replace(f"root {ROOT}", "root /nowhere"))
    with nginx.serving() as ask:
        for link in links:
            assert ask(link.replace("<secret>", secret)).status == 404, link
            assert ask(link.replace("<secret>", secret), length=2 * 1024**2).status == 404, link
    assert secret not in (nginx.folder / "ophportal.error.log").read_text()


@tool["nginx"]
@tool["openssl"]
def test_nor_does_the_page_hand_it_on_with_what_the_browser_asks_for_next(nginx):
    """An icon, say: nginx would tell of that visit, and of the page that it came from."""
    with nginx.serving() as ask:
        assert ask("/annuler-changement/5ec4e7").headers["Referrer-Policy"] == "no-referrer"
        assert ask("/annuler-changement/5ec4e7", length=2 * 1024**2).headers["Referrer-Policy"] == "no-referrer"


@tool["nginx"]
@tool["openssl"]
@pytest.mark.parametrize("place", sorted(UPLOADS))
def test_a_file_that_is_too_large_is_refused_by_the_portal_in_french(nginx, place):
    """nginx would say « Request Entity Too Large », and not how to send it in parts. Here, the portal is stopped."""
    with nginx.serving() as ask:
        assert ask(place, length=2 * LARGEST).status == 502


@tool["nginx"]
@tool["openssl"]
def test_what_nginx_itself_answers_is_in_french(nginx):
    """A form is refused here and not by the portal, whose disk would hold what anybody sends."""
    with nginx.serving() as ask:
        away, too_large = ask("/aide"), ask("/identification", length=2 * LARGEST)
    assert (away.status, too_large.status) == (502, 413)
    assert "<h1>Le portail ne répond pas</h1>" in away.text
    assert "<h1>Envoi trop grand</h1>" in too_large.text


@tool["nginx"]
@tool["openssl"]
@pytest.mark.parametrize("host", ["127.0.0.1", "autre.exemple.fr"])
def test_who_asks_for_another_name_is_not_told_ours(nginx, host):
    with nginx.serving(), socket.create_connection(("127.0.0.1", nginx.plain_port)) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert connection.recv(1000) == b""
