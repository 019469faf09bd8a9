#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/errors.csv -> base/error_codes.h: the enum of error codes, with names, exit codes and HTTP statuses."""
import csv
import sys

source, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/errors.csv; do not edit. */\n#pragma once\nenum error_code {\n    ERROR_NONE = 0,\n")
    for row in rows:
        file.write(f"    ERROR_{row['code']}, /* {row['meaning']} */\n")
    file.write("};\n#define ERROR_CODE_TABLE(X) \\\n    X(NONE, 0, 200) \\\n")
    file.write(" \\\n".join(f"    X({r['code']}, {r['exit']}, {r['http']})" for r in rows) + "\n")
