/* SPDX-License-Identifier: EUPL-1.2 */
/* drill: compelled disclosure, rehearsed. Somebody takes everything that a storage host has, and perhaps some shares; the drill looks for
 * what it must not give: planted strings in every common form, known plaintext, equal blocks, bytes that are not like noise, a key that
 * opens. It shares no code with what it examines (it reads docs/formats/sealed.md, not the store), and it holds no key but the shares it is
 * given. Words. planted: a string that is in the patients' records. form: how it might be written (UTF-16, base64 ...). finding: what must
 * not be. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/task.h"
#include "base/text.h"

enum drill_kind { DRILL_NAME, DRILL_DATE, DRILL_CODE, DRILL_COUNT, DRILL_TEXT, DRILL_KIND_COUNT };
const char *drill_kind_name(enum drill_kind kind);

/* ---- planted strings ---- */
struct drill_planted;
struct drill_planted *drill_planted_create(void);
void drill_planted_destroy(struct drill_planted *planted);
DEFINE_CLEANUP(drill_planted, drill_planted_destroy)
/* origin and line stand in findings instead of the string. The text is copied; a text that is there already is passed over. A date is ISO,
 * a count is digits: INVALID_INPUT otherwise. LIMIT at a million. */
MUST_CHECK bool drill_planted_add(struct drill_planted *planted, enum drill_kind kind, struct text text, const char *origin, uint64_t line,
                                  struct error *err);
/* Lines of `kind text`: name, date, code, count or text, one blank, the string to the end of the line. `#` begins a comment line. */
MUST_CHECK bool drill_planted_parse(struct drill_planted *planted, const char *origin, const void *bytes, size_t length, struct error *err);
size_t drill_planted_count(const struct drill_planted *planted);

/* ---- the drill ---- */
/* A share, or whatever else might be a key or a part of one, as bytes. x: its place on the polynomial, 0 when it is not known. */
struct drill_share {
    uint8_t x;
    const uint8_t *bytes;
    size_t length;
};
/* Something that a key might open, besides the sealed files, which the drill tries by itself: the table of keys. */
struct drill_target {
    const char *name;
    bool (*opens)(void *context, const uint8_t key[32]);
    void *context;
};
struct drill_options {
    const char *const *directories; /* everything that the host has */
    size_t directory_count;
    const char *const *plain_files; /* source files of what is stored */
    size_t plain_count;
    const struct drill_share *shares;
    size_t share_count;
    const struct drill_target *targets;
    size_t target_count;
    struct task_pool *pool;
    bool quiet;
};
struct drill_finding {
    const char *file;
    uint64_t offset;  /* in the file */
    const char *what; /* the kind of finding; a planted string only by where it was planted */
};
struct drill_report {
    uint64_t files, bytes, passed_over; /* passed over: what is no plain file */
    uint64_t streams, unpacked_bytes;   /* compressed streams that were whole, and what all came to */
    uint64_t planted, patterns, too_short;
    double chance_expected; /* hits of patterns in noise that chance gives */
    uint64_t chance_seen;
    uint64_t inside_words;    /* hits inside longer words or numbers of a text, which say nothing */
    uint64_t windows, stride; /* known plaintext: windows of 16 bytes, at every stride-th place of the source */
    uint64_t sealed_files, sealed_copies, blocks, sampled; /* blocks compared; one block in `sampled` */
    uint64_t noise_tested;
    double noise_worst; /* largest distance of a byte histogram from uniform, in standard deviations */
    uint64_t keys, trials;
    uint64_t findings;
    double seconds;
};
/* Reads everything, and calls finding for each; fails only when it cannot go on. */
MUST_CHECK bool drill_disclosure(const struct drill_planted *planted, const struct drill_options *options,
                                 void (*finding)(void *context, const struct drill_finding *finding), void *context,
                                 struct drill_report *out_report, struct error *err);
