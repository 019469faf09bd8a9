/* SPDX-License-Identifier: EUPL-1.2 */
/* session: which kept things a definition asks for, one task a segment to find what is missing and to count, and what is let go of when
 * more is kept than the bound. */
#include "research/evaluate/evaluate_session.h"
#include "research/evaluate/result_merge.h"
#include "research/evaluate/session_segment.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 16, CRITERIA_MAX = 4096, LIGHT_EVENTS = 20000 };

struct cohort_session {
    struct store_reader *reader;
    struct evaluate_options options;
    uint64_t kept_bytes;
    size_t segment_count;
    struct arena *shared;
    struct shared_lookups lookups;
    uint64_t lookup_tables; /* that were read already */
    unsigned worker_count;
    struct segment_run *workers;
    struct arena **program_data; /* of the workers */
    /* kept */
    uint64_t use; /* of the definition at hand: 1, 2, ... */
    struct shared_criteria criteria;
    struct kept_primary *primaries[KEPT_MAX];
    struct kept_qualified *qualifieds[KEPT_MAX];
    size_t primary_count, qualified_count;
    /* the definition */
    const struct cohort_program *program;
    struct program_plan plan;
    bool has_plan;
    unsigned event_needs;
    struct crypto_hash primary_key, qualified_key, exits_key, rule_keys[COHORT_RULES_MAX];
    struct cohort_session_work work;
    uint64_t dropped;
};

/* ---- life ---- */
void cohort_session_close(struct cohort_session *session)
{
    if (!session) {
        return;
    }
    for (size_t i = 0; i < session->qualified_count; i++) {
        kept_qualified_destroy(session->qualifieds[i], session->segment_count);
    }
    for (size_t i = 0; i < session->primary_count; i++) {
        kept_primary_destroy(session->primaries[i], session->segment_count);
    }
    for (unsigned i = 0; session->workers && session->program_data && i < session->worker_count; i++) {
        segment_run_finish(&session->workers[i]);
        arena_destroy(session->program_data[i]);
    }
    if (session->has_plan) {
        program_plan_finish(&session->plan);
    }
    shared_criteria_finish(&session->criteria);
    arena_destroy(session->shared);
    free(session->workers);
    free(session->program_data);
    free(session);
}

bool cohort_session_open(struct cohort_session **out_session, struct store_reader *reader, const struct cohort_session_options *options,
                         struct error *err)
{
    CLEANUP(cohort_session) struct cohort_session *session = calloc(1, sizeof *session);
    if (!session) {
        return FAIL(err, LIMIT, "no memory left for a session");
    }
    session->reader = reader;
    session->options = options ? options->evaluate : (struct evaluate_options){.pool = NULL};
    session->options.wants_rows = false;
    session->kept_bytes = options && options->kept_bytes > 0 ? options->kept_bytes : COHORT_SESSION_BYTES;
    session->segment_count = store_reader_segment_count(reader, OMOP_PERSON);
    session->criteria.maximum = 1 << 20;
    session->shared = arena_create();
    session->worker_count = session->options.pool ? task_pool_threads(session->options.pool) : 1;
    session->workers = calloc(session->worker_count, sizeof *session->workers);
    session->program_data = calloc(session->worker_count, sizeof(struct arena *));
    if (!session->workers || !session->program_data) {
        return FAIL(err, LIMIT, "no memory left for a session");
    }
    for (unsigned i = 0; i < session->worker_count; i++) {
        segment_run_init(&session->workers[i], reader, &session->options, &session->lookups);
        session->program_data[i] = arena_create();
    }
    *out_session = session;
    session = NULL;
    return true;
}

/* ---- letting go ---- */
static void qualified_drop(struct cohort_session *session, size_t at)
{
    kept_qualified_destroy(session->qualifieds[at], session->segment_count);
    session->qualifieds[at] = session->qualifieds[--session->qualified_count];
    session->dropped++;
}

/* With everything that hangs on it. */
static void primary_drop(struct cohort_session *session, size_t at)
{
    for (size_t i = session->qualified_count; i-- > 0;) {
        if (session->qualifieds[i]->primary == session->primaries[at]) {
            qualified_drop(session, i);
        }
    }
    kept_primary_destroy(session->primaries[at], session->segment_count);
    session->primaries[at] = session->primaries[--session->primary_count];
    session->dropped++;
}

static uint64_t criterion_bytes(const struct cohort_session *session, size_t number)
{
    uint64_t bytes = 0;
    for (size_t p = 0; p < session->primary_count; p++) {
        for (size_t i = 0; i < session->segment_count; i++) {
            const struct shared_lists *lists = &session->primaries[p]->parts[i].lists;
            bytes += number < lists->count ? shared_list_bytes(&lists->items[number]) : 0;
        }
    }
    return bytes;
}

