"""A command typed in a process of its own, forked from one that has loaded the portal: that takes most of its time."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

# Python's own server of forks holds what every command begins by loading, and nothing else.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["ophportal.cli.main", __name__])
TIMEOUT = 120


def run(words: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`ophportal words…` with this environment in this folder, as `subprocess.run` would have it."""
    with TemporaryDirectory() as said:
        streams = [Path(said, name) for name in ("stdout", "stderr")]
        process = FORKS.Process(target=be_typed, args=(words, environment, folder, streams))
        process.start()
        process.join(TIMEOUT)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, TIMEOUT)
        return subprocess.CompletedProcess(words, process.exitcode, *(stream.read_text() for stream in streams))


def be_typed(words: list[str], environment: dict[str, str], folder: Path, streams: list[Path]) -> None:
    from ophportal.cli.main import main

    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ophportal", *words]
    main()
