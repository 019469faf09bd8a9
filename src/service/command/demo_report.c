/* SPDX-License-Identifier: EUPL-1.2 */
/* demo_report: the demo's page: the template with the results as JSON in it. */
#include "base/file.h"
#include "base/json.h"
#include "service/command/command_text.h"
#include "service/command/demo.h"
#include <stdio.h>
#include <string.h>

const struct study_age_band demo_ages[DEMO_AGE_COUNT] = {{0, 150}, {0, 44}, {45, 64}, {65, 150}};
static const char *const age_names[DEMO_AGE_COUNT] = {"all", "0–44", "45–64", "65+"};
static const char *const sex_names[PREVALENCE_SEX_COUNT] = {"Both", "Male", "Female"};
static const char marker[] = "@DATA@";

static bool write_head(struct json_writer *writer, const struct demo *demo, struct error *err)
{
    char manifest[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(manifest, demo->snapshot.manifest_hash.bytes, CRYPTO_HASH_SIZE);
    TRY(json_named_u64(writer, "persons", demo->persons, err) && json_named_u64(writer, "seed", demo->seed, err));
    TRY(json_named_u64(writer, "rows", demo->snapshot.rows, err) && json_named_u64(writer, "bytes", demo->snapshot.bytes, err));
    TRY(json_named_double(writer, "seconds_load", demo->seconds_load, err) &&
        json_named_double(writer, "seconds_cohorts", demo->seconds_cohorts, err));
    TRY(json_named_text(writer, "manifest", manifest, err) &&
        json_named_text(writer, "first_cohort", demo_cohorts[demo->shown[demo->shown_count - 1]].name, err));
    TRY(json_name(writer, "ages", err) && json_begin_array(writer, err));
    for (int age = 0; age < DEMO_AGE_COUNT; age++) {
        TRY(json_text(writer, text_of(age_names[age]), err));
    }
    return json_end_array(writer, err);
}

static bool write_cohorts(struct json_writer *writer, const struct demo *demo, struct error *err)
{
    TRY(json_name(writer, "cohorts", err) && json_begin_array(writer, err));
    for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
        const struct demo_cohort_result *cohort = &demo->cohorts[c];
        TRY(json_begin_object(writer, err) && json_named_text(writer, "name", demo_cohorts[c].name, err));
        TRY(json_named_u64(writer, "persons", cohort->persons, err) && json_named_u64(writer, "truth", cohort->truth, err));
        TRY(json_named_u64(writer, "rows", cohort->rows, err) && json_named_double(writer, "milliseconds", cohort->milliseconds, err));
        TRY(json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}

static bool write_attrition(struct json_writer *writer, const struct demo *demo, struct error *err)
{
    TRY(json_name(writer, "attrition", err) && json_begin_object(writer, err));
    TRY(json_named_text(
        writer, "title",
        "Multiple myeloma, newly diagnosed and treated (examples/cohorts/treated_myeloma.json): persons left after each rule", err));
    TRY(json_named_text(
        writer, "title_fr",
        "Myélome multiple, nouveau et traité (examples/cohorts/treated_myeloma.json) : personnes restantes après chaque règle", err));
    TRY(json_name(writer, "steps", err) && json_begin_array(writer, err));
    for (int s = 0; s < demo->step_count; s++) {
        TRY(json_begin_object(writer, err) && json_named_text(writer, "name", demo->steps[s].name, err));
        TRY(json_named_text(writer, "name_fr", demo->steps[s].name_fr, err) &&
            json_named_u64(writer, "persons", demo->steps[s].persons, err));
        TRY(json_end_object(writer, err));
    }
    return json_end_array(writer, err) && json_end_object(writer, err);
}

static bool write_cell(struct json_writer *writer, const char *cohort, int year, int age, int sex, const struct prevalence_cell *cell,
                       struct error *err)
{
    TRY(json_begin_object(writer, err) && json_named_text(writer, "cohort", cohort, err) &&
        json_named_u64(writer, "year", (uint64_t)year, err));
    TRY(json_named_text(writer, "age", age_names[age], err) && json_named_text(writer, "sex", sex_names[sex], err));
    TRY(json_named_u64(writer, "numerator", cell->numerator, err) && json_named_u64(writer, "denominator", cell->denominator, err));
    TRY(json_named_double(writer, "prevalence", cell->value, err) && json_named_double(writer, "lower", cell->lower, err) &&
        json_named_double(writer, "upper", cell->upper, err));
    return json_end_object(writer, err);
}

static bool write_prevalence(struct json_writer *writer, const struct demo *demo, struct error *err)
{
    const struct prevalence_cell *cell = demo->cells;
    TRY(json_name(writer, "prevalence", err) && json_begin_array(writer, err));
    for (int c = 0; c < demo->shown_count; c++) {
        for (int year = DEMO_YEAR_FIRST; year <= DEMO_YEAR_LAST; year++) {
            for (int i = 0; i < DEMO_AGE_COUNT * PREVALENCE_SEX_COUNT; i++, cell++) {
                TRY(write_cell(writer, demo_cohorts[demo->shown[c]].name, year, i / PREVALENCE_SEX_COUNT, i % PREVALENCE_SEX_COUNT, cell,
                               err));
            }
        }
    }
    return json_end_array(writer, err);
}

bool demo_report_write(const struct demo *demo, struct error *err)
{
    CLEANUP(buffer_value) struct buffer page = {.maximum = 1 << 26};
    const char *at = strstr(report_html, marker);
    TRY(buffer_append(&page, report_html, (size_t)(at - report_html), err));
    struct json_writer writer = {.out = &page};
    TRY(json_begin_object(&writer, err) && write_head(&writer, demo, err) && write_cohorts(&writer, demo, err));
    TRY(write_attrition(&writer, demo, err) && write_prevalence(&writer, demo, err) && json_end_object(&writer, err));
    TRY(buffer_append_text(&page, at + strlen(marker), err));
    return file_write_atomic(arena_text_format(demo->in->arena, "%s/report.html", demo->directory), page.data, page.length, 0644, err);
}