static void criterion_drop(struct cohort_session *session, size_t number)
{
    for (size_t p = 0; p < session->primary_count; p++) {
        for (size_t i = 0; i < session->segment_count; i++) {
            struct shared_lists *lists = &session->primaries[p]->parts[i].lists;
            if (number < lists->count) {
                shared_list_drop(&lists->items[number]);
            }
        }
    }
    session->dropped++;
}

static uint64_t bytes_kept(const struct cohort_session *session)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < session->primary_count; i++) {
        bytes += kept_primary_bytes(session->primaries[i], session->segment_count);
    }
    for (size_t i = 0; i < session->qualified_count; i++) {
        bytes += kept_qualified_bytes(session->qualifieds[i], session->segment_count);
    }
    for (size_t number = 0; number < session->criteria.count; number++) {
        bytes += criterion_bytes(session, number);
    }
    return bytes;
}

/* The rows of a criterion that was used longest ago, of those that are there. */
static size_t oldest_criterion(const struct cohort_session *session)
{
    size_t oldest = SIZE_MAX;
    for (size_t number = 0; number < session->criteria.count; number++) {
        bool is_older = oldest == SIZE_MAX || session->criteria.items[number].last_use < session->criteria.items[oldest].last_use;
        if (is_older && criterion_bytes(session, number) > 0) {
            oldest = number;
        }
    }
    return oldest;
}

static size_t oldest_qualified(const struct cohort_session *session)
{
    size_t oldest = 0;
    for (size_t i = 1; i < session->qualified_count; i++) {
        oldest = session->qualifieds[i]->last_use < session->qualifieds[oldest]->last_use ? i : oldest;
    }
    return oldest;
}

static size_t oldest_primary(const struct cohort_session *session)
{
    size_t oldest = 0;
    for (size_t i = 1; i < session->primary_count; i++) {
        oldest = session->primaries[i]->last_use < session->primaries[oldest]->last_use ? i : oldest;
    }
    return oldest;
}

/* The oldest goes first: events of other definitions, then rows of criteria, those of the definition at hand last, and its events last of
 * all. False when nothing is left. */
static bool drop_one(struct cohort_session *session)
{
    size_t criterion = oldest_criterion(session);
    uint64_t criterion_use = criterion == SIZE_MAX ? UINT64_MAX : session->criteria.items[criterion].last_use;
    size_t qualified = oldest_qualified(session), primary = oldest_primary(session);
    bool has_old_qualified = session->qualified_count > 0 && session->qualifieds[qualified]->last_use < session->use;
    bool has_old_primary = session->primary_count > 0 && session->primaries[primary]->last_use < session->use;
    if (has_old_qualified && session->qualifieds[qualified]->last_use <= criterion_use) {
        qualified_drop(session, qualified);
    } else if (has_old_primary && session->primaries[primary]->last_use <= criterion_use) {
        primary_drop(session, primary);
    } else if (criterion != SIZE_MAX) {
        criterion_drop(session, criterion);
    } else if (session->primary_count > 0) {
        primary_drop(session, primary);
    } else {
        return false;
    }
    return true;
}

static void kept_bound(struct cohort_session *session)
{
    uint64_t bytes = bytes_kept(session);
    while (bytes > session->kept_bytes && drop_one(session)) {
        bytes = bytes_kept(session);
    }
    session->work.kept_bytes = bytes;
    session->work.dropped = session->dropped;
}

/* ---- the definition ---- */
/* Numbers of criteria are only added; when there are many, everything begins anew. */
static void criteria_restart(struct cohort_session *session)
{
    while (session->primary_count > 0) {
        primary_drop(session, session->primary_count - 1);
    }
    session->criteria.count = 0;
}

static bool keys_find(struct cohort_session *session, const struct cohort_program *program, struct program_plan *plan, struct error *err)
{
    CLEANUP(cohort_keys) struct cohort_keys *keys = cohort_keys_create(program);
    TRY(cohort_part_key(keys, COHORT_PART_PRIMARY, &session->primary_key, err));
    TRY(cohort_part_key(keys, COHORT_PART_QUALIFIED, &session->qualified_key, err));
    TRY(cohort_part_key(keys, COHORT_PART_EXITS, &session->exits_key, err));
    for (size_t r = 0; r < program->rule_count; r++) {
        TRY(cohort_group_key(keys, &program->rules[r].group, &session->rule_keys[r], err));
    }
    TRY(shared_criteria_number(&session->criteria, plan, keys, session->use, err));
    shared_criteria_settle(&session->criteria, plan);
    return true;
}

