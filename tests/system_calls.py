"""Run a command with those system calls alone that it may make, as systemd's SystemCallFilter does: others get EPERM.

python tests/system_calls.py 'read write …' command words…
"""

import ctypes
import errno
import os
import sys

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM  # seccomp.h's SCMP_ACT_ALLOW and SCMP_ACT_ERRNO


def allow_only(names: list[str]) -> None:
    """From here on, in this process and its children. Raises OSError."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # the other calls are of other processors
            check(library.seccomp_rule_add(rules, ctypes.c_uint32(ALLOW), number, 0))
    check(library.seccomp_load(rules))


def check(answer: int) -> None:
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))


if __name__ == "__main__":
    allow_only(sys.argv[1].split())
    os.execv(sys.argv[2], sys.argv[2:])
