#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/identity_keys.csv -> intake/identity/identity_facts.h: the kinds of identity keys, with stable numbers."""
import csv
import re
import sys

path, out = sys.argv[1:]
rows = list(csv.DictReader(open(path, encoding="utf-8")))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


for place, row in enumerate(rows, 1):
    if int(row["number"]) != place:
        sys.exit(f"{path}: numbers are 1, 2, 3, ... without a gap; they are stored, so a kind is never taken out or moved")
    if not re.fullmatch(r"[a-z_]+", row["name"]) or not re.fullmatch(r"[A-Z]+", row["space"]):
        sys.exit(f"{path}: {row['name']}: not a name or not a space")

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/identity_keys.csv; do not edit. */\n#pragma once\n")
    file.write("enum identity_key_kind {\n" + "".join(f"    IDENTITY_KEY_{r['name'].upper()} = {r['number']},\n" for r in rows) + "};\n")
    file.write(f"enum {{ IDENTITY_KEY_KINDS = {len(rows)} }}; /* kinds are 1 to IDENTITY_KEY_KINDS */\n")
    spaces = list(dict.fromkeys(r["space"] for r in rows))
    file.write("enum identity_key_space {\n" + "".join(f"    IDENTITY_SPACE_{s},\n" for s in spaces) + "    IDENTITY_SPACE_COUNT\n};\n")
    file.write("/* X(NAME, name, SPACE, space, meaning, sens) */\n#define IDENTITY_KEYS(X) \\\n")
    file.write(" \\\n".join(
        f"    X({r['name'].upper()}, {quoted(r['name'])}, {r['space']}, {quoted(r['space'])}, {quoted(r['meaning'])}, {quoted(r['sens'])})"
        for r in rows) + "\n")
