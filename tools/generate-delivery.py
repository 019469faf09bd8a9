#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/delivery.csv, record_types.csv, record_outcomes.csv -> intake/record/record_facts.h: tables, columns and words of a delivery."""
import csv
import re
import sys

tables_path, types_path, outcomes_path, out = sys.argv[1:]


def rows_of(path):
    return list(csv.DictReader(open(path, encoding="utf-8")))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fail(path, words):
    sys.exit(f"{path}: {words}")


rows = rows_of(tables_path)
tables, columns = [], {}
seen = set()
for row in rows:
    if not re.fullmatch(r"[a-z_]+", row["table"]) or not re.fullmatch(r"[a-z_]+", row["column"]):
        fail(tables_path, f"'{row['table']}.{row['column']}' is no name")
    if (row["table"], row["column"]) in seen:
        fail(tables_path, f"{row['table']}.{row['column']} is there twice")
    seen.add((row["table"], row["column"]))
    if row["type"] not in ("integer", "number", "day", "text"):
        fail(tables_path, f"{row['table']}.{row['column']}: no such type '{row['type']}'")
    if columns.setdefault(row["column"], row["type"]) != row["type"]:
        fail(tables_path, f"column {row['column']} has two types")
    if row["table"] not in tables:
        tables.append(row["table"])
if len(columns) > 64:
    fail(tables_path, "more than 64 columns: struct record has one bit for each")

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/delivery.csv, record_types.csv and record_outcomes.csv; do not edit. */\n#pragma once\n")
    file.write("enum record_table {\n" + "".join(f"    RECORD_{t.upper()},\n" for t in tables) + "    RECORD_TABLE_COUNT\n};\n")
    file.write("enum record_column {\n" + "".join(f"    COLUMN_{c.upper()},\n" for c in columns) + "    RECORD_COLUMN_COUNT\n};\n")
    file.write("/* X(NAME, name) */\n#define RECORD_TABLES(X) \\\n")
    file.write(" \\\n".join(f"    X({t.upper()}, {quoted(t)})" for t in tables) + "\n")
    file.write("/* X(NAME, name, TYPE) */\n#define RECORD_COLUMNS(X) \\\n")
    file.write(" \\\n".join(f"    X({c.upper()}, {quoted(c)}, {t.upper()})" for c, t in columns.items()) + "\n")
    file.write("/* X(TABLE, COLUMN, demanded, potential, meaning, sens): in the order of a table's columns */\n#define RECORD_FIELDS(X) \\\n")
    file.write(" \\\n".join(
        f"    X({r['table'].upper()}, {r['column'].upper()}, {'true' if r['demanded'] == 'yes' else 'false'}, "
        f"{'true' if r['potential'] == 'yes' else 'false'}, {quoted(r['meaning'])}, {quoted(r['sens'])})" for r in rows) + "\n")
    kinds = rows_of(types_path)
    file.write("/* X(NAME, name, concept, meaning, sens) */\n#define RECORD_TYPES(X) \\\n")
    file.write(" \\\n".join(f"    X({r['type']}, {quoted(r['type'])}, {int(r['concept'])}, {quoted(r['meaning'])}, {quoted(r['sens'])})"
                            for r in kinds) + "\n")
    outcomes = rows_of(outcomes_path)
    file.write("enum record_outcome {\n" + "".join(f"    OUTCOME_{r['outcome']},\n" for r in outcomes) + "    RECORD_OUTCOME_COUNT\n};\n")
    file.write("/* X(NAME, meaning, sens) */\n#define RECORD_OUTCOMES(X) \\\n")
    file.write(" \\\n".join(f"    X({r['outcome']}, {quoted(r['meaning'])}, {quoted(r['sens'])})" for r in outcomes) + "\n")
