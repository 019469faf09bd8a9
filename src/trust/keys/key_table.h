/* SPDX-License-Identifier: EUPL-1.2 */
/* key_table: the file keys/table, the only place where wrapped keys are (private to keys). A copy of a store without it is noise, so
 * what is taken out of it is erased everywhere, backups included (OPR-5). Holds the keys of the top, wrapped by the root key (by two
 * roots while one takes over from the other), and one entry for each sealed file: its wrapped data key, or when that was destroyed.
 * Authenticated as a whole under a key made from the governance domain key. Written description: docs/formats/key-table.md. */
#pragma once
#include "base/buffer.h"
#include "base/lock.h"
#include "trust/keys/keys.h"

/* The keys of the top, in the order of the file: the domains, then the signing seeds. */
enum key_top { KEY_TOP_GRANTS = KEY_DOMAIN_COUNT, KEY_TOP_MANIFESTS, KEY_TOP_LOG, KEY_TOP_COUNT };
enum { KEY_TABLE_ROOTS_MAX = 2, KEY_TABLE_ENTRIES_MAX = 1 << 20, KEY_TABLE_MAC_SIZE = CRYPTO_HASH_SIZE };

struct key_entry {
    uint8_t file_id[KEY_FILE_ID_SIZE];
    enum key_domain domain;
    bool is_destroyed;
    int64_t until; /* Unix seconds: the end of the authorisation (0: none), or when the key was destroyed */
    uint8_t wrapped[KEY_WRAPPED_SIZE];
};
DEFINE_ARRAY(key_entries, struct key_entry)

struct key_table {
    uint32_t version; /* of the bytes that were read; what is written has the newest */
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint64_t generation;  /* counts what was ever written */
    struct key_head head; /* version 2 */
    uint32_t root_count;  /* 1, or 2 in the middle of a change of root */
    uint8_t top[KEY_TABLE_ROOTS_MAX][KEY_TOP_COUNT][KEY_WRAPPED_SIZE];
    struct buffer kept;         /* version 2: what is kept with the head, sealed; empty: nothing */
    struct key_entries entries; /* by file id, ascending */
    uint8_t mac[KEY_TABLE_MAC_SIZE];
};
void key_table_finish(struct key_table *table);
/* *out takes what *table holds, which is empty afterwards. */
void key_table_move(struct key_table *out, struct key_table *table);
static inline __attribute__((unused)) void key_table_value_cleanup(struct key_table *table)
{
    key_table_finish(table);
}

/* The bytes before the MAC. */
MUST_CHECK bool key_table_print(const struct key_table *table, struct buffer *out, struct error *err);
/* Checks the form, not the MAC. out_table is to be zeroed. */
MUST_CHECK bool key_table_parse(struct key_table *out_table, const void *bytes, size_t length, struct error *err);
struct key_entry *key_table_find(struct key_table *table, const uint8_t file_id[KEY_FILE_ID_SIZE]); /* NULL: none */
/* Keeps the order; the id must be new. */
MUST_CHECK bool key_table_add(struct key_table *table, const struct key_entry *entry, struct error *err);

/* The file. While the lock is held nobody else changes it. BUSY after some seconds: it is held for one replacement of a small file. */
MUST_CHECK bool key_table_lock(const char *directory, struct lock *out_lock, struct error *err);
MUST_CHECK bool key_table_read(const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct key_table *out_table,
                               struct error *err);
/* Tells whether the file was replaced. */
struct key_table_stamp {
    uint64_t inode, size;
    int64_t seconds, nanoseconds;
};
MUST_CHECK bool key_table_stamp_read(const char *directory, struct key_table_stamp *out_stamp, struct error *err);
bool key_table_stamp_equal(const struct key_table_stamp *a, const struct key_table_stamp *b);
MUST_CHECK bool key_table_check(const struct key_table *table, const struct secret *mac_key, struct error *err);
/* Counts the generation up, authenticates, replaces the file durably. */
MUST_CHECK bool key_table_write(const char *directory, struct key_table *table, const struct secret *mac_key, struct error *err);
