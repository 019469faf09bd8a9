/* SPDX-License-Identifier: EUPL-1.2 */
/* session: requests by their word. An edit is made beside what there is and put in its place when it is whole; counts are entered before
 * they are given out. */
#include "research/session/session.h"
#include "base/calendar.h"
#include "research/evaluate/evaluate_json.h"
#include "research/session/editing.h"
#include "research/session/session_why.h"
#include <stdlib.h>
#include <string.h>

enum { ENTERED_MAX = 1024, NAME_BYTES_MAX = 200 };

struct session {
    struct session_options options;
    struct editing_place place;
    struct store_reader *reader;
    struct cohort_session *counting;
    struct editing *editing; /* NULL: no definition is open */
    bool is_defined;         /* the counting session knows it */
    struct crypto_hash entered[ENTERED_MAX];
    size_t entered_count;
};

bool session_open(struct session **out_session, struct store_reader *reader, struct vocabulary *vocabulary,
                  const struct session_options *options, struct error *err)
{
    CLEANUP(session) struct session *session = calloc(1, sizeof *session);
    if (!session) {
        return FAIL(err, LIMIT, "no memory left for a session");
    }
    session->options = *options;
    session->reader = reader;
    session->place = (struct editing_place){vocabulary, options->bytes_max};
    TRY(cohort_session_open(&session->counting, reader, &options->counting, err));
    *out_session = session;
    session = NULL;
    return true;
}

void session_close(struct session *session)
{
    if (session) {
        cohort_session_close(session->counting);
        editing_destroy(session->editing);
        free(session);
    }
}

/* ---- a request ---- */
struct request {
    struct session *session;
    const struct json *root;
    struct json_writer *writer; /* in the object of the answer */
    bool closes;
};

static bool number_take(const struct request *request, const char *member, size_t below, size_t *out_number, struct error *err)
{
    const struct json *node = json_member(request->root, member);
    if (!node || node->kind != JSON_INTEGER || node->integer < 0 || (uint64_t)node->integer >= below) {
        FAIL(err, INVALID_INPUT, "%s: a whole number below %zu is wanted", member, below);
        return error_hint(err, "rules are numbered from 0");
    }
    *out_number = (size_t)node->integer;
    return true;
}

static bool value_take(const struct request *request, const char *member, enum json_kind kind, const struct json **out_value,
                       struct error *err)
{
    *out_value = json_member(request->root, member);
    if (!*out_value || (*out_value)->kind != kind) {
        return FAIL(err, INVALID_INPUT, "%s: %s is wanted", member, json_kind_name(kind));
    }
    return true;
}

static bool demand_open(const struct session *session, struct error *err)
{
    if (!session->editing) {
        FAIL(err, INVALID_INPUT, "no definition is open");
        return error_hint(err, "{\"do\":\"open\",\"definition\":{...}}");
    }
    return true;
}

static void editing_put(struct session *session, struct editing *editing)
{
    editing_destroy(session->editing);
    session->editing = editing;
    session->is_defined = false;
}

/* ---- edits ---- */
static bool do_open(struct request *request, struct error *err)
{
    struct session *session = request->session;
    const struct json *definition, *name = json_member_text(request->root, "name");
    struct editing *editing;
    TRY(value_take(request, "definition", JSON_OBJECT, &definition, err));
    if (name && name->text.length > NAME_BYTES_MAX) {
        return FAIL(err, LIMIT, "name: longer than %d bytes", NAME_BYTES_MAX);
    }
    TRY(editing_open(&editing, &session->place, name ? name->text.data : "definition", definition, err));
    editing_put(session, editing);
    return json_named_u64(request->writer, "rules", editing->rule_count, err);
}

static bool do_replace(struct request *request, struct error *err)
{
    struct session *session = request->session;
    const struct json *rule;
    struct editing *editing;
    size_t at;
    TRY(number_take(request, "rule", session->editing->rule_count, &at, err) && value_take(request, "json", JSON_OBJECT, &rule, err));
    TRY(editing_replace_rule(&editing, &session->place, session->editing, at, rule, err));
    editing_put(session, editing);
    return true;
}

