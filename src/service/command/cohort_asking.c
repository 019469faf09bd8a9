/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_asking: see cohort_asking.h. */
#include "service/command/cohort_asking.h"

bool asking_open(struct asking *asking, const char *purpose, uint32_t actions, struct error *err)
{
    int64_t snapshot;
    TRY(invocation_integer(asking->in, "snapshot", 0, 0, UINT32_MAX, &snapshot, err));
    asking->reads.maximum = 1 << 20;
    asking->bytes_max = (size_t)settings_get(&asking->in->settings, SETTING_DEFINITION_BYTES_MAX);
    TRY(warehouse_open(&asking->warehouse, asking->in, purpose, actions, err));
    TRY(warehouse_open_reader(&asking->warehouse, (uint32_t)snapshot, err));
    return vocabulary_open(&asking->vocabulary, asking->warehouse.reader, err);
}

bool asking_engine(struct asking *asking, struct error *err)
{
    return cohort_engine_open(&asking->engine, asking->in, asking->warehouse.reader, err);
}

void asking_close(struct asking *asking)
{
    journal_entries_finish(&asking->reads);
    cohort_engine_close(&asking->engine);
    vocabulary_close(asking->vocabulary);
    warehouse_close(&asking->warehouse);
}

bool asking_note(struct asking *asking, const struct cohort_program *program, const struct cohort_result *result, struct error *err)
{
    struct crypto_hash hash;
    struct journal_entry entry;
    char *counts = arena_text_format(asking->in->arena, "persons %llu, rows %llu", (unsigned long long)result->persons,
                                     (unsigned long long)result->rows.count);
    TRY(cohort_program_hash(program, &hash, err));
    TRY(warehouse_entry(&asking->warehouse, LEDGER_ACT_READ, &hash, &entry, err));
    entry.secret = (struct journal_private){"counts", text_of(counts)};
    return journal_entries_append(&asking->reads, entry, err);
}

bool asking_note_person(struct asking *asking, const struct cohort_program *program, int64_t person_id, struct error *err)
{
    struct crypto_hash hash;
    struct journal_entry entry;
    char *person = arena_text_format(asking->in->arena, "%lld", (long long)person_id);
    TRY(cohort_program_hash(program, &hash, err));
    TRY(warehouse_entry(&asking->warehouse, LEDGER_ACT_READ, &hash, &entry, err));
    TRY(ledger_record_word(&entry.record, "of", "person", err));
    entry.secret = (struct journal_private){"person", text_of(person)};
    return journal_entries_append(&asking->reads, entry, err);
}

bool asking_write(struct asking *asking, struct error *err)
{
    TRY(journal_write(asking->warehouse.journal, asking->reads.items, asking->reads.count, err));
    asking->reads.count = 0;
    return true;
}

bool asking_evaluate(struct asking *asking, const struct definition *definition, bool wants_rows, struct arena *arena,
                     struct cohort_program **out_program, struct cohort_evaluation *out_evaluation, struct error *err)
{
    TRY(task_check(err));
    TRY(definition_compile(definition, asking->bytes_max, asking->vocabulary, arena, out_program, err));
    return (cohort_engine_evaluate(&asking->engine, *out_program, wants_rows, arena, out_evaluation, err) &&
            asking_note(asking, *out_program, out_evaluation->result, err)) ||
           error_context(err, "%s", definition->path);
}
