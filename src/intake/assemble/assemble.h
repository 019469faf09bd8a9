/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble: everything that counts on the shelves, and who is one person, become the store's next snapshot, which replaces the one before.
 *   entry      what one holder says of one person: (holder, subject)
 *   corrected  a later delivery of the holder has the record again; deleted: the holder took it back
 * Each row of a live delivery is in the snapshot, or dropped for one reason that is counted. Rows that are made here (eras, periods,
 * places) are counted apart. */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/task.h"
#include "intake/linkage/linkage.h"
#include "intake/load/load.h"
#include "intake/shelf/shelf.h"

enum assemble_drop {
    ASSEMBLE_CORRECTED,
    ASSEMBLE_DELETED,
    ASSEMBLE_DOUBLE,     /* the same record twice in one delivery */
    ASSEMBLE_NO_PERSON,  /* nobody on the shelves has this subject, or the year of birth is not known */
    ASSEMBLE_EXCLUDED,   /* the person objected */
    ASSEMBLE_MERGED,     /* persons: several entries are one person; places: known from elsewhere */
    ASSEMBLE_SAME_VISIT, /* two holders have the same stay */
    ASSEMBLE_OTHER_DEATH,
    ASSEMBLE_DROP_COUNT
};
const char *assemble_drop_words(enum assemble_drop drop, bool in_french);

struct assemble_options {
    const struct settings *settings; /* NULL: the defaults */
    struct task_pool *pool;          /* borrowed; NULL: one of its own */
    const char *label;               /* of the snapshot */
    int64_t until;                   /* as struct load_options */
    bool quiet;
    bool keep_double_visits;
    const struct linkage_options *linkage; /* NULL: the defaults */
    /* Whether the tokens are those of somebody who objected. NULL: nobody did. */
    bool (*is_excluded)(void *context, const struct shelf_token *tokens, size_t count);
    void *context;
};
struct assemble_table {
    uint64_t in, out; /* out: of those in, in the snapshot */
    uint64_t dropped[ASSEMBLE_DROP_COUNT];
    uint64_t made; /* in the snapshot, and on no shelf */
};
struct assemble_report {
    uint64_t deliveries, live, entries, persons, excluded;
    uint64_t sex_conflicts, birth_conflicts; /* persons whose entries do not agree: the majority was taken */
    uint64_t visits_unknown;                 /* events whose stay was not delivered */
    struct linkage_counts linkage;
    uint64_t merged, split; /* persons, since the assembly before */
    struct assemble_table tables[OMOP_TABLE_COUNT];
    struct load_report load;
};
/* Demands GRANT_LOAD. INVALID_INPUT when nothing is on the shelves, or no person. out_report is filled also when the load refuses. */
MUST_CHECK bool assemble_run(struct store *store, const struct shelf_place *place, const struct assemble_options *options,
                             struct assemble_report *out_report, struct arena *result, struct error *err);
MUST_CHECK bool assemble_report_write(const struct assemble_report *report, struct json_writer *writer, struct error *err);
