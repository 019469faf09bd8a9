#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Reads the kept segments (tests/golden/segment_1) by docs/formats/segment.md alone, and compares hashes of every column and of all postings
with what emc2 found when it wrote them. So the description is complete, and the format is not just what one program does.

  segment_reader.py [DIRECTORY]
"""
import ctypes
import hashlib
import pathlib
import struct
import sys

GROUP, CHUNK = 256, 8192
UNITS = (1, 1000, 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6)
FORM_ABSENT, FORM_INTEGERS, FORM_FLOATS, FORM_WORDS, FORM_TEXTS, FORM_CONCEPTS, FORM_ORDINALS = range(7)
POSTINGS_CORE, POSTINGS_DAYS, POSTINGS_ENDS = 2, 4, 8
NO_DAY = 1 << 63
zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def signed(value):
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


class Cursor:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, length):
        if self.at + length > len(self.data):
            raise ValueError("a part is cut short")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def span(self):
        return self.varint(), self.varint(), self.varint()

    def name(self):
        return self.take(self.number("B")).decode()


def unpack(cursor, count, width):
    """Values of one group, at most 32 bits each."""
    if count < GROUP:
        bits = int.from_bytes(cursor.take((count * width + 7) // 8), "little")
        return [bits >> (i * width) & ((1 << width) - 1) for i in range(count)]
    words = struct.unpack(f"<{8 * width}I", cursor.take(32 * width))
    lanes = [sum(words[8 * t + lane] << (32 * t) for t in range(width)) for lane in range(8)]
    return [lanes[i % 8] >> (i // 8 * width) & ((1 << width) - 1) for i in range(GROUP)]


def unpack_wide(cursor, count, width):
    low = unpack(cursor, count, min(width, 32))
    high = unpack(cursor, count, width - 32) if width > 32 else [0] * count
    return [a | b << 32 for a, b in zip(low, high)]


def run(cursor, count):
    form = cursor.number("B")
    if form == 0:
        return [cursor.number("q")] * count
    unit, base_bytes, base = UNITS[cursor.number("B")], cursor.number("B"), cursor.number("q")
    step = cursor.number("q") if form == 2 else 0
    groups = (count + GROUP - 1) // GROUP
    bases = [int.from_bytes(cursor.take(base_bytes), "little") for _ in range(groups)]
    widths = cursor.take(groups)
    values = []
    for group in range(groups):
        packed = unpack_wide(cursor, min(GROUP, count - group * GROUP), widths[group])
        if form == 1:
            values += [signed(base + unit * (bases[group] + value)) for value in packed]
        else:
            value = base + bases[group]
            values.append(signed(value))
            for more in packed[1:]:
                value += step + more
                values.append(signed(value))
    return values


def array(cursor):
    count, values = cursor.varint(), []
    while len(values) < count:
        values += run(cursor, min(CHUNK, count - len(values)))
    return values


def decompressed(cursor):
    method, original, stored = cursor.number("B"), cursor.varint(), cursor.varint()
    data = cursor.take(stored)
    if method == 0:
        return data
    out = ctypes.create_string_buffer(original + 1)
    if zstd.ZSTD_decompress(out, original, data, stored) != original:
        raise ValueError("compressed bytes do not open")
    return out.raw[:original]


def presence(cursor, count):
    kind = cursor.number("B")
    if kind < 2:
        return [kind == 0] * count
    if kind == 2:
        bits = int.from_bytes(cursor.take((count + 7) // 8), "little")
        return [bool(bits >> i & 1) for i in range(count)]
    there = [kind == 3] * count
    for _ in range(cursor.varint()):
        there[cursor.number("H")] = kind == 4
    return there


class Segment:
    def __init__(self, blocks):
        self.blocks = blocks
        cursor = Cursor(blocks[-1])
        if cursor.take(8) != b"emc2seg\x01":
            raise ValueError("not a segment of version 1")
        self.is_person = cursor.number("B") == 0
        if self.is_person:
            self.persons, self.first, self.last = cursor.varint(), cursor.number("q"), cursor.number("q")
            self.person_ids = array(self.part(cursor.span()))
        self.tables = [self.table(cursor) for _ in range(cursor.varint())]
        if cursor.at != len(cursor.data):
            raise ValueError("bytes after the directory")

    def part(self, span):
        block, offset, length = span
        return Cursor(self.blocks[block][offset:offset + length])

    def table(self, cursor):
        table = {"name": cursor.name(), "rows": cursor.varint()}
        if self.is_person:
            begins = array(self.part(cursor.span()))
            if len(begins) != self.persons + 1 or begins[-1] != table["rows"]:
                raise ValueError("the rows of persons do not fit")
            table["row_persons"] = [p for p in range(self.persons) for _ in range(begins[p + 1] - begins[p])]
        table["fields"] = [self.field(cursor) for _ in range(cursor.varint())]
        return table

    @staticmethod
    def field(cursor):
        field = {"name": cursor.name(), "type": cursor.number("B"), "form": cursor.number("B"), "postings": cursor.number("B")}
        if field["form"] != FORM_ABSENT:
            field["relative"], field["index"] = cursor.varint() - 1, cursor.span()
            if field["form"] in (FORM_WORDS, FORM_CONCEPTS):
                field["directory"] = cursor.span()
        return field

    def column(self, table, field):
        """Values of a field by row: None, an integer, the 8 bytes of a double, or the bytes of a text."""
        if field["form"] == FORM_ABSENT:
            return [None] * table["rows"]
        index = self.part(field["index"])
        blocks, offsets, lengths, firsts = (array(index) for _ in range(4))
        values = []
        for chunk, span in enumerate(zip(blocks, offsets, lengths)):
            count = min(CHUNK, table["rows"] - chunk * CHUNK)
            part = self.part(span)
            there = presence(part, count)
            found = self.chunk(part, field, count) if any(there) else [None] * count
            values += [value if present else None for value, present in zip(found, there)]
            if firsts and firsts[chunk] != (values[chunk * CHUNK] if there[0] and field["form"] != FORM_CONCEPTS else firsts[chunk]):
                raise ValueError("the first value of a chunk is wrong")
        return self.meaning(table, field, values)

    def chunk(self, part, field, count):
        if field["form"] == FORM_FLOATS:
            return self.floats(part, count)
        if field["form"] == FORM_TEXTS:
            return self.texts(part, count)
        return run(part, count)

    @staticmethod
    def floats(part, count):
        if part.number("B") == 1:
            planes = decompressed(part)
            return [bytes(planes[plane * count + i] for plane in range(8)) for i in range(count)]
        scale = float(10 ** part.number("B"))
        values = [struct.pack("<d", float(value) / scale) for value in run(part, count)]
        places = [part.number("H") for _ in range(part.varint())]
        for place in places:
            values[place] = part.take(8)
        return values

    def texts(self, part, count):
        lengths = run(part, count)
        pieces = [(part.varint(), part.varint(), part.span()) for _ in range(part.varint())]
        texts = []
        for rows, size, span in pieces:
            data, at = decompressed(self.part(span)), 0
            for length in lengths[len(texts):len(texts) + rows]:
                texts.append(data[at:at + length])
                at += length
            if at != size or at != len(data):
                raise ValueError("the texts of a piece do not fill it")
        return texts

    def words(self, field):
        part = self.part(field["directory"])
        lengths, data, at, words = array(part), None, 0, []
        data = decompressed(part)
        for length in lengths:
            words.append(data[at:at + length])
            at += length
        if words != sorted(set(words)):
            raise ValueError("words are not in order")
        return words

    def meaning(self, table, field, values):
        if field["form"] in (FORM_WORDS, FORM_CONCEPTS, FORM_ORDINALS):
            names = (self.words(field) if field["form"] == FORM_WORDS
                     else self.person_ids if field["form"] == FORM_ORDINALS else self.concepts(field)[0])
            return [None if value is None else names[value] for value in values]
        if field["relative"] >= 0:
            days = self.column(table, table["fields"][field["relative"]])
            factor = UNITS[5] if field["type"] == 3 else 1
            return [None if value is None else signed(value + factor * (day or 0)) for value, day in zip(values, days)]
        return values

    # ---- postings ----
    def concepts(self, field):
        part = self.part(field["directory"])
        return [array(part) for _ in range(4)]

    def groups(self, place, count):
        """Cursors at each group of a concept in one stream, with the number of its events."""
        block, offset = (place - 1) >> 16, (place - 1) & 0xFFFF
        for at in range(0, count, GROUP):
            if offset == len(self.blocks[block]):
                block, offset = block + 1, 0
            cursor = Cursor(self.blocks[block], offset)
            yield cursor, min(GROUP, count - at)
            offset = cursor.at

    @staticmethod
    def group(cursor, count, with_days):
        """The ascending values of a group, and its days (None where absent)."""
        base, width = cursor.number("I"), cursor.number("B")
        first_day, head = (cursor.number("i"), cursor.number("B")) if with_days else (0, 128)
        values, days = [], [None] * count
        for step in unpack(cursor, count, width):
            base += step
            values.append(base)
        if not head & 128:
            shift = 1 if head & 64 else 0
            days = [None if shift and not code else first_day + code - shift for code in unpack(cursor, count, head & 63)]
        return values, days

    def listed(self, field, count, core, detail):
        """Persons (None without a core), starts, rows and ends of a concept with groups of its own."""
        persons, starts, rows, ends = [], [], [], []
        if field["postings"] & POSTINGS_CORE:
            for cursor, length in self.groups(core, count):
                found, days = self.group(cursor, length, field["postings"] & POSTINGS_DAYS)
                persons, starts = persons + found, starts + days
        for cursor, length in self.groups(detail, count):
            found, days = self.group(cursor, length, field["postings"] & POSTINGS_ENDS)
            rows, ends = rows + found, ends + days
        ends = [None if end is None else end + (start or 0) for end, start in zip(ends, starts)] if starts else ends
        return persons, starts, rows, ends


# ---- comparing ----
def column_hash(values):
    hasher = hashlib.blake2b(digest_size=32)
    for value in values:
        if value is None:
            hasher.update(b"\0")
        elif isinstance(value, int):
            hasher.update(b"\1" + struct.pack("<q", value))
        else:
            hasher.update(b"\1" + value)
    return hasher.hexdigest()


def text_form(values):
    return [None if value is None else struct.pack("<Q", len(value)) + value for value in values]


# Which fields of the tables of the kept segments are their start and end (spec/omop_tables.csv).
DAYS = {"condition_occurrence": ("condition_start_date", "condition_end_date"), "drug_era": ("drug_era_start_date", "drug_era_end_date"),
        "note": ("note_date", None)}


def postings_hash(segment, table, field, columns):
    """Every event of every concept; what the streams hold must be what the rows say."""
    hasher = hashlib.blake2b(digest_size=32)
    start, end = DAYS.get(table["name"], (None, None))
    starts = columns.get(start, [None] * table["rows"])
    ends = columns.get(end, [None] * table["rows"])
    row_persons = table.get("row_persons", [0] * table["rows"])
    by_concept = {}
    for row, concept in enumerate(columns[field["name"]]):
        by_concept.setdefault(concept, []).append(row)
    for concept, count, core, detail in zip(*segment.concepts(field)):
        rows = by_concept[concept]
        if len(rows) != count:
            raise ValueError("a concept does not have as many rows as it says")
        hasher.update(struct.pack("<qQ", concept, count))
        if detail:
            found = segment.listed(field, count, core, detail)
            says = ([row_persons[row] for row in rows], [starts[row] for row in rows], rows, [ends[row] for row in rows])
            if found[2] != rows or (found[0] and (found[0], found[1]) != says[:2]) or (field["postings"] & POSTINGS_ENDS and found[3] != says[3]):
                raise ValueError(f"the postings of {concept} are not its rows")
        for row in rows:
            hasher.update(struct.pack("<QQ", row_persons[row], row))
            for value in (starts[row], ends[row]):
                hasher.update(struct.pack("<Q", NO_DAY) if value is None else struct.pack("<q", value))
    return hasher.hexdigest()


def describe(segment):
    for table in segment.tables:
        columns = {field["name"]: segment.column(table, field) for field in table["fields"]}
        for field in table["fields"]:
            name, values = field["name"], columns[field["name"]]
            yield f"column {table['name']}.{name} {column_hash(text_form(values) if field['type'] == 4 else values)}"
            if field["form"] == FORM_CONCEPTS:
                yield f"postings {table['name']}.{name} {postings_hash(segment, table, field, columns)}"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/segment_1")
    passed = failed = 0
    for path in sorted(folder.glob("*.blocks")):
        cursor, blocks = Cursor(path.read_bytes()), []
        while cursor.at < len(cursor.data):
            blocks.append(cursor.take(cursor.number("I")))
        found, expected = list(describe(Segment(blocks))), path.with_suffix(".expected").read_text().splitlines()
        for line in sorted(set(found) ^ set(expected)):
            print(f"{path.name}: {'found' if line in found else 'expected'}: {line}")
        failed += len(set(expected) - set(found)) + len(set(found) - set(expected))
        passed += len(set(expected) & set(found))
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed and not failed else 1)


main()