static bool do_add(struct request *request, struct error *err)
{
    struct session *session = request->session;
    const struct json *rule;
    struct editing *editing;
    TRY(value_take(request, "json", JSON_OBJECT, &rule, err));
    TRY(editing_replace_rule(&editing, &session->place, session->editing, session->editing->rule_count, rule, err));
    editing_put(session, editing);
    return json_named_u64(request->writer, "rule", editing->rule_count - 1, err);
}

static bool do_remove(struct request *request, struct error *err)
{
    struct session *session = request->session;
    struct editing *editing;
    size_t at;
    TRY(number_take(request, "rule", session->editing->rule_count, &at, err));
    TRY(editing_replace_rule(&editing, &session->place, session->editing, at, NULL, err));
    editing_put(session, editing);
    return json_named_u64(request->writer, "rules", editing->rule_count, err);
}

static bool do_set(struct request *request, struct error *err)
{
    struct session *session = request->session;
    const struct json *member, *value = json_member(request->root, "json");
    struct editing *editing;
    TRY(value_take(request, "member", JSON_STRING, &member, err));
    TRY(editing_replace_member(&editing, &session->place, session->editing, member->text.data, value, err));
    editing_put(session, editing);
    return true;
}

static bool do_rule(struct request *request, struct error *err)
{
    const struct json *on = json_member(request->root, "on");
    size_t rule;
    TRY(number_take(request, "rule", request->session->editing->rule_count, &rule, err));
    if (!on || (on->kind != JSON_TRUE && on->kind != JSON_FALSE)) {
        return FAIL(err, INVALID_INPUT, "on: true or false is wanted");
    }
    request->session->editing->is_on[rule] = on->kind == JSON_TRUE;
    return true;
}

static bool do_order(struct request *request, struct error *err)
{
    struct editing *editing = request->session->editing;
    const struct json *rules;
    unsigned order[COHORT_RULES_MAX];
    uint64_t seen = 0;
    TRY(value_take(request, "rules", JSON_ARRAY, &rules, err));
    bool is_order = rules->count == editing->rule_count;
    for (size_t i = 0; is_order && i < rules->count; i++) {
        const struct json *rule = &rules->items[i];
        is_order = rule->kind == JSON_INTEGER && rule->integer >= 0 && (uint64_t)rule->integer < editing->rule_count &&
                   !(seen >> rule->integer & 1);
        if (is_order) {
            order[i] = (unsigned)rule->integer;
            seen |= UINT64_C(1) << rule->integer;
        }
    }
    if (!is_order) {
        return FAIL(err, INVALID_INPUT, "rules: every rule of the definition once is wanted");
    }
    memcpy(editing->order, order, editing->rule_count * sizeof *order);
    return true;
}

/* ---- counts ---- */
/* The program whose counts are given out: with the rules that are on, in their order. */
static struct cohort_program counted_program(const struct editing *editing, const unsigned *rules, size_t count,
                                             struct cohort_rule out_rules[COHORT_RULES_MAX])
{
    struct cohort_program program = *editing->program;
    for (size_t i = 0; i < count; i++) {
        out_rules[i] = program.rules[rules[i]];
    }
    program.rules = out_rules;
    program.rule_count = count;
    return program;
}

static bool enter(struct session *session, const struct cohort_program *program, const struct cohort_result *result, char *out_hex,
                  struct error *err)
{
    struct crypto_hash hash;
    TRY(cohort_program_hash(program, &hash, err));
    crypto_hex(out_hex, hash.bytes, sizeof hash.bytes);
    for (size_t i = 0; i < session->entered_count; i++) {
        if (memcmp(&session->entered[i], &hash, sizeof hash) == 0) {
            return true;
        }
    }
    TRY(!session->options.enter || session->options.enter(session->options.context, program, result, err));
    if (session->entered_count == ENTERED_MAX) {
        session->entered_count = 0; /* entered again then: once too often is no harm */
    }
    session->entered[session->entered_count++] = hash;
    return true;
}

