#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Verifies a log of emc2 from its files and its public key, independent of emc2: written from docs/formats/ledger.md alone.

  ledger_verify.py DIRECTORY VKEY [--since CHECKPOINT] [--witness VKEY]... [--quorum N]

Prints what is wrong first and exits with 1, or says that the log is whole. Needs Python's standard library only."""
import argparse
import base64
import hashlib
import json
import os
import re
import sys


class Wrong(Exception):
    """The log is not what it should be."""


# ---- Ed25519, RFC 8032 section 5.1 (verification only; nothing here is secret, so nothing is constant-time) ----
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    """RFC 8032 section 5.1.4, extended homogeneous coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def decode_point(data):
    """RFC 8032 section 5.1.3; None when it is no point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_valid(signature, key, message):
    a, r, s = decode_point(key), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- keys, notes, checkpoints ----
def take_key(vkey):
    if os.path.exists(vkey):
        with open(vkey, encoding="utf-8") as file:
            vkey = file.read()
    name, key_id, data = vkey.strip().split("+", 2)
    data = base64.b64decode(data, validate=True)
    if len(data) != 33 or hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] != key_id:
        sys.exit("this is no public key of a log or witness")
    return name, bytes.fromhex(key_id), data[0], data[1:]


def read_note(data):
    """Text and [(name, key id, signature)]."""
    text, separator, lines = data.decode("utf-8").rpartition("\n\n")
    if not separator or not lines.endswith("\n") or len(data) > 131072 or re.search("[\x00-\x09\x0b-\x1f]", data.decode("utf-8")):
        raise Wrong("checkpoint: this is no signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)", line)
        if not match:
            raise Wrong("checkpoint: a line of signature is malformed")
        signature = base64.b64decode(match[2], validate=True)
        signatures.append((match[1], signature[:4], signature[4:]))
    return text + "\n", signatures


def has_signed(note, key):
    """False when no line is of this key; Wrong when one is and does not verify."""
    (text, signatures), (name, key_id, algorithm, public), found = note, key, False
    for signature in (s for n, i, s in signatures if (n, i) == (name, key_id)):
        message = text.encode()
        if algorithm == 4:
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + message
            signature = signature[8:]
        if len(signature) != 64 or not signature_valid(signature, public, message):
            raise Wrong(f"checkpoint: the signature of {name} is not of its text")
        found = True
    return found


def read_checkpoint(data, key):
    try:
        note = read_note(data)
    except ValueError as wrong:  # neither UTF-8 nor Base64
        raise Wrong(f"checkpoint: this is no signed note: {wrong}") from wrong
    lines = note[0].split("\n")
    if len(lines) < 4 or "" in lines[:-1] or not re.fullmatch("0|[1-9][0-9]{0,14}", lines[1]):
        raise Wrong("checkpoint: three lines are expected")
    if lines[0] != key[0] or not has_signed(note, key):
        raise Wrong("checkpoint: it is not signed by this key")
    root = base64.b64decode(lines[2], validate=True)
    return note, int(lines[1]), root


# ---- tree, tiles, entries ----
def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root_of(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(hashes[:k]) + root_of(hashes[k:])).digest()


def tile_name(level, number, width):
    digits = f"{number:03d}"
    digits = "0" * (-len(digits) % 3) + digits
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    return f"tile/{level}/" + "/".join(["x" + g for g in groups[:-1]] + groups[-1:]) + (f".p/{width}" if width < 256 else "")


def read_tile(directory, level, number, width):
    """The file of a tile; the full one, to be cut, where the partial one is gone."""
    for wide in (width, 256):
        path = os.path.join(directory, tile_name(level, number, wide))
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read(), wide > width
    raise Wrong(f"{tile_name(level, number, width)} is missing")


def read_hashes(directory, level, number, width):
    data, is_full = read_tile(directory, level, number, width)
    if len(data) != (256 if is_full else width) * 32:
        raise Wrong(f"{tile_name(level, number, width)} has {len(data)} bytes")
    return [data[32 * i:32 * i + 32] for i in range(width)]


def read_entries(directory, number, width):
    data, is_full = read_tile(directory, "entries", number, width)
    entries, at = [], 0
    while at < len(data) and len(entries) <= 256:
        length = int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    if at > len(data) or (entries and len(data) < 2):
        raise Wrong(f"{tile_name('entries', number, width)} ends inside an entry")
    return entries[:width] if is_full else entries


