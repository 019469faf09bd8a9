/* SPDX-License-Identifier: EUPL-1.2 */
/* scan: one file, and whatever can be unpacked in it, looked through for planted strings, sequences of planted days and known plaintext.
 * Private to drill. It collects; drill.c judges, when all is known that chance depends on. */
#pragma once
#include "trust/drill/known.h"
#include "trust/drill/planted.h"
#include "trust/drill/unpack.h"

struct scan_plan { /* shared by all files, unchanging */
    const struct drill_planted *planted;
    const struct planted_patterns *patterns;
    const struct matcher *matcher;
    const struct known *known; /* or NULL */
};

enum scan_setting {
    SCAN_IN_NOISE,    /* among bytes of any kind */
    SCAN_IN_TEXT,     /* a word of its own, among characters that can be printed */
    SCAN_IN_WORD,     /* part of a longer word or number of a text */
    SCAN_IN_ALL_TEXT, /* a word of its own in a file that is all text */
};
struct scan_hit {
    uint64_t offset; /* of the first byte, in the file or in what was unpacked */
    uint32_t pattern, container;
    uint32_t context; /* SCAN_IN_TEXT: neighbours that can be printed, of 16 on each side */
    enum scan_setting setting;
};
enum scan_mark_kind { SCAN_DAYS, SCAN_KNOWN, SCAN_CLOSED };
struct scan_mark {
    uint64_t offset, length;
    uint32_t container;
    enum scan_mark_kind kind;
};
/* 0: the file itself; 1: its name; others: what was unpacked. */
struct scan_container {
    enum unpack_kind kind;
    uint64_t offset; /* where it begins, in the outermost file */
    int depth;
};
enum { SCAN_FILE, SCAN_NAME };
DEFINE_ARRAY(scan_hits, struct scan_hit)
DEFINE_ARRAY(scan_marks, struct scan_mark)
DEFINE_ARRAY(scan_containers, struct scan_container)

struct scan {
    const struct scan_plan *plan;
    struct scan_hits hits;
    struct scan_marks marks;
    struct scan_containers containers;
    uint64_t unpacked_bytes, streams, text_bytes;
    bool is_cut_short; /* more hits than are kept */
};
void scan_init(struct scan *scan, const struct scan_plan *plan);
void scan_finish(struct scan *scan);
MUST_CHECK bool scan_file(struct scan *scan, const char *name, const uint8_t *bytes, size_t length, struct error *err);
