/* SPDX-License-Identifier: EUPL-1.2 */
/* store: person timelines on disk, encrypted and columnar (architecture.md section 6).
 * Words. store: one directory with an identity. snapshot: a signed manifest naming immutable segment files; a load ends in one.
 * segment: one sealed file; of scope PERSON it holds every row of up to 2^17 persons, of scope SHARED or VOCABULARY the other tables.
 * ordinal: a person's position in its segment, by ascending person_id. row: a row's position in its table and segment.
 * PERSON tables are sorted by (ordinal, start day with NULL last, record id), so rows of a person are contiguous and in time order;
 * other tables by their leading fields (concept_id; ancestor then descendant; concept_id_1 then concept_id_2 ...).
 * A reader is bound to one grant and gives out only what the grant allows at that moment: every read of content asks for a grant in force
 * (DENIED otherwise). COUNT: what happened, by ordinal, but never whose ordinal it is (person ids, and fields that may hold one); ROWS
 * and EXPORT: that too; LOAD: the vocabulary, record ids and person ids only; VERIFY alone: nothing. Only immutable data is shared between
 * threads: a reader and its segments may be used by several workers at once, each with its own arena. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/error.h"
#include "base/progress.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"
#include "warehouse/omop/omop.h"

/* ---- the directory ---- */
struct store;
enum store_act { STORE_ACT_LOAD, STORE_ACT_EXCLUDE, STORE_ACT_COMPACT, STORE_ACT_ERASE, STORE_ACT_COUNT }; /* what made a snapshot */
/* Somebody else's memory of the snapshots (the ledger), by which it shows that the newest were taken away. A snapshot is published first,
 * and recorded then; what could not be recorded, the next writer records as recovered. */
struct store_journal {
    /* The newest snapshot that is recorded; number 0: none. */
    bool (*latest)(void *context, uint32_t *out_number, struct crypto_hash *out_hash, struct error *err);
    bool (*record)(void *context, enum store_act act, uint32_t number, const struct crypto_hash *hash, bool is_recovered,
                   struct error *err);
    /* How many entries it has: it only grows. */
    bool (*size)(void *context, uint64_t *out_size, struct error *err);
    void *context;
};
struct store_options {
    /* Borrowed, or NULL. With one, store_open compares the journal, the head of the keys (keys.h) and the store with each other, and fails
     * with CORRUPT when one of them was put back from an older copy: the store may be one snapshot ahead of the journal (a crash), and any
     * number ahead of the keys (an older copy of them), but never behind either; the journal is never shorter than the keys know. */
    const struct store_journal *journal;
    bool accepts_older;       /* opens it all the same: for store_accept, after which it is as it is */
    uint64_t cache_bytes;     /* bound of decrypted pages kept in locked memory by each reader; 0: none */
    uint32_t segment_persons; /* for writers; 0: 131072 */
};
/* Makes DIRECTORY (which must be absent or empty) with store.json, segments/ and snapshots/; keys/ is the caller's. */
MUST_CHECK bool store_create(const char *directory, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err);
/* The same; `prepare` is called with the new identity before store.json, by which the directory becomes a store, is written. Keys are made
 * there, so that a store without its keys never comes to be, however the making ends. BUSY while somebody else makes one there. */
typedef bool store_preparation(void *context, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err);
MUST_CHECK bool store_create_with(const char *directory, store_preparation *prepare, void *context,
                                  uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err);
MUST_CHECK bool store_identify(const char *directory, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err);
/* The keyring is borrowed and must outlive the store. options NULL: defaults. */
MUST_CHECK bool store_open(struct store **out_store, const char *directory, const struct keyring *keyring,
                           const struct store_options *options, struct error *err);
void store_close(struct store *store);
DEFINE_CLEANUP(store, store_close)

/* ---- values ---- */
/* A column of values. valid: bit i of word i / 64; NULL means that every value is there. Exactly one of the arrays is set, by type;
 * where a value is absent the array holds 0 (or an empty text). A column that is NULL throughout has `is_all_null` and no array. */
