#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""What goes in comes out: roundtrip_test.py PATH/TO/emc2 PATH/TO/omop_compare [DIRECTORY OF THE SHARED DATA]

Data sets are loaded into a store and exported as CSV and as Parquet; each exported table must equal the source as a multiset of rows. The
CSV export is loaded and exported once more. Public data sets that are not on this machine are skipped by name; the project's own
population is always there. A planted difference must be found."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

SHARED = os.path.abspath(sys.argv.pop(3)) if len(sys.argv) > 3 and os.path.isdir(sys.argv[3]) else os.path.abspath("../shared/data")
COMPARE = os.path.abspath(sys.argv.pop(2))
EMC2 = os.path.abspath(sys.argv.pop(1))
DATA_SETS = {
    "GiBleed": "omop/GiBleed_5.3_parquet",
    "Synthea27Nj": "omop/Synthea27Nj_5.4.zip",
    "cohorts/phenotypes": "cohorts/phenotypes/cdm",
    "cohorts/programs": "cohorts/programs/cdm",
}


class Roundtrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-roundtrip-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def path(self, name):
        return os.path.join(self.root, f"{self.id().rsplit('.', 1)[-1]}-{name}")

    def emc2(self, *arguments):
        command = [EMC2, *arguments, "--quiet"]
        if arguments[0] != "synthesise":
            command += ["--passphrase-file", self.passphrase]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(result.returncode, 0, f"emc2 {' '.join(arguments)}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def compare(self, source, export, expected=0):
        result = subprocess.run([COMPARE, source, export], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result.stdout

    def load(self, source, name):
        warehouse = self.path(name)
        self.emc2("init", "--warehouse", warehouse)
        report = json.loads(self.emc2("load", source, "--json", "--warehouse", warehouse))
        self.assertTrue(report["stored"])
        for table in report["tables"]:
            self.assertEqual(table["rows_read"], table["rows_stored"], table["table"])
        return warehouse

    def export(self, warehouse, form, name):
        directory = self.path(name)
        self.emc2("export", "--format", form, "--out", directory, "--warehouse", warehouse)
        return directory

    def roundtrip(self, name, loaded, compared):
        warehouse = self.load(loaded, "warehouse")
        as_csv = self.export(warehouse, "csv", "csv")
        as_parquet = self.export(warehouse, "parquet", "parquet")
        print(f"\n{name}: the source and the CSV export\n{self.compare(compared, as_csv)}", end="")
        self.compare(compared, as_parquet)
        again = self.export(self.load(as_csv, "again"), "csv", "again-csv")
        self.compare(as_csv, again)
        return as_csv

    def public(self, name):
        path = os.path.join(SHARED, DATA_SETS[name])
        if not os.path.exists(path):
            print(f"{name}: skipped, not on this machine")
            self.skipTest(f"{name} is not on this machine")
        compared = path
        if path.endswith(".zip"):
            compared = self.path("unpacked")
            with zipfile.ZipFile(path) as archive:
                archive.extractall(compared)
        self.roundtrip(name, path, compared)

    def test_gibleed(self):
        self.public("GiBleed")

    def test_synthea(self):
        self.public("Synthea27Nj")

    def test_phenotypes(self):
        self.public("cohorts/phenotypes")

    def test_programs(self):
        self.public("cohorts/programs")

    def test_own_population(self):
        population = self.path("population")
        self.emc2("synthesise", "--persons", "1000", "--seed", "7", "--out", population)
        as_csv = self.roundtrip("own population", population, population)
        with open(os.path.join(as_csv, "measurement.csv"), "r+", encoding="utf-8") as file:
            lines = file.readlines()
            lines[10] = lines[11]
            file.seek(0)
            file.truncate()
            file.writelines(lines)
        found = self.compare(population, as_csv, expected=1)
        self.assertIn("1 rows only in the source, 1 only in the export", found)

    def test_every_kind_of_value(self):
        source = self.path("source")
        os.mkdir(source)
        with open(os.path.join(source, "person.csv"), "w", encoding="utf-8") as file:
            file.write("person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,person_source_value,birth_datetime\n")
            file.write('9223372036854775807,8507,1900,0,0,"a ""quoted"", text\nwith a line end",1900-01-01 23:59:59.999999\n')
            file.write('-9223372036854775808,8532,2020,0,0,"",\n')
            file.write("0,0,0,0,0,,1969-12-31 23:59:59.5\n")
            file.write("5,8507,1950,0,0,é€😀,0001-01-01 00:00:00\n")
        with open(os.path.join(source, "measurement.csv"), "w", encoding="utf-8") as file:
            file.write("measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,value_source_value\n")
            numbers = ["0.1", "-0", "1e-300", "1.7976931348623157e308", "5e-324", "123456789012345680", "", "3.0000000000000004"]
            for i, number in enumerate(numbers):
                file.write(f'{i},5,1,{["0001-01-01", "9999-12-31"][i % 2]},{number},{number}\n')
            file.write("100,5,,,,\n")  # what the CDM requires may be missing
        with open(os.path.join(source, "metadata.csv"), "w", encoding="utf-8") as file:
            file.write("metadata_concept_id,metadata_type_concept_id,name\n0,0,CDM 5.3 has no metadata_id\n")
        self.roundtrip("every kind of value", source, source)


if __name__ == "__main__":
    unittest.main()
