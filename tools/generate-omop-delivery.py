#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/omop_delivery.csv -> intake/omopcsv/omopcsv_facts.h: what the fields of OMOP tables become in a delivery."""
import csv
import sys

source, fields_path, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
fields = {(row["table"], row["field"]) for row in csv.DictReader(open(fields_path, encoding="utf-8"))}
USES = ["subject", "id", "visit", "parent", "care_site", "column", "time", "concept", "source_concept", "source_value", "type", "class", "sex",
        "status", "operator", "value_concept", "words", "cause"]
tables = {}
for row in rows:
    if (row["omop_table"], row["field"]) not in fields:
        sys.exit(f"{source}: OMOP has no {row['omop_table']}.{row['field']}")
    if row["use"] not in USES or (row["use"] in ("column", "time")) != (row["target"] != ""):
        sys.exit(f"{source}: {row['omop_table']}.{row['field']}: no use '{row['use']},{row['target']}'")
    if tables.setdefault(row["omop_table"], row["table"]) != row["table"]:
        sys.exit(f"{source}: {row['omop_table']} goes to two tables")

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/omop_delivery.csv; do not edit. */\n#pragma once\nenum omopcsv_use {\n")
    file.write("".join(f"    OMOPCSV_{use.upper()},\n" for use in USES) + "};\n")
    file.write("/* X(OMOP_TABLE, TABLE) in the order of scanning */\n#define OMOPCSV_TABLES(X) \\\n")
    file.write(" \\\n".join(f"    X({omop.upper()}, {table.upper()})" for omop, table in tables.items()) + "\n")
    file.write("/* X(OMOP_TABLE, OMOP_FIELD, USE, column) */\n#define OMOPCSV_RULES(X) \\\n")
    file.write(" \\\n".join(
        f"    X({r['omop_table'].upper()}, {r['field'].upper()}, {r['use'].upper()}, COLUMN_{r['target'] or 'START'})" for r in rows) + "\n")
