#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/ledger_acts.csv -> trust/ledger/ledger_acts.h: the enum of acts that a log holds, with names and meanings."""
import csv
import re
import sys

source, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
seen = set()
for row in rows:
    if not re.fullmatch(r"[a-z]+(\.[a-z]+)?", row["act"]) or row["act"] in seen:
        sys.exit(f"{source}: '{row['act']}' is no name of an act, or is there twice")
    seen.add(row["act"])

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/ledger_acts.csv; do not edit. */\n#pragma once\nenum ledger_act {\n")
    for row in rows:
        file.write(f"    LEDGER_ACT_{row['act'].upper().replace('.', '_')}, /* {row['meaning']} */\n")
    file.write("    LEDGER_ACT_COUNT\n};\n/* X(NAME, name, meaning) */\n#define LEDGER_ACT_TABLE(X) \\\n")
    file.write(" \\\n".join(f"    X({r['act'].upper().replace('.', '_')}, \"{r['act']}\", \"{r['meaning']}\")" for r in rows) + "\n")
