"""Checks how the sources hang together: python3 .ci/structure.py [CRATE]

- No circle of imports between the files of a crate, beyond what CIRCLES allows.
- No type name twice in a crate, beyond TYPES. Alternatives that `cfg` chooses between are one type.
- No constant of one name with different values in the workspace, beyond CONSTANTS, of those that
  other files see. An associated constant is named by its type.

An allowance that is not needed any more is an error as well, so the lists only shrink. Tests are
left out. A name that a front door re-exports counts as an import of the file that defines it.

With the name of a crate it prints the circles of that crate, and the arrows in them.
"""

import pathlib
import re
import sys
import tempfile

# How many files each circle of a crate has, beginning with the largest.
CIRCLES = {
    "ockam": [2],
    "ockam_core": [3, 3, 2, 2, 2],
    "ockam_identity": [6, 6, 5, 5, 4, 4, 3, 2, 2],
    "ockam_macros": [3],
    "ockam_node": [12, 2, 2],
    "ockam_transport_memory": [2],
}

# Type names that a crate has several times.
TYPES = {
    "ockam": {"State"},
    "ockam_core": {"Inner", "Repr"},
    "ockam_identity": {"AeadKey", "Answer", "Answered", "Change", "Greeted", "State", "Table", "Values"},
    "ockam_transport_memory": {"State"},
}

# Names of constants that have several values in the workspace.
CONSTANTS = set()

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|b?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\[^\n]*?|[^\\'\n])'", re.S
)
IDENT = r"[A-Za-z_]\w*"


def without_text(source):
    """Takes comments out, and encodes literals, so that no bracket is inside of one."""

    def encode(found):
        return " " if found[0].startswith("/") else f'"{found[0].encode().hex()}"'

    return TOKEN.sub(encode, source)


def decode(literals):
    return re.sub(r'"([0-9a-f]*)"', lambda found: bytes.fromhex(found[1]).decode(), literals)


def closing(source, at):
    """Finds where the bracket at a place is closed."""
    depth = 0
    for place in range(at, len(source)):
        depth += (source[place] in "{[(") - (source[place] in "}])")
        if depth == 0:
            return place
    raise SystemExit("a bracket is not closed")


def items(source):
    """Splits a module into (attributes, text) of its items, without what is inside functions."""
    at, attributes = 0, []
    while at < len(source):
        if source[at].isspace():
            at += 1
        elif source.startswith("#![", at) or source.startswith("#[", at):
            end = closing(source, source.index("[", at))
            attributes.append(re.sub(r"\s+", "", source[at : end + 1]))
            at = end + 1
        else:
            begin = at
            while at < len(source) and source[at] not in ";{":
                at = closing(source, at) if source[at] in "[(" else at
                at += 1
            if at < len(source) and source[at] == "{":
                at = closing(source, at)
                text = source[begin : at + 1]
                if re.match(r"(pub\s*(\([^)]*\))?\s*)?(use|const|static|type|let)\b", text):
                    at = source.index(";", at)
            yield attributes, source[begin : at + 1]
            at, attributes = at + 1, []