static bool work_write(struct json_writer *writer, const struct cohort_session_work *work, const struct cohort_result *result,
                       struct error *err)
{
    TRY(json_name(writer, "evaluated", err) && json_begin_object(writer, err));
    TRY(json_named_bool(writer, "primary", work->found_primary, err) && json_named_bool(writer, "qualified", work->found_qualified, err));
    TRY(json_named_bool(writer, "exits", work->found_exits, err) && json_named_u64(writer, "rules", work->rules_evaluated, err));
    TRY(json_named_u64(writer, "criteria", work->criteria_made, err) && json_named_u64(writer, "kept_bytes", work->kept_bytes, err));
    TRY(json_named_double(writer, "milliseconds", (double)result->work.wall_ns / 1e6, err));
    return json_end_object(writer, err);
}

static bool count_write(struct request *request, bool wants_matrix, struct error *err)
{
    struct session *session = request->session;
    struct json_writer *writer = request->writer;
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_rule counted_rules[COHORT_RULES_MAX];
    unsigned rules[COHORT_RULES_MAX];
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    if (!session->is_defined) {
        TRY(cohort_session_define(session->counting, session->editing->program, err));
        session->is_defined = true;
    }
    size_t count = editing_rules_on(session->editing, rules);
    struct cohort_program program = counted_program(session->editing, rules, count, counted_rules);
    TRY(cohort_session_count(session->counting, rules, count, &result, err));
    TRY(enter(session, &program, result, hex, err));
    struct cohort_session_work work = cohort_session_work(session->counting);
    TRY(json_named_text(writer, "program", hex, err) && json_named_u64(writer, "persons", result->persons, err));
    TRY(cohort_attrition_json(writer, &program, &result->attrition, err));
    TRY(!wants_matrix || cohort_matrix_json(writer, result, err));
    return work_write(writer, &work, result, err);
}

static bool do_count(struct request *request, struct error *err)
{
    return count_write(request, false, err);
}

static bool do_matrix(struct request *request, struct error *err)
{
    return count_write(request, true, err);
}

static bool do_why(struct request *request, struct error *err)
{
    struct session *session = request->session;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer words = {.maximum = (size_t)1 << 28};
    const struct json *person, *language = json_member_text(request->root, "language");
    struct cohort_rule counted_rules[COHORT_RULES_MAX];
    unsigned rules[COHORT_RULES_MAX];
    struct cohort_why why;
    TRY(value_take(request, "person", JSON_INTEGER, &person, err));
    bool is_french = language && text_equal(language->text, text_of("fr"));
    if (language && !is_french && !text_equal(language->text, text_of("en"))) {
        return FAIL(err, INVALID_INPUT, "language: en or fr is wanted");
    }
    struct cohort_program program = counted_program(session->editing, rules, editing_rules_on(session->editing, rules), counted_rules);
    TRY(evaluate_why(&program, session->reader, person->integer, arena, &why, err));
    TRY(!session->options.enter_why || session->options.enter_why(session->options.context, &program, person->integer, err));
    TRY(session_why_json(request->writer, &program, &why, err));
    TRY(session_why_words(&program, &why, is_french ? COHORT_FRENCH : COHORT_ENGLISH, &words, err));
    return json_name(request->writer, "words", err) &&
           json_text(request->writer, (struct text){(const char *)words.data, words.length}, err);
}

static bool do_close(struct request *request, struct error *err)
{
    (void)err;
    request->closes = true;
    return true;
}

/* ---- answers ---- */
static const struct request_kind {
    const char *word;
    bool (*handle)(struct request *request, struct error *err);
    bool needs_definition, is_edit;
} kinds[] = {
    {"open", do_open, false, true},      {"rule", do_rule, true, true}, {"order", do_order, true, true},   {"set", do_set, true, true},
    {"replace", do_replace, true, true}, {"add", do_add, true, true},   {"remove", do_remove, true, true}, {"count", do_count, true, false},
    {"matrix", do_matrix, true, false},  {"why", do_why, true, false},  {"close", do_close, false, false},
};

