"""The commands: « ophportal serve », « ophportal import », and the others."""

import sys


def run_command() -> None:
    """Load the commands, which takes most of a second, and run the one that was typed."""
    try:
        from ophportal.cli.main import main
    except KeyboardInterrupt:
        sys.exit("Abandonné.")
    main()
