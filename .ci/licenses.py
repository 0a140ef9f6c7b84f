"""Checks the licences of what a crate links: cargo metadata --format-version 1 | licenses.py CRATE

Of alternatives ("A OR B") one has to be allowed, of joint licences ("A AND B") all. What only the
compiler runs, macros and what they use, is not part of a program and is left out.
"""

import json
import re
import sys

ALLOWED = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC"}


def allowed(expression):
    """Evaluates an SPDX expression; `/` is an old way to write OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def choice():
        value = joint()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            other = joint()
            value = value or other
        return value

    def joint():
        value = term()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = term()
            value = value and other
        return value

    def term():
        if not tokens:
            return False
        token = tokens.pop(0)
        if token == "(":
            value = choice()
            if tokens:
                tokens.pop(0)
            return value
        if tokens and tokens[0] == "WITH":
            # An exception only permits more.
            del tokens[:2]
        return token in ALLOWED

    value = choice()
    return value and not tokens


def linked(metadata, root):
    """Finds all packages that end up in a program which uses `root`, on any target."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def is_macro(package):
        return any("proc-macro" in target["kind"] for target in package["targets"])

    waiting = [id for id in metadata["workspace_members"] if packages[id]["name"] == root]
    found = set()
    while waiting:
        id = waiting.pop()
        if id in found or is_macro(packages[id]):
            continue
        found.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return [packages[id] for id in found]


def main():
    packages = linked(json.load(sys.stdin), sys.argv[1])
    if not packages:
        sys.exit(f"there is no crate {sys.argv[1]}")
    bad = [p for p in packages if not allowed(p.get("license") or "")]
    for package in sorted(bad, key=lambda package: package["name"]):
        print(f"{package['name']} {package['version']}: {package.get('license') or 'no licence'}")
    print(f"{len(packages)} crates are linked, {len(bad)} with a licence that is not allowed")
    sys.exit(1 if bad else 0)


main()
