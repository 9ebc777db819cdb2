"""The agents' second factor: a six-digit code from a telephone (TOTP, RFC 6238), or a recovery code."""

import base64
import io
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app

from ophportal import clock
from ophportal.codes import code_letters, grouped
from ophportal.models import Agent, RecoveryCode
from ophportal.models.keys import code_key
from ophportal.secret_key import keyed, keyed_digest

if TYPE_CHECKING:
    from pyotp import TOTP

# A telephone's clock may be half a minute off, and fingers are slow: the step before and the one after count too.
TOLERATED = (0, -1, 1)
RECOVERY_CODES, CODE_LENGTH = 10, 12


class Proof(NamedTuple):
    """A right code, not used up yet: the telephone's, by its time step, or else a recovery code, by its digest."""

    agent: Agent
    step: int | None
    digest: str

    @property
    def is_recovery(self) -> bool:
        return self.step is None

    def use(self) -> bool:
        """Take its one use; False when a parallel login took it first."""
        return RecoveryCode.use(self.agent, self.digest) if self.step is None else self.agent.take_step(self.step)


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


def totp(agent: Agent) -> "TOTP":
    from pyotp import TOTP  # for agents alone, as segno is

    return TOTP(secret_of(agent))


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


def proof_in(agent: Agent, typed: str) -> Proof | None:
    """The proof in `typed`, a code of the telephone or a recovery code; None when it is neither.

    Both are looked for in any case: one query, whatever was typed.
    """
    proof = Proof(agent, step_of(agent, typed), recovery_digest(agent, typed))
    is_recovery = RecoveryCode.is_good(agent, proof.digest)
    return None if proof.step is None and not is_recovery else proof


def recovery_codes(seed: str) -> list[str]:
    """`RECOVERY_CODES` codes, « 7K2M-94QF-X3PD », 60 bits each, derived from `seed`, which is secret."""
    return [grouped(code_letters(keyed("recovery codes", seed, str(n)), CODE_LENGTH)) for n in range(RECOVERY_CODES)]


def give_recovery_codes(agent: Agent, codes: list[str]) -> None:
    """Put `codes` in the place of the agent's recovery codes, if they have some."""
    RecoveryCode.renew(agent, [recovery_digest(agent, code) for code in codes])


def has_recovery_codes(agent: Agent, codes: list[str]) -> bool:
    """Whether the agent's codes are these, and none has served."""
    return RecoveryCode.are(agent, [recovery_digest(agent, code) for code in codes])


def recovery_digest(agent: Agent, typed: str) -> str:
    return keyed_digest("recovery code", str(agent.id), code_key(typed))
