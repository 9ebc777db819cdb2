"""The README: its example is a test that passes as it is printed, and its layout leads to every module."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def test_the_example_of_the_readme_passes(client, make_tenant, outbox):
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    names["test_a_tenant_gets_in"](client, make_tenant, outbox)


def test_its_layout_names_every_room_and_module_and_none_that_is_gone():
    [layout] = re.findall(r"^## Layout\n\n```\n(.*?)```", README.read_text(), re.DOTALL | re.MULTILINE)
    found = [path for path in (ROOT / "ophportal").glob("[!_]*") if path.is_dir() or path.suffix == ".py"]
    named = set(re.findall(r"[a-z_]+(?:\.py|/)", layout))
    assert {f"{path.name}/" if path.is_dir() else path.name for path in found} <= named
    for name in named:
        assert [*ROOT.glob(name), *ROOT.glob(f"*/{name}"), *ROOT.glob(f"ophportal/*/{name}")], name
