"""Looks for what the documents name and the tree does not have. Prints each place, and fails if there
is one.

- Tests that stand in backticks, such as `mailbox::a_name` or `mailbox::a_beginning_*`.
- Constants that stand in backticks, such as `MAX_ROUTE_LEN`.
- Files and headings that links lead to.
- Sections of a document that have one number twice.

Also for words that plain technical English does without, in doc comments and Markdown: there may be
no more of them than AWKWARD says, and that list only shrinks.
"""

import os
import re
import subprocess
import sys

TESTED = ["docs/guarantees.md", "SECURITY.md", "docs/protocol.md", "docs/channels.md"]
# Names of others: modules of serde and postcard, variables of the environment.
OTHERS = {"fixint::le", "OCKAM_LOG", "NO_COLOR"}

WORDS = r"\b(whoever|somebody|nobody|anybody|so many|is told|has not|of its own|last breath|epitaph)\b"
# How many of WORDS there are, by the first folder or the file.
AWKWARD = {
    "ARCHITECTURE.md": 9,
    "CHANGELOG.md": 13,
    "SECURITY.md": 1,
    "docs/channels.md": 13,
    "docs/embedded.md": 3,
    "docs/guarantees.md": 33,
    "docs/protocol.md": 6,
    "examples": 23,
    "fuzz": 7,
    "ockam": 32,
    "ockam_core": 31,
    "ockam_identity": 54,
    "ockam_node": 194,
    "ockam_transport_serial": 1,
    "ockam_transport_tcp": 67,
    "proofs": 4,
}


def listed(pattern):
    """Returns the files of the repository with a name of this form."""
    names = subprocess.run(["git", "ls-files", pattern], capture_output=True, text=True, check=True)
    return names.stdout.split("\n")[:-1]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def slug(heading):
    """Returns what forges make of a heading for links."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def tests(document, functions, modules):
    """Yields the tests that a document names and nobody has written."""
    for name in re.findall(r"`((?:[a-z_0-9]+::)+[a-z_0-9]*\*?|loom_[a-z_0-9]+\*?)`", read(document)):
        *path, last = name.split("::")
        if name in OTHERS:
            continue
        if last.endswith("*"):
            is_there = any(function.startswith(last[:-1]) for function in functions)
        else:
            is_there = last in functions or last in modules
        if not is_there or any(module not in modules for module in path):
            yield f"{document}: there is no test `{name}`"


def links(document):
    """Yields the links of a document that lead nowhere."""
    for link in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
        if not os.path.exists(target):
            yield f"{document}: {link} leads to no file"
        elif heading and target.endswith(".md"):
            headings = re.findall(r"^#+ (.*)$", read(target), re.MULTILINE)
            if heading not in map(slug, headings):
                yield f"{document}: {link} leads to no heading"


def numbers(document):
    """Yields the numbers that several sections of a document have."""
    found = re.findall(r"^## (\d+)\. ", read(document), re.MULTILINE)
    for number in sorted({number for number in found if found.count(number) > 1}):
        yield f"{document}: two sections have the number {number}"


def awkward():
    """Yields the places with more of WORDS than they may have."""
    found = {}
    for path in listed("*.rs") + listed("*.md"):
        text = read(path)
        if path.endswith(".rs"):
            text = "\n".join(re.findall(r"^\s*//[/!](.*)$", text, re.MULTILINE))
        place = path.split("/")[0] if "/" in path and not path.startswith("docs/") else path
        found[place] = found.get(place, 0) + len(re.findall(WORDS, text, re.IGNORECASE))
    for place, count in sorted(found.items()):
        if count != AWKWARD.get(place, 0):
            yield f"{place}: {count} of the words that plain English does without; {AWKWARD.get(place, 0)} are allowed"


def main():
    sources = listed("*.rs")
    source = "\n".join(read(path) for path in sources)
    functions = set(re.findall(r"\bfn (\w+)", source))
    modules = set(re.findall(r"\bmod (\w+)", source)) | {"ockam", "ockam_node", "ockam_core"}
    modules |= {os.path.splitext(os.path.basename(path))[0] for path in sources}
    constants = set(re.findall(r"\b(?:const|static) ([A-Z][A-Z_0-9]+)\b", source))
    texts = source + "".join(read(path) for path in listed(".ci/*") if path.split("/")[-1] != "docs.py")
    wrong = []
    for document in listed("*.md"):
        wrong += links(document)
        wrong += numbers(document)
        # The changelog names what is gone as well.
        if document != "CHANGELOG.md":
            for name in re.findall(r"`([A-Z]+_[A-Z_0-9]+)`", read(document)):
                if name not in constants and name not in OTHERS and name not in texts:
                    wrong.append(f"{document}: there is no `{name}`")
    for document in TESTED:
        wrong += tests(document, functions, modules)
    wrong += awkward()
    for place in wrong:
        print(place)
    sys.exit(1 if wrong else 0)


main()
