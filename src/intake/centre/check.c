/* SPDX-License-Identifier: EUPL-1.2 */
/* check: a dry run of everything that packing does, with nothing written: what is in the export, what would leave, what would not and why.
 */
#include "intake/centre/centre_internal.h"
#include "intake/centre/plausible.h"
#include <string.h>

struct checking {
    const struct centre *centre;
    struct centre_preview *preview;
    struct identity_keys *keys;
    const struct detector *detector;
    struct tally *tally;
    struct plausible plausible;
    uint64_t records[RECORD_TABLE_COUNT], leaving[RECORD_TABLE_COUNT];
    uint64_t values[RECORD_TABLE_COUNT][RECORD_COLUMN_COUNT];
};

static bool check_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    (void)subject, (void)err;
    struct checking *checking = context;
    uint32_t flags;
    identity_keys_make(checking->keys, identity, &flags);
    checking->preview->persons++;
    checking->preview->keys += identity_keys_count(checking->keys);
    for (unsigned bit = 0; bit < IDENTITY_FLAG_COUNT; bit++) {
        checking->preview->flags[bit] += flags >> bit & 1;
    }
    identity_keys_wipe(checking->keys);
    return true;
}

static bool check_record(void *context, const struct record *record, struct error *err)
{
    struct checking *checking = context;
    struct record kept = *record;
    TRY(record_check(record, err));
    checking->records[record->table]++;
    if (checking->centre->agreement && !agreement_keep(checking->centre->agreement, &kept, checking->tally)) {
        return true;
    }
    checking->leaving[record->table]++;
    plausible_look(&checking->plausible, &kept, UINT64_MAX);
    for (uint64_t left = kept.present; left; left &= left - 1) {
        int column = __builtin_ctzll(left);
        checking->values[record->table][column]++;
        if (record_column_type((enum record_column)column) == RECORD_TEXT) {
            const bool is_code = column_is_code((enum record_column)column);
            checking->preview->detected[detector_look(checking->detector, kept.values[column].text, is_code)]++;
        }
    }
    return true;
}

static void columns_fill(const struct checking *checking, struct centre_table *table)
{
    const struct record_shape *shape = record_shape(table->table);
    const struct agreement *agreement = checking->centre->agreement;
    uint64_t allowed = agreement ? agreement_columns(agreement, table->table) : shape->columns;
    for (size_t i = 0; i < shape->field_count; i++) {
        enum record_column column = shape->fields[i].column;
        bool is_allowed = allowed >> column & 1;
        table->columns[table->column_count++] =
            (struct centre_column){.column = column,
                                   .values = checking->values[table->table][column],
                                   .justification = !is_allowed ? NULL
                                                    : agreement ? agreement_justification(agreement, table->table, column)
                                                                : "",
                                   .is_potential = shape->fields[i].is_potential};
    }
}

static void tables_fill(const struct checking *checking, struct centre_preview *preview)
{
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        if (checking->records[t] > 0) {
            struct centre_table *table = &preview->tables[preview->table_count++];
            *table = (struct centre_table){.table = (enum record_table)t, .records = checking->records[t], .leaving = checking->leaving[t]};
            columns_fill(checking, table);
        }
    }
}

bool centre_check(const struct centre *centre, const struct centre_export *export, struct tally *tally, struct centre_preview *out_preview,
                  struct error *err)
{
    CLEANUP(identity_keys) struct identity_keys *keys = NULL;
    CLEANUP(detector) struct detector *detector = NULL;
    struct centre_preview preview = {.path = export->path, .has_agreement = centre->agreement != NULL, .tally = tally};
    TRY(identity_keys_create(&keys, err) && detector_create(&detector, export->names_path, err));
    struct checking checking = {.centre = centre, .preview = &preview, .keys = keys, .detector = detector, .tally = tally};
    checking.plausible = plausible_begin(export->options.settings, detector, tally);
    struct reader_sink sink = {.person = check_person, .record = check_record, .context = &checking};
    struct reader_options options = export->options;
    options.numbers = centre->numbers;
    struct error reading = {0};
    if (!export->reader(export->path, &options, &sink, tally, &reading) && tally_finding_count(tally) == 0) {
        *err = reading; /* not a fault of the export's content */
        return false;
    }
    tables_fill(&checking, &preview);
    preview.detected[DETECTED_NOTHING] = 0;
    *out_preview = preview;
    return true;
}
