"""The settings: nonsense is refused at start, one sentence a setting."""

import re

import pytest

import config
from config import ConfigError, Development, Production, contrast_on_white

GOOD = {
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "BASE_URL": "https://locataires.exemple.test",
    "MAIL_SERVER": "smtp.exemple.test",
    "MAIL_SENDER": "ne-pas-repondre@exemple.test",
}


def test_four_settings_are_enough():
    settings = Production(GOOD)
    assert settings.SESSION_COOKIE_NAME == "__Host-session"
    assert settings.SESSION_COOKIE_SECURE
    assert settings.TRUSTED_HOSTS == ["locataires.exemple.test"]
    assert (settings.MAIL_USE_TLS, settings.MAIL_PORT) == (True, 587)


def test_without_any_each_of_the_four_is_named_in_a_sentence():
    with pytest.raises(ConfigError) as refusal:
        Production({})
    assert [problem.split()[0] for problem in refusal.value.problems] == [
        "OPHPORTAL_SECRET_KEY",
        "OPHPORTAL_BASE_URL",
        "OPHPORTAL_MAIL_SERVER",
        "OPHPORTAL_MAIL_SENDER",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 40),
        ("BASE_URL", "locataires.exemple.test"),
        ("BASE_URL", "ftp://exemple.test"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://exemple.test/portail"),
        ("BASE_URL", "https://qui:quoi@exemple.test"),
        ("BASE_URL", "https://exemple.test:port"),
        ("BASE_URL", "http://exemple.test"),
        ("BASE_URL", "https://[x"),
        ("MAIL_SERVER", "smtp exemple"),
        ("MAIL_SERVER", "https://smtp.exemple.test"),
        ("MAIL_PORT", "0"),
        ("MAIL_PORT", "vingt-cinq"),
        ("MAIL_USE_TLS", "peut-être"),
        ("MAIL_PORT", "465"),
        ("MAIL_SENDER", "office"),
        ("MAIL_SENDER", "L'office <office@exemple.test>"),
        ("MAIL_USERNAME", "seul"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite:///var/lib/ophportal/ophportal.sqlite"),
        ("DATABASE_URL", "sqlite:////"),
        ("DATABASE_URL", "postgresql://[x"),
        ("TRUSTED_PROXIES", "-1"),
        ("OFFICE_COLOR", "bleu"),
        ("OFFICE_COLOR", "#ffee00"),
        ("OFFICE_LOGO", "/nulle/part.svg"),
        ("OFFICE_PAYMENT_PAGE", "http://paiement.exemple.test"),
        ("OFFICE_PAYMENT_PAGE", "javascript:alert(1)"),
        ("OFFICE_PAYMENT_PAGE", "https://"),
        ("OFFICE_PAYMENT_PAGE", "https://[x"),
        ("OFFICE_ACCESSIBILITY_SCHEME", "http://office.exemple.test/schema"),
        ("OFFICE_ACCESSIBILITY_PLAN", "plan.pdf"),
        ("OFFICE_TIMEZONE", "Guadeloupe"),
        ("OFFICE_TIMEZONE", "America"),
        ("OFFICE_TIMEZONE", "../Indian/Reunion"),
        ("OFFICE_DUE_DAY", "31"),
        ("OFFICE_DUE_DAY", "0"),
        ("LOGIN_FAILURES", "0"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_that_names_the_setting(name, value):
    with pytest.raises(ConfigError) as refusal:
        Production({**GOOD, name: value})
    [problem] = refusal.value.problems
    assert "OPHPORTAL_MAIL_" in problem if name == "MAIL_USERNAME" else problem.startswith(f"OPHPORTAL_{name} ")
    assert problem.endswith(".")
    if name == "SECRET_KEY":
        assert value not in problem


@pytest.mark.parametrize(("username", "password"), [("l'hôte", "a"), ("office", "clé")], ids=["name", "password"])
def test_a_mail_login_that_cannot_be_said_is_refused_at_the_start_and_not_repeated(username, password):
    """By Python's client, in ASCII alone: no mail would leave."""
    with pytest.raises(ConfigError) as refusal:
        Production({**GOOD, "MAIL_USERNAME": username, "MAIL_PASSWORD": password})
    [problem] = refusal.value.problems
    assert "sans accent" in problem
    assert password not in problem.split()


def test_no_mail_travels_in_clear_but_inside_the_machine():
    with pytest.raises(ConfigError, match="MAIL_USE_TLS"):
        Production({**GOOD, "MAIL_USE_TLS": "non"})
    assert not Production({**GOOD, "MAIL_USE_TLS": "non", "MAIL_SERVER": "localhost"}).MAIL_USE_TLS


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ophportal:motdepasse@base.exemple.test/ophportal",
        "postgresql://ophportal:motdepasse@base.exemple.test/ophportal?sslmode=require",
        "postgresql://ophportal:motdepasse@192.0.2.7:5432/ophportal?sslmode=verify-ca",
        "postgresql:///ophportal?host=base.exemple.test",
        "postgresql://localhost/ophportal?host=base.exemple.test",
        "postgresql://localhost/ophportal?hostaddr=192.0.2.7",
        "postgresql://localhost:5432,base.exemple.test:5432/ophportal",
    ],
)
class TestAStoreOnAnotherMachine:
    """What PostgreSQL's library does unless it is told otherwise can be read, and led elsewhere, on the way."""

    def test_it_is_refused_while_nobody_looks_at_its_certificate(self, url):
        with pytest.raises(ConfigError) as refused:
            Production({**GOOD, "DATABASE_URL": url})
        (problem,) = refused.value.problems
        assert problem.startswith("OPHPORTAL_DATABASE_URL mène à une autre machine")
        assert "OPHPORTAL_DATABASE_UNVERIFIED=oui" in problem
        assert "motdepasse" not in problem

    def test_the_office_may_say_that_it_accepts_that(self, url):
        assert url == Production({**GOOD, "DATABASE_URL": url, "DATABASE_UNVERIFIED": "oui"}).DATABASE_URL

    def test_nor_is_it_while_its_certificate_is_looked_at(self, url):
        bare = url.partition("sslmode")[0].rstrip("?")
        mark = "&" if "?" in bare else "?"
        verified = f"{bare}{mark}sslmode=verify-full"
        assert verified == Production({**GOOD, "DATABASE_URL": verified}).DATABASE_URL

    def test_a_developer_s_own_is_not_refused(self, url):
        assert url == Development({"DATABASE_URL": url}).DATABASE_URL


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///ophportal",
        "postgresql:///ophportal?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/ophportal",
        "postgresql://ophportal:motdepasse@127.0.0.1:5432/ophportal",
        "postgresql://ophportal@[::1]:5432/ophportal",
        "postgresql://localhost/ophportal",
    ],
)
def test_a_store_on_this_machine_needs_no_certificate(url):
    assert url == Production({**GOOD, "DATABASE_URL": url}).DATABASE_URL


