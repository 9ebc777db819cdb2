"""The agents' second factor: a six-digit code from a telephone (TOTP, RFC 6238), or a recovery code."""

import base64
import io
import re
import secrets
from collections.abc import Callable
from functools import partial

import pyotp
from flask import current_app

from ophportal import clock
from ophportal.models import Agent, RecoveryCode
from ophportal.models.account import CODE_LETTERS
from ophportal.models.keys import code_key
from ophportal.security import keyed, keyed_digest

# A telephone's clock may be half a minute off, and fingers are slow: the step before and the one after count too.
TOLERATED = (0, -1, 1)
RECOVERY_CODES = 10


def secret_of(agent: Agent) -> str:
    """The shared secret, base 32, as a telephone takes it: derived, and never stored."""
    return base64.b32encode(keyed("second factor", agent.factor_seed)[:20]).decode()


def address_of(agent: Agent) -> str:
    """The `otpauth://` address that the QR code carries."""
    return totp(agent).provisioning_uri(name=agent.email, issuer_name=current_app.config["OFFICE"]["short_name"])


def qr_code(agent: Agent) -> str:
    """The QR code, as an SVG element to be set into a page."""
    import segno

    drawing = io.BytesIO()
    segno.make(address_of(agent), error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff", nl=False
    )
    return drawing.getvalue().decode()


def totp(agent: Agent) -> pyotp.TOTP:
    return pyotp.TOTP(secret_of(agent))


def step_of(agent: Agent, typed: str) -> int | None:
    """The time step whose code is `typed`, not used yet; None for a wrong one."""
    digits = re.sub(r"\s", "", typed)
    now = totp(agent).timecode(clock.now())
    for step in (now + offset for offset in TOLERATED):
        if step > agent.factor_step and secrets.compare_digest(
            totp(agent).generate_otp(step).encode(), digits.encode()
        ):
            return step
    return None


def proof_in(agent: Agent, typed: str) -> Callable[[], bool] | None:
    """What uses up the telephone's code of the moment, or the recovery code, that `typed` is; None for neither.

    Calling it gives False when a parallel login was first. The same work for every `typed`.
    """
    step = step_of(agent, typed)
    digest = recovery_digest(agent, typed)
    is_recovery_code = RecoveryCode.is_known(agent, digest)
    if step is not None:
        return partial(agent.take_step, step)
    return partial(RecoveryCode.use, agent, digest) if is_recovery_code else None


def fresh_recovery_codes(agent: Agent) -> list[str]:
    """New ones in place of those before, for the agent to keep: « 7K2M-94QF-X3PD », 60 bits each."""
    codes = [
        "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))
        for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.renew(agent, [recovery_digest(agent, code) for code in codes])
    return codes


def recovery_digest(agent: Agent, typed: str) -> str:
    return keyed_digest("recovery code", str(agent.id), code_key(typed))