def name_change(first, found, tile):
    i = next(i for i in range(257) if i >= min(len(found), len(tile)) or found[i] != tile[i])
    f, t = found[i:i + 2] + [None, None], tile[i:i + 2] + [None, None]
    up, down = f[0] is not None and f[0] == t[1], t[0] is not None and f[1] == t[0]
    what = "altered"
    if t[0] is None:
        what = "inserted"
    elif up and down:
        what = "moved"
    elif f[0] is None or up:
        what = "deleted"
    elif down:
        what = "inserted"
    elif f[0] in tile:
        what = "moved"
    raise Wrong(f"entry {first + i} was {what}")


WORD, NAME, HASH = r"[A-Za-z0-9._:/@+-]{1,96}", r"[a-z0-9_]{1,32}", r"[0-9a-f]{64}"
NUMBER = r"(?:0|-?[1-9][0-9]{0,15})"
RECORD = re.compile(rf'\{{"v":1,"time":(?:0|[1-9][0-9]{{0,15}}),"actor":"{WORD}","act":"[a-z]+(?:\.[a-z]+)?","grant":(?:null|"{HASH}"),"object":'
                    rf'(?:null|"{HASH}"),"facts":(\{{(?:"{NAME}":(?:{NUMBER}|"{WORD}")(?:,(?!\}})|(?=\}}))){{0,16}}\}}),"private":'
                    rf'(\{{(?:"{NAME}":"{HASH}"(?:,(?!\}})|(?=\}}))){{0,8}}\}})\}}', re.ASCII)


def check_record(index, entry):
    match = RECORD.fullmatch(entry.decode("ascii", "replace"))
    objects = [json.loads(part, object_pairs_hook=list) for part in match.groups()] if match else []
    numbers = [value for pairs in objects for _, value in pairs if isinstance(value, int)]
    if not match or len(entry) > 8192 or any(len(dict(pairs)) != len(pairs) for pairs in objects) or any(abs(n) >= 2**53 for n in numbers) or \
            json.loads(entry)["time"] >= 2**53:
        raise Wrong(f"entry {index} is no record")


def verify(directory, key, since, witnesses, quorum):
    with open(os.path.join(directory, "checkpoint"), "rb") as file:
        note, size, root = read_checkpoint(file.read(), key)
    count = len({w[3] for w in witnesses if has_signed(note, w)})
    if count < quorum:
        raise Wrong(f"checkpoint: cosigned by {count} of the named witnesses, {quorum} are demanded")
    leaves = []
    for number in range((size + 255) // 256):
        width = min(256, size - 256 * number)
        tile, entries = read_hashes(directory, 0, number, width), read_entries(directory, number, width)
        found = [leaf(entry) for entry in entries]
        if found != tile:
            name_change(256 * number, found, tile)
        for i, entry in enumerate(entries):
            check_record(256 * number + i, entry)
        leaves += tile
        level, below, at = 0, tile, number
        while len(below) == 256 and level < 5:  # a full tile: what does the tile above say of it?
            wide = min(256, size // 256**(level + 1) - at // 256 * 256)
            above = read_hashes(directory, level + 1, at // 256, wide)
            if above[at % 256] != root_of(below):
                raise Wrong(f"{tile_name(level, at, 256)} is not what was logged: {tile_name(level + 1, at // 256, wide)} has another root")
            below, at, level = above if at % 256 == 255 else [], at // 256, level + 1
    if root_of(leaves) != root:
        raise Wrong(f"checkpoint: its root is not the root of the {size} entries")
    if since:
        with open(since, "rb") as file:
            _, earlier, earlier_root = read_checkpoint(file.read(), key)
        if earlier > size:
            raise Wrong(f"the log was cut: {size} entries, {earlier} in the earlier checkpoint")
        if root_of(leaves[:earlier]) != earlier_root:
            raise Wrong(f"the log was rewritten: its first {earlier} entries are not those of the earlier checkpoint")
    print(f"the log {key[0]} is whole: {size} entries, root {root.hex()}" + (f", cosigned by {count}" if witnesses else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory")
    parser.add_argument("vkey")
    parser.add_argument("--since")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--quorum", type=int, default=0)
    given = parser.parse_args()
    try:
        verify(given.directory, take_key(given.vkey), given.since, [take_key(w) for w in given.witness], given.quorum)
    except (Wrong, OSError, ValueError) as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
