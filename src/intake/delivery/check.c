/* SPDX-License-Identifier: EUPL-1.2 */
/* check: the order of the questions: who, signed by whom, allowed, in its turn, for us, whole; only then what is in it. All are asked of
 * one opening of the file, and each block is opened twice: to be verified, and to be looked through when all persons are known. */
#include "intake/delivery/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- refusing ---- */
static void refuse(struct delivery_report *report, const char *reason, const char *message)
{
    snprintf(report->reason, sizeof report->reason, "%s", reason);
    snprintf(report->message, sizeof report->message, "%s", message);
}

/* Whether the failure is one of the delivery, and not of the machine. */
static bool is_fault(const struct error *err)
{
    return err->code == ERROR_INVALID_INPUT || err->code == ERROR_UNSUPPORTED || err->code == ERROR_CORRUPT || err->code == ERROR_LIMIT ||
           err->code == ERROR_DENIED;
}

void check_find(struct check *check, const struct check_place *place, enum record_column column, enum delivery_fault fault,
                enum detected detected)
{
    struct delivery_report *report = check->report;
    bool is_remark = fault == FAULT_ORDER;
    struct delivery_finding *list = is_remark ? report->remarks : report->findings;
    size_t *count = is_remark ? &report->remark_count : &report->finding_count;
    for (size_t i = 0; i < *count; i++) {
        struct delivery_finding *known = &list[i];
        if (known->is_tokens == place->is_tokens && known->table == place->table && known->column == column && known->fault == fault &&
            known->detected == detected) {
            known->count++;
            return;
        }
    }
    if (*count < DELIVERY_FINDINGS_MAX) {
        list[(*count)++] =
            (struct delivery_finding){place->is_tokens, place->table, column, fault, detected, 1, place->index + 1, place->row + 1};
    }
}

bool check_subject_is_known(const struct check *check, int64_t subject)
{
    size_t low = 0, high = check->subjects.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (check->subjects.items[middle] < subject) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < check->subjects.count && check->subjects.items[low] == subject) {
        return true;
    }
    const struct delivery_checking *checking = check->checking;
    return !check->report->head.is_full && checking->is_subject_known && checking->is_subject_known(checking->context, subject);
}

/* ---- about it ---- */
static bool holder_check(struct delivery_report *report, const struct delivery_checking *checking)
{
    const struct delivery_holder *holder = checking->holder;
    if (!holder || strcmp(holder->name, report->head.holder) != 0) {
        refuse(report, "holder", "nobody of this name delivers to this warehouse");
        return false;
    }
    if (holder->is_suspended) {
        refuse(report, "suspended", "the holder is suspended");
        return false;
    }
    if (checking->today.number < holder->from.number || checking->today.number > holder->until.number) {
        refuse(report, "period", "the holder may not deliver today: outside the days of the register");
        return false;
    }
    return true;
}

static bool agreement_is_kept(struct delivery_report *report, const struct delivery_checking *checking)
{
    struct error reason = {.message = ""};
    const struct agreement *agreement = checking->holder->agreement;
    if (!agreement) {
        refuse(report, "agreement", "the holder has no agreement");
        return false;
    }
    if (!agreement_check_day(agreement, checking->today, &reason) || !agreement_check(agreement, &report->head, &reason)) {
        refuse(report, "agreement", reason.message);
        return false;
    }
    return true;
}

static bool sequence_check(struct delivery_report *report, const struct delivery_holder *holder)
{
    char message[200];
    const unsigned long long got = report->head.sequence, last = holder->last_sequence;
    if (got == last + 1) {
        return true;
    }
    if (got <= last) {
        snprintf(message, sizeof message, "delivery %llu was taken before, or another in its place: the last one taken is %llu", got, last);
    } else {
        snprintf(message, sizeof message, "delivery %llu comes out of order: number %llu is missing", got, last + 1);
    }
    refuse(report, "sequence", message);
    return false;
}

/* Keys that cannot be had now are no fault of the delivery. */
struct watched_intake {
    struct delivery_intake intake;
    bool is_failed;
};

static bool watched_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    struct watched_intake *watched = context;
    struct error reason = {.message = ""};
    if (watched->intake.key(watched->intake.context, epoch, out_key, &reason)) {
        return true;
    }
    watched->is_failed = reason.code != ERROR_NOT_FOUND;
    *err = reason;
    return false;
}