struct store_vector {
    enum omop_type type;
    bool is_all_null;
    size_t count;
    const uint64_t *valid;
    const int64_t *integers;  /* OMOP_INTEGER; OMOP_DATETIME as microseconds */
    const double *floats;     /* OMOP_FLOAT */
    const int32_t *days;      /* OMOP_DATE */
    const struct text *texts; /* OMOP_TEXT */
};
static inline bool store_vector_is_valid(const struct store_vector *vector, size_t i)
{
    return !vector->is_all_null && (!vector->valid || (vector->valid[i / 64] >> (i % 64) & 1));
}

/* ---- writing ---- */
/* segment_builder: the rows of one future segment, in memory, in columns; texts are interned. */
struct segment_builder;
struct segment_builder *segment_builder_create(enum omop_scope scope);
void segment_builder_destroy(struct segment_builder *builder);
DEFINE_CLEANUP(segment_builder, segment_builder_destroy)
/* Appends rows of `table`: columns[f] is the vector of field f (NULL: absent, all NULL). selection lists positions in the vectors, or is
 * NULL for the first `count`. Values are copied. LIMIT at 2^32 - 1 rows of one table. */
MUST_CHECK bool segment_builder_append(struct segment_builder *builder, int table, const struct store_vector *const *columns,
                                       const uint32_t *selection, size_t count, struct error *err);
/* The same in steps, so that several workers can append one batch: begin, then append_field once for each field of the table (different
 * fields by different workers at once), then end. After a failure the builder can only be destroyed. */
MUST_CHECK bool segment_builder_append_begin(struct segment_builder *builder, int table, size_t count, struct error *err);
MUST_CHECK bool segment_builder_append_field(struct segment_builder *builder, int table, int field, const struct store_vector *vector,
                                             const uint32_t *selection, size_t count, struct error *err);
void segment_builder_append_end(struct segment_builder *builder, int table, size_t count);
/* Before any row: the persons are within first .. last, and about so many. Where they lie close together nothing is sought for a row. */
MUST_CHECK bool segment_builder_expect(struct segment_builder *builder, int64_t first_person, int64_t last_person, uint64_t persons,
                                       struct error *err);
/* Memory that sealing needs, to be used for one segment after the other: one for each worker. Without it a segment takes its own. */
struct segment_workspace;
struct segment_workspace *segment_workspace_create(void);
void segment_workspace_destroy(struct segment_workspace *workspace);
DEFINE_CLEANUP(segment_workspace, segment_workspace_destroy)
void segment_builder_lend(struct segment_builder *builder, struct segment_workspace *workspace);
uint64_t segment_builder_bytes(const struct segment_builder *builder);
uint64_t segment_builder_rows(const struct segment_builder *builder, int table);
/* The column as it stands, in the order of appending; texts and arrays live in `scratch` or in the builder. */
MUST_CHECK bool segment_builder_vector(const struct segment_builder *builder, int table, int field, struct arena *scratch,
                                       struct store_vector *out_vector, struct error *err);

/* store_writer: makes the next snapshot; holds the store's lock; nothing is visible before commit. Demands GRANT_LOAD. */
struct store_writer;
MUST_CHECK bool store_writer_open(struct store_writer **out_writer, struct store *store, const struct grant *grant, struct error *err);
/* What is added from now on, but the vocabulary, is unreadable from this moment on (Unix seconds): the end of its authorisation. 0: none.
 */
void store_writer_limit(struct store_writer *writer, int64_t until);
/* Sorts, encodes, seals and writes one segment file, fsynced. May be called by several workers at once, each with its own builder.
 * `position` orders the segments of a scope in the manifest, whatever order the calls finish in. A builder without rows adds nothing; a
 * SHARED builder with nothing but location rows goes into the key domain of locations, so give those a builder of their own. */
MUST_CHECK bool store_writer_add(struct store_writer *writer, struct segment_builder *builder, uint32_t position, struct error *err);
/* A named sealed byte string with random access (indexes of the vocabulary). */
MUST_CHECK bool store_writer_add_blob(struct store_writer *writer, const char *name, const void *bytes, size_t length, struct error *err);
/* Keep in the new snapshot what the latest one has: segments of that scope (and, for VOCABULARY, the blobs). */
MUST_CHECK bool store_writer_keep(struct store_writer *writer, enum omop_scope scope, struct error *err);
/* Persons excluded from every snapshot, ascending (store_erasure.h). Owned by the writer. */
size_t store_writer_excluded(const struct store_writer *writer, const int64_t **out_persons);
struct store_snapshot_note {
    const char *label;  /* what was loaded, in the operator's words */
    const char *report; /* JSON text of the load report, kept sealed; may be NULL */
};
/* EXISTS when a person would be in two segments (a kept one and a new one, or two new ones). */
MUST_CHECK bool store_writer_commit(struct store_writer *writer, const struct store_snapshot_note *note, uint32_t *out_snapshot,
                                    struct error *err);
