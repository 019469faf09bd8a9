#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/code_systems.csv, code_forms.csv, standard_values.csv, standard_domains.csv, standard_constants.csv, standard_reasons.csv
-> intake/standardise/standardise_facts.h: how codes are looked up, which values lists have, which table a domain has."""
import csv
import re
import sys

systems_path, forms_path, values_path, domains_path, constants_path, reasons_path, out = sys.argv[1:]
FORMS = ("CIM10", "DOT3", "DOT3E", "DOT2", "CCAM", "PRODUCT")


def rows_of(path, key):
    rows = list(csv.DictReader(open(path, encoding="utf-8")))
    seen = [tuple(row[k] for k in key) for row in rows]
    if len(set(seen)) != len(seen):
        sys.exit(f"{path}: {' and '.join(key)} are there twice")
    return rows


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


systems = rows_of(systems_path, ("system",))
forms = {row["system"]: row["forms"] for row in rows_of(forms_path, ("system",))}
for system, form in forms.items():
    if form not in FORMS or system not in [row["system"] for row in systems]:
        sys.exit(f"{forms_path}: no such form '{form}', or no such system '{system}'")
values = rows_of(values_path, ("list", "code"))
for row in values:
    if not re.fullmatch(r"[A-Z_]+", row["list"]) or int(row["concept"]) < 0:
        sys.exit(f"{values_path}: {row['list']} {row['code']} is wrong")
lists = sorted({row["list"] for row in values})
domains = rows_of(domains_path, ("domain",))
constants = rows_of(constants_path, ("constant",))
reasons = rows_of(reasons_path, ("reason",))

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/code_systems.csv and spec/standard_*.csv; do not edit. */\n#pragma once\n")
    file.write("/* X(NAME, name, vocabulary, FORM) */\n#define STANDARD_SYSTEMS(X) \\\n")
    file.write(" \\\n".join(f"    X({r['system']}, {quoted(r['system'])}, {quoted(r['vocabulary'])}, {forms.get(r['system'], 'PLAIN')})"
                            for r in systems) + "\n")
    file.write("/* X(NAME, name): lists of values */\n#define STANDARD_LISTS(X) \\\n")
    file.write(" \\\n".join(f"    X({name}, {quoted(name)})" for name in lists) + "\n")
    file.write("enum standard_list {\n" + "".join(f"    LIST_{name},\n" for name in lists) + "    STANDARD_LIST_COUNT\n};\n")
    file.write("/* X(LIST, code, concept) */\n#define STANDARD_VALUES(X) \\\n")
    file.write(" \\\n".join(f"    X({r['list']}, {quoted(r['code'])}, {int(r['concept'])})" for r in values) + "\n")
    file.write("/* X(domain, TABLE) */\n#define STANDARD_DOMAINS(X) \\\n")
    file.write(" \\\n".join(f"    X({quoted(r['domain'])}, OMOP_TABLE_{r['table'].upper()})" for r in domains) + "\n")
    file.write("enum standard_constant {\n" + "".join(f"    STANDARD_{r['constant']} = {int(r['concept'])},\n" for r in constants) + "};\n")
    file.write("enum standard_reason {\n" + "".join(f"    STANDARD_{r['reason']},\n" for r in reasons) + "    STANDARD_REASON_COUNT\n};\n")
    file.write("/* X(NAME, meaning, sens) */\n#define STANDARD_REASONS(X) \\\n")
    file.write(" \\\n".join(f"    X({r['reason']}, {quoted(r['meaning'])}, {quoted(r['sens'])})" for r in reasons) + "\n")
