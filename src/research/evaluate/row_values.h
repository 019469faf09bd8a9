/* SPDX-License-Identifier: EUPL-1.2 */
/* row_values: what the attributes of a criterion look at: fields of the row, its dates, the person's age, the visit, the provider. */
#pragma once
#include "research/evaluate/segment_run.h"

/* Numbers of one operand for the events of a list, all in `arena`. Exactly one of the arrays is set. */
struct row_values {
    const int64_t *integers; /* dates too, as day numbers */
    const double *numbers;   /* of fields: rounded to three decimals [1.3] */
    const struct text *texts;
    const uint8_t *known;   /* 0: NULL; NULL array: all are known */
    const uint8_t *present; /* 0: the event is dropped whatever the test says [3.1]; NULL array: none is */
};
MUST_CHECK bool row_values_read(struct segment_run *run, const struct event_list *list, struct cohort_value value, struct arena *arena,
                                struct row_values *out_values, struct error *err);
/* Visit ids of the events, NO_VISIT for NULL (and for tables without visits). */
MUST_CHECK bool row_visits_read(struct segment_run *run, const struct event_list *list, struct arena *arena, const int64_t **out_visits,
                                struct error *err);
/* Record ids of the events, INT64_MAX for NULL. */
MUST_CHECK bool row_ids_read(struct segment_run *run, const struct event_list *list, struct arena *arena, const int64_t **out_ids,
                             struct error *err);
/* NUMERIC columns of the reference are DECIMAL(18,3): half away from zero [1.3]. */
double numeric_round(double value);
