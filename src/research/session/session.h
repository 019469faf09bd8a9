/* SPDX-License-Identifier: EUPL-1.2 */
/* session: a cohort definition that somebody edits, and its counts while they do: a request is a line of JSON, and so is its answer
 * (docs/formats/session.md). What is wrong is answered, by the JSON path of the definition, and the session goes on with what it had. One
 * caller at a time; a session is bound to the snapshot and the grant of its reader. */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "research/evaluate/evaluate_session.h"

struct session_options {
    struct cohort_session_options counting;
    size_t bytes_max; /* of a definition */
    /* Called before counts are given out, once for each different program of a session: who keeps a log enters it here, and nothing is
     * given out when that fails. NULL: nobody wants to know. */
    bool (*enter)(void *context, const struct cohort_program *program, const struct cohort_result *result, struct error *err);
    /* The same before it is told why a person is in a cohort or not. */
    bool (*enter_why)(void *context, const struct cohort_program *program, int64_t person_id, struct error *err);
    void *context;
};
struct session;
/* reader and vocabulary are borrowed. */
MUST_CHECK bool session_open(struct session **out_session, struct store_reader *reader, struct vocabulary *vocabulary,
                             const struct session_options *options, struct error *err);
void session_close(struct session *session);
DEFINE_CLEANUP(session, session_close)

enum session_next { SESSION_GOES_ON, SESSION_CLOSED };
/* Appends the answer, one line with its line break. *out_next says whether the caller wants to go on. What the request asks for and does
 * not get is an answer, too; the function itself fails only when no answer can be made (LIMIT). *out_refused, unless NULL: what went wrong.
 */
MUST_CHECK bool session_answer(struct session *session, struct text request, struct buffer *out, enum session_next *out_next,
                               struct error *out_refused, struct error *err);