bool cohort_session_define(struct cohort_session *session, const struct cohort_program *program, struct error *err)
{
    struct program_plan plan = {.program = NULL};
    session->program = NULL;
    session->use++;
    if (session->criteria.count > CRITERIA_MAX) {
        criteria_restart(session);
    }
    /* Columns that were asked for once are asked for always: an edit that needs them no longer finds what is kept. */
    bool done = program_plan_make(&plan, program, session->event_needs, err) && keys_find(session, program, &plan, err);
    uint64_t tables = plan.tables & ~session->lookup_tables;
    done = done && shared_lookups_read(&session->lookups, session->reader, tables, session->shared, err);
    if (!done) {
        program_plan_finish(&plan);
        return false;
    }
    if (session->has_plan) {
        program_plan_finish(&session->plan);
    }
    session->plan = plan;
    session->has_plan = true;
    session->event_needs |= plan.event_needs;
    session->lookup_tables |= tables;
    session->program = program;
    return true;
}

/* ---- what a count needs ---- */
static bool primary_get(struct cohort_session *session, struct kept_primary **out_kept, struct error *err)
{
    size_t at = 0;
    while (at < session->primary_count && memcmp(&session->primaries[at]->key, &session->primary_key, sizeof session->primary_key) != 0) {
        at++;
    }
    if (at < session->primary_count && (session->primaries[at]->needs & session->plan.event_needs) != session->plan.event_needs) {
        primary_drop(session, at);
        at = session->primary_count;
    }
    session->work.found_primary = at == session->primary_count;
    if (at == session->primary_count) {
        if (session->primary_count == KEPT_MAX) {
            primary_drop(session, oldest_primary(session));
        }
        at = session->primary_count;
        TRY(kept_primary_create(&session->primaries[at], &session->primary_key, session->plan.event_needs, session->segment_count, err));
        session->primary_count++;
    }
    *out_kept = session->primaries[at];
    (*out_kept)->last_use = session->use;
    for (size_t i = 0; i < session->segment_count; i++) {
        TRY(shared_lists_reserve(&(*out_kept)->parts[i].lists, session->criteria.count, err));
    }
    return true;
}

static bool qualified_get(struct cohort_session *session, struct kept_primary *primary, struct kept_qualified **out_kept, struct error *err)
{
    size_t at = 0;
    while (at < session->qualified_count &&
           memcmp(&session->qualifieds[at]->key, &session->qualified_key, sizeof session->qualified_key) != 0) {
        at++;
    }
    session->work.found_qualified = at == session->qualified_count;
    if (at == session->qualified_count) {
        if (session->qualified_count == KEPT_MAX) {
            qualified_drop(session, oldest_qualified(session));
        }
        at = session->qualified_count;
        TRY(kept_qualified_create(&session->qualifieds[at], &session->qualified_key, primary, session->segment_count, err));
        session->qualified_count++;
    }
    *out_kept = session->qualifieds[at];
    (*out_kept)->last_use = session->use;
    return true;
}

/* ---- counting ---- */
struct counting {
    struct cohort_session *session;
    struct session_question question;
    struct segment_result *results; /* by segment */
    struct result_merge *merge;
};

static bool segment_task(void *context, size_t index, unsigned worker, struct error *err)
{
    struct counting *counting = context;
    struct cohort_session *session = counting->session;
    struct segment_run *run = &session->workers[worker];
    run->program_data = session->program_data[worker];
    return session_segment_count(run, &counting->question, store_reader_segment(session->reader, OMOP_PERSON, index), index,
                                 &counting->results[index], err);
}

static bool segment_merge(void *context, size_t index, struct error *err)
{
    struct counting *counting = context;
    TRY(result_merge_add(counting->merge, &counting->results[index], NULL, err));
    segment_result_finish(&counting->results[index]);
    counting->results[index] = (struct segment_result){.rows = {.count = 0}};
    return true;
}

/* Nothing is missing, and few events are to be counted: done before other threads are awake. */
static bool is_light(const struct counting *counting)
{
    const struct cohort_session_work *work = &counting->session->work;
    size_t events = 0;
    for (size_t i = 0; i < counting->session->segment_count; i++) {
        events += counting->question.qualified->parts[i].events.count;
    }
    return !work->found_primary && !work->found_qualified && !work->found_exits && work->rules_evaluated == 0 && events < LIGHT_EVENTS;
}