def leaves(tree, prefix=()):
    """Takes `a::{b, c as d}` apart into (path, name)."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace < 0:
        path, _, name = tree.partition(" as ")
        path = prefix + tuple(part.strip() for part in path.split("::") if part.strip())
        if path and path[-1] == "self":
            path = path[:-1]
        if path:
            yield path, name.strip() or path[-1]
        return
    prefix += tuple(part.strip() for part in tree[:brace].split("::") if part.strip())
    begin = brace + 1
    depth = 0
    for at in range(begin, len(tree)):
        if depth == 0 and tree[at] in ",}":
            yield from leaves(tree[begin:at], prefix)
            begin = at + 1
        depth += (tree[at] == "{") - (tree[at] == "}" and at > begin and depth > 0)


class Module:
    """One module: what it declares, imports and re-exports."""

    def __init__(self, file, parent, cfg):
        self.file, self.parent, self.cfg = file, parent, cfg
        self.children, self.uses, self.types, self.constants = {}, [], [], []
        self.code = ""

    def root(self):
        return self if self.parent is None else self.parent.root()


def is_test(attributes):
    return any(re.match(r"#!?\[cfg\((test\b|all\(test\b)", each) for each in attributes)


def read(source, folder, file, parent, cfg):
    """Reads a module and those that it declares."""
    module = Module(file, parent, cfg)
    for attributes, text in items(source):
        if is_test(attributes):
            continue
        conditions = cfg + [each for each in attributes if each.startswith("#[cfg(")]
        bare = re.sub(r"^pub\s*(\([^)]*\))?\s*", "", text)
        if found := re.match(rf"mod\s+({IDENT})\s*([;{{])", bare):
            name, inner = found[1], folder / found[1]
            if found[2] == "{":
                child = read(bare[found.end() : -1], inner, file, module, conditions)
            else:
                places = re.findall(r'path="([^"]+)"', decode("".join(attributes)))
                for place in [file.parent / each for each in places] or [folder / f"{name}.rs"]:
                    child = read(without_text(place.read_text()), inner, place, module, conditions)
            module.children.setdefault(name, child)
        elif bare.startswith("use "):
            module.uses += [(leaf, text != bare) for leaf in leaves(bare[4:].rstrip(";"))]
        else:
            module.code += text + "\n"
            if found := re.match(rf"(?:unsafe\s+)?(?:struct|enum|union|trait|type)\s+({IDENT})", bare):
                module.types.append((found[1], conditions))
            elif found := re.match(rf"const\s+({IDENT})\s*:[^=]*=(.*);", bare, re.S):
                if text != bare:
                    module.constants.append((found[1], decode(" ".join(found[2].split())), conditions))
    return module


def walk(module):
    yield module
    for child in module.children.values():
        yield from walk(child)


def resolve(module, path, seen=()):
    """Finds the files that a path leads to; none if it leaves the crate."""
    at, path = module, list(path)
    if path[0] not in ("crate", "self", "super") and path[0] not in at.children:
        return set()
    while path and path[0] in ("crate", "self", "super"):
        at = {"crate": at.root(), "self": at, "super": at.parent}[path.pop(0)]
    while path and path[0] in at.children:
        at = at.children[path.pop(0)]
    if path and (at, path[0]) not in seen:
        found = set()
        for (target, name), _ in at.uses:
            if name == path[0]:
                found |= resolve(at, target, (*seen, (at, path[0]))) or {at.file}
        if found:
            return found
    return {at.file}


def module_at(module, path):
    """Finds the module that a path names, if it is one of this crate."""
    at = module
    for part in path:
        at = {"crate": at.root(), "self": at, "super": at.parent}.get(part) or at.children.get(part)
        if at is None:
            return None
    return at


def arrows(root):
    """Returns which file imports which, with the names."""
    graph = {}
    for module in walk(root):
        known = graph.setdefault(module.file, {})

        def note(path):
            for file in resolve(module, path):
                if file != module.file:
                    known.setdefault(file, set()).add("::".join(path))

        for name in module.children:
            for rest in re.findall(rf"(?<![\w:]){name}::({IDENT})", module.code):
                note((name, rest))
        for (path, name), is_public in module.uses:
            named = module_at(module, path)
            if named is not None:
                for rest in re.findall(rf"(?<![\w:]){name}::({IDENT})", module.code):
                    note((*path, rest))
            # A front door does not use what it re-exports.
            elif not is_public or re.search(rf"(?<![\w:]){name}\b", module.code):
                note(path)
        for path in re.findall(rf"(?<![\w:])(?:crate|super|self)(?:\s*::\s*{IDENT})+", module.code):
            note(tuple(part.strip() for part in path.split("::")))
    return graph


def circles(graph):
    """Returns the sets of files that reach each other, the largest first."""

    def reach(start):
        found, todo = set(), [start]
        while todo:
            new = graph.get(todo.pop(), {}).keys() - found
            found |= new
            todo += new
        return found

    reached = {file: reach(file) for file in graph}
    rings = {
        frozenset(other for other in reached[file] if file in reached[other])
        for file in graph
        if file in reached[file]
    }
    return sorted(rings, key=lambda ring: (-len(ring), sorted(ring)))


def alternatives(one, other):
    """Tells whether the conditions of two items exclude each other."""
    inverse = {f"#[cfg(not({each[6:-2]}))]" for each in one}
    return bool(inverse & set(other)) or bool({f"#[cfg(not({e[6:-2]}))]" for e in other} & set(one))


def twice(root):
    """Returns the names that several types of a crate have, with their files."""
    known, found = {}, {}
    for module in walk(root):
        for name, cfg in module.types:
            for file, earlier in known.get(name, []):
                if not alternatives(cfg, earlier):
                    found.setdefault(name, set()).update((file, module.file))
            known.setdefault(name, []).append((module.file, cfg))
    return found


def differing(roots):
    """Returns the constants of which one name has several values: (value, conditions, file) of each."""
    constants = {}
    for root in roots:
        for module in walk(root):
            for name, *value in module.constants:
                constants.setdefault(name, []).append((*value, module.file))
    return {
        name: values
        for name, values in constants.items()
        for at, (value, cfg, _) in enumerate(values)
        if any(value != other and not alternatives(cfg, also) for other, also, _ in values[:at])
    }


def prove():
    """Fails unless a circle, a type and a constant that are not as they should be are found."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sources = {
            "lib": "mod front;\nmod other;\n#[cfg(test)]\nmod tests;",
            "front": "mod inner;\npub(crate) use inner::One;\npub const LIMIT: u8 = 1;",
            "front/inner": "use crate::other::Two;\npub(crate) struct One(Two); // struct Two;",
            "other": "use crate::front::{self, One as Same};\npub struct Two(Box<Same>);\n"
            'pub const LIMIT: u8 = 2;\nstruct One(&\'static str);\nconst _: &str = "struct Two {";',
        }
        for name, source in sources.items():
            file = folder / f"{name}.rs"
            file.parent.mkdir(exist_ok=True)
            file.write_text(source)
        root = read(without_text(sources["lib"]), folder, folder / "lib.rs", None, [])
        ring = {folder / "other.rs", folder / "front/inner.rs"}
        if circles(arrows(root)) != [ring] or twice(root).keys() != {"One"}:
            raise SystemExit("the check of imports and types finds nothing")
        if differing([root]).keys() != {"LIMIT"}:
            raise SystemExit("the check of constants finds nothing")


