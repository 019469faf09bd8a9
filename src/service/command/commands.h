/* SPDX-License-Identifier: EUPL-1.2 */
/* commands: the functions behind the table in command.c, one or a few to a file, and how numbers are printed. Private to command. */
#pragma once
#include "service/command/invocation.h"
#include <stddef.h>
#include <stdio.h>

MUST_CHECK bool command_init(struct invocation *in, struct error *err);
MUST_CHECK bool command_load(struct invocation *in, struct error *err);
MUST_CHECK bool command_assemble(struct invocation *in, struct error *err);
MUST_CHECK bool command_status(struct invocation *in, struct error *err);
MUST_CHECK bool command_snapshot_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_snapshot_verify(struct invocation *in, struct error *err);
MUST_CHECK bool command_snapshot_hash(struct invocation *in, struct error *err);
MUST_CHECK bool command_person_exclude(struct invocation *in, struct error *err);
MUST_CHECK bool command_compact(struct invocation *in, struct error *err);
MUST_CHECK bool command_erase(struct invocation *in, struct error *err);
MUST_CHECK bool command_certificate_verify(struct invocation *in, struct error *err);
MUST_CHECK bool command_vocabulary_search(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_count(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_session(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_why(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_show(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_run(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_explain(struct invocation *in, struct error *err);
MUST_CHECK bool command_cohort_sql(struct invocation *in, struct error *err);
MUST_CHECK bool command_export(struct invocation *in, struct error *err);
MUST_CHECK bool command_publish(struct invocation *in, struct error *err);
MUST_CHECK bool command_backup_verify(struct invocation *in, struct error *err);
MUST_CHECK bool command_backup(struct invocation *in, struct error *err);
MUST_CHECK bool command_restore(struct invocation *in, struct error *err);
MUST_CHECK bool command_restore_accept(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_backup(struct invocation *in, struct error *err);
MUST_CHECK bool command_keeper_run(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_status(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_unseal(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_seal(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_rotate(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_passphrase(struct invocation *in, struct error *err);
MUST_CHECK bool command_synthesise(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_custodian_new(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_custodian_sheet(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_custodian_restore(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_ceremony(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_drill(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_reshare(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_init(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_card(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_take(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_status(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_check(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_blind(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_finish(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_send(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_deliver(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_pack(struct invocation *in, struct error *err);
MUST_CHECK bool command_drill_disclosure(struct invocation *in, struct error *err);
MUST_CHECK bool command_demo(struct invocation *in, struct error *err);
const char *demo_directory(const struct invocation *in);
MUST_CHECK bool command_log_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_show(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_prove(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_verify(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_export(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_openings(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_forget(struct invocation *in, struct error *err);
MUST_CHECK bool command_log_key(struct invocation *in, struct error *err);
MUST_CHECK bool command_linkage_evaluate(struct invocation *in, struct error *err);
MUST_CHECK bool command_linkage_report(struct invocation *in, struct error *err);
MUST_CHECK bool command_centre_subject(struct invocation *in, struct error *err);
MUST_CHECK bool command_witness_new(struct invocation *in, struct error *err);
MUST_CHECK bool command_witness_run(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_epoch_status(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_epoch_begin(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_epoch_renew(struct invocation *in, struct error *err);
MUST_CHECK bool command_key_epoch_destroy(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_init(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_card(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_status(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_holder_add(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_holder_remove(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_evaluate(struct invocation *in, struct error *err);
MUST_CHECK bool command_authority_serve(struct invocation *in, struct error *err);
MUST_CHECK bool command_holder_add(struct invocation *in, struct error *err);
MUST_CHECK bool command_holder_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_holder_show(struct invocation *in, struct error *err);
MUST_CHECK bool command_holder_suspend(struct invocation *in, struct error *err);
MUST_CHECK bool command_holder_agreement(struct invocation *in, struct error *err);
MUST_CHECK bool command_intake_serve(struct invocation *in, struct error *err);
MUST_CHECK bool command_intake_card(struct invocation *in, struct error *err);
MUST_CHECK bool command_delivery_check(struct invocation *in, struct error *err);
MUST_CHECK bool command_delivery_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_delivery_receipt_verify(struct invocation *in, struct error *err);
MUST_CHECK bool command_quarantine_list(struct invocation *in, struct error *err);
MUST_CHECK bool command_quarantine_person(struct invocation *in, struct error *err);
MUST_CHECK bool command_quarantine_open(struct invocation *in, struct error *err);
MUST_CHECK bool command_quarantine_purge(struct invocation *in, struct error *err);
MUST_CHECK bool command_objection_add(struct invocation *in, struct error *err);
MUST_CHECK bool command_version(struct invocation *in, struct error *err);

enum { COUNT_TEXT_SIZE = 32 };
/* 1234567 as "1 234 567" (the international way: thin groups, no comma or point). */
const char *count_text(uint64_t count, char out[COUNT_TEXT_SIZE]);
/* 1500000 as "1.5 MB". */
const char *bytes_text(uint64_t bytes, char out[COUNT_TEXT_SIZE]);
/* Unix seconds as 2026-11-23 14:05:00 UTC. */
const char *time_text(int64_t unix_seconds, char out[COUNT_TEXT_SIZE]);
/* One line to standard output, made as printf does and without the line break. It may hold names that come from outside: control
 * characters in it, line breaks too, are shown as escapes (text_to_shown). */
void print_line(const char *format, ...) PRINTF_LIKE(1, 2);
/* Writes what a json_writer made, with a line break, to standard output. */
struct buffer;
MUST_CHECK bool print_buffer(const struct buffer *buffer, struct error *err);