static bool segments_count(struct counting *counting, struct error *err)
{
    struct cohort_session *session = counting->session;
    if (session->options.pool && !is_light(counting)) {
        struct task_set set = {session->segment_count, segment_task, segment_merge, counting};
        return task_pool_run(session->options.pool, &set, err);
    }
    for (size_t i = 0; i < session->segment_count; i++) {
        TRY(segment_task(counting, i, 0, err) && segment_merge(counting, i, err));
    }
    return true;
}

/* A rule or a date counts as evaluated when some segment does not have it. */
static void work_foresee(struct cohort_session *session, const struct session_question *question)
{
    uint64_t missing = 0;
    session->work.found_exits = false;
    for (size_t i = 0; i < session->segment_count; i++) {
        missing |= ~question->qualified->parts[i].ready;
        session->work.found_exits |= question->qualified->parts[i].exits[question->exits] == NULL;
    }
    session->work.rules_evaluated = 0;
    for (size_t r = 0; r < question->rule_count; r++) {
        session->work.rules_evaluated += (unsigned)(missing >> question->slots[r] & 1);
    }
}

static bool count_with(struct cohort_session *session, const struct session_question *question, struct cohort_result **out_result,
                       struct error *err)
{
    int64_t begun = clock_monotonic_ns();
    struct counting counting = {.session = session, .question = *question};
    counting.results = calloc(session->segment_count + 1, sizeof *counting.results);
    if (!counting.results) {
        return FAIL(err, LIMIT, "no memory left for the results of a session");
    }
    counting.merge = result_merge_create(question->counted);
    bool done = segments_count(&counting, err) && result_merge_finish(counting.merge, out_result, err);
    for (size_t i = 0; i < session->segment_count; i++) {
        segment_result_finish(&counting.results[i]);
    }
    free(counting.results);
    if (!done) {
        result_merge_destroy(counting.merge);
        return false;
    }
    (*out_result)->work.wall_ns = clock_monotonic_ns() - begun;
    session->work.criteria_made = (*out_result)->work.criteria_made;
    session->work.criteria_taken = (*out_result)->work.criteria_taken;
    return true;
}

static bool question_make(struct cohort_session *session, const struct cohort_program *counted, const struct crypto_hash *keys,
                          unsigned *slots, struct session_question *question, struct error *err)
{
    *question = (struct session_question){.plan = &session->plan, .counted = counted, .rule_count = counted->rule_count, .slots = slots};
    TRY(primary_get(session, &question->primary, err));
    TRY(qualified_get(session, question->primary, &question->qualified, err));
    for (size_t r = 0; r < counted->rule_count; r++) {
        slots[r] = kept_rule_slot(question->qualified, &keys[r], session->use, session->segment_count);
    }
    question->exits = kept_exits_slot(question->qualified, &session->exits_key, session->use, session->segment_count);
    work_foresee(session, question);
    return true;
}

bool cohort_session_count(struct cohort_session *session, const unsigned *rules, size_t rule_count, struct cohort_result **out_result,
                          struct error *err)
{
    struct cohort_rule counted_rules[COHORT_RULES_MAX];
    struct crypto_hash keys[COHORT_RULES_MAX];
    unsigned slots[COHORT_RULES_MAX];
    struct session_question question;
    uint64_t seen = 0;
    if (!session->program || rule_count > session->program->rule_count) {
        return FAIL(err, INVALID_ARGUMENT, session->program ? "more rules than the definition has" : "no definition is open");
    }
    struct cohort_program counted = *session->program;
    for (size_t r = 0; r < rule_count; r++) {
        if (rules[r] >= session->program->rule_count || (seen >> rules[r] & 1)) {
            return FAIL(err, INVALID_ARGUMENT, "the definition has no rule %u, or it was named twice", rules[r]);
        }
        seen |= UINT64_C(1) << rules[r];
        counted_rules[r] = session->program->rules[rules[r]];
        keys[r] = session->rule_keys[rules[r]];
    }
    counted.rules = counted_rules;
    counted.rule_count = rule_count;
    TRY(evaluate_demand(&counted, session->reader, false, err));
    session->use++; /* what is kept is older than this count, also when the definition is the same */
    for (size_t i = 0; i < session->plan.criteria.count; i++) {
        session->criteria.items[session->plan.criteria.items[i].number].last_use = session->use;
    }
    TRY(question_make(session, &counted, keys, slots, &question, err));
    bool done = count_with(session, &question, out_result, err);
    kept_bound(session);
    return done;
}

struct cohort_session_work cohort_session_work(const struct cohort_session *session)
{
    return session->work;
}
