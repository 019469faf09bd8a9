/* SPDX-License-Identifier: EUPL-1.2 */
/* shelf: what holders delivered, standardised and sealed, until a snapshot is assembled from it. For each accepted delivery one sealed file
 * a table (rows, standardise_row.h), one of deletions and one of tokens, in WAREHOUSE/shelves; and an index, replaced as a whole, that says
 * which files there are. Files are only added: what is corrected or taken back stays until an assembly leaves it out.
 *   live    a delivery that counts: not replaced by a later full delivery of its holder
 *   tokens  the stored pseudonyms of a subject (W), by kind of identity key, and their 64-bit fingerprints, which are all that is compared
 * Rows of PERSON and tokens are in the key domain of identifiers, the index in that of governance, all else in that of health. */
#pragma once
#include "base/buffer.h"
#include "base/calendar.h"
#include "intake/standardise/standardise_row.h"
#include "trust/crypto/crypto.h"
#include "trust/crypto/crypto_group.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

enum { SHELF_FILE_TOKENS = STANDARD_TABLE_DELETION + 1, SHELF_FILE_COUNT }; /* the others are tables */
enum { SHELF_HOLDER_SIZE = 64, SHELF_TOKENS_MAX = 64, SHELF_DELIVERIES_MAX = 1 << 16 };
struct shelf_place {
    const char *directory; /* of the warehouse */
    const struct keyring *keyring;
    const struct grant *grant; /* GRANT_LOAD */
};
struct shelf_head {
    char holder[SHELF_HOLDER_SIZE];
    uint64_t sequence;
    bool is_full;
    uint32_t epoch; /* of the warehouse's pseudonyms (keys_pseudonym.h): only tokens of one epoch can be compared */
    int64_t made;   /* Unix seconds */
    struct crypto_hash root;
};
struct shelf_token {
    uint8_t kind;
    uint8_t element[CRYPTO_ELEMENT_SIZE]; /* W: kept, so that it can be renewed without its holder */
    uint64_t fingerprint;                 /* of it: what is compared. Made when it is read; not looked at when it is written */
};
struct shelf_delivery {
    struct shelf_head head;
    bool is_live;
    int64_t taken;                   /* Unix seconds */
    uint64_t rows[SHELF_FILE_COUNT]; /* by table; SHELF_FILE_TOKENS: subjects with tokens */
    uint64_t bytes;
};

/* ---- writing: one delivery ---- */
struct shelf_writer;
/* Holds the lock of the shelves; removes what a dead writer left. EXISTS when the holder's latest delivery has this sequence or a later
 * one, INVALID_ARGUMENT for a holder without a name, or for another epoch than that of the shelves. */
MUST_CHECK bool shelf_writer_open(struct shelf_writer **out_writer, const struct shelf_place *place, const struct shelf_head *head,
                                  struct error *err);
MUST_CHECK bool shelf_writer_add(struct shelf_writer *writer, const struct standard_row *row, struct error *err);
MUST_CHECK bool shelf_writer_add_tokens(struct shelf_writer *writer, int64_t subject, const struct shelf_token *tokens, size_t count,
                                        struct error *err);
/* Durable when it returns; before that nothing of the delivery counts. */
MUST_CHECK bool shelf_writer_commit(struct shelf_writer *writer, struct error *err);
void shelf_writer_close(struct shelf_writer *writer); /* without a commit: removes its files */
DEFINE_CLEANUP(shelf_writer, shelf_writer_close)

/* ---- reading: all deliveries as the index had them when it was opened ---- */
struct shelves;
/* A warehouse without shelves has no deliveries. */
MUST_CHECK bool shelves_open(struct shelves **out_shelves, const struct shelf_place *place, struct error *err);
void shelves_close(struct shelves *shelves);
DEFINE_CLEANUP(shelves, shelves_close)
size_t shelves_count(const struct shelves *shelves); /* in the order of acceptance */
const struct shelf_delivery *shelves_delivery(const struct shelves *shelves, size_t index);
/* 0: none. */
uint64_t shelves_last_sequence(const struct shelves *shelves, struct text holder);
/* Each row of a table, or of STANDARD_TABLE_DELETION, in the order of writing; texts are valid during the call. */
/* bytes: the row as it stands on the shelf, from which shelf_row_read makes it again. */
typedef bool shelf_take_row(void *context, const struct standard_row *row, struct text bytes, struct error *err);
MUST_CHECK bool shelf_row_read(int table, struct text bytes, struct standard_row *out_row, struct error *err);
MUST_CHECK bool shelves_scan(const struct shelves *shelves, size_t delivery, int table, shelf_take_row *take, void *context,
                             struct error *err);
/* The same of the subjects that `wants` says only; it is asked before a row is read, and may be asked often. NULL: all. */
typedef bool shelf_wants(void *context, int64_t subject);
MUST_CHECK bool shelves_scan_some(const struct shelves *shelves, size_t delivery, int table, shelf_wants *wants, shelf_take_row *take,
                                  void *context, struct error *err);
MUST_CHECK bool shelves_tokens(const struct shelves *shelves, size_t delivery,
                               bool (*take)(void *context, int64_t subject, const struct shelf_token *tokens, size_t count,
                                            struct error *err),
                               void *context, struct error *err);

/* ---- verifying ---- */
/* Reads every byte of every file and document; problem is told each that is not as it was written, or lost. BUSY: renewed meanwhile. */
MUST_CHECK bool shelves_verify(const struct shelf_place *place, void (*problem)(void *context, const char *file, const char *what),
                               void *context, uint32_t *out_problems, struct error *err);

/* ---- renewing: pseudonyms of one epoch to the next, without any holder (keys_pseudonym.h) ---- */
struct shelf_renewal {
    uint64_t deliveries, tokens;
};
/* All tokens of all deliveries, to the exponent of `epoch`: all of them or none, wherever it stops. When it returns, the old ones and their
 * keys are gone, also those that an earlier renewal left when it stopped. Demands GRANT_LOAD and GRANT_PSEUDONYMISE. ERASED: the exponent
 * that they were made with is no more. */
MUST_CHECK bool shelves_renew(const struct shelf_place *place, uint32_t epoch, struct shelf_renewal *out_renewal, struct error *err);

/* ---- documents: small sealed files beside the index (the state of linkage), replaced as a whole ---- */
/* Before the first delivery: shelves with an empty index and nobody barred, unless they are there. The state of linkage ("links") is
 * written after that; so once it is there, the others have to be. */
MUST_CHECK bool shelves_begin(const struct shelf_place *place, struct error *err);
MUST_CHECK bool shelf_document_exists(const struct shelf_place *place, const char *name, bool *out_exists, struct error *err);
/* name: letters. Appends; an absent document is empty. */
MUST_CHECK bool shelf_document_read(const struct shelf_place *place, const char *name, struct buffer *out, struct error *err);
/* The old one's key is forgotten, so that it does not open when it comes back. */
MUST_CHECK bool shelf_document_write(const struct shelf_place *place, const char *name, const struct buffer *bytes, struct error *err);
/* Removes it and forgets its key. */
MUST_CHECK bool shelf_document_erase(const struct shelf_place *place, const char *name, struct error *err);
/* Everything: the keys of all files are forgotten, so that copies of them are noise, and the files removed. Stopped, the next call goes on.
 */
MUST_CHECK bool shelves_erase(const struct shelf_place *place, struct error *err);
