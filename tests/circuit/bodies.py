# SPDX-License-Identifier: EUPL-1.2
"""The bodies of the circuit for its tests: a population, a warehouse, an authority, holders with their centres, all by commands."""
import base64
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
import zlib

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOLDERS = ["val-brume", "sainte-aubaine", "haute-rivelle", "pont-seraphin", "claims"]


class World:
    """A directory with a passphrase; every body lives in it under a name."""

    def __init__(self, emc2, look):
        self.emc2_path, self.look_path = emc2, look
        self.root = tempfile.mkdtemp(prefix="emc2-circuit-")
        self.passphrase = self.write("passphrase", "five unrelated words for tests\n")

    def close(self):
        shutil.rmtree(self.root)

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def read_json(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def copy(self, source, target):
        shutil.copytree(self.path(source), self.path(target))
        return target

    def run(self, *words, expected=0, opens=True):
        words = [str(word) for word in words] + (["--passphrase-file", self.passphrase] if opens else []) + ["--quiet"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMC2_")}
        done = subprocess.run([self.emc2_path, *words], capture_output=True, text=True, check=False, timeout=600, env=environment)
        if expected is not None and done.returncode != expected:
            raise AssertionError(f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def look(self, *words, stdin=""):
        done = subprocess.run([self.look_path, *words], capture_output=True, text=True, input=stdin, check=False, timeout=120)
        if done.returncode:
            raise AssertionError(f"look {words[0]}: {done.stderr}")
        return [line.split() for line in done.stdout.splitlines()]

    # ---- bodies
    def warehouse(self, name):
        self.run("init", "--warehouse", self.path(name))
        self.run("intake", "card", "--warehouse", self.path(name), "--out", self.path(name + ".json"))

    def authority(self, name):
        self.run("authority", "init", "--warehouse", self.path(name))
        self.run("authority", "card", "--warehouse", self.path(name), "--out", self.path(name + ".json"))

    def centre(self, name):
        self.run("centre", "init", "--centre", self.path(name), "--holder", name, "--language", "en")
        self.run("centre", "card", "--centre", self.path(name), "--out", self.path(name + ".card"))

    def join(self, name, warehouse, authority, centre=None, replace=(), kind=None):
        """The holder is known to both bodies, has an agreement, and pins them. The centre may be a copy."""
        kind = kind or ("claims" if name == "claims" else "hospital")
        with open(os.path.join(SOURCE, "packaging", "agreement", kind + ".json"), encoding="utf-8") as file:
            terms = json.load(file)
        terms.update({"holder": name, "until": "2099-12-31"})
        prefix = f"{name}-{warehouse}"
        self.write(prefix + ".terms", json.dumps(terms))
        self.run("authority", "holder", "add", self.path(name + ".card"), "--limit", 20000000, "--warehouse", self.path(authority))
        self.run("holder", "add", self.path(name + ".card"), "--kind", kind, "--from", "2026-01-01", "--until", "2099-12-31",
                 "--warehouse", self.path(warehouse), expected=None)
        self.run("holder", "agreement", name, self.path(prefix + ".terms"), "--out", self.path(prefix + ".agreement"),
                 "--warehouse", self.path(warehouse))
        self.run("centre", "take", self.path(warehouse + ".json"), self.path(authority + ".json"), self.path(prefix + ".agreement"),
                 "--centre", self.path(centre or name), *replace)

    # ---- steps; mark makes the names of the files
    def blind(self, centre, export, mark, expected=0):
        return self.run("centre", "blind", export, "--centre", self.path(centre), "--out", self.path(mark + ".request"), expected=expected)

    def evaluate(self, authority, mark, expected=0):
        return self.run("authority", "evaluate", self.path(mark + ".request"), "--out", self.path(mark + ".response"),
                        "--warehouse", self.path(authority), expected=expected)

    def finish(self, centre, mark, expected=0, response=None):
        return self.run("centre", "finish", self.path(mark + ".request"), self.path((response or mark) + ".response"),
                        "--centre", self.path(centre), expected=expected)

    def pack(self, centre, export, mark, *options, expected=0):
        done = self.run("centre", "pack", export, "--centre", self.path(centre), "--out", self.path(mark + ".delivery"), *options,
                        expected=expected)
        return done

    def deliver(self, centre, authority, export, mark, *options):
        self.blind(centre, export, mark)
        self.evaluate(authority, mark)
        self.finish(centre, mark)
        self.pack(centre, export, mark, *options)

    def load(self, warehouse, mark, expected=0):
        return self.run("load", self.path(mark + ".delivery"), "--warehouse", self.path(warehouse), expected=expected)

    def assemble(self, warehouse, *maps):
        return json.loads(self.run("assemble", *maps, "--json", "--warehouse", self.path(warehouse)).stdout)

    # ---- what no command shows
    def subjects(self, centre, local_ids):
        """local_ids: bytes, as the reader has them."""
        number = self.read_json(os.path.join(centre, "centre.json"))["id"]
        found = self.look("subjects", self.path(centre), number, self.passphrase, stdin="".join(one.hex() + "\n" for one in local_ids))
        return [int(words[0]) for words in found]

    def persons(self, warehouse):
        """(holder, subject) -> person_id"""
        return {(holder, int(subject)): int(person)
                for holder, subject, person in self.look("entries", self.path(warehouse), self.passphrase)}

    def fingerprints(self, warehouse):
        """(holder, subject, kind) -> fingerprint"""
        return {(holder, int(subject), int(kind)): found
                for holder, subject, kind, found in self.look("fingerprints", self.path(warehouse), self.passphrase)}

    def pseudonyms(self, warehouse, mark, holder):
        """(subject, kind) -> T, of a delivery"""
        key = self.read_json(holder + ".card")["public_key"]
        return {(int(subject), int(kind)): element for subject, kind, element in
                self.look("tokens", self.path(warehouse), self.passphrase, self.path(mark + ".delivery"), key)}


def elements(path):
    """The group elements of a request or a response (docs/formats/circuit.md)."""
    with open(path, "rb") as file:
        data = file.read()
    is_request = data[:8] == b"EMC2BREQ"
    at, found = (8 + 4 + 16 + 8 + 4 + 32 + 32 + 64, []) if is_request else (8 + 4 + 16 + 32 + 8 + 4 + 32 + 32, [])
    while True:
        count = int.from_bytes(data[at:at + 4], "little")
        at += 4
        if count == 0:
            assert int.from_bytes(data[at:at + 8], "little") == len(found) and at + 8 + 64 == len(data), path
            return found
        found += [data[i:i + 32].hex() for i in range(at, at + 32 * count, 32)]
        at += 32 * count + (0 if is_request else 64)


# ---- identities, and looking for them
def identities_of(directory):
    """Names, numbers and dates of birth of everybody in one holder's export."""
    names, numbers, dates = set(), set(), set()
    for file_name, columns in (("identites.csv", "birth_name used_name given_names|nir nir_assure|birth_date"),
                               ("identities.csv", "birth_name used_name given_names|nir nir_insured|birth_date"),
                               ("patient.csv", "nom prenom|nir ins|date_naissance")):
        path = os.path.join(directory, file_name)
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    for kept, part in zip((names, numbers, dates), columns.split("|")):
                        kept.update(row[column] for column in part.split() if row.get(column))
    path = os.path.join(directory, "Patient.ndjson")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for patient in map(json.loads, file):
                for name in patient.get("name", []):
                    names.update([name.get("family", ""), *name.get("given", [])])
                numbers.update(one["value"] for one in patient.get("identifier", []) if len(one["value"]) >= 13)
                dates.add(patient.get("birthDate", ""))
    return names, numbers, dates


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


class Needles:
    """Every name (as it is, without accents), national number and birth date of exports, in any case, and words that are none."""

    def __init__(self, directories, excused):
        names, self.numbers, self.dates = set(), set(), set()
        for directory in directories:
            found = identities_of(directory)
            for name in found[0]:
                names.update(part for part in re.split(r"[^A-Z]+", plain(name).upper()) if len(part) >= 5)
                names.update(part for part in re.split(r"[^A-Z]+", name.upper().encode("ascii", "replace").decode()) if len(part) >= 5)
            self.numbers.update(number for number in found[1] if len(number) >= 13)
            self.dates.update(date for date in found[2] if len(date) == 10)
        self.names = {name for name in names if name not in excused}
        self.numbers |= {number[:13] for number in self.numbers}
        self.compact = {date.replace("-", "") for date in self.dates}

    def in_bytes(self, data, shortest):
        """shortest: letters of a name that count; in noise five letters meet by chance."""
        for match in re.finditer(rb"[A-Za-z]{5,}", data):
            run = match.group().decode().upper()
            for first in range(len(run) - shortest + 1):
                for end in range(first + shortest, min(len(run), first + 24) + 1):
                    if run[first:end] in self.names:
                        yield "name", run[first:end]
        for match in re.finditer(rb"[0-9][0-9AB]{12,}", data):
            run = match.group().decode()
            yield from (("number", run[i:i + 13]) for i in range(len(run) - 12) if run[i:i + 13] in self.numbers)
        for match in re.finditer(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", data):
            if match.group().decode() in self.dates:
                yield "date", match.group().decode()
        for match in re.finditer(rb"(?<![0-9])[0-9]{8}(?![0-9])", data):
            if match.group().decode() in self.compact:
                yield "date", match.group().decode()


def layers(data, depth=2):
    """The bytes, and what is in them when base64 or a zlib or gzip stream is undone."""
    yield data
    if depth == 0:
        return
    for match in re.finditer(rb"[A-Za-z0-9+/]{16,}={0,2}", data):
        text = match.group().rstrip(b"=")
        yield from layers(base64.b64decode(text[:len(text) - (len(text) % 4 == 1)] + b"=" * (-len(text) % 4)), depth - 1)
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        stream = zlib.decompressobj(47)
        try:
            inner = stream.decompress(data[match.start():], 1 << 24)
        except zlib.error:
            continue
        if len(inner) > 8:
            yield from layers(inner, depth - 1)


def is_text(data):
    return all(byte >= 32 or byte in (9, 10, 13) for byte in data[:4096])


def leaks(needles, paths):
    """(file, kind, what) for each identity in the files, whose names count, too."""
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        for inner in layers(os.path.basename(path).encode() + b"\n" + data):
            for kind, what in needles.in_bytes(inner, 5 if is_text(inner) else 7):
                yield os.path.basename(path), kind, what


def files_under(*tops):
    return [os.path.join(folder, name) for top in tops for folder, _, names in os.walk(top) for name in names] + \
           [top for top in tops if os.path.isfile(top)]
