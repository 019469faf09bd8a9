/* SPDX-License-Identifier: EUPL-1.2 */
/* centre: what a holder (a hospital, the claims base) does with an export, on its own machine, before anything leaves.
 *   check   reads the export and says what is in it, what would leave, what would be dropped and why
 *   blind   identities become canonical keys, blinded for the pseudonym authority: a request, and a state that stays here
 *   finish  the authority's answer, proven and unblinded: transport pseudonyms, sealed here
 *   pack    records within the agreement, and the pseudonyms: a delivery, sealed to the warehouse and signed here
 * A centre is a directory: centre.json, root.key (sealed under a passphrase), the public documents of the others (warehouse.json,
 * authority.json, agreement.json), work/ (states and pseudonyms, sealed) and sequence. Nothing in it is an identity in the clear. */
#pragma once
#include "base/json.h"
#include "intake/circuit/circuit.h"
#include "intake/delivery/delivery.h"
#include "intake/delivery/delivery_agreement.h"
#include "intake/delivery/delivery_detect.h"
#include "intake/identity/identity_keys.h"
#include "intake/record/record_reader.h"
#include "trust/crypto/crypto_certificate.h"

struct centre;
struct centre_facts {
    char holder[DELIVERY_NAME_SIZE];
    bool in_french;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]; /* Ed25519: signs requests and deliveries */
    uint8_t tls_pin[CRYPTO_PIN_SIZE];           /* of the certificate with which it sends over the network */
    bool has_warehouse, has_authority, has_agreement;
    uint64_t last_sequence; /* of the last delivery that was packed; 0: none */
};
/* Makes the directory and its keys. EXISTS when there is a centre already. */
MUST_CHECK bool centre_create(const char *directory, const char *holder, bool in_french, const struct secret *passphrase,
                              struct error *err);
MUST_CHECK bool centre_open(struct centre **out_centre, const char *directory, const struct secret *passphrase, struct error *err);
void centre_close(struct centre *centre);
DEFINE_CLEANUP(centre, centre_close)
const struct centre_facts *centre_facts(const struct centre *centre);
const struct secret *centre_tls_seed(const struct centre *centre); /* Ed25519, of that certificate; the centre's */
/* Language only, without a passphrase; false (English) when there is no centre. */
bool centre_speaks_french(const char *directory);

/* ---- public documents: one JSON object each, "format" says which (docs/formats/cards.md). A document that differs from the one that is
 * here is refused (EXISTS) unless `replace`: a key that is pinned does not change in silence. ---- */
/* {"format": "emc2 holder card", "version": 1, "holder": NAME, "public_key": HEX}: for the warehouse and the authority. */
MUST_CHECK bool centre_card_write(const struct centre *centre, struct json_writer *writer, struct error *err);
/* {"format": "emc2 warehouse card", "intake_key": HEX, "intake_epoch": N, "governance_key": HEX}; {"format": "emc2 authority card",
 * "epoch": N, "public_key": HEX, "signing_key": HEX}; or an agreement of this warehouse for this holder. */
enum centre_document { CENTRE_WAREHOUSE, CENTRE_AUTHORITY, CENTRE_AGREEMENT };
MUST_CHECK bool centre_document_take(struct centre *centre, const char *path, bool replace, enum centre_document *out_kind,
                                     struct error *err);

/* Where a warehouse or an authority answers over the network, as far as its card says so. */
enum { CENTRE_URL_SIZE = 256 };
struct centre_peer {
    bool has_pin;
    uint8_t pin[CRYPTO_PIN_SIZE];
    char url[CENTRE_URL_SIZE]; /* "": not on the card */
};
const struct centre_peer *centre_peer(const struct centre *centre, enum centre_document kind); /* not of an agreement */
/* The key with which the warehouse signs agreements and receipts. */
const uint8_t *centre_warehouse_key(const struct centre *centre);

/* ---- the work ---- */
struct centre_export {
    const char *path;
    reader_run *reader;
    struct reader_options options; /* numbers are the centre's: left NULL */
    const char *names_path;        /* of the detector; may be NULL */
};
/* What was found; lives in the arena. */
struct centre_column {
    enum record_column column;
    uint64_t values;           /* that would leave */
    const char *justification; /* of the agreement; NULL: it does not leave */
    bool is_potential;
};
struct centre_table {
    enum record_table table;
    uint64_t records, leaving;
    size_t column_count;
    struct centre_column columns[RECORD_FIELDS_MAX];
};
struct centre_preview {
    const char *path;
    bool has_agreement;
    uint64_t persons; /* with an identity */
    uint64_t keys;    /* identity keys: group operations for the authority */
    uint64_t flags[IDENTITY_FLAG_COUNT];
    size_t table_count;
    struct centre_table tables[RECORD_TABLE_COUNT];
    uint64_t detected[DETECTED_COUNT]; /* texts that look like identities or documents: the export would be refused */
    const struct tally *tally;
};
/* The tally is the caller's, and stays with the preview. Findings do not fail it: they are what a check is for. */
MUST_CHECK bool centre_check(const struct centre *centre, const struct centre_export *export, struct tally *tally,
                             struct centre_preview *out_preview, struct error *err);
/* One JSON object: what the page shows. */
MUST_CHECK bool centre_preview_write(const struct centre *centre, const struct centre_preview *preview, struct json_writer *writer,
                                     struct error *err);
/* One page that fetches nothing, in the centre's language. */
MUST_CHECK bool centre_page_write(const struct centre *centre, const struct centre_preview *preview, struct buffer *out, struct error *err);

/* Writes the request, and the state under work/. */
MUST_CHECK bool centre_blind(struct centre *centre, const struct centre_export *export, const char *request_path, struct tally *tally,
                             struct circuit_request *out_request, struct error *err);
/* NOT_FOUND when no request of this centre waits for this response. What is unblinded replaces the pseudonyms that are here. */
MUST_CHECK bool centre_finish(struct centre *centre, const char *request_path, const char *response_path, struct task_pool *pool,
                              uint64_t *out_pseudonyms, struct error *err);
/* What is packed: records of the export beside those that were delivered before; in place of them; or no record, but only the pseudonyms of
 * the persons of the export, who object (`emc2 objection add`): that is no delivery, and uses no sequence number. */
enum centre_pack_kind { CENTRE_PACK_CHANGES, CENTRE_PACK_FULL, CENTRE_PACK_OBJECTIONS };
/* Nothing leaves when the export has findings, or a text that looks like an identity. path NULL: work/<holder>-<sequence>.delivery.
 * Pseudonyms of persons of the export only; INVALID_INPUT when somebody of them has none, because another export was blinded. */
MUST_CHECK bool centre_pack(struct centre *centre, const struct centre_export *export, const char *path, enum centre_pack_kind kind,
                            struct tally *tally, struct delivery_head *out_head, struct error *err);

/* What the warehouse calls the person whom this holder knows as local_id, as the export writes it. */
int64_t centre_subject(const struct centre *centre, struct text local_id);
/* A CSV file again, with the column `subject` in the place of `local_id`: other columns as they are, lines in their order. INVALID_INPUT
 * names file and line. The file is the holder's: 0600. */
MUST_CHECK bool centre_subjects_write(const struct centre *centre, const char *path, const char *out_path, uint64_t *out_lines,
                                      struct error *err);
