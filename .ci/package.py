"""Checks what would be published: cargo metadata --no-deps --format-version 1 | package.py FOLDER

FOLDER has the archives that `cargo package` made. Each has to hold the sources, the README and the
licence and nothing else, and each manifest has to say what the registry and docs.rs show.
"""

import json
import os
import sys
import tarfile

FIELDS = ["description", "license", "repository", "documentation", "readme", "keywords", "categories", "rust_version"]
# What cargo adds.
ADDED = {"Cargo.toml", "Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json"}
WANTED = {"README.md", "LICENSE"}
# A package with more has something in it by mistake, such as an artefact.
MOST_BYTES = 400_000
MOST_KEYWORDS = 5


def manifest(package):
    """Yields what a manifest does not say."""
    for field in FIELDS:
        if not package.get(field):
            yield f"Cargo.toml has no `{field}`"
    if len(package["keywords"]) > MOST_KEYWORDS:
        yield f"Cargo.toml has more than {MOST_KEYWORDS} keywords"
    if "all-features" not in ((package["metadata"] or {}).get("docs") or {}).get("rs", {}):
        yield "Cargo.toml has no `[package.metadata.docs.rs]` with `all-features`"


def archive(package, folder):
    """Yields what is wrong with an archive."""
    stem = f"{package['name']}-{package['version']}"
    path = os.path.join(folder, stem + ".crate")
    if not os.path.exists(path):
        yield "cargo made no package of it"
        return
    if os.path.getsize(path) > MOST_BYTES:
        yield f"the package has {os.path.getsize(path)} bytes; the limit is {MOST_BYTES}"
    with tarfile.open(path) as tar:
        names = {member.name.removeprefix(stem + "/") for member in tar}
        for name in sorted(WANTED - names):
            yield f"the package has no {name}"
        for name in sorted(WANTED & names):
            with open(name, "rb") as file:
                if tar.extractfile(f"{stem}/{name}").read() != file.read():
                    yield f"the package has another {name} than the repository"
    sources = {name for name in names if name.startswith("src/") and name.endswith(".rs")}
    for name in sorted(names - sources - ADDED - WANTED):
        yield f"the package has {name} in it"
    if "src/lib.rs" not in sources:
        yield "the package has no src/lib.rs"


def main():
    packages = [package for package in json.load(sys.stdin)["packages"] if package["publish"] is None]
    if not packages:
        sys.exit("there is nothing to publish")
    wrong = 0
    for package in packages:
        for problem in [*manifest(package), *archive(package, sys.argv[1])]:
            print(f"{package['name']}: {problem}")
            wrong += 1
    print(f"{len(packages)} packages, {wrong} faults")
    sys.exit(1 if wrong else 0)


main()