void store_writer_close(struct store_writer *writer); /* without a commit: removes its files, gives the lock back */
DEFINE_CLEANUP(store_writer, store_writer_close)

/* ---- snapshots ---- */
const char *store_act_name(enum store_act act); /* "load", ... */
struct store_snapshot {
    uint32_t number; /* 1, 2, ... */
    int64_t created; /* Unix seconds */
    enum store_act act;
    bool is_closed;                /* a key of it was destroyed, or its time is over: it cannot be opened, and persons and rows are 0 */
    uint64_t excluded;             /* persons of whom nothing comes out, in any snapshot */
    uint64_t persons, rows, bytes; /* without those */
    uint64_t table_rows[OMOP_TABLE_COUNT];
    uint32_t segments;
    char label[128];
    struct crypto_hash manifest_hash; /* names the snapshot in results and logs */
};
MUST_CHECK bool store_snapshot_latest(struct store *store, const struct grant *grant, uint32_t *out_number,
                                      struct error *err); /* 0: none */
MUST_CHECK bool store_snapshot_read(struct store *store, const struct grant *grant, uint32_t number, struct store_snapshot *out_snapshot,
                                    struct error *err);
/* The load report that was kept with it, appended to out; nothing when there is none. */
MUST_CHECK bool store_snapshot_report(struct store *store, const struct grant *grant, uint32_t number, struct buffer *out,
                                      struct error *err);
/* Reads every byte of a snapshot and of the store's own files: signature, hashes, every block, every invariant (sorted rows, postings equal
 * to rows). Calls problem for each fault with the file's name; the function itself fails only when it cannot go on. Demands VERIFY. */
MUST_CHECK bool store_snapshot_verify(struct store *store, const struct grant *grant, uint32_t number,
                                      void (*problem)(void *context, const char *file, const char *what), void *context,
                                      struct progress *progress, uint32_t *out_problems, struct error *err);
/* The same at the speed of the cipher: every byte is authenticated or compared, hashes of whole files and the invariants inside segments
 * are left out. Finds whatever was changed by somebody who has no keys. */
MUST_CHECK bool store_snapshot_check(struct store *store, const struct grant *grant, uint32_t number,
                                     void (*problem)(void *context, const char *file, const char *what), void *context,
                                     struct progress *progress, uint32_t *out_problems, struct error *err);
/* Verifies, and says for each problem what can be done; removes nothing but what a dead writer left. Demands VERIFY; LOAD for the
 * leftovers. */
struct store_repair {
    uint32_t problems, leftovers; /* found; removed */
    uint32_t whole;               /* the newest snapshot, up to the one asked for, that has no problem; 0: none */
};
MUST_CHECK bool store_snapshot_repair(struct store *store, const struct grant *grant, uint32_t number,
                                      void (*tell)(void *context, const char *file, const char *what, const char *advice), void *context,
                                      struct store_repair *out_repair, struct error *err);

/* ---- reading ---- */
struct store_reader;
struct store_segment; /* of a reader; lives as long */
/* Opens every segment of the snapshot (0: the latest) that has rows of a table of the grant. The grant is copied. Fails with DENIED if it
 * is expired or not for this store, NOT_FOUND if there is no snapshot. */
MUST_CHECK bool store_reader_open(struct store_reader **out_reader, struct store *store, const struct grant *grant, uint32_t snapshot,
                                  struct error *err);
