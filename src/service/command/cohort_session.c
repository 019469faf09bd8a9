/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort session: requests on standard input, answers on standard output, a line each (docs/formats/session.md). */
#include "base/json.h"
#include "research/session/session.h"
#include "service/command/cohort_asking.h"
#include "service/command/commands.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

/* What was read of standard input and not answered yet. */
struct line_source {
    struct buffer bytes;
    size_t at; /* where the next line begins */
    bool is_over;
};

/* False when there is no further line. A last line without a line break counts, an empty one does not. */
static bool line_take(struct line_source *source, struct text *out_line)
{
    uint8_t *begin = source->bytes.data + source->at;
    size_t rest = source->bytes.length - source->at;
    uint8_t *end = rest > 0 ? memchr(begin, '\n', rest) : NULL;
    if (!end && !(source->is_over && rest > 0)) {
        return false;
    }
    size_t length = end ? (size_t)(end - begin) : rest;
    *out_line = (struct text){(const char *)begin, length};
    source->at += length + (end != NULL);
    return true;
}

static bool more_read(struct line_source *source, struct error *err)
{
    memmove(source->bytes.data, source->bytes.data + source->at, source->bytes.length - source->at);
    source->bytes.length -= source->at;
    source->at = 0;
    TRY(buffer_reserve(&source->bytes, READ_BYTES, err));
    ssize_t got = read(STDIN_FILENO, source->bytes.data + source->bytes.length, READ_BYTES);
    if (got < 0 && errno != EINTR) {
        return FAIL_ERRNO(err, "standard input", "requests cannot be read");
    }
    source->bytes.length += got > 0 ? (size_t)got : 0;
    source->is_over = got == 0;
    return task_check(err);
}

/* ---- what the session tells before it gives out ---- */
static bool counts_enter(void *context, const struct cohort_program *program, const struct cohort_result *result, struct error *err)
{
    return asking_note(context, program, result, err) && asking_write(context, err);
}

static bool why_enter(void *context, const struct cohort_program *program, int64_t person_id, struct error *err)
{
    return asking_note_person(context, program, person_id, err) && asking_write(context, err);
}

static bool answer_give(struct asking *asking, struct session *session, struct text request, enum session_next *out_next, struct error *err)
{
    CLEANUP(buffer_value) struct buffer answer = {.maximum = (size_t)1 << 30};
    struct error refused;
    TRY(session_answer(session, request, &answer, out_next, &refused, err));
    warehouse_refuse(&asking->warehouse, &refused);
    bool is_given = fwrite(answer.data, 1, answer.length, stdout) == answer.length && fflush(stdout) == 0;
    return is_given || FAIL(err, IO, "standard output cannot be written");
}

static bool requests_answer(struct asking *asking, struct session *session, struct line_source *source, struct error *err)
{
    enum session_next next = SESSION_GOES_ON;
    while (next == SESSION_GOES_ON) {
        struct text line;
        if (line_take(source, &line)) {
            TRY(line.length == 0 || answer_give(asking, session, line, &next, err));
        } else if (source->is_over) {
            return true;
        } else {
            TRY(more_read(source, err));
        }
    }
    return true;
}

/* The definition of the command line, as the first request. */
static bool definition_open(struct asking *asking, struct session *session, struct error *err)
{
    const struct definition *definitions;
    size_t count;
    enum session_next next;
    CLEANUP(buffer_value) struct buffer request = {.maximum = 2 * asking->bytes_max + 1000};
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root;
    struct json_writer writer = {.out = &request};
    TRY(definitions_collect(asking->in, &definitions, &count, err));
    TRY(json_parse_file(&root, arena, definitions[0].path, asking->bytes_max, err));
    TRY(json_begin_object(&writer, err) && json_named_text(&writer, "do", "open", err));
    TRY(json_named_text(&writer, "name", definitions[0].name, err) && json_name(&writer, "definition", err));
    TRY(json_value(&writer, root, err) && json_end_object(&writer, err));
    return answer_give(asking, session, (struct text){(const char *)request.data, request.length}, &next, err);
}

bool command_cohort_session(struct invocation *in, struct error *err)
{
    CLEANUP(asking_value) struct asking asking = {.in = in};
    CLEANUP(session) struct session *session = NULL;
    uint32_t actions = GRANT_COUNT | (invocation_flag(in, "rows") ? (uint32_t)GRANT_ROWS : 0);
    TRY(asking_open(&asking, "cohort session", actions, err));
    struct line_source source = {.bytes.maximum = 2 * asking.bytes_max + READ_BYTES};
    struct session_options options = {.counting.evaluate.pool = in->pool,
                                      .counting.kept_bytes = (uint64_t)settings_get(&in->settings, SETTING_SESSION_BYTES),
                                      .bytes_max = asking.bytes_max,
                                      .enter = counts_enter,
                                      .enter_why = why_enter,
                                      .context = &asking};
    TRY(session_open(&session, asking.warehouse.reader, asking.vocabulary, &options, err));
    bool done = (in->word_count == 0 || definition_open(&asking, session, err)) && requests_answer(&asking, session, &source, err);
    buffer_finish(&source.bytes);
    return done;
}
