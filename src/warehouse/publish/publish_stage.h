/* SPDX-License-Identifier: EUPL-1.2 */
/* publish_stage: the staging schema: begun, gone on with, and renamed (private to publish). */
#pragma once
#include "base/buffer.h"
#include "warehouse/publish/publish.h"

/* Rows of one table in one segment. */
struct publish_part {
    int table;
    uint32_t segment;
    uint64_t first, rows;
    bool is_done;
};
DEFINE_ARRAY(publish_parts, struct publish_part)

struct publish_stage {
    const struct publish_options *options;
    struct postgresql *control; /* holds the lock */
    char staging[64];
    bool is_citus;
};
/* Connects, takes the lock of the schema, and looks whether there is something to do (*out_is_needed). EXISTS, BUSY. */
MUST_CHECK bool publish_stage_open(struct publish_stage *stage, const struct publish_options *options, bool *out_is_needed,
                                   struct error *err);
/* The staging schema is there afterwards; parts that an earlier call loaded are marked. */
MUST_CHECK bool publish_stage_begin(struct publish_stage *stage, struct publish_parts *parts, struct error *err);
/* All of it becomes visible. */
MUST_CHECK bool publish_stage_finish(struct publish_stage *stage, uint64_t rows, struct error *err);
void publish_stage_close(struct publish_stage *stage);
MUST_CHECK bool publish_connect(const struct publish_options *options, struct postgresql **out_connection, struct error *err);
