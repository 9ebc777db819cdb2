"""`python -m ophportal` is the console script."""

from ophportal.cli.main import main

if __name__ == "__main__":
    main()
