#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""spec/fhir_resources.csv -> intake/fhir/fhir_facts.h: the resources of FHIR R4 and R5, and what the reader does with each."""
import csv
import re
import sys

source, out = sys.argv[1:]
rows = list(csv.DictReader(open(source, encoding="utf-8")))
names = [row["resource"] for row in rows]
if len(set(names)) != len(names):
    sys.exit(f"{source}: a resource is there twice")
for row in rows:
    if not re.fullmatch(r"[A-Z][A-Za-z]+", row["resource"]) or row["use"] not in ("carried", "look_up", "free_text", "not_carried"):
        sys.exit(f"{source}: '{row['resource']},{row['use']}' is no resource with a use")


def words(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from spec/fhir_resources.csv; do not edit. */\n#pragma once\nenum fhir_resource {\n")
    file.write("".join(f"    FHIR_{words(name)},\n" for name in names) + "    FHIR_RESOURCE_COUNT\n};\n")
    file.write("enum fhir_use { FHIR_CARRIED, FHIR_LOOK_UP, FHIR_FREE_TEXT, FHIR_NOT_CARRIED };\n")
    file.write("/* X(NAME, name, USE) */\n#define FHIR_RESOURCES(X) \\\n")
    file.write(" \\\n".join(f'    X({words(row["resource"])}, "{row["resource"]}", {row["use"].upper()})' for row in rows) + "\n")
