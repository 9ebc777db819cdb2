"""What the portal costs, measured side by side: `make bench`, or `.venv/bin/python -m bench PART ...`.

Each part times two ways of doing a thing in alternating rounds of one run, and tells their ratio: absolute figures on
a shared machine mean little. Nothing of it is a test. A part is a module of `PARTS` with a function `figures`, which
yields one `Figure` a line; what it needs beyond the portal (wrk, a peer's own virtual environment) its docstring says.
"""
