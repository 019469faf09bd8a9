# SPDX-License-Identifier: EUPL-1.2
"""The part `publish` of bench/run: `emc2 publish` into PostgreSQL 15 beside `psql \\copy` of the CSV export into tables of the same types and the
same partitions, on a server of its own that both use one after the other. Neither side has indexes while it loads."""
import importlib.util
import os
import re
import resource
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPEC = importlib.util.spec_from_file_location("server", os.path.join(ROOT, "tests", "publish", "server.py"))
postgresql = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(postgresql)
PARTITIONS = 8


def emc2(program, common, *arguments):
    before = time.monotonic()
    run = subprocess.run([program, *arguments, *common], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"emc2 {' '.join(arguments)}: {run.stdout}{run.stderr}")
    return run.stdout, time.monotonic() - before


def publish(server, program, common, schema, threads):
    """Seconds of loading alone, and of all of it."""
    said, seconds = emc2(program, common, "publish", "--to", server.url(), "--schema", schema, "--threads", str(threads))
    return float(re.search(r"loading: ([\d.]+) s", said).group(1)), seconds


def copy(server, directory, tables):
    """Seconds of `psql \\copy` of each CSV, one after the other."""
    seconds = 0
    server.sql("CREATE SCHEMA peer")
    for table, is_partitioned in tables:
        person = "subject_id" if table == "cohort" else "person_id"
        server.sql(f"CREATE TABLE peer.{table} (LIKE one.{table})" + (f" PARTITION BY HASH ({person})" if is_partitioned else ""))
        for part in range(PARTITIONS if is_partitioned else 0):
            server.sql(f"CREATE TABLE peer.{table}_p{part} PARTITION OF peer.{table} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})")
        before = time.monotonic()
        server.psql("-c", f"\\copy peer.{table} FROM '{os.path.join(directory, table + '.csv')}' (FORMAT csv, HEADER)")
        seconds += time.monotonic() - before
    return seconds


def measure(work, threads, persons, events):
    program, parquet, directory = (os.path.join(ROOT, "build", "release", "emc2"), os.path.join(work, "publish-parquet"),
                                   os.path.join(work, "publish-csv"))
    passphrase = os.path.join(work, "publish-passphrase")
    with open(passphrase, "w", encoding="utf-8") as file:
        file.write("only for measuring, on invented data\n")
    os.chmod(passphrase, 0o600)
    os.makedirs(parquet)
    subprocess.run([os.path.join(ROOT, "build", "release", "bench", "three_sets_duckdb_peer"), "generate", parquet, str(persons), str(events)],
                   check=True, stdout=subprocess.DEVNULL)
    common = ("--quiet", "--warehouse", os.path.join(work, "publish-warehouse"), "--passphrase-file", passphrase)
    emc2(program, common, "init")
    emc2(program, common, "load", parquet)
    with postgresql.Server(max_wal_size="8GB", checkpoint_timeout="1h") as server:
        one, one_all = publish(server, program, common, "one", 1)
        several, several_all = publish(server, program, common, "several", threads)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        _, exported = emc2(program, common, "export", "--format", "csv", "--out", directory)
        tables = [(name, kind == "p") for name, kind in server.sql("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'one'::regnamespace AND "
                                                                   "relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'emc2_publication'")]
        peer = copy(server, directory, tables)
        rows = int(server.sql("SELECT row_count FROM one.emc2_publication")[0][0])
        same = all(server.sql(f"SELECT count(*) FROM one.{name}") == server.sql(f"SELECT count(*) FROM peer.{name}") for name, _ in tables)
    print(f"\nPostgreSQL 15, {rows:,} rows, {PARTITIONS} partitions by person", flush=True)
    print(f"psql \\copy of the CSV export            {rows / peer:>12,.0f} rows/s   ({peer:.1f} s, and {exported:.1f} s to export)")
    print(f"emc2 publish, loading, 1 connection     {rows / one:>12,.0f} rows/s   {peer / one:.2f}x ({one:.1f} s; with indexes and statistics {one_all:.1f} s)")
    print(f"emc2 publish, loading, {threads} connections    {rows / several:>12,.0f} rows/s   {peer / several:.2f}x ({several:.1f} s; with indexes and "
          f"statistics {several_all:.1f} s)")
    print(f"peak memory of emc2 (load or publish)   {memory / 1e6:>12,.0f} MB")
    if not same:
        sys.exit("the two ways do not have the same rows")