static const char *reason_of(const struct error *err)
{
    switch ((int)err->code) {
    case ERROR_DENIED:
        return "recipient";
    case ERROR_UNSUPPORTED:
        return "version";
    case ERROR_LIMIT:
        return "limit";
    case ERROR_CORRUPT:
        return "integrity";
    default:
        return "form";
    }
}

static bool open_whole(struct check *check, struct layout_file *file, const char *path, bool *out_is_open, struct error *err)
{
    struct watched_intake watched = {check->checking->intake, false};
    const struct delivery_opening opening = {check->checking->holder->public_key, {watched_key, &watched}, check->settings};
    const struct block_watch watch = {check_persons_take, check};
    struct error reason = {.message = ""};
    *out_is_open = delivery_open_file(&check->delivery, file, path, &opening, &watch, &reason);
    if (*out_is_open) {
        return true;
    }
    if (watched.is_failed || !is_fault(&reason)) {
        *err = reason;
        return false;
    }
    char message[400];
    snprintf(message, sizeof message, "%.300s%s%.90s", reason.message, reason.context_count > 0 ? ", in " : "",
             reason.context_count > 0 ? reason.context[reason.context_count - 1] : "");
    refuse(check->report, reason_of(&reason), message);
    return true;
}

/* False: refused, or failed with err (then report->reason is empty). */
static bool outside_check(struct check *check, const char *path, struct error *err)
{
    struct delivery_report *report = check->report;
    const struct delivery_checking *checking = check->checking;
    struct error reason = {.message = ""};
    CLEANUP(layout_file_value) struct layout_file file = {.size = 0};
    if (!crypto_start(&reason) || !layout_file_open(&file, path, &reason)) {
        bool is_form = reason.code == ERROR_INVALID_INPUT || reason.code == ERROR_UNSUPPORTED || reason.code == ERROR_LIMIT;
        if (is_form) {
            refuse(report, reason.code == ERROR_UNSUPPORTED ? "version" : "form", reason.message);
        } else {
            *err = reason;
        }
        return false;
    }
    report->head = file.manifest;
    report->has_head = true;
    TRY(holder_check(report, checking));
    if (!layout_file_authenticate(&file, checking->holder->public_key, &reason)) {
        refuse(report, "signature", reason.message);
        return false;
    }
    report->is_authentic = true;
    TRY(agreement_is_kept(report, checking) && sequence_check(report, checking->holder));
    bool is_open = false;
    return open_whole(check, &file, path, &is_open, err) && is_open;
}

/* ---- in it ---- */
static void content_conclude(struct delivery_report *report)
{
    if (report->finding_count == 0) {
        report->is_accepted = true;
        return;
    }
    char message[400];
    const struct delivery_finding *first = &report->findings[0];
    snprintf(message, sizeof message, "%s.%s holds %s: block %llu, row %llu%s",
             first->is_tokens ? "tokens" : record_table_name(first->table), record_column_name(first->column),
             delivery_finding_words(first, false), (unsigned long long)first->block, (unsigned long long)first->row,
             report->finding_count > 1 ? "; and more" : "");
    refuse(report, "content", message);
}

static void check_finish(struct check *check)
{
    delivery_close(check->delivery);
    subjects_finish(&check->subjects);
    subjects_finish(&check->token_subjects);
}

static void check_value_cleanup(struct check *check)
{
    check_finish(check);
}

bool delivery_check_all(struct delivery **out_delivery, struct delivery_report *out_report, const char *path,
                        const struct delivery_checking *checking, struct error *err)
{
    struct settings defaults;
    settings_defaults(&defaults);
    *out_report = (struct delivery_report){.is_accepted = false};
    *out_delivery = NULL;
    CLEANUP(check_value) struct check check = {.checking = checking, .report = out_report};
    check.settings = checking->settings ? checking->settings : &defaults;
    check.subjects.maximum = check.token_subjects.maximum = SIZE_MAX / sizeof(int64_t);
    if (!outside_check(&check, path, err)) {
        return out_report->reason[0] != '\0';
    }
    TRY(check_persons(&check, err) && check_rows(&check, err));
    content_conclude(out_report);
    if (out_report->is_accepted) {
        *out_delivery = check.delivery;
        check.delivery = NULL;
    }
    return true;
}
