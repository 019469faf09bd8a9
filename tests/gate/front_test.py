# SPDX-License-Identifier: EUPL-1.2
"""The front door: what make offers, and what tools/install-deps does with missing packages, broken downloads and a second run. npm,
dpkg-query and apt-get are stood in for by scripts, so that nothing is fetched."""
import hashlib
import io
import os
import tarfile
import unittest

from scratch import HERE, SPDX, Scratch

PINS = "machine,package,version,sha256,member,destination,why\n"
TARGETS = ["demo", "check", "bench", "fuzz", "format", "install", "clean"]


def archive(member, text):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        entry = tarfile.TarInfo(member)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return data.getvalue()


class InstallDeps(unittest.TestCase):
    def setUp(self):
        self.tree = Scratch()
        self.addCleanup(self.tree.close)
        (self.tree.root / ".deps").unlink(missing_ok=True)
        rows = ""
        for name in ("library", "header"):
            data = archive(f"package/{name}", name.encode())
            (self.tree.root / f"{name}.tgz").write_bytes(data)
            rows += f"any,{name},1,{hashlib.sha256(data).hexdigest()},package/{name},duckdb/{name},because\n"
        self.tree.put("packaging/npm-pins.csv", PINS + rows)
        self.tree.put("packaging/debian-packages.txt", "# all\nmake build runs\nclang check checks\n")
        self.program("npm", 'echo npm >>"$CALLS"; for last; do :; done; cp "$TREE/${last%@*}.tgz" .')
        self.program("dpkg-query", 'case " $INSTALLED " in *" ${4} "*) printf installed;; *) exit 1;; esac')
        self.program("apt-get", 'echo "apt-get $*" >>"$CALLS"')
        self.program("id", "echo ${FAKE_USER:-0}")

    def program(self, name, text):
        self.tree.put(f"fake/{name}", f"#!/bin/bash\n# {SPDX}\n{text}\n")
        (self.tree.root / f"fake/{name}").chmod(0o755)

    def install(self, *arguments, installed="make clang", **environment):
        environment.update(PATH=f"{self.tree.root}/fake:/usr/bin:/bin", CALLS=f"{self.tree.root}/calls", TREE=str(self.tree.root),
                           INSTALLED=installed)
        return self.tree.run("tools/install-deps", *arguments, environment=environment)

    def calls(self):
        path = self.tree.root / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def test_first_and_second_run(self):
        code, output = self.install()
        self.assertEqual(code, 0, output)
        self.assertIn("will be fetched from npm: library 1", output)
        self.assertEqual((self.tree.root / ".deps/duckdb/library").read_text(encoding="utf-8"), "library")
        self.assertEqual(self.calls(), ["npm", "npm"])
        self.assertEqual(self.install(), (0, ""))
        self.assertEqual(self.calls(), ["npm", "npm"])

    def test_missing_packages_are_said_and_installed(self):
        code, output = self.install(installed="make")
        self.assertEqual(code, 0, output)
        self.assertIn("missing Debian packages, will be installed: clang", output)
        self.assertEqual([call for call in self.calls() if call != "npm"], ["apt-get update -q", "apt-get install -q -y --no-install-recommends clang"])

    def test_build_group_leaves_the_checkers_out(self):
        code, output = self.install("build", installed="make")
        self.assertEqual(code, 0, output)
        self.assertEqual(self.calls(), ["npm", "npm"])

    def test_without_root_and_sudo(self):
        for name in ("bash", "awk", "cut", "cat", "sha256sum", "uname", "mkdir", "dirname", "tr", "flock", "rm", "wc"):
            path = self.tree.root / "fake" / name
            if not path.exists():
                os.symlink(f"/usr/bin/{name}", path)
        code, output = self.tree.run("/bin/bash", "tools/install-deps", environment={
            "PATH": f"{self.tree.root}/fake", "CALLS": f"{self.tree.root}/calls", "TREE": str(self.tree.root), "INSTALLED": "make", "FAKE_USER": "1000"})
        self.assertEqual(code, 1, output)
        self.assertIn("as root run: apt-get install clang", output)
        self.assertEqual(self.calls(), [])

    def test_wrong_hash_leaves_nothing(self):
        (self.tree.root / "header.tgz").write_bytes(archive("package/header", b"something else"))
        code, output = self.install()
        self.assertEqual(code, 1)
        self.assertIn("header@1 is not what packaging/npm-pins.csv expects", output)
        self.assertFalse((self.tree.root / ".deps/duckdb/header").exists())
        left = [path.name for path in (self.tree.root / ".deps").iterdir()]
        self.assertEqual([name for name in left if name.startswith(("fetch", "installed"))], [])

    def test_broken_download_keeps_what_was_there(self):
        self.assertEqual(self.install()[0], 0)
        text = (self.tree.root / "packaging/npm-pins.csv").read_text(encoding="utf-8")
        self.tree.put("packaging/npm-pins.csv", text.replace("any,header,1", "any,header,2"))
        self.program("npm", "exit 1")
        code, output = self.install()
        self.assertEqual(code, 1)
        self.assertIn("npm could not fetch header@2", output)
        self.assertEqual((self.tree.root / ".deps/duckdb/header").read_text(encoding="utf-8"), "header")

    def test_lost_file_comes_back(self):
        self.assertEqual(self.install()[0], 0)
        (self.tree.root / ".deps/duckdb/header").unlink()
        code, output = self.install()
        self.assertEqual(code, 0, output)
        self.assertEqual(self.calls(), ["npm", "npm", "npm"])

    def test_another_npm_is_left_alone(self):
        self.tree.put("packaging/debian-packages.txt", "nodejs build npm\nnpm build npm\n")
        code, output = self.install(installed="")
        self.assertEqual((code, [call for call in self.calls() if "apt" in call]), (0, []), output)


class FrontDoor(unittest.TestCase):
    def test_help_lists_every_target(self):
        tree = Scratch()
        self.addCleanup(tree.close)
        tree.put("Makefile", (HERE / "Makefile").read_text(encoding="utf-8"))
        code, output = tree.run("make")
        self.assertEqual(code, 0, output)
        for target in TARGETS:
            self.assertRegex(output, rf"(?m)^  make {target} +\S")
            code, dry = tree.run("make", "-n", target)
            self.assertEqual(code, 0, dry)
            if target != "clean":
                self.assertIn("tools/install-deps", dry)

    def test_ci_runs_the_gate(self):
        self.assertIn("make check", (HERE / ".ci/run").read_text(encoding="utf-8"))
        self.assertTrue(os.access(HERE / ".ci/run", os.X_OK))


if __name__ == "__main__":
    unittest.main()
