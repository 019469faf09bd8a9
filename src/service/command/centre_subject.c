/* SPDX-License-Identifier: EUPL-1.2 */
/* centre subject: at the holder, the warehouse's numbers of persons for a list of local identifiers: to answer a question or a correction
 * about somebody, or to say who is who in a rehearsal. */
#include "service/command/centre.h"
#include "service/command/commands.h"

bool command_centre_subject(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    const char *out = invocation_value(in, "out");
    char count[COUNT_TEXT_SIZE];
    uint64_t lines = 0;
    if (!out) {
        FAIL(err, INVALID_ARGUMENT, "where should the list go?");
        return error_hint(err, "name a file with --out");
    }
    TRY(centre_unlock(in, &centre, err) && centre_subjects_write(centre, in->words[0], out, &lines, err));
    print_line(centre_facts(centre)->in_french ? "%s : %s lignes, sans identifiant local" : "%s: %s lines, without local identifiers", out,
               count_text(lines, count));
    return true;
}