def short(file, crate):
    return str(file.relative_to(ROOT / crate / "src"))


def check(crates):
    wrong = []
    for crate, root in crates.items():
        rings, allowed = circles(arrows(root)), CIRCLES.get(crate, [])
        if [len(ring) for ring in rings] != allowed:
            listed = "".join(
                f"\n  {len(ring)}: " + ", ".join(sorted(short(f, crate) for f in ring))
                for ring in rings
            )
            wrong.append(
                f"{crate}: circles of imports, where {allowed} files are allowed:{listed or ' none'}"
                f"\n  (python3 .ci/structure.py {crate} shows the arrows)"
            )
        doubles, allowed = twice(root), TYPES.get(crate, set())
        for name in sorted(doubles.keys() - allowed):
            places = ", ".join(sorted(short(f, crate) for f in doubles[name]))
            wrong.append(f"{crate}: two types are named {name}: {places}")
        for name in sorted(allowed - doubles.keys()):
            wrong.append(f"{crate}: {name} is one type now: take it off TYPES")
    different = differing(crates.values())
    for name in sorted(different.keys() - CONSTANTS):
        places = "".join(
            f"\n  {value}: {file.relative_to(ROOT)}" for value, _, file in different[name]
        )
        wrong.append(f"the constant {name} has several values:{places}")
    for name in sorted(CONSTANTS - different.keys()):
        wrong.append(f"the constant {name} has one value now: take it off CONSTANTS")
    return wrong


def explain(crate, root):
    graph = arrows(root)
    for ring in circles(graph):
        print(f"{len(ring)} files:")
        for file in sorted(ring):
            for other in sorted(ring & graph[file].keys()):
                names = ", ".join(sorted(graph[file][other]))
                print(f"  {short(file, crate)} -> {short(other, crate)}: {names}")


def main():
    prove()
    crates = {}
    # Fuzz targets are a workspace of their own.
    for place in sorted(set(ROOT.glob("*/src/lib.rs")) - {ROOT / "fuzz/src/lib.rs"}):
        crates[place.parent.parent.name] = read(
            without_text(place.read_text()), place.parent, place, None, []
        )
    if len(crates) < 6 or sum(1 for root in crates.values() for _ in walk(root)) < 100:
        raise SystemExit("the sources are not where they were")
    if len(sys.argv) > 1:
        explain(sys.argv[1], crates[sys.argv[1]])
        return
    wrong = check(crates)
    print("\n\n".join(wrong), end="\n\n" if wrong else "")
    sys.exit(1 if wrong else 0)


main()