void store_reader_close(struct store_reader *reader);
DEFINE_CLEANUP(store_reader, store_reader_close)
uint32_t store_reader_snapshot(const struct store_reader *reader);
/* DENIED unless the reader's grant is still valid and allows every action (enum grant_action). */
MUST_CHECK bool store_reader_demand(const struct store_reader *reader, uint32_t actions, struct error *err);
size_t store_reader_segment_count(const struct store_reader *reader, enum omop_scope scope);
struct store_segment *store_reader_segment(struct store_reader *reader, enum omop_scope scope, size_t index);
MUST_CHECK bool store_reader_blob(struct store_reader *reader, const char *name, uint64_t *out_length, bool *out_exists, struct error *err);
MUST_CHECK bool store_reader_blob_read(struct store_reader *reader, const char *name, uint64_t offset, void *out, size_t length,
                                       struct error *err);

uint32_t store_segment_persons(const struct store_segment *segment);
uint64_t store_segment_rows(const struct store_segment *segment, int table);
/* person_id by ordinal, ascending. Owned by the segment. DENIED to COUNT. */
MUST_CHECK bool store_segment_person_ids(struct store_segment *segment, const int64_t **out_ids, struct error *err);
/* Rows of ordinal p in `table` are out[p] .. out[p + 1] - 1. persons + 1 values, in arena or as long as the segment. */
MUST_CHECK bool store_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_offsets,
                                  struct error *err);

/* Values of one field for rows first .. first + count - 1. Only touched blocks are decrypted. DENIED for a table outside the grant
 * and for a field that says who. */
MUST_CHECK bool store_column_read(struct store_segment *segment, int table, int field, uint64_t first, size_t count, struct arena *arena,
                                  struct store_vector *out_vector, struct error *err);
/* The same for given rows, in ascending order (equal rows allowed). */
MUST_CHECK bool store_column_gather(struct store_segment *segment, int table, int field, const uint32_t *rows, size_t count,
                                    struct arena *arena, struct store_vector *out_vector, struct error *err);
/* For tables not of scope PERSON: the rows whose leading sort field equals key: first .. first + count - 1. */
MUST_CHECK bool store_rows_find(struct store_segment *segment, int table, int64_t key, uint64_t *out_first, uint64_t *out_count,
                                struct error *err);

/* ---- postings ---- */
enum store_event_part {
    STORE_EVENT_DAYS = 1,
    STORE_EVENT_ENDS = 2,
    STORE_EVENT_ROWS = 4,
    STORE_EVENT_ANY_ORDER = 8, /* concept after concept is good enough: nothing is merged, which takes most of the time of large sets */
};
#define STORE_NO_DAY INT32_MIN
/* Events in row order (so by person, then start day, then record id), unless ANY_ORDER was asked for. persons is always there; starts with
 * DAYS, ends with ENDS, rows with ROWS. starts/ends are the table's start and end fields, STORE_NO_DAY where NULL (or where the table has
 * none). */
struct store_events {
    size_t count;
    const uint32_t *persons;
    const int32_t *starts;
    const int32_t *ends;
    const uint32_t *rows;
    size_t examined; /* events of the concepts, whoever has them: more than count when only some persons were asked about */
};
/* Every row whose concept field holds one of the concepts (ascending, distinct). field is any field of the table that has_postings. */
MUST_CHECK bool store_events_find(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                                  unsigned parts, struct arena *arena, struct store_events *out_events, struct error *err);
/* The same of some persons only: of ordinal p when bit p % 64 of persons[p / 64] is set. The others' events are dropped while they are
 * decoded, so what follows costs as much as the persons are many. persons NULL: everybody. */
MUST_CHECK bool store_events_find_among(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                                        const uint64_t *persons, unsigned parts, struct arena *arena, struct store_events *out_events,
                                        struct error *err);
/* How many rows that would be, without decrypting postings (for planning). */
MUST_CHECK bool store_events_count(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                                   uint64_t *out_rows, struct error *err);
/* Distinct concepts of a field in this segment, ascending, with their number of rows. */
MUST_CHECK bool store_concepts(struct store_segment *segment, int table, int field, struct arena *arena, const int64_t **out_concepts,
                               const uint32_t **out_rows, size_t *out_count, struct error *err);
/* What the calling thread has had of pages so far, of any reader: for plans and benches, as the difference between two moments. */
struct store_pages_work {
    uint64_t looked_at, decrypted, bytes; /* bytes: of what was decrypted */
} store_pages_work_here(void);
/* Drops the reader's cache of decrypted pages (benchmarks of cold runs). */
void store_reader_cache_clear(struct store_reader *reader);
