/* SPDX-License-Identifier: EUPL-1.2 */
/* destruction: what compaction and erasure have in common (private to the store). A snapshot first says durably which files are to be
 * destroyed; then the keys go, the files, and a certificate is written. Whatever was interrupted is ended by the next act of erasure. */
#pragma once
#include "warehouse/store/certificate.h"
#include "warehouse/store/store_writer.h"

/* Opens a writer for an act of erasure, and ends what an earlier one left. */
MUST_CHECK bool erasure_begin(struct store_writer **out_writer, struct store *store, const struct grant *grant, enum store_act act,
                              struct error *err);
/* Publishes the snapshot of what is kept and added, destroys what writer->destroyed names, and fills out_erasure. */
MUST_CHECK bool erasure_end(struct store_writer *writer, const char *reason, struct store_erasure *out_erasure, struct error *err);
/* Every file that a snapshot names, each once, with the number of the last snapshot that names it. */
struct named_file {
    struct store_file_entry entry;
    uint32_t snapshot;
};
DEFINE_ARRAY(named_files, struct named_file)
static inline __attribute__((unused)) void named_files_value_cleanup(struct named_files *files)
{
    named_files_finish(files);
}
MUST_CHECK bool erasure_files(struct store_writer *writer, struct named_files *out_files, struct error *err);
/* What the table of keys says of a file; NULL: nothing. */
DEFINE_ARRAY(key_fact_list, struct key_facts)
static inline __attribute__((unused)) void key_fact_list_value_cleanup(struct key_fact_list *facts)
{
    key_fact_list_finish(facts);
}
MUST_CHECK bool key_facts_read(const struct keyring *keyring, struct key_fact_list *out, struct error *err);
const struct key_facts *key_facts_find(const struct key_fact_list *facts, const uint8_t file_id[KEY_FILE_ID_SIZE]);
