# SPDX-License-Identifier: EUPL-1.2
"""A PostgreSQL 15 server of its own for a test, from Debian's package: a data directory in a temporary one, a Unix socket and a port of the
loopback, stopped at the end by its process id. Nothing of another server on the machine is touched.

    with Server() as server:                    # raises Missing where the package is not installed: exit with 77 then
        server.sql("CREATE TABLE t (i int)")    # as the superuser, over the socket; returns the rows as lists of texts
        run("emc2", ..., "--to", server.url())  # the user `emc2`, who owns the database `omop`, over the socket and without a password
        server.url(tcp=True), server.password_file    # the same over TCP, with a password (SCRAM)

Run by root, the server belongs to the user `postgres`, since it refuses to be root's."""
import csv
import io
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = os.environ.get("EMC2_TEST_POSTGRESQL", "/usr/lib/postgresql/15/bin")
USER, DATABASE = "emc2", "omop"
DEFAULTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB", "shared_buffers": "256MB",
            "max_connections": "40", "log_min_messages": "warning", "listen_addresses": "127.0.0.1"}


class Missing(Exception):
    """The server's programs are not on this machine."""


def is_there():
    return os.access(os.path.join(PROGRAMS, "postgres"), os.X_OK)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, data=None, **settings):
        """data: an empty directory for the data (a small file system, say); settings: of postgresql.conf."""
        if not is_there():
            raise Missing(f"PostgreSQL 15 is not in {PROGRAMS}: apt-get install postgresql")
        self.settings = {**DEFAULTS, **settings}
        self.process = None
        self.root = tempfile.mkdtemp(prefix="emc2-pg-")
        self.data = data or os.path.join(self.root, "data")
        self.log = os.path.join(self.root, "log")
        self.password_file = os.path.join(self.root, "password")
        self.password = secrets.token_hex(16)
        self.prefix = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            self.prefix = ["setpriv", "--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups", "--pdeathsig", "INT"]
            os.chown(self.root, owner.pw_uid, owner.pw_gid)
            if data:
                os.chown(data, owner.pw_uid, owner.pw_gid)
        os.chmod(self.root, 0o755)
        with open(self.password_file, "w", encoding="utf-8") as file:
            file.write(self.password + "\n")
        os.chmod(self.password_file, 0o600)
        try:
            self._initialise()
            self.start()
            self._populate()
        except BaseException:
            self.close()
            raise

    def _initialise(self):
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="utf-8") as file:
            file.write("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")

    def _populate(self):
        self.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{self.password}'", database="postgres")
        self.sql(f"CREATE DATABASE {DATABASE} OWNER {USER}", database="postgres")

    def _run(self, program, *arguments):
        result = subprocess.run([*self.prefix, os.path.join(PROGRAMS, program), *arguments], cwd=self.root, capture_output=True, text=True,
                                check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{program}: {result.stderr}")

    def start(self):
        self.port = free_port()
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.prefix, os.path.join(PROGRAMS, "postgres"), "-D", self.data, "-p", str(self.port), "-k",
                                             self.root, *options], cwd=self.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            if subprocess.run([os.path.join(PROGRAMS, "pg_isready"), "-q", "-h", self.root, "-p", str(self.port)], check=False).returncode == 0:
                return
            time.sleep(0.05)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError("the server does not start: " + log.read()[-2000:])

    def stop(self, how=signal.SIGINT):
        """SIGINT: a fast end; SIGQUIT: at once, without writing anything more."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(30)
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def url(self, user=USER, database=DATABASE, tcp=False):
        if tcp:
            return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"
        return f"postgresql://{user}@:{self.port}/{database}?host={self.root}"

    def psql(self, *arguments, user="postgres", database=DATABASE, **options):
        """psql itself, over the socket; raises RuntimeError with what it says."""
        command = [os.path.join(PROGRAMS, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.root, "-p", str(self.port), "-U", user, "-d",
                   database, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return result.stdout

    def sql(self, text, user="postgres", database=DATABASE):
        """The rows of the last statement, as lists of texts; NULL is an empty text."""
        return list(csv.reader(io.StringIO(self.psql("-t", "--csv", "-c", text, user=user, database=database))))
