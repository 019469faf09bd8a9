#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/snds_columns.csv, snds_codes.csv, finess_double.csv -> intake/snds/snds_facts.h: tables, columns and lists of codes of the SNDS."""
import csv
import re
import sys

columns_path, codes_path, finess_path, out = sys.argv[1:]
TYPES = ("identifier", "code", "integer", "number", "day")


def rows_of(path):
    return list(csv.DictReader(open(path, encoding="utf-8")))


def c_name(table):
    """T_MCOaaFHSTC -> MCO_FHSTC, IR_BEN_R as it is."""
    return re.sub(r"^T_([A-Z]+)aa", r"\1_", table).upper()


tables = {}
for row in rows_of(columns_path):
    if row["type"] not in TYPES:
        sys.exit(f"{columns_path}: {row['table']}.{row['column']}: no such type '{row['type']}'")
    columns = tables.setdefault(row["table"], [])
    if row["column"] in [known["column"] for known in columns]:
        sys.exit(f"{columns_path}: {row['table']}.{row['column']} is there twice")
    columns.append(row)

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/snds_columns.csv, snds_codes.csv and finess_double.csv; do not edit. */\n#pragma once\n")
    file.write("enum snds_table {\n" + "".join(f"    SNDS_{c_name(t)},\n" for t in tables) + "    SNDS_TABLE_COUNT\n};\n")
    for table, columns in tables.items():
        file.write("enum { " + ", ".join(f"{c_name(table)}_{row['column'].upper()}" for row in columns) + " };\n")
    file.write(f"enum {{ SNDS_COLUMNS_MAX = {max(len(columns) for columns in tables.values())} }};\n")
    file.write("/* X(NAME, before the year, after the year (NULL: no year in the name), shown) */\n#define SNDS_TABLES(X) \\\n")
    lines = []
    for table in tables:
        before, year, after = table.partition("aa")
        lines.append(f'    X({c_name(table)}, "{before}", {chr(34) + after + chr(34) if year else "NULL"}, "{table}")')
    file.write(" \\\n".join(lines) + "\n")
    file.write("/* X(TABLE, name, alias, demanded): in the order of the enumerations above */\n#define SNDS_COLUMNS(X) \\\n")
    file.write(" \\\n".join(f'    X({c_name(t)}, "{r["column"]}", "{r["alias"]}", {"true" if r["demanded"] == "yes" else "false"})'
                            for t, columns in tables.items() for r in columns) + "\n")
    codes = rows_of(codes_path)
    lists = list(dict.fromkeys(row["list"] for row in codes))
    file.write("enum snds_list {\n" + "".join(f"    LIST_{name.upper()},\n" for name in lists) + "};\n")
    file.write("/* X(LIST, first, last, value) */\n#define SNDS_CODES(X) \\\n")
    file.write(" \\\n".join(f'    X({r["list"].upper()}, "{r["first"]}", "{r["last"]}", "{r["value"]}")' for r in codes) + "\n")
    file.write("/* X(finess, outpatient only, until) */\n#define SNDS_FINESS_DOUBLE(X) \\\n")
    file.write(" \\\n".join(f'    X("{r["finess"]}", {"true" if r["activity"] == "ACE" else "false"}, {int(r["until"])})'
                            for r in rows_of(finess_path)) + "\n")
