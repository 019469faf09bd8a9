/* SPDX-License-Identifier: EUPL-1.2 */
/* page: the preview of an export as one page: the template with what was found as JSON in it. No value of the export is on it. */
#include "base/json.h"
#include "intake/centre/centre_internal.h"
#include "intake/centre/centre_text.h"
#include <string.h>

static const char marker[] = "@DATA@";

/* English and French. */
static bool pair(struct json_writer *writer, const char *name, const char *english, const char *french, struct error *err)
{
    return json_name(writer, name, err) && json_begin_array(writer, err) && json_text(writer, text_of(english), err) &&
           json_text(writer, text_of(french), err) && json_end_array(writer, err);
}

static bool write_columns(struct json_writer *writer, const struct centre_table *table, struct error *err)
{
    const struct record_shape *shape = record_shape(table->table);
    TRY(json_name(writer, "columns", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < table->column_count; i++) {
        const struct centre_column *column = &table->columns[i];
        TRY(json_begin_object(writer, err) && json_named_text(writer, "name", record_column_name(column->column), err));
        TRY(pair(writer, "meaning", shape->fields[i].meaning, shape->fields[i].sens, err) &&
            json_named_u64(writer, "values", column->values, err));
        TRY(json_named_bool(writer, "potential", column->is_potential, err) &&
            json_named_bool(writer, "leaves", column->justification != NULL, err));
        TRY(json_named_text(writer, "justification", column->justification ? column->justification : "", err) &&
            json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

static bool write_tables(struct json_writer *writer, const struct centre_preview *preview, struct error *err)
{
    TRY(json_name(writer, "tables", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < preview->table_count; i++) {
        const struct centre_table *table = &preview->tables[i];
        TRY(json_begin_object(writer, err) && json_named_text(writer, "name", record_table_name(table->table), err));
        TRY(json_named_u64(writer, "records", table->records, err) && json_named_u64(writer, "leaving", table->leaving, err));
        TRY(write_columns(writer, table, err) && json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

static bool write_left(struct json_writer *writer, const struct tally_row *row, struct error *err)
{
    TRY(json_name(writer, "left", err) && json_begin_array(writer, err));
    for (int outcome = OUTCOME_TAKEN + 1; outcome < RECORD_OUTCOME_COUNT; outcome++) {
        if (row->outcomes[outcome] > 0) {
            TRY(json_begin_object(writer, err) && json_named_u64(writer, "count", row->outcomes[outcome], err));
            TRY(pair(writer, "words", record_outcome_words((enum record_outcome)outcome, false),
                     record_outcome_words((enum record_outcome)outcome, true), err));
            TRY(json_end_object(writer, err));
        }
    }
    return json_end_array(writer, err);
}

static bool write_outcomes(struct json_writer *writer, const struct tally *tally, struct error *err)
{
    TRY(json_name(writer, "outcomes", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        const struct tally_row *row = tally_row(tally, i);
        TRY(json_begin_object(writer, err) && json_named_text(writer, "place", row->place, err) &&
            json_named_u64(writer, "seen", row->seen, err));
        TRY(json_named_u64(writer, "taken", row->outcomes[OUTCOME_TAKEN], err) && write_left(writer, row, err) &&
            json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

static bool write_findings(struct json_writer *writer, const struct centre_preview *preview, struct error *err)
{
    TRY(json_named_u64(writer, "finding_count", tally_finding_count(preview->tally), err));
    TRY(json_name(writer, "findings", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < tally_finding_kept(preview->tally); i++) {
        const struct tally_finding *finding = tally_finding(preview->tally, i);
        TRY(json_begin_object(writer, err) && json_named_text(writer, "file", finding->file, err) &&
            json_named_u64(writer, "line", finding->line, err));
        TRY(json_named_text(writer, "field", finding->field, err) && json_named_text(writer, "words", finding->words, err) &&
            json_end_object(writer, err));
    }
    TRY(json_end_array(writer, err) && json_name(writer, "detected", err) && json_begin_array(writer, err));
    for (int kind = DETECTED_NOTHING + 1; kind < DETECTED_COUNT; kind++) {
        if (preview->detected[kind] > 0) {
            TRY(json_begin_object(writer, err) && json_named_u64(writer, "count", preview->detected[kind], err));
            TRY(pair(writer, "words", detected_words((enum detected)kind, false), detected_words((enum detected)kind, true), err));
            TRY(json_end_object(writer, err));
        }
    }
    return json_end_array(writer, err);
}

static bool write_rest(struct json_writer *writer, const struct centre_preview *preview, struct error *err)
{
    TRY(json_name(writer, "flags", err) && json_begin_array(writer, err));
    for (unsigned bit = 0; bit < IDENTITY_FLAG_COUNT; bit++) {
        if (preview->flags[bit] > 0) {
            TRY(json_begin_object(writer, err) && json_named_text(writer, "name", identity_flag_name(bit), err));
            TRY(json_named_u64(writer, "count", preview->flags[bit], err) && json_end_object(writer, err));
        }
    }
    TRY(json_end_array(writer, err) && json_name(writer, "remarks", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < tally_remark_count(preview->tally); i++) {
        const struct tally_remark *remark = tally_remark_at(preview->tally, i);
        TRY(json_begin_object(writer, err) && json_named_text(writer, "place", remark->place, err) &&
            json_named_text(writer, "words", remark->words, err));
        TRY(json_named_u64(writer, "count", remark->count, err) && json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

bool centre_preview_write(const struct centre *centre, const struct centre_preview *preview, struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_named_text(writer, "language", centre->facts.in_french ? "fr" : "en", err));
    TRY(json_named_text(writer, "path", preview->path, err) && json_named_bool(writer, "has_agreement", preview->has_agreement, err));
    TRY(json_named_u64(writer, "persons", preview->persons, err) && json_named_u64(writer, "keys", preview->keys, err));
    TRY(write_tables(writer, preview, err) && write_outcomes(writer, preview->tally, err) && write_findings(writer, preview, err));
    return write_rest(writer, preview, err) && json_end_object(writer, err);
}

bool centre_page_write(const struct centre *centre, const struct centre_preview *preview, struct buffer *out, struct error *err)
{
    const char *at = strstr(preview_html, marker);
    struct json_writer writer = {.out = out};
    TRY(buffer_append(out, preview_html, (size_t)(at - preview_html), err) && centre_preview_write(centre, preview, &writer, err));
    return buffer_append_text(out, at + strlen(marker), err);
}
