"""Completes the list of what the portal is made of: CycloneDX in, CycloneDX out, and the browser's part from npm.

Links are left out: they say nothing that name, version and purl do not, and lead to whichever host packages come from.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    bom = json.load(sys.stdin)
    parts = list(npm_components(json.loads(Path(sys.argv[1]).read_text())))
    bom["components"] += parts
    [root] = [entry for entry in bom["dependencies"] if entry["ref"] == bom["metadata"]["component"]["bom-ref"]]
    root["dependsOn"] = sorted(root.get("dependsOn", []) + [part["bom-ref"] for part in parts])
    bom["dependencies"] += [{"ref": part["bom-ref"]} for part in parts]
    json.dump(without_links(bom), sys.stdout, ensure_ascii=False, indent=2, sort_keys=True)
    print()


def npm_components(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the lock installs for production."""
    for path, package in sorted(lock["packages"].items()):
        if not path or package.get("dev"):
            continue
        name = path.removeprefix("node_modules/")
        algorithm, digest = package["integrity"].split("-", 1)
        yield {
            "bom-ref": f"{name}@{package['version']}",
            "type": "library",
            "name": name,
            "version": package["version"],
            "purl": f"pkg:npm/{name}@{package['version']}",
            "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
            "licenses": [{"license": {"name": package["license"]}}],  # npm does not hold names to SPDX
        }


def without_links(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_links(inner) for key, inner in value.items() if key != "externalReferences"}
    return [without_links(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
