/* SPDX-License-Identifier: EUPL-1.2 */
/* flow: blind, finish, pack. Each step is all or nothing, and can be done again. */
#include "base/file.h"
#include "intake/centre/centre_internal.h"
#include "intake/centre/plausible.h"
#include <stdlib.h>
#include <string.h>

enum { SUBJECTS_MAX = 1 << 28 };

/* An export with findings does not leave this house, in no part. */
static bool refuse_findings(const struct tally *tally, struct error *err)
{
    if (tally_finding_count(tally) == 0) {
        return true;
    }
    const struct tally_finding *first = tally_finding(tally, 0);
    FAIL(err, INVALID_INPUT, "the export has %llu faults, the first in %s, line %llu%s%s: %s",
         (unsigned long long)tally_finding_count(tally), first->file, (unsigned long long)first->line, first->field[0] ? ", " : "",
         first->field, first->words);
    return error_hint(err, "`emc2 centre check` lists them; nothing was written");
}

static bool export_read(const struct centre *centre, const struct centre_export *export, const struct reader_sink *sink,
                        struct tally *tally, struct error *err)
{
    struct reader_options options = export->options;
    options.numbers = centre->numbers;
    if (!export->reader(export->path, &options, sink, tally, err)) {
        TRY(tally_finding_count(tally) > 0);
        error_clear(err);
    }
    return refuse_findings(tally, err);
}

/* ---- blind ---- */
struct blinding {
    struct circuit_blinder *blinder;
    struct identity_keys *keys;
    struct tally *tally;
    uint64_t persons;
};

static bool blind_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    struct blinding *blinding = context;
    uint32_t flags;
    identity_keys_make(blinding->keys, identity, &flags);
    for (size_t i = 0; i < identity_keys_count(blinding->keys); i++) {
        TRY(circuit_blind_add(blinding->blinder, subject, (uint8_t)identity_keys_kind(blinding->keys, i),
                              identity_keys_text(blinding->keys, i), err));
    }
    for (unsigned bit = 0; bit < IDENTITY_FLAG_COUNT; bit++) {
        if (flags >> bit & 1) {
            tally_remark(blinding->tally, "identity", identity_flag_name(bit));
        }
    }
    blinding->persons++;
    identity_keys_wipe(blinding->keys);
    return true;
}

static const char *state_path(const struct centre *centre, const uint8_t id[CIRCUIT_ID_SIZE])
{
    char hex[2 * CIRCUIT_ID_SIZE + 1];
    crypto_hex(hex, id, CIRCUIT_ID_SIZE);
    return arena_text_format(centre->arena, "%s/work/%s.state", centre->directory, hex);
}

bool centre_blind(struct centre *centre, const struct centre_export *export, const char *request_path, struct tally *tally,
                  struct circuit_request *out_request, struct error *err)
{
    TRY(centre_demand(centre, false, true, false, err));
    CLEANUP(identity_keys) struct identity_keys *keys = NULL;
    CLEANUP(circuit_blinder) struct circuit_blinder *blinder = NULL;
    struct circuit_holder holder = centre_holder(centre);
    struct circuit_request request;
    const char *partial = centre_path(centre, "work/blinding.state");
    TRY(identity_keys_create(&keys, err));
    TRY(circuit_blind_open(&blinder, request_path, partial, &holder, &centre->authority, export->options.pool, err));
    struct blinding blinding = {.blinder = blinder, .keys = keys, .tally = tally};
    struct reader_sink sink = {.person = blind_person, .context = &blinding};
    TRY(export_read(centre, export, &sink, tally, err));
    if (blinding.persons == 0) {
        FAIL(err, INVALID_INPUT, "the export has no identity of any person");
        return error_hint(err, "OMOP and SNDS exports need the list of identities beside them: see docs/data-holder");
    }
    TRY(circuit_blind_finish(blinder, &request, err));
    TRY(file_rename_durable(partial, state_path(centre, request.id), err));
    *out_request = request;
    return true;
}

/* ---- finish ---- */
struct finishing {
    struct pseudonym_writer *writer;
    uint64_t count;
};

static bool finish_one(void *context, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    struct finishing *finishing = context;
    finishing->count++;
    return pseudonym_writer_add(finishing->writer, subject, kind, element, err);
}

bool centre_finish(struct centre *centre, const char *request_path, const char *response_path, struct task_pool *pool,
                   uint64_t *out_pseudonyms, struct error *err)
{
    TRY(centre_demand(centre, false, true, false, err));
    struct circuit_request request;
    bool exists;
    TRY(circuit_request_read(&request, request_path, err));
    const char *state = state_path(centre, request.id);
    TRY(file_exists(state, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "this centre has no state of that request");
        return error_hint(err, "the request was finished already, or made by another centre: run `emc2 centre blind` again");
    }
    CLEANUP(pseudonym_writer) struct pseudonym_writer *writer = NULL;
    TRY(pseudonym_writer_open(&writer, centre, request.epoch, err));
    struct finishing finishing = {.writer = writer};
    struct circuit_files files = {.request_path = request_path, .state_path = state, .response_path = response_path};
    struct circuit_holder holder = centre_holder(centre);
    TRY(circuit_finish(&files, &holder, &centre->authority, pool, finish_one, &finishing, err));
    TRY(pseudonym_writer_commit(writer, err));
    *out_pseudonyms = finishing.count;
    return file_remove(state, err); /* the blinds are of no use any more, and must not be */
}

