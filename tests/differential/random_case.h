/* SPDX-License-Identifier: EUPL-1.2 */
/* random_case: small populations with adversarial dates, and Circe expressions over them, by chance. */
#pragma once
#include "tree_make.h"

/* Tables by name, each an array of rows: persons with and without a person row, periods that overlap, touch or are missing, events on one
 * day, before and after everything, without ends, with ends before their starts, ids that collide between tables, NULLs everywhere. */
struct json random_population(struct chance *chance, struct arena *arena);
/* An expression of the language; now and then one that must be refused. */
struct json random_expression(struct chance *chance, struct arena *arena);
