#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/omop_tables.csv and spec/omop_fields.csv -> C.
generate-omop.py enums TABLES FIELDS OUT.h   the enums of tables and of the fields of each table (public)
generate-omop.py facts TABLES FIELDS OUT.h   the static tables behind omop.c"""
import csv
import sys

ROLES = ["id", "person", "start", "end", "visit", "concept", "source_concept"]
TYPES = {"integer": "OMOP_INTEGER", "float": "OMOP_FLOAT", "date": "OMOP_DATE", "datetime": "OMOP_DATETIME", "varchar": "OMOP_TEXT"}
BANNER = "/* Generated from spec/omop_tables.csv and spec/omop_fields.csv; do not edit. */\n"


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check(tables, fields):
    """A misprint in the specification must stop the build, not make a table that is nearly right."""
    names = [row["table"] for row in tables]
    assert len(names) == len(set(names)), "a table is listed twice"
    assert [name for name in dict.fromkeys(row["table"] for row in fields)] == names, "the two files differ in tables or their order"
    for row in tables:
        own = {field["field"]: field for field in fields if field["table"] == row["table"]}
        for role in ROLES:
            name = row[role + "_field"]
            assert name == "" or name in own, f"{row['table']}: {role}_field {name} is not a field"
        has_person = row["person_field"] != ""
        assert (row["scope"] == "PERSON") == has_person, f"{row['table']}: scope and person_field disagree"
        assert row["scope"] in ("PERSON", "SHARED", "VOCABULARY"), row["table"]
    for row in fields:
        assert row["type"] in TYPES and (row["length"] == "" or row["type"] == "varchar"), row
        assert row["references"] == "" or row["references"] in names, row
        assert row["postings"] == "" or row["concept"] == "yes", row
        assert all(row[flag] in ("", "yes") for flag in ("required", "primary_key", "concept", "postings")), row


def enums(tables, fields):
    text = BANNER + "#pragma once\nenum omop_table {\n"
    text += "".join(f"    OMOP_TABLE_{row['table'].upper()},\n" for row in tables) + "    OMOP_TABLE_COUNT\n};\n"
    seen = set()
    for table in tables:
        prefix = "OMOP_" + table["table"].upper()
        own = [prefix + "_" + row["field"].upper() for row in fields if row["table"] == table["table"]] + [prefix + "_FIELD_COUNT"]
        assert not seen & set(own), f"two fields would have one name: {seen & set(own)}"
        seen |= set(own)
        text += "/* " + table["table"] + " */\nenum {\n" + "".join(f"    {name},\n" for name in own) + "};\n"
    return text


def field_line(row):
    flag = lambda name: "true" if row[name] == "yes" else "false"
    old = f'"{row["name_5_3"]}"' if row["name_5_3"] else "NULL"
    target = "OMOP_TABLE_" + row["references"].upper() if row["references"] else "-1"
    return (
        f'    {{"{row["field"]}", {TYPES[row["type"]]}, {flag("required")}, {flag("concept")}, {flag("postings")}, {flag("primary_key")}, '
        f'{old}, {target}, {row["length"] or 0}}},\n'
    )


def facts(tables, fields):
    text = BANNER + "#pragma once\n"
    infos = ""
    for table in tables:
        name, prefix = table["table"], "OMOP_" + table["table"].upper()
        text += f"static const struct omop_field {name}_fields[] = {{\n"
        text += "".join(field_line(row) for row in fields if row["table"] == name) + "};\n"
        roles = ", ".join(prefix + "_" + table[role + "_field"].upper() if table[role + "_field"] else "OMOP_NO_FIELD" for role in ROLES)
        infos += f'    {{"{name}", OMOP_{table["scope"]}, {name}_fields, {prefix}_FIELD_COUNT, {roles}}},\n'
    return text + "static const struct omop_table_info tables[OMOP_TABLE_COUNT] = {\n" + infos + "};\n"


def main():
    what, tables_path, fields_path, out = sys.argv[1:]
    tables, fields = read(tables_path), read(fields_path)
    check(tables, fields)
    with open(out, "w", encoding="utf-8") as file:
        file.write({"enums": enums, "facts": facts}[what](tables, fields))


main()
