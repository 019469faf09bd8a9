/* SPDX-License-Identifier: EUPL-1.2 */
/* store_internal: what the parts of the store know of each other (private). Two halves meet here:
 *   directory, lock, manifests, blobs, verify, block cache   (store_directory.c snapshot.c manifest.c verify.c block_cache.c)
 *   what is inside one segment file                          (segment_*.c: the hooks at the end of this file)
 * Everything a reader holds is immutable once store_reader_open has returned, except the block cache, which guards itself. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/lock.h"
#include "base/task.h"
#include "warehouse/store/sealed.h"
#include "warehouse/store/store.h"

enum {
    STORE_PATH_MAX = 4096,
    STORE_LABEL_MAX = 128,
    STORE_BLOB_NAME_MAX = 64,
    STORE_BLOB_BLOCK = 1 << 16, /* plain bytes of every block of a blob but the last */
    STORE_SEGMENT_PERSONS = 1 << 17,
    STORE_SCOPE_COUNT = OMOP_VOCABULARY + 1,
};

struct store {
    char directory[STORE_PATH_MAX];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct crypto_hash identity_hash; /* of the bytes of store.json; every manifest repeats it */
    const struct keyring *keyring;    /* borrowed */
    struct store_options options;     /* defaults filled in */
    uint32_t journal_number;          /* the newest that the journal knows; 0: none, or there is no journal */
    struct crypto_hash journal_hash;
    struct key_head head; /* what the keys know; 0: nothing, or there is no journal */
    bool memory_differs;  /* accepts_older: what would have been refused */
};

/* What a segment says of itself; the manifest keeps it, and opening compares. */
struct segment_summary {
    enum omop_scope scope;
    uint32_t persons;                  /* 0 unless the scope is PERSON */
    int64_t first_person, last_person; /* person_id, both included; 0 when there are none */
    uint64_t table_rows[OMOP_TABLE_COUNT];
};

/* One file of a snapshot, as its manifest names it. */
struct store_file_entry {
    bool is_blob;
    uint8_t file_id[KEY_FILE_ID_SIZE]; /* path: segments/<hex>.sealed */
    enum key_domain domain;
    uint32_t position;              /* in the order of the manifest, counted for each scope */
    uint64_t size;                  /* bytes of the file */
    struct crypto_hash hash;        /* over every byte of it */
    struct segment_summary summary; /* segments; a blob has its scope only */
    char name[STORE_BLOB_NAME_MAX]; /* blobs */
    uint64_t blob_length;           /* plain bytes */
};
DEFINE_ARRAY(store_files, struct store_file_entry)

/* Persons, ascending; files, ascending. */
DEFINE_ARRAY(person_ids, int64_t)
DEFINE_ARRAY(file_ids, struct key_file_id)

/* ---- directory (store_directory.c) ---- */
struct store_path {
    char text[STORE_PATH_MAX + 64];
};
struct store_path store_segment_path(const struct store *store, const uint8_t file_id[KEY_FILE_ID_SIZE]);
struct store_path store_manifest_path(const struct store *store, uint32_t number);
struct store_path store_part_path(const struct store *store, const char *part); /* "segments", "snapshots", "store.json", ... */
/* Asks the journal and the keys, and fails with CORRUPT when they and the store are not of one time (store.h). */
MUST_CHECK bool store_memory_check(struct store *store, struct error *err);
/* A manifest that the journal or the keys have must be the one that they have. */
MUST_CHECK bool store_memory_compare(const struct store *store, uint32_t number, const struct crypto_hash *hash, const char *name,
                                     struct error *err);
/* Adds to err, which says that the manifest of snapshot `number` does not open, that the keys know no such snapshot. Always false. */
bool store_memory_explain(const struct store *store, uint32_t number, struct error *err);
/* The lock of writers. BUSY says who holds it. The kernel gives it back when the process dies. */
MUST_CHECK bool store_lock_take(const struct store *store, struct lock *out_lock, struct error *err);

/* ---- block cache: decrypted blocks in locked memory, up to a bound, for the life of the reader ----
 * Nothing is ever evicted: what was given out stays where it is until the reader is closed or the cache is cleared, so a hit is one
 * atomic load and needs no pin. When the bound is reached, further blocks are decrypted into the caller's arena. */
struct block_cache;
MUST_CHECK bool block_cache_create(struct block_cache **out_cache, uint64_t bytes, struct error *err); /* 0: keeps nothing */
void block_cache_destroy(struct block_cache *cache);                                                   /* NULL is fine */
DEFINE_CLEANUP(block_cache, block_cache_destroy)
/* Must not run beside readers of the cache. */
void block_cache_clear(struct block_cache *cache);
/* One slot table per sealed file; lives as long as the cache. file is borrowed. */
struct cached_file;
MUST_CHECK bool block_cache_file(struct block_cache *cache, struct sealed_file *file, struct cached_file **out_cached, struct error *err);
/* The plain bytes of a block, aligned to 32, with SEALED_PADDING readable bytes behind: from the cache, or decrypted into it when `keep`
 * and there is room, or else decrypted into `arena`. Any thread. *out_bytes lives as long as the arena and the cache. */
