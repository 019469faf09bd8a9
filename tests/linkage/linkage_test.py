#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""emc2 linkage evaluate from outside: two invented files whose links are obvious; refusals; and FEBRL 4 (Christen 2008; 5,000 records and a
duplicate of each, with up to two errors a field), where pairwise F1 must be 0.997 at least. Exit 77 where FEBRL is absent.

  linkage_test.py EMC2 [directory of the shared data]
"""
import json
import os
import subprocess
import sys
import tempfile

EMC2 = os.path.abspath(sys.argv[1])
DATA = sys.argv[2] if len(sys.argv) > 2 else os.path.join("..", "shared", "data")
NAMES = ["Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent", "Simon", "Michel", "Lefebvre",
         "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard", "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau"]
GIVEN = ["Jean", "Pierre", "Marie", "Anne", "Louis", "Jeanne", "Paul", "Claire", "Hugo", "Alice"]


def run(*words):
    done = subprocess.run([EMC2, "linkage", "evaluate", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def persons(count):
    for i in range(count):
        yield [f"P{i}", NAMES[i * 7 % len(NAMES)], GIVEN[i * 3 % len(GIVEN)], f"{1930 + i % 70}-{1 + i % 12:02}-{1 + i % 28:02}", f"{10000 + i * 37}"]


def write(path, rows, header):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(",".join(row) for row in [header, *rows]) + "\n")


def invented(directory):
    left, right, truth = (os.path.join(directory, name) for name in ("left.csv", "right.csv", "truth.csv"))
    rows = list(persons(300))
    others = []
    for i, (number, name, given, date, code) in enumerate(rows[:250]):
        if i % 10 == 0:
            name = name[:2] + name[3:]  # a letter lost
        if i % 15 == 0:
            date = date[:5] + date[8:] + "-" + date[5:7] if int(date[8:]) <= 12 else date  # day and month
        others.append(["Q" + number[1:], name.upper(), given, date, code])
    write(left, rows, ["identifiant", "nom", "prenom", "date_naissance", "code_postal"])
    write(right, others, ["identifiant", "nom", "prenom", "date_naissance", "code_postal"])
    write(truth, [["P" + row[0][1:], row[0]] for row in others], ["left", "right"])
    page = os.path.join(directory, "page.html")
    code, out, error = run("--left", left, "--right", right, "--truth", truth, "--json", "--out", page)
    assert code == 0, error
    result = json.loads(out)
    assert result["pairs_true"] == 250 and result["f1"] > 0.99, result
    with open(page, encoding="utf-8") as file:
        text = file.read()
    assert "<svg" in text and "date_naissance" in text and "http://" not in text.replace("http://www.w3.org/2000/svg", ""), "the page"
    # roles that are given, as a list and as JSON, and French words
    mapping = os.path.join(directory, "roles.json")
    with open(mapping, "w", encoding="utf-8") as file:
        json.dump({"identifiant": "id", "nom": "name", "prenom": "given", "date_naissance": "date", "code_postal": "code"}, file)
    listed = "identifiant=id,nom=name,prenom=given,date_naissance=date,code_postal=code"
    results = [run("--left", left, "--right", right, "--truth", truth, "--columns", columns, "--language", "fr") for columns in (mapping, listed)]
    assert results[0] == results[1] and results[0][0] == 0 and "rappel" in results[0][1], results
    for threads in ("1", "3"):
        assert json.loads(run("--left", left, "--right", right, "--truth", truth, "--json", "--threads", threads)[1]) == result
    # refusals name the file and the column, and no value
    code, out, error = run("--left", left, "--right", truth)
    assert code == 3 and "truth.csv" in error and "nom" in error and "P1" not in error, error
    code, out, error = run("--left", left, "--right", right, "--columns", "nom=nobody")
    assert code == 2 and "nobody" in error, error
    assert run("--left", left)[0] == 2 and run("--left", left, "--right", right, "--accept", "2")[0] == 2
    print("invented persons: F1 %.5f" % result["f1"])


def febrl():
    left, right = (os.path.join(DATA, "linkage", "febrl", f"dataset4{side}.csv") for side in "ab")
    if not os.path.exists(left):
        print("FEBRL 4 is not here")
        sys.exit(77)
    code, out, error = run("--left", left, "--right", right, "--truth", "same-number", "--json")
    assert code == 0, error
    result = json.loads(out)
    print("FEBRL 4: precision %(precision).5f recall %(recall).5f F1 %(f1).5f, %(candidates)d candidates" % result)
    assert result["pairs_true"] == 5000 and result["f1"] >= 0.997, result
    # without the number that identifies
    columns = "rec_id=id,given_name=given,surname=name,date_of_birth=date,suburb=place,postcode=code,address_1=text,street_number=text,state=text"
    code, out, error = run("--left", left, "--right", right, "--truth", "same-number", "--json", "--columns", columns)
    assert code == 0, error
    result = json.loads(out)
    print("FEBRL 4 without soc_sec_id: precision %(precision).5f recall %(recall).5f F1 %(f1).5f" % result)
    assert result["f1"] >= 0.98, result


with tempfile.TemporaryDirectory() as scratch:
    invented(scratch)
febrl()
