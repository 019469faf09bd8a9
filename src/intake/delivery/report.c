/* SPDX-License-Identifier: EUPL-1.2 */
/* report: what the check found, in words and as JSON. */
#include "intake/delivery/delivery_check.h"

static const char *const fault_words[FAULT_COUNT][2] = {
    [FAULT_DETECTED] = {"", ""}, /* by kind */
    [FAULT_PAST] = {"a day before 1850", "un jour antérieur à 1850"},
    [FAULT_FUTURE] = {"a day that is too far ahead", "un jour trop éloigné dans l'avenir"},
    [FAULT_RANGE] = {"a number that cannot be", "un nombre impossible"},
    [FAULT_WORD] = {"a word that it may not hold", "un mot non prévu"},
    [FAULT_SUBJECT] = {"a person who is not in the delivery", "une personne absente de la livraison"},
    [FAULT_DOUBLE] = {"a number that is there twice", "un numéro présent deux fois"},
    [FAULT_TOKEN] = {"a token that is no pseudonym", "un jeton qui n'est pas un pseudonyme"},
    [FAULT_ORDER] = {"an end before the start", "une fin antérieure au début"},
};

const char *delivery_finding_words(const struct delivery_finding *finding, bool in_french)
{
    return finding->fault == FAULT_DETECTED ? detected_words(finding->detected, in_french) : fault_words[finding->fault][in_french];
}

static bool findings_write(const struct delivery_finding *findings, size_t count, const char *name, struct json_writer *writer,
                           struct error *err)
{
    TRY(json_name(writer, name, err) && json_begin_array(writer, err));
    for (size_t i = 0; i < count; i++) {
        const struct delivery_finding *f = &findings[i];
        TRY(json_begin_object(writer, err));
        TRY(json_named_text(writer, "table", f->is_tokens ? "tokens" : record_table_name(f->table), err));
        TRY(json_named_text(writer, "column", record_column_name(f->column), err));
        TRY(json_named_text(writer, "what", delivery_finding_words(f, false), err) &&
            json_named_text(writer, "quoi", delivery_finding_words(f, true), err));
        TRY(json_named_u64(writer, "count", f->count, err) && json_named_u64(writer, "block", f->block, err));
        TRY(json_named_u64(writer, "row", f->row, err) && json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

bool delivery_report_write(const struct delivery_report *report, struct json_writer *writer, struct error *err)
{
    char root[2 * CRYPTO_HASH_SIZE + 1];
    TRY(json_begin_object(writer, err) && json_name(writer, "accepted", err) && json_bool(writer, report->is_accepted, err));
    TRY(json_named_text(writer, "reason", report->reason, err) && json_named_text(writer, "message", report->message, err));
    TRY(json_name(writer, "authentic", err) && json_bool(writer, report->is_authentic, err));
    if (report->has_head) {
        crypto_hex(root, report->head.root.bytes, CRYPTO_HASH_SIZE);
        TRY(json_named_text(writer, "holder", report->head.holder, err) && json_named_u64(writer, "sequence", report->head.sequence, err));
        TRY(json_named_text(writer, "root", root, err));
    }
    TRY(findings_write(report->findings, report->finding_count, "findings", writer, err));
    TRY(findings_write(report->remarks, report->remark_count, "remarks", writer, err));
    return json_end_object(writer, err);
}