def test_what_the_address_leaves_out_is_what_the_library_takes_from_the_environment(monkeypatch):
    url = "postgresql:///ophportal"
    monkeypatch.setenv("PGHOST", "base.exemple.test")
    with pytest.raises(ConfigError, match="mène à une autre machine"):
        Production({**GOOD, "DATABASE_URL": url})
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert url == Production({**GOOD, "DATABASE_URL": url}).DATABASE_URL


def test_the_example_lists_every_setting_that_is_read_and_no_other():
    read = set(re.findall(r'read\.\w+\(\s*"([A-Z_]+)"', (config.ROOT / "config.py").read_text()))
    example = (config.ROOT / ".env.example").read_text()
    listed = re.findall(r"^OPHPORTAL_([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(listed) == sorted(read)
    lines = example.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("OPHPORTAL_"):
            assert lines[number - 1].startswith("# "), f"{line} is not explained"


def test_the_example_s_values_are_sound_once_the_key_is_drawn():
    from dotenv import dotenv_values

    values = dotenv_values(config.ROOT / ".env.example")
    given = {name.removeprefix("OPHPORTAL_"): value or "" for name, value in values.items()}
    settings = Production({**given, "SECRET_KEY": GOOD["SECRET_KEY"]})
    assert settings.OFFICE["name"].endswith("d'Agglomération du Pays Ajaccien")


def test_the_environment_is_read_under_its_prefix(monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(f"OPHPORTAL_{name}", value)
    monkeypatch.setenv("OPHPORTAL_OFFICE_NAME", "Office d'Exemple")
    assert Production().OFFICE["name"] == "Office d'Exemple"


def test_a_dotenv_file_is_read_and_the_environment_passes_before_it(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "ROOT", tmp_path)
    lines = [f"OPHPORTAL_{name}={value}" for name, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "OPHPORTAL_OFFICE_NAME=Du fichier", "AUTRE=x"]))
    assert Production().OFFICE["name"] == "Du fichier"
    monkeypatch.setenv("OPHPORTAL_OFFICE_NAME", "De l'environnement")
    assert Production().OFFICE["name"] == "De l'environnement"


def test_a_value_of_a_dotenv_file_is_taken_as_it_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "ROOT", tmp_path)
    lines = [f"OPHPORTAL_{name}={value}" for name, value in GOOD.items()]
    lines += ["OPHPORTAL_MAIL_USERNAME=office", "OPHPORTAL_MAIL_PASSWORD=a${b}c$d"]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert Production().MAIL_PASSWORD == "a${b}c$d"


def test_the_demo_hears_the_office_s_identity_and_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "INSTANCE", tmp_path)
    monkeypatch.setenv("OPHPORTAL_DATABASE_URL", "sqlite:////srv/real.sqlite")
    monkeypatch.setenv("OPHPORTAL_MAIL_SERVER", "smtp.real.example")
    monkeypatch.setenv("OPHPORTAL_OFFICE_SHORT_NAME", "OPH d'Exemple")
    settings = config.Demo()
    assert f"sqlite:///{tmp_path / 'demo.sqlite'}" == settings.DATABASE_URL
    assert settings.MAIL_SERVER == "127.0.0.1"
    assert settings.MAIL_SUPPRESS_SEND
    assert settings.OFFICE["short_name"] == "OPH d'Exemple"
    assert config.Demo().SECRET_KEY == settings.SECRET_KEY
    assert (tmp_path / "demo.key").stat().st_mode & 0o777 == 0o600


def test_contrast_is_measured_as_wcag_says():
    assert contrast_on_white("#ffffff") == pytest.approx(1)
    assert contrast_on_white("#000000") == pytest.approx(21)
    assert contrast_on_white("#767676") == pytest.approx(4.54, abs=0.01)
