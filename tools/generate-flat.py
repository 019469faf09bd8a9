#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/flat_columns.csv, flat_words.csv -> intake/flat/flat_facts.h: files, columns and words of a hospital's flat CSV export."""
import csv
import sys

columns_path, words_path, out = sys.argv[1:]
rows = list(csv.DictReader(open(columns_path, encoding="utf-8")))
words = list(csv.DictReader(open(words_path, encoding="utf-8")))
USES = {"subject": None, "id": None, "visit": None, "prescription": None, "residence": None, "birth": None, "death": None, "ins": None,
        "valid": None, "value_code": None, "habit": None, "pass": None, "trait": "IDENTITY_", "code": "RECORD_SYSTEM_",
        "moment": "COLUMN_", "number": "COLUMN_", "text": "COLUMN_", "word": "COLUMN_"}
files = {}
for row in rows:
    if row["use"] not in USES or (USES[row["use"]] is None) != (row["target"] == ""):
        sys.exit(f"{columns_path}: {row['file']}.{row['column']}: no use '{row['use']},{row['target']}'")
    if files.setdefault(row["file"], row["table"]) != row["table"]:
        sys.exit(f"{columns_path}: {row['file']} has two tables")
known = {row["column"] for row in rows if row["use"] in ("word", "habit")}
for word in words:
    if word["column"] not in known:
        sys.exit(f"{words_path}: no column {word['column']} has words")

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/flat_columns.csv and flat_words.csv; do not edit. */\n#pragma once\nenum flat_use {\n")
    file.write("".join(f"    FLAT_{use.upper()},\n" for use in USES) + "};\nenum flat_file {\n")
    file.write("".join(f"    FLAT_FILE_{name.upper()},\n" for name in files) + "    FLAT_FILE_COUNT\n};\n")
    file.write("/* X(NAME, name, table or RECORD_TABLE_COUNT) */\n#define FLAT_FILES(X) \\\n")
    file.write(" \\\n".join(
        f'    X({name.upper()}, "{name}", RECORD_{"TABLE_COUNT" if table == "none" else table.upper()})' for name, table in files.items()) + "\n")
    file.write("/* X(FILE, column, USE, target) */\n#define FLAT_COLUMNS(X) \\\n")
    file.write(" \\\n".join(
        f'    X({r["file"].upper()}, "{r["column"]}", {r["use"].upper()}, {(USES[r["use"]] or "") + r["target"] or "0"})' for r in rows) + "\n")
    file.write("/* X(column, word, value) */\n#define FLAT_WORDS(X) \\\n")
    file.write(" \\\n".join(f'    X("{w["column"]}", "{w["word"]}", "{w["value"]}")' for w in words) + "\n")
