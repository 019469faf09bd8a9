# SPDX-License-Identifier: EUPL-1.2
"""The population of the part cohort: SQL that makes it from a small CDM in which the phenotypes' concepts occur.

Each person of that CDM is there many times, every time with another number and all their dates moved by the same few days, so that the
phenotypes keep their frequency and their order in time. Around them stand events of concepts that no phenotype asks for, up to the number wanted:
in a warehouse most events are of no interest to one question. A pure function of the numbers, so every run measures the same data."""
import csv
import gzip
import os

SMALL = 12000  # persons of the small CDM, numbered from 1
OTHER_CONCEPT = 2100000000
SHARED = ("concept", "concept_ancestor", "concept_relationship", "provider", "care_site")
OTHERS = {  # share of the events around, and what a row has besides its own number, person, concept and date
    "measurement": (0.50, "measurement_date", {"measurement_type_concept_id": "32817", "value_as_number": "(hash(i, 9) % 1000) / 10.0"}),
    "condition_occurrence": (0.20, "condition_start_date", {"condition_type_concept_id": "32817"}),
    "drug_exposure": (0.20, "drug_exposure_start_date", {"drug_type_concept_id": "32817", "days_supply": "(hash(i, 9) % 30)::INTEGER"}),
    "observation": (0.10, "observation_date", {"observation_type_concept_id": "32817"}),
}


def header(cdm, table):
    with gzip.open(os.path.join(cdm, table + ".csv.gz"), "rt", encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def tables(cdm):
    return sorted(name.removesuffix(".csv.gz") for name in os.listdir(cdm) if name.endswith(".csv.gz"))


def rows_of(cdm, table):
    with gzip.open(os.path.join(cdm, table + ".csv.gz"), "rb") as file:
        return sum(1 for _ in file) - 1


def column(name, table):
    if name == "person_id":
        return f"person_id + copy * {SMALL} AS person_id"
    if name in (table + "_id", "visit_occurrence_id", "visit_detail_id"):
        return f"{name} + copy * 1000000 AS {name}"
    if name.endswith("_date"):
        return f"({name} + (hash(person_id, copy) % 61)::INTEGER - 30)::DATE AS {name}"
    return name


def type_of(name):
    if name in ("specimen_source_id", "unique_device_id", "domain_id", "vocabulary_id", "concept_class_id", "relationship_id"):
        return "VARCHAR"
    if name.endswith("_id"):
        return "BIGINT"
    if name.endswith("_date"):
        return "DATE"
    if name in ("value_as_number", "range_low", "range_high", "quantity", "dose_value"):
        return "DOUBLE"
    if name in ("year_of_birth", "month_of_birth", "day_of_birth", "refills", "days_supply", "gap_days") or name.endswith("_count") or \
            name.endswith("_separation"):
        return "BIGINT"
    return "VARCHAR"


def source(cdm, table):
    types = ", ".join(f"'{name}': '{type_of(name)}'" for name in header(cdm, table))
    return f"read_csv('{cdm}/{table}.csv.gz', header = true, nullstr = '', columns = {{{types}}})"


def events(cdm):
    return sum(rows_of(cdm, table) for table in tables(cdm) if table not in SHARED)


def sql(cdm, directory, persons, wanted_events):
    """The whole script; also how many persons and events it makes."""
    copies = max(1, round(persons / SMALL))
    others = max(0, wanted_events - copies * events(cdm))
    made = copies * events(cdm)
    statements = []
    for table in tables(cdm):
        target = f"TO '{directory}/{table}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 1000000);\n"
        if table in SHARED:
            statements.append(f"COPY (SELECT * FROM {source(cdm, table)}) {target}")
            continue
        names = header(cdm, table)
        query = f"SELECT {', '.join(column(name, table) for name in names)} FROM range({copies}) AS c(copy), {source(cdm, table)}"
        if table in OTHERS and others:
            share, date, more = OTHERS[table]
            count = int(others * share)
            made += count
            concept = table.split("_", maxsplit=1)[0] + "_concept_id"
            values = {table + "_id": "1000000000000 + i", "person_id": f"(hash(i, 1) % {copies * SMALL})::BIGINT + 1",
                      concept: f"{OTHER_CONCEPT} + floor(5000 * pow((hash(i, 2) % 1000003) / 1000003.0, 3))::BIGINT",
                      date: "(DATE '2005-01-01' + (hash(i, 3) % 7300)::INTEGER)::DATE", **more}
            fields = ", ".join(f"{values.get(name, 'NULL')}::{type_of(name)} AS {name}" for name in names)
            query += f" UNION ALL SELECT {fields} FROM range({count}) AS r(i)"
        statements.append(f"COPY ({query}) {target}")
    return "".join(statements), copies * SMALL, made
