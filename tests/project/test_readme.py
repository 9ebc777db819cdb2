"""The README's example is a test that passes as it is printed."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_example_of_the_readme_passes(client, make_tenant, outbox):
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    names["test_a_tenant_gets_in"](client, make_tenant, outbox)
