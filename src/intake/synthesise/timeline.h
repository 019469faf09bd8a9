/* SPDX-License-Identifier: EUPL-1.2 */
/* timeline: what hospitals and the claims base record of one life: visits, conditions, drugs, measurements with plausible timing. In no
 * format yet: rows.h makes OMOP of it, export_*.c what five holders would send. */
#pragma once
#include "base/buffer.h"
#include "intake/synthesise/life.h"

enum timeline_kind {
    TIMELINE_VISIT,
    TIMELINE_CONDITION,
    TIMELINE_DRUG,
    TIMELINE_MEASUREMENT,
    TIMELINE_PROCEDURE,
    TIMELINE_OBSERVATION,
    TIMELINE_CANCER, /* not recorded: the day of the first record of the blood cancer, for the truth */
};
enum timeline_class { TIMELINE_INPATIENT = 9201, TIMELINE_OUTPATIENT = 9202, TIMELINE_EMERGENCY = 9203 }; /* concepts of OMOP */
struct timeline_event {
    enum timeline_kind kind;
    uint32_t visit; /* position of the visit in the timeline; of a visit: its own */
    int32_t start, end;
    int64_t concept_id; /* of a visit: enum timeline_class */
    const char *source_code;
    int days_supply;                                 /* drugs */
    int care_site;                                   /* visits: position in synthesis_centres */
    const struct synthesis_measurement *measurement; /* measurements */
    double value;
};
DEFINE_ARRAY(timeline, struct timeline_event)
enum { TIMELINE_EVENTS_MAX = 8190 };

/* Replaces what is in the timeline by every event of the person, all within the observation period. */
MUST_CHECK bool timeline_make(struct timeline *timeline, const struct life *life, struct error *err);
