"""`python -m ophportal` is the console script."""

from ophportal.cli import run_command

if __name__ == "__main__":
    run_command()
