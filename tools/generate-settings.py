#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/settings.csv -> base/settings_table.h: the enum of settings, with defaults, bounds, units and meanings."""
import csv
import re
import sys

source, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
seen = set()
for row in rows:
    name = row["name"]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in seen:
        sys.exit(f"{source}: '{name}' is no name of a setting, or is there twice")
    seen.add(name)
    if not int(row["minimum"]) <= int(row["default"]) <= int(row["maximum"]):
        sys.exit(f"{source}: the default of {name} is outside its bounds")
    if row["from"] not in ("host", "operator"):
        sys.exit(f"{source}: {name} comes from `host` (the warehouse's own file may set it) or `operator` (it protects something)")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/settings.csv; do not edit. */\n#pragma once\nenum setting {\n")
    for row in rows:
        file.write(f"    SETTING_{row['name'].upper()}, /* {row['meaning']} ({row['unit']}) */\n")
    file.write("    SETTING_COUNT\n};\n/* X(NAME, name, default, minimum, maximum, unit, of_host, meaning) */\n#define SETTING_TABLE(X) \\\n")
    file.write(" \\\n".join(
        f"    X({r['name'].upper()}, {quoted(r['name'])}, {int(r['default'])}, {int(r['minimum'])}, {int(r['maximum'])}, {quoted(r['unit'])},"
        f" {int(r['from'] == 'host')}, {quoted(r['meaning'])})" for r in rows) + "\n")
