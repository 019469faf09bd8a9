/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_state: what a run leaves to the next: which person each entry is, the next free number, and the weights. An entry that is not in
 * a later run keeps its place. As bytes: docs/formats/linkage.md; whoever stores them seals them. */
#pragma once
#include "base/buffer.h"
#include "intake/linkage/linkage.h"

MUST_CHECK bool linkage_state_create(struct linkage_state **out_state, struct error *err); /* nobody yet; persons begin at 1 */
void linkage_state_destroy(struct linkage_state *state);
DEFINE_CLEANUP(linkage_state, linkage_state_destroy)
size_t linkage_state_entries(const struct linkage_state *state);
uint32_t linkage_state_next_person(const struct linkage_state *state);
/* The person of an entry, 0 when there is none. */
uint32_t linkage_state_person(const struct linkage_state *state, uint32_t holder, int64_t subject);

MUST_CHECK bool linkage_state_write(const struct linkage_state *state, struct buffer *out, struct error *err);
/* CORRUPT for anything that linkage_state_write does not write. */
MUST_CHECK bool linkage_state_read(struct linkage_state **out_state, const void *bytes, size_t length, struct error *err);
