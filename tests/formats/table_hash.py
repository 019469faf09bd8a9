#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Computes the hash of every table from an export in CSV, by docs/formats/table-hash.md alone, and compares with its hashes.json.

  table_hash.py DIRECTORY      exit code 0: all equal, 1: a table differs"""
import datetime
import hashlib
import json
import os
import re
import struct
import sys

FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n)')
EPOCH = datetime.datetime(1970, 1, 1)


def records(path):
    """Rows of (quoted, text): Python's own reader does not tell "" from nothing."""
    with open(path, encoding="utf-8", newline="") as file:
        content = file.read()
    at, row = 0, []
    while at < len(content):
        match = FIELD.match(content, at)
        if not match:
            raise ValueError(f"{path}: no CSV at character {at}")
        quoted = match.group(1) is not None
        row.append((quoted, match.group(1).replace('""', '"') if quoted else match.group(2)))
        at = match.end()
        if match.group(3) == "\n":
            yield row
            row = []


def moment(text):
    value = datetime.datetime.fromisoformat(text) - EPOCH
    return (value.days * 86400 + value.seconds) * 10**6 + value.microseconds


def value_bytes(kind, quoted, text):
    if not quoted and text == "":
        return b"\0"
    if kind == "integer":
        return b"\1" + struct.pack("<q", int(text))
    if kind == "float":
        return b"\2" + struct.pack("<d", float(text))
    if kind == "date":
        return b"\3" + struct.pack("<i", moment(text) // (86400 * 10**6))
    if kind == "datetime":
        return b"\4" + struct.pack("<q", moment(text))
    content = text.encode("utf-8")
    return b"\5" + struct.pack("<I", len(content)) + content


def table_hash(path, columns):
    rows = records(path)
    names = [text for _, text in next(rows)]
    if names != list(columns):
        raise ValueError(f"{path}: its columns are not those of hashes.json")
    count, total = 0, 0
    for row in rows:
        form = b"".join(value_bytes(kind, *field) for kind, field in zip(columns.values(), row, strict=True))
        total += int.from_bytes(hashlib.blake2b(form, digest_size=64, person=b"emc2 row 1").digest(), "little")
        count += 1
    return count, (total % 2**512).to_bytes(64, "little").hex()


def main():
    directory = sys.argv[1]
    with open(os.path.join(directory, "hashes.json"), encoding="utf-8") as file:
        said = json.load(file)
    differences = 0
    for table in said["tables"]:
        found = table_hash(os.path.join(directory, table["table"] + ".csv"), table["columns"])
        if found != (table["rows"], table["hash"]):
            differences += 1
            print(f"{table['table']}: {found[0]} rows here, {table['rows']} in hashes.json, and the hash is another")
    print(f"{len(said['tables'])} tables, {said['rows']} rows, {differences} different")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
