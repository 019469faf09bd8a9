/* SPDX-License-Identifier: EUPL-1.2 */
/* double: values of one integer column that are there twice (private to delivery). Within delivery_check_bytes, however many rows there
 * are, by going over the table several times. */
#pragma once
#include "intake/delivery/check.h"

struct doubles;
/* doubles_take is given each block of the table (delivery_block_take), then doubles_finish goes over the table again where it must. */
MUST_CHECK bool doubles_create(struct doubles **out_doubles, struct check *check, enum record_table table, enum record_column column,
                               struct error *err);
MUST_CHECK bool doubles_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err);
MUST_CHECK bool doubles_finish(struct doubles *doubles, struct error *err);
void doubles_destroy(struct doubles *doubles);
DEFINE_CLEANUP(doubles, doubles_destroy)
/* All of it at once. */
MUST_CHECK bool double_find(struct check *check, enum record_table table, enum record_column column, struct error *err);
