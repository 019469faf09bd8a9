#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/code_systems.csv -> intake/record/record_systems.h: code systems and the URIs that FHIR has for them."""
import csv
import re
import sys

source, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
uris = [(uri, row["system"]) for row in rows for uri in row["uris"].split("|") if uri]
if len({uri for uri, _ in uris}) != len(uris) or len({row["system"] for row in rows}) != len(rows):
    sys.exit(f"{source}: a system or a URI is there twice")
for row in rows:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", row["system"]):
        sys.exit(f"{source}: '{row['system']}' is no name of a system")

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/code_systems.csv; do not edit. */\n#pragma once\n/* X(NAME, uri) */\n#define RECORD_SYSTEM_URIS(X) \\\n")
    file.write(" \\\n".join(f'    X({system}, "{uri}")' for uri, system in sorted(uris)) + "\n")
    file.write("enum record_system {\n" + "".join(f"    RECORD_SYSTEM_{row['system']},\n" for row in rows))
    file.write("    RECORD_SYSTEM_COUNT /* none of them */\n};\n")
    file.write("/* X(NAME) */\n#define RECORD_SYSTEMS(X) \\\n" + " \\\n".join(f"    X({row['system']})" for row in rows) + "\n")