MUST_CHECK bool cached_block(struct cached_file *cached, uint64_t block, bool keep, struct arena *arena, const uint8_t **out_bytes,
                             struct error *err);
/* The same, but NULL when it is not kept already. */
const uint8_t *cached_block_peek(const struct cached_file *cached, uint64_t block);

/* ---- reader ---- */
struct store_reader_file {
    struct store_file_entry entry;
    struct sealed_file *file;
    struct cached_file *cached;    /* blobs; a segment makes its own with block_cache_file */
    struct store_segment *segment; /* NULL for a blob */
};
struct store_reader {
    struct store *store; /* borrowed */
    struct grant grant;
    uint32_t snapshot;
    struct person_ids excluded; /* ascending */
    struct block_cache *cache;
    struct store_reader_file *files; /* in the order of the manifest */
    size_t file_count;
    struct store_segment **segments[STORE_SCOPE_COUNT]; /* by scope, in the order of the manifest */
    size_t segment_count[STORE_SCOPE_COUNT];
};
/* The exact check that no person is in two segments: EXISTS when one is. Only segments whose ranges of ids meet are read. */
MUST_CHECK bool store_reader_check_persons(struct store_reader *reader, struct error *err);
/* A reader over the files of a manifest, which need not be a snapshot yet. `excluded`: persons that are not to be seen (NULL: those of the
 * manifest). No file is opened; store_reader_open_file does that. */
struct manifest;
MUST_CHECK bool store_reader_begin(struct store_reader **out_reader, struct store *store, const struct grant *grant,
                                   const struct manifest *manifest, const struct person_ids *excluded, struct error *err);
/* The error about a file of a snapshot whose key was destroyed, by the act that did it. Always false. */
bool store_erased_error(const struct store *store, const struct grant *grant, uint32_t snapshot, const uint8_t file_id[KEY_FILE_ID_SIZE],
                        struct error *err);
/* Hides, in segments without persons, the rows that tell of excluded persons. Opens what it needs for that. */
MUST_CHECK bool store_reader_hide_dependents(struct store_reader *reader, struct error *err);
/* Whether the range of a segment holds one of the persons. */
bool store_entry_meets(const struct store_file_entry *entry, const struct person_ids *persons);
/* Opens one file: header, key, index, size, domain, and the segment's summary against the manifest. Any thread, each its own index. */
MUST_CHECK bool store_reader_open_file(struct store_reader *reader, size_t index, struct error *err);
/* What a public read gives out; store_reader.c says which actions of a grant allow it. */
enum store_content {
    STORE_CONTENT_WORDS, /* the vocabulary's tables, blobs */
    STORE_CONTENT_KEYS,  /* record ids */
    STORE_CONTENT_FACTS, /* what happened, by ordinal: columns, postings, counts */
    STORE_CONTENT_WHO,   /* whose ordinal that is: person ids, and every field that may hold one */
};
/* DENIED unless the reader's grant is in force at this moment, covers the table and allows the content. Every public read asks one of the
 * three before it touches anything. */
MUST_CHECK bool store_reader_demand_content(const struct store_reader *reader, enum store_content content, struct error *err);
MUST_CHECK bool store_reader_demand_table(const struct store_reader *reader, int table, struct error *err); /* its facts, or its words */
MUST_CHECK bool store_reader_demand_field(const struct store_reader *reader, int table, int field, struct error *err);

/* ---- hooks that segment_*.c implements ---- */
enum omop_scope segment_builder_scope(const struct segment_builder *builder);
/* Sorts, encodes and appends every block to `out`; neither commits nor closes it. May run in several threads, each with its builder. */
MUST_CHECK bool segment_encode(struct sealed_writer *out, const struct segment_builder *builder, struct segment_summary *out_summary,
                               struct error *err);
/* Reads the segment's directory and keeps `file` and `reader` (both borrowed: they outlive the segment). May run in several threads at
 * once for one reader: uses only reader->store, ->grant and ->cache. CORRUPT names sealed_path(file). */
MUST_CHECK bool segment_open(struct store_segment **out_segment, struct sealed_file *file, struct store_reader *reader, struct error *err);
void segment_close(struct store_segment *segment); /* NULL is fine */
void segment_summarise(const struct store_segment *segment, struct segment_summary *out_summary);
/* Every invariant inside one segment: lengths, ranges, sort order, dictionaries, postings equal to rows. Calls problem for each fault (the
 * text has no patient content); fails only when it cannot go on. Tables outside the grant are checked too: nothing is given out. */
MUST_CHECK bool segment_verify(struct store_segment *segment, void (*problem)(void *context, const char *what), void *context,
                               struct error *err);
