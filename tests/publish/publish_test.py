#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A warehouse's tables in PostgreSQL: publish_test.py PATH/TO/emc2 PATH/TO/publish_seam [DIRECTORY OF THE SHARED DATA]

Every published table is read back with psql and hashed by a second reader of docs/formats/table-hash.md; the hash must be the store's. The same
after kill -9 at many moments, a server that died and a disk that was full. What is refused says why, and never what a row holds. The server is
PostgreSQL 15 from Debian's package, started by this test; without the package the test is skipped (77)."""
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import server as postgresql

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("table_hash", os.path.join(HERE, "..", "formats", "table_hash.py"))
table_hash = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(table_hash)

SHARED = os.path.abspath(sys.argv.pop(3)) if len(sys.argv) > 3 and os.path.isdir(sys.argv[3]) else os.path.abspath("../shared/data")
SEAM = os.path.abspath(sys.argv.pop(2))
EMC2 = os.path.abspath(sys.argv.pop(1))
INVALID_ARGUMENT, INVALID_INPUT, NOT_FOUND, EXISTS, DENIED, LIMIT, IO = 2, 3, 5, 6, 7, 9, 11
PERSON = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,person_source_value,birth_datetime\n"


class Publish(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-publish-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        cls.server = postgresql.Server()
        population = os.path.join(cls.root, "population")
        subprocess.run([EMC2, "synthesise", "--persons", "1500", "--seed", "5", "--out", population, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        cls.warehouse = os.path.join(cls.root, "warehouse")
        for command in (["init"], ["load", population]):
            subprocess.run([EMC2, *command, "--quiet", "--warehouse", cls.warehouse, "--passphrase-file", cls.passphrase], check=True,
                           stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        shutil.rmtree(cls.root)

    def setUp(self):
        self.schema = self.id().rsplit(".", 1)[-1].removeprefix("test_")[:40]

    # ---- running ----
    def path(self, name):
        return os.path.join(self.root, f"{self.schema}-{name}")

    def command(self, *arguments, warehouse=None):
        return [EMC2, *arguments, "--quiet", "--warehouse", warehouse or self.warehouse, "--passphrase-file", self.passphrase]

    def emc2(self, *arguments, expected=0, warehouse=None, **options):
        run = subprocess.run(self.command(*arguments, warehouse=warehouse), capture_output=True, text=True, timeout=300, check=False, **options)
        self.assertEqual(run.returncode, expected, f"emc2 {arguments}: {run.stdout}{run.stderr}")
        return run.stdout + run.stderr

    def publish(self, *arguments, expected=0, url=None, schema=None, **options):
        return self.emc2("publish", "--to", url or self.server.url(), "--schema", schema or self.schema, *arguments, expected=expected, **options)

    def load(self, **files):
        """A warehouse of its own with these tables, as CSV."""
        source, warehouse = self.path("source"), self.path("warehouse")
        os.makedirs(source)
        for name, text in files.items():
            with open(os.path.join(source, name + ".csv"), "w", encoding="utf-8") as file:
                file.write(text)
        self.emc2("init", warehouse=warehouse)
        self.emc2("load", source, warehouse=warehouse)
        return warehouse

    def schemas(self):
        return [row[0] for row in self.server.sql("SELECT nspname FROM pg_namespace")]

    def exports(self):
        return [json.loads(line) for line in self.emc2("log", "list", "--act", "export", "--count", "10000", "--json").splitlines()]

    def loaded(self):
        """Parts that the publication of this test has in its hidden schema."""
        if not self.server.sql(f"SELECT to_regclass('{self.schema}_emc2_loading.emc2_part') IS NOT NULL")[0][0] == "t":
            return 0
        try:
            return int(self.server.sql(f"SELECT count(*) FROM {self.schema}_emc2_loading.emc2_part")[0][0])
        except RuntimeError:  # it became the schema a moment ago
            return 0

    # ---- looking ----
    def published_hash(self, schema, table, columns):
        path = self.path(table + ".csv")
        names = ", ".join(f'"{name}"' for name in columns)
        with open(path, "wb") as file:
            subprocess.run([os.path.join(postgresql.PROGRAMS, "psql"), "-X", "-q", "-h", self.server.root, "-p", str(self.server.port), "-U",
                            "postgres", "-d", postgresql.DATABASE, "-c", f"COPY (SELECT {names} FROM {schema}.{table}) TO STDOUT (FORMAT csv, HEADER)"],
                           stdout=file, check=True)
        found = table_hash.table_hash(path, columns)
        os.remove(path)
        return found

    def assert_equal_to_store(self, tables=None, schema=None, warehouse=None):
        said = json.loads(self.emc2("snapshot", "hash", "--json", warehouse=warehouse))
        rows = 0
        for table in said["tables"]:
            if tables is None or table["table"] in tables:
                found = self.published_hash(schema or self.schema, table["table"], table["columns"])
                self.assertEqual(found, (table["rows"], table["hash"]), table["table"])
                rows += found[0]
        self.assertGreater(rows, 0)
        return rows

    # ---- what is published is what is stored ----
    def test_the_seam(self):
        for arguments in ([self.server.url()], [self.server.url(tcp=True), self.server.password]):
            run = subprocess.run([SEAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_every_table_is_equal(self):
        self.publish("--threads", "3")
        rows = self.assert_equal_to_store()
        print(f"\nown population: {rows} rows equal")
        self.assertNotIn(self.schema + "_emc2_loading", self.schemas())
        tables = {row[0] for row in self.server.sql(f"SELECT relname FROM pg_class WHERE relnamespace = '{self.schema}'::regnamespace "
                                                    "AND relkind IN ('r', 'p') AND NOT relispartition")}
        self.assertEqual(len(tables), 40)  # the CDM's 39, and what is in them
        self.assertIn("emc2_publication", tables)
        kinds = dict(self.server.sql(f"SELECT relname, relkind FROM pg_class WHERE relnamespace = '{self.schema}'::regnamespace"))
        self.assertEqual((kinds["measurement"], kinds["concept"], kinds["measurement_p7"]), ("p", "r", "r"))
        self.assertIn("holds this snapshot already", self.publish())

    def test_gibleed(self):
        source = os.path.join(SHARED, "omop", "GiBleed_5.3_parquet")
        if not os.path.exists(source):
            self.skipTest("GiBleed is not on this machine")
        warehouse = self.path("warehouse")
        self.emc2("init", warehouse=warehouse)
        self.emc2("load", source, warehouse=warehouse)
        self.publish(warehouse=warehouse)
        print(f"\nGiBleed: {self.assert_equal_to_store(warehouse=warehouse)} rows equal")

    def test_odd_values(self):
        numbers = ["0.1", "1e-300", "1.7976931348623157e308", "5e-324", "123456789012345680", "", "3.0000000000000004", "-7.25", "0", "36.6"]
        measurement = "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,value_source_value\n"
        measurement += "".join(f'{i},5,1,{["0001-01-01", "9999-12-31"][i % 2]},{number},"{number}"\n' for i, number in enumerate(numbers))
        person = PERSON + ('9223372036854775807,8507,1900,0,0,"a ""quoted"", text\nwith a line end\\n \\. \t",1900-01-01 23:59:59.999999\n'
                           '-9223372036854775808,8532,2020,0,0,"",\n5,8507,1950,0,0,' + "é€😀" * 16 + ",0001-01-01 00:00:00\n"
                           "0,,,,,,1969-12-31 23:59:59.5\n")
        warehouse = self.load(person=person, measurement=measurement, note="note_id,person_id,note_date,note_text,note_title\n1,5,2020-01-01,"
                              '"' + "line\n" * 100000 + '",é\n')
        self.publish(warehouse=warehouse)
        self.assert_equal_to_store(warehouse=warehouse)

    def test_what_does_not_fit_is_named_and_not_quoted(self):
        warehouse = self.load(person=PERSON + "1,8507,1950,0,0," + "Dupont" * 9 + ",\n")
        said = self.publish(warehouse=warehouse, expected=INVALID_INPUT)
        self.assertIn("person_source_value is longer than the 50 characters", said)
        self.assertIn("--wide", said)
        self.assertNotIn("Dupont", said)
        self.assertNotIn(self.schema, self.schemas())
        self.publish("--wide", warehouse=warehouse)
        self.assert_equal_to_store(warehouse=warehouse)

    def test_numbers_beyond_32_bits(self):
        warehouse = self.load(person=PERSON + "1,8507,71234567890,0,0,,\n")
        said = self.publish(warehouse=warehouse, expected=INVALID_INPUT)
        self.assertIn("column year_of_birth", said)
        self.assertIn("table person", said)
        self.assertNotIn("71234567890", said)

    def test_a_grant_for_some_tables(self):
        chosen = ["person", "condition_occurrence", "concept"]
        self.publish(*[word for name in chosen for word in ("--tables", name)])
        self.assert_equal_to_store(chosen)
        tables = self.server.sql(f"SELECT relname FROM pg_class WHERE relnamespace = '{self.schema}'::regnamespace AND relkind IN ('r', 'p') "
                                 "AND NOT relispartition ORDER BY relname")
        self.assertEqual([row[0] for row in tables], sorted(chosen + ["emc2_publication"]))
        self.publish("--tables", "persons", expected=INVALID_ARGUMENT)
        self.assertIn("--replace", self.publish("--tables", "person", expected=EXISTS))

    # ---- interrupted ----
    def test_killed_and_called_again(self):
        kills, earliest = 0, 0
        for after in (1, 3, 6, 9, 12, 15):  # parts that are loaded when the kill comes
            process = subprocess.Popen(self.command("publish", "--to", self.server.url(), "--schema", self.schema, "--threads", "2"),
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            end = time.monotonic() + 60
            while process.poll() is None and self.loaded() < after and time.monotonic() < end:
                pass
            if process.poll() is None:
                self.assertNotIn(self.schema, self.schemas())
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.communicate()
            if self.schema not in self.schemas():
                earliest = max(earliest, self.loaded())
        said = self.publish()
        self.assert_equal_to_store()
        print(f"\nkilled {kills} times, once with {earliest} parts loaded; then: {said.splitlines()[0]}")
        self.assertGreaterEqual(kills, 3)
        self.assertGreater(earliest, 0)

    def test_killed_at_any_moment(self):
        for delay in range(1, 8):
            process = subprocess.Popen(self.command("publish", "--to", self.server.url(), "--schema", self.schema),
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            time.sleep(delay * 0.4)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self.publish()
        self.assert_equal_to_store()

    def test_the_server_goes_away(self):
        process = subprocess.Popen(self.command("publish", "--to", self.server.url(), "--schema", self.schema, "--threads", "1"),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while process.poll() is None and self.loaded() < 3:
            pass
        self.server.stop(signal.SIGQUIT)
        said, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, IO, said)
        self.assertIn("run the command again", said)
        self.publish(expected=IO)
        self.server.start()
        self.assertIn("had loaded", self.publish())
        self.assert_equal_to_store()

    def test_the_disk_of_the_server_is_full(self):
        small = os.path.join(self.server.root, "small")
        os.mkdir(small)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", small], capture_output=True, check=False).returncode:
            self.skipTest("no file system can be mounted here")
        try:
            os.chmod(small, 0o777)
            subprocess.run(["chown", "postgres:postgres", small], check=True)
            self.server.sql(f"CREATE TABLESPACE small LOCATION '{small}'")
            self.server.sql("GRANT CREATE ON TABLESPACE small TO emc2; ALTER ROLE emc2 SET default_tablespace = 'small'")
            self.assertIn("the disk of the database server is full", self.publish(expected=LIMIT))
            self.assertNotIn(self.schema, self.schemas())
            subprocess.run(["mount", "-o", "remount,size=900m", small], check=True)
            self.assertIn("rows of 39 tables", self.publish())
            self.assert_equal_to_store()
        finally:
            self.server.sql("ALTER ROLE emc2 RESET default_tablespace")
            self.server.sql(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
            self.server.sql(f"DROP SCHEMA IF EXISTS {self.schema}_emc2_loading CASCADE")
            self.server.sql("DROP TABLESPACE IF EXISTS small")
            subprocess.run(["umount", "-l", small], check=False)

    def test_who_objects_after_an_interruption_is_not_published(self):
        warehouse = self.path("warehouse")
        shutil.copytree(self.warehouse, warehouse)
        process = subprocess.Popen(self.command("publish", "--to", self.server.url(), "--schema", self.schema, "--threads", "1",
                                                warehouse=warehouse), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while process.poll() is None and self.loaded() < 12:
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate()
        person = self.server.sql(f"SELECT min(person_id) FROM {self.schema}_emc2_loading.person")[0][0]
        self.assertTrue(person)
        self.emc2("person", "exclude", "--person", person, "--reason", "objection", warehouse=warehouse)
        self.publish("--snapshot", "1", warehouse=warehouse)
        self.assertEqual(self.server.sql(f"SELECT count(*) FROM {self.schema}.person WHERE person_id = {person}")[0][0], "0")
        self.assert_equal_to_store(warehouse=warehouse)

    # ---- what is there already ----
    def test_schemas_that_are_there(self):
        self.server.sql(f"CREATE SCHEMA {self.schema}; CREATE TABLE {self.schema}.mine (i int)")
        self.publish(expected=EXISTS)
        self.publish("--replace", expected=EXISTS)
        self.assertEqual(self.server.sql(f"SELECT count(*) FROM {self.schema}.mine")[0][0], "0")
        self.server.sql(f"DROP SCHEMA {self.schema} CASCADE; CREATE SCHEMA {self.schema}_emc2_loading")
        self.publish(expected=EXISTS)
        self.server.sql(f"DROP SCHEMA {self.schema}_emc2_loading")
        self.publish("--tables", "person")
        self.publish(expected=EXISTS)
        self.publish("--replace", "--tables", "person", "--tables", "death")
        self.assert_equal_to_store(["person", "death"])
        self.publish("--schema", "Bad Name", expected=INVALID_ARGUMENT)

    def test_two_at_once(self):
        command = self.command("publish", "--to", self.server.url(), "--schema", self.schema)
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        said = [run.communicate(timeout=120)[0] for run in runs]
        self.assertIn(0, [run.returncode for run in runs], said)
        self.assertLessEqual({run.returncode for run in runs}, {0, 10}, said)  # BUSY, or it was there when its turn came
        self.assert_equal_to_store()

    # ---- who gets in, and who does not ----
    def test_passwords(self):
        url = self.server.url(tcp=True)
        self.assertIn("--password-file", self.publish("--tables", "person", url=url, expected=DENIED))
        wrong = self.path("wrong")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write("hunter2hunter2\n")
        self.assertIn("others than its owner", self.publish("--password-file", wrong, url=url, expected=DENIED))
        os.chmod(wrong, 0o600)
        said = self.publish("--password-file", wrong, url=url, expected=DENIED)
        self.assertIn("refuses this user or password", said)
        self.assertNotIn("hunter2", said)
        self.publish("--password-file", self.server.password_file, url=self.server.url(tcp=True, database="nothing"), expected=NOT_FOUND)
        with_password = url.replace("emc2@", "emc2:hunter2@")
        self.assertNotIn("hunter2", self.publish(url=with_password, expected=INVALID_ARGUMENT))
        environment = dict(os.environ, PGPASSWORD="hunter2", PGHOST="192.0.2.1", PGPORT="1", PGSERVICE="x", PGOPTIONS="-c nothing=1",
                           PGSSLMODE="require", PGUSER="nobody")
        self.publish("--tables", "person", "--password-file", self.server.password_file, url=url, env=environment)
        self.assert_equal_to_store(["person"])

    def test_other_machines_only_over_tls(self):
        said = self.publish(url="postgresql://emc2@db.example.org/omop", expected=INVALID_ARGUMENT)
        self.assertIn("sslmode=verify-full", said)
        if not shutil.which("openssl"):
            self.skipTest("no openssl to make certificates with")
        for who in ("authority", "stranger"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                            f"/CN={who}", "-addext", "subjectAltName=DNS:localhost", "-keyout", self.path(who + ".key"), "-out",
                            self.path(who + ".pem")], check=True, capture_output=True)
        for suffix in ("key", "pem"):
            place = os.path.join(self.server.data, "server." + suffix)
            shutil.copy(self.path("authority." + suffix), place)
            os.chmod(place, 0o600)
            if os.geteuid() == 0:
                shutil.chown(place, "postgres", "postgres")
        self.server.sql("ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
        self.server.sql("ALTER SYSTEM SET ssl = on")
        self.server.sql("SELECT pg_reload_conf()")
        time.sleep(0.5)
        url = f"postgresql://emc2@localhost:{self.server.port}/omop?sslmode=verify-full&sslrootcert="
        known = ["--tables", "person", "--password-file", self.server.password_file]
        self.publish(*known, url=url + self.path("authority.pem"))
        self.assert_equal_to_store(["person"])
        said = self.publish(*known, "--replace", url=url + self.path("stranger.pem"), expected=IO)
        self.assertIn("certificate verify failed", said)
        numeric = url.replace("localhost", "127.0.0.1") + self.path("authority.pem")  # its certificate does not say so
        self.publish(*known, "--replace", url=numeric, expected=IO)

    def test_the_log_knows_before_a_row_leaves(self):
        before = self.exports()
        self.server.stop()
        try:
            self.publish("--tables", "person", expected=IO)
        finally:
            self.server.start()
        after = self.exports()
        self.assertEqual(len(after), len(before) + 1)
        newest = max(entry["entry"] for entry in after)
        self.assertIn(f"schema {self.schema}", self.emc2("log", "openings", str(newest)))

    def test_citus(self):
        """The calls that Citus gets, written down by functions of its names: the extension itself is not in Debian."""
        self.server.sql("CREATE DATABASE spread OWNER emc2")
        self.server.sql("SET allow_system_table_mods = on; INSERT INTO pg_extension VALUES (99999, 'citus', 10, 'public'::regnamespace, true, '11', "
                        "NULL, NULL)", database="spread")
        self.server.sql("CREATE TABLE calls (n serial, what text, name text, person text, beside text); GRANT ALL ON calls, calls_n_seq TO emc2; "
                        "CREATE FUNCTION create_distributed_table(t regclass, person text, distribution text DEFAULT 'hash', colocate_with text "
                        "DEFAULT 'default') RETURNS void LANGUAGE sql AS 'INSERT INTO public.calls (what, name, person, beside) VALUES "
                        "(''distribute'', t::text, person, colocate_with)'; "
                        "CREATE FUNCTION create_reference_table(t regclass) RETURNS void LANGUAGE sql AS 'INSERT INTO public.calls (what, name) "
                        "VALUES (''reference'', t::text)'", database="spread")
        try:
            said = self.publish(url=self.server.url(database="spread"))
            self.assertIn("distributed by person", said)
            calls = self.server.sql("SELECT what, name, person, beside FROM calls ORDER BY n", database="spread")
        finally:
            self.server.sql("DROP DATABASE spread WITH (FORCE)", database="postgres")
        loading = self.schema + "_emc2_loading."
        self.assertEqual(calls[0], ["distribute", loading + "person", "person_id", "none"])
        distributed = {name: (person, beside) for what, name, person, beside in calls[1:] if what == "distribute"}
        self.assertEqual(distributed[loading + "measurement"], ("person_id", f'"{self.schema}_emc2_loading"."person"'))
        self.assertEqual(distributed[loading + "cohort"][0], "subject_id")
        references = {name for what, name, _, _ in calls if what == "reference"}
        self.assertLessEqual({loading + name for name in ("concept", "provider", "care_site", "location")}, references)
        self.assertEqual(len(calls), 39)


if __name__ == "__main__":
    if not postgresql.is_there():
        print("skipped: PostgreSQL 15 is not on this machine (apt-get install postgresql)")
        sys.exit(77)
    unittest.main()
