# SPDX-License-Identifier: EUPL-1.2
"""The source tree as the checks see it: its files, C text without comments and strings, functions, modules, and the map src/LAYERS.

A check is a script of its own in this folder, run from the root of the tree. It prints one line for each fault,
    file:line: what is wrong: what to do
and exits with 1 when there was one. Standard library only.
"""
import fnmatch
import functools
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(".")
CODE = (".c", ".h", ".cpp")
IGNORED_FOLDERS = {".git", ".deps", "build", "demo", "dist", "node_modules", "__pycache__"}

faults = []


def fault(path, line, what, do):
    faults.append(f"{path}:{line}: {what}: {do}")


def finish():
    """Prints the faults in order of file and line, and ends the check."""
    def place(text):
        path, line = text.split(":", 2)[:2]
        return path, int(line)

    for text in sorted(set(faults), key=place):
        print(text)
    sys.exit(1 if faults else 0)


@functools.lru_cache(maxsize=None)
def files():
    """Every file that belongs to the tree: what git tracks or would track, or in an unpacked release everything but build output."""
    if (ROOT / ".git").exists():
        out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=True).stdout
        names = [name for name in out.decode().split("\0") if name]
        return sorted(name for name in names if os.path.isfile(name))
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS]
        found += [os.path.relpath(os.path.join(folder, name), ".") for name in names]
    return sorted(found)


def code_files(*suffixes, under=("src/", "tests/", "bench/")):
    return [name for name in files() if name.endswith(suffixes or CODE) and name.startswith(under)]


@functools.lru_cache(maxsize=None)
def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blanked(text):
    return re.sub(r"[^\n]", " ", text)


@functools.lru_cache(maxsize=None)
def masked(path):
    """The text with comments and the insides of strings as blanks; offsets and line numbers stay."""
    def mask(match):
        token = match.group()
        return token[0] + blanked(token[1:-1]) + token[-1] if token[0] in "\"'" else blanked(token)

    return TOKEN.sub(mask, read(path))


@functools.lru_cache(maxsize=None)
def without_directives(path):
    """The masked text without preprocessor lines, so that only real code counts braces."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: blanked(match.group()), masked(path))


def strings(path):
    """(line, text) of each run of adjacent string literals, as the compiler joins them; include lines are no strings."""
    runs = []
    end = None
    text = read(path)
    for match in TOKEN.finditer(text):
        if match.group()[0] != '"':
            continue
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start:match.start()].lstrip().startswith("#include"):
            continue
        if end is not None and not masked(path)[end:match.start()].strip():
            runs[-1][1] += match.group()[1:-1]
        else:
            runs.append([line_of(text, match.start()), match.group()[1:-1]])
        end = match.end()
    return [tuple(run) for run in runs]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(path):
    """(line, 'local' or 'system', name) of each include."""
    return [(line_of(read(path), match.start()), "local" if match.group(1) == '"' else "system", match.group(2))
            for match in re.finditer(r'(?m)^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', read(path))]


def functions(path):
    """(name, first line, last line) of each function defined in the file; the first line is the one with the name."""
    code = without_directives(path)
    found = []
    depth = 0
    start = 0  # where the text before the next brace at depth 0 begins
    opened = None
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == "{":
            if depth == 0:
                before = code[start:at]
                if re.search(r'(extern\s*""|extern\s*" *"|\bnamespace\b[^;{}()=]*)\s*$', before):
                    start = at + 1
                    continue
                opened = function_head(before, start)
            depth += 1
        elif match.group() == "}" and depth > 0:
            depth -= 1
            if depth == 0:
                if opened:
                    found.append((opened[0], line_of(code, opened[1]), line_of(code, at)))
                opened = None
                start = at + 1
        elif match.group() == ";" and depth == 0:
            start = at + 1
    return found


def function_head(before, offset):
    """(name, offset of the name) when the text before a brace is the head of a function, else None."""
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)\s*$", "", before.rstrip()).rstrip()
    if not head.endswith(")"):
        return None
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(head[at], 0)
        if depth == 0:
            name = re.search(r"([A-Za-z_~][\w:~]*)\s*$", head[:at])
            return (name.group(1), offset + name.start(1)) if name else None
    return None


def module_of(path):
    """src/trust/keys/root.c -> trust/keys; src/base/text.c -> base; elsewhere None."""
    parts = path.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] == "base":
        return "base"
    return "/".join(parts[1:3]) if len(parts) >= 4 else None


class Layers:
    """src/LAYERS: uses[module] = modules that it may use, in order from the bottom; foreign = [(header pattern, modules, line)];
    reserved = {header: modules or floors that may include it}."""

    def __init__(self, path="src/LAYERS"):
        self.path = path
        self.uses, self.line, self.foreign, self.reserved = {}, {}, [], {}
        for number, text in enumerate(read(path).splitlines(), 1):
            text = text.split("#", 1)[0].strip()
            if not text:
                continue
            name, colon, rest = text.partition(":")
            if not colon:
                fault(path, number, f"not understood: {text}", "write 'module: what it may use' or 'foreign header: module'")
            elif name.startswith("foreign "):
                self.foreign.append((name.split()[1], rest.split(), number))
            elif name.startswith("reserved "):
                self.reserved[name.split()[1]] = rest.split()
            else:
                self.uses[name] = rest.split()
                self.line[name] = number

    def reaches(self, module):
        """Everything that the module links: what it uses, and what that uses."""
        todo, seen = list(self.uses.get(module, [])), set()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.uses.get(name, [])
        return seen

    def owners(self, header):
        """The modules that may include a foreign header, or None when no line names it."""
        owners = [name for pattern, modules, _ in self.foreign if fnmatch.fnmatch(header, pattern) for name in modules]
        return owners or None