/* ---- pack ---- */
DEFINE_ARRAY(subject_list, int64_t)
struct packing {
    struct delivery_writer *writer;
    struct identity_keys *keys;
    const struct agreement *agreement;
    struct plausible plausible;
    struct subject_list subjects; /* of the export, who have an identity that makes keys */
    size_t with_pseudonyms;
    uint32_t epoch;
};
static void packing_value_cleanup(struct packing *packing)
{
    subject_list_finish(&packing->subjects);
}

static bool pack_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    struct packing *packing = context;
    uint32_t flags;
    identity_keys_make(packing->keys, identity, &flags);
    const bool has_keys = identity_keys_count(packing->keys) > 0;
    identity_keys_wipe(packing->keys);
    return !has_keys || subject_list_append(&packing->subjects, subject, err);
}

static bool pack_record(void *context, const struct record *record, struct error *err)
{
    struct packing *packing = context;
    plausible_look(&packing->plausible, record, agreement_columns(packing->agreement, record->table));
    return delivery_writer_add_record(packing->writer, record, err);
}

static int by_number(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Of the persons of this export only: the last request may have been about others. */
static bool pack_tokens(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    struct packing *packing = context;
    const struct subject_list *subjects = &packing->subjects;
    if (!subjects->count || !bsearch(&subject, subjects->items, subjects->count, sizeof subject, by_number)) {
        return true;
    }
    packing->with_pseudonyms++;
    return delivery_writer_add_tokens(packing->writer, subject, tokens, count, err);
}

static bool pack_pseudonyms(const struct centre *centre, struct packing *packing, struct error *err)
{
    struct subject_list *subjects = &packing->subjects;
    size_t distinct = 0;
    if (subjects->count) {
        qsort(subjects->items, subjects->count, sizeof *subjects->items, by_number);
    }
    for (size_t i = 0; i < subjects->count; i++) {
        distinct += i == 0 || subjects->items[i] != subjects->items[i - 1];
    }
    TRY(pseudonyms_read(centre, packing->epoch, pack_tokens, packing, err));
    if (packing->with_pseudonyms < distinct) {
        FAIL(err, INVALID_INPUT, "%zu persons of the export have no pseudonyms: the last request was not about this export",
             distinct - packing->with_pseudonyms);
        return error_hint(err, "`emc2 centre blind` and `finish` with this export come first; nothing was written");
    }
    return true;
}

static bool sequence_write(struct centre *centre, uint64_t sequence, struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    size_t length = text_from_i64((int64_t)sequence, text);
    TRY(file_write_atomic(centre_path(centre, "sequence"), text, length, 0600, err));
    centre->facts.last_sequence = sequence;
    return true;
}

bool centre_pack(struct centre *centre, const struct centre_export *export, const char *path, enum centre_pack_kind kind,
                 struct tally *tally, struct delivery_head *out_head, struct error *err)
{
    TRY(centre_demand(centre, true, true, true, err) && agreement_check_day(centre->agreement, clock_today(), err));
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(identity_keys) struct identity_keys *keys = NULL;
    CLEANUP(packing_value) struct packing packing = {.subjects = {.maximum = SUBJECTS_MAX}};
    uint32_t epoch;
    TRY(detector_create(&detector, export->names_path, err) && identity_keys_create(&keys, err));
    TRY(pseudonyms_epoch(centre, &epoch, err));
    struct delivery_writing writing = {.holder = centre->facts.holder,
                                       .sequence = centre->facts.last_sequence + 1,
                                       .is_full = kind == CENTRE_PACK_FULL,
                                       .intake_epoch = centre->intake_epoch,
                                       .epoch = epoch,
                                       .signing_seed = centre->signing_seed,
                                       .agreement = centre->agreement,
                                       .tally = tally,
                                       .detector = detector};
    memcpy(writing.recipient, centre->intake_key, sizeof writing.recipient);
    TRY(delivery_writer_open(&writer, path, &writing, err));
    packing.writer = writer;
    packing.keys = keys;
    packing.epoch = epoch;
    packing.agreement = centre->agreement;
    packing.plausible = plausible_begin(export->options.settings, detector, tally);
    struct reader_sink sink = {.person = pack_person, .record = kind == CENTRE_PACK_OBJECTIONS ? NULL : pack_record, .context = &packing};
    TRY(export_read(centre, export, &sink, tally, err) && pack_pseudonyms(centre, &packing, err));
    TRY(delivery_writer_commit(writer, out_head, err));
    return kind == CENTRE_PACK_OBJECTIONS || sequence_write(centre, out_head->sequence, err); /* no delivery: the number is not used */
}
