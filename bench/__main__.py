"""Measure the parts that are named, or all of them, and write what was found in bench/RESULTS.md."""

import argparse
import inspect
import logging
from importlib import import_module

from bench import figures

# In this order: a title, by the module that measures it.
PARTS = {
    "in_process": "Pages, without a server",
    "weight": "What a visit weighs",
    "lighthouse": "Lighthouse, as on a telephone",
    "imports": "The tenant file",
    "servers": "Identification, on two servers",
    "login_pages": "Identification, beside other login pages",
    "logins": "Logins a second",
    "storm": "Pages while everybody logs in",
    "sizes": "From a thousand tenants to a million",
    "process": "A process that serves pages",
    "mail_down": "A request while the mail server is down",
    "load": "The day of the rent notice",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to measure (all of them unless named)")
    parts = parser.parse_args().parts or PARTS
    logging.disable(logging.INFO)  # of the portals and the mail servers that lie in this very process
    for name in parts:
        module = import_module(f"bench.{name}")
        figures.record(PARTS[name], inspect.getdoc(module) or "", module.figures())


if __name__ == "__main__":
    main()
