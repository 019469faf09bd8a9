/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort why: why a person is in a cohort or not, step by step. */
#include "base/json.h"
#include "research/session/session_why.h"
#include "service/command/cohort_asking.h"
#include "service/command/commands.h"

static bool why_write(const struct invocation *in, const struct cohort_program *program, const struct cohort_why *why,
                      enum cohort_language language, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 30};
    struct json_writer writer = {.out = &out, .indented = true};
    if (!invocation_flag(in, "json")) {
        return session_why_words(program, why, language, &out, err) && print_buffer(&out, err);
    }
    return json_begin_object(&writer, err) && session_why_json(&writer, program, why, err) && json_end_object(&writer, err) &&
           print_buffer(&out, err);
}

bool command_cohort_why(struct invocation *in, struct error *err)
{
    CLEANUP(asking_value) struct asking asking = {.in = in};
    const struct definition *definitions;
    struct cohort_program *program;
    struct cohort_why why;
    size_t count;
    int64_t person;
    if (!invocation_value(in, "person")) {
        return FAIL(err, INVALID_ARGUMENT, "whom it is about: --person N");
    }
    TRY(invocation_language_check(in, err));
    TRY(invocation_integer(in, "person", 0, INT64_MIN, INT64_MAX, &person, err) && definitions_collect(in, &definitions, &count, err));
    TRY(asking_open(&asking, "cohort why", GRANT_COUNT | GRANT_ROWS, err));
    TRY(definition_compile(&definitions[0], asking.bytes_max, asking.vocabulary, in->arena, &program, err));
    TRY(evaluate_why(program, asking.warehouse.reader, person, in->arena, &why, err));
    TRY(asking_note_person(&asking, program, person, err) && asking_write(&asking, err));
    return why_write(in, program, &why, invocation_is_french(in, false) ? COHORT_FRENCH : COHORT_ENGLISH, err);
}