static bool kind_find(const struct json *root, const struct request_kind **out_kind, struct error *err)
{
    const struct json *word = root->kind == JSON_OBJECT ? json_member_text(root, "do") : NULL;
    for (size_t i = 0; word && i < sizeof kinds / sizeof *kinds; i++) {
        if (text_equal(word->text, text_of(kinds[i].word))) {
            *out_kind = &kinds[i];
            return true;
        }
    }
    FAIL(err, INVALID_INPUT, "do: one of open, rule, order, set, replace, add, remove, count, matrix, why, close is wanted");
    return error_hint(err, "{\"do\":\"count\"}");
}

/* A request may bring a number or a text by which its sender finds the answer. */
static bool id_write(struct json_writer *writer, const struct json *root, struct error *err)
{
    const struct json *id = root && root->kind == JSON_OBJECT ? json_member(root, "id") : NULL;
    bool is_plain = id && (id->kind == JSON_INTEGER || id->kind == JSON_STRING);
    return !is_plain || (json_name(writer, "id", err) && json_value(writer, id, err));
}

static bool handle(struct request *request, struct error *err)
{
    const struct request_kind *kind = NULL;
    TRY(kind_find(request->root, &kind, err));
    TRY(json_named_text(request->writer, "do", kind->word, err));
    TRY(!kind->needs_definition || demand_open(request->session, err));
    TRY(kind->handle(request, err));
    const struct json *count = json_member(request->root, "count");
    return !kind->is_edit || !count || count->kind != JSON_TRUE || count_write(request, false, err);
}

static bool refusal_write(struct buffer *out, const struct json *root, const struct error *why, double milliseconds, struct error *err)
{
    struct json_writer writer = {.out = out};
    TRY(json_begin_object(&writer, err) && id_write(&writer, root, err) && json_named_bool(&writer, "ok", false, err));
    TRY(json_named_text(&writer, "error", error_code_name(why->code), err) && json_named_text(&writer, "message", why->message, err));
    for (int i = 0; i < why->context_count; i++) {
        TRY(i > 0 || (json_name(&writer, "where", err) && json_begin_array(&writer, err)));
        TRY(json_text(&writer, text_of(why->context[i]), err));
        TRY(i + 1 < why->context_count || json_end_array(&writer, err));
    }
    TRY(!*why->hint || json_named_text(&writer, "hint", why->hint, err));
    return json_named_double(&writer, "milliseconds", milliseconds, err) && json_end_object(&writer, err);
}

static bool try_answer(struct session *session, struct text text, struct arena *arena, struct buffer *out, struct request *request,
                       int64_t begun, struct error *err)
{
    struct json_writer writer = {.out = out};
    *request = (struct request){.session = session, .writer = &writer};
    TRY(json_parse(&request->root, arena, "request", text.data, text.length, err));
    TRY(json_begin_object(&writer, err) && id_write(&writer, request->root, err) && json_named_bool(&writer, "ok", true, err));
    TRY(handle(request, err));
    return json_named_double(&writer, "milliseconds", (double)(clock_monotonic_ns() - begun) / 1e6, err) && json_end_object(&writer, err);
}

bool session_answer(struct session *session, struct text request_text, struct buffer *out, enum session_next *out_next,
                    struct error *out_refused, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer answer = {.maximum = out->maximum};
    struct error why = {.message = ""};
    struct request request;
    int64_t begun = clock_monotonic_ns();
    if (!try_answer(session, request_text, arena, &answer, &request, begun, &why)) {
        buffer_clear(&answer);
        TRY(refusal_write(&answer, request.root, &why, (double)(clock_monotonic_ns() - begun) / 1e6, err));
    }
    *out_next = request.closes ? SESSION_CLOSED : SESSION_GOES_ON;
    if (out_refused) {
        *out_refused = why;
    }
    return buffer_append(out, answer.data, answer.length, err) && buffer_append_text(out, "\n", err);
}
