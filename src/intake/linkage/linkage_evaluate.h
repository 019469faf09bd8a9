/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_evaluate: the same model over two CSV files with names, dates and places in clear, at the desk of whoever owns them: any data set
 * with known truth measures the method. Texts are compared by likeness, not only by equality. Each record has at most one partner.
 *   columns  what each column is: pairs column=role, or a JSON object {"column": "role"}; without it, by the columns' names
 *   roles    id, given, name, date, place, code (postal code), number (identifies), text, sex, none
 *   u        from random pairs with a fixed seed; m and prior by EM over the pairs that share a value of some column */
#pragma once
#include "base/buffer.h"
#include "base/task.h"
#include "intake/linkage/linkage_report.h"

struct evaluate_options {
    const char *left, *right; /* paths */
    const char *columns;      /* NULL, "column=role,column=role", or the path of a file that ends in .json */
    const char *truth;        /* path of a CSV with two columns (id left, id right), or "same-number": ids with the same first number */
    double accept;            /* 0: 0.5, the most likely class */
    uint32_t block_pairs_max; /* pairs that one value may make; above it is skipped and counted. 0: 10,000 */
    struct task_pool *pool;   /* borrowed */
};
struct evaluate_result {
    uint64_t left, right, candidates, blocks_skipped, taken;
    bool has_truth;
    struct linkage_quality quality; /* of pairs left-right */
    double accept;                  /* probability from which a pair was taken */
    struct linkage_model *model;
};
MUST_CHECK bool linkage_evaluate(struct evaluate_result *out, const struct evaluate_options *options, struct error *err);
void linkage_evaluate_finish(struct evaluate_result *result);
