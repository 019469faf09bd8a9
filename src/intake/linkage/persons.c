/* SPDX-License-Identifier: EUPL-1.2 */
/* persons: stable numbers. A number that is in several clusters stays with the one that has most of its entries (the first, among equals);
 * a cluster that owns several numbers keeps the smallest; one that owns none gets the next free. Numbers are never used again. */
#include "intake/linkage/linkage_internal.h"
#include <stdlib.h>
#include <string.h>

/* So many entries of an earlier person are in the cluster now. */
struct share {
    uint32_t earlier, root, entries;
};
struct numbering {
    const struct linkage_entry *entries;
    const uint32_t *roots;
    const struct linkage_state *state;
    size_t count;
    struct share *shares; /* ascending (earlier, root) */
    size_t share_count;
    uint32_t *persons; /* [root]: its number */
};

static void numbering_destroy(struct numbering *numbering)
{
    free(numbering->shares);
    free(numbering->persons);
}
static void numbering_value_cleanup(struct numbering *numbering)
{
    numbering_destroy(numbering);
}

static int share_compare(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    return x->earlier != y->earlier ? (x->earlier > y->earlier) - (x->earlier < y->earlier) : (x->root > y->root) - (x->root < y->root);
}

static int row_order(const struct state_row *row, const struct linkage_entry *entry)
{
    return row->holder != entry->holder ? (row->holder > entry->holder) - (row->holder < entry->holder)
                                        : (row->subject > entry->subject) - (row->subject < entry->subject);
}

/* Rows and entries are in one order: a merge finds who was somebody before. */
static bool shares_make(struct numbering *numbering, struct error *err)
{
    const struct linkage_state *state = numbering->state;
    struct share *shares = malloc((numbering->count + 1) * sizeof *shares);
    if (!shares) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    size_t row = 0, count = 0;
    for (size_t i = 0; i < numbering->count; i++) {
        while (row < state->count && row_order(&state->rows[row], &numbering->entries[i]) < 0) {
            row++;
        }
        if (row < state->count && row_order(&state->rows[row], &numbering->entries[i]) == 0) {
            shares[count++] = (struct share){state->rows[row].person, numbering->roots[i], 1};
        }
    }
    qsort(shares, count, sizeof *shares, share_compare);
    for (size_t i = 0; i < count; i++) {
        if (numbering->share_count > 0 && share_compare(&shares[numbering->share_count - 1], &shares[i]) == 0) {
            shares[numbering->share_count - 1].entries++;
        } else {
            shares[numbering->share_count++] = shares[i];
        }
    }
    numbering->shares = shares;
    return true;
}

/* The end of the shares of one earlier person, and which of them owns the number. */
static size_t owner_find(const struct numbering *numbering, size_t from, size_t *out_owner)
{
    size_t end = from, owner = from;
    for (; end < numbering->share_count && numbering->shares[end].earlier == numbering->shares[from].earlier; end++) {
        if (numbering->shares[end].entries > numbering->shares[owner].entries) {
            owner = end;
        }
    }
    *out_owner = owner;
    return end;
}

static void owned_numbers_set(struct numbering *numbering)
{
    for (size_t i = 0, owner; i < numbering->share_count;) {
        const size_t end = owner_find(numbering, i, &owner);
        const uint32_t root = numbering->shares[owner].root;
        if (numbering->persons[root] == 0) { /* ascending: the smallest comes first */
            numbering->persons[root] = numbering->shares[owner].earlier;
        }
        i = end;
    }
}

static void events_make(const struct numbering *numbering, struct linkage_result *result)
{
    for (size_t i = 0, owner; i < numbering->share_count;) {
        const size_t end = owner_find(numbering, i, &owner);
        for (size_t at = i; at < end; at++) {
            const struct share *share = &numbering->shares[at];
            const uint32_t person = numbering->persons[share->root];
            if (person != share->earlier) {
                result->events[result->event_count++] =
                    (struct linkage_event){at == owner ? LINKAGE_MERGED : LINKAGE_SPLIT, share->earlier, person, share->entries};
            }
        }
        i = end;
    }
}

/* Earlier rows and these entries, in one order; these entries have the last word. */
static bool rows_make(const struct numbering *numbering, const struct linkage_link *links, struct linkage_state *out_next,
                      struct error *err)
{
    const struct linkage_state *state = numbering->state;
    struct state_row *rows = malloc((state->count + numbering->count + 1) * sizeof *rows);
    if (!rows) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    size_t row = 0, count = 0;
    for (size_t i = 0; i < numbering->count; i++) {
        const struct linkage_entry *entry = &numbering->entries[i];
        while (row < state->count && row_order(&state->rows[row], entry) < 0) {
            rows[count++] = state->rows[row++];
        }
        if (row < state->count && row_order(&state->rows[row], entry) == 0) {
            row++;
        }
        rows[count++] = (struct state_row){entry->subject, entry->holder, links[i].person_id};
    }
    while (row < state->count) {
        rows[count++] = state->rows[row++];
    }
    out_next->rows = rows;
    out_next->count = count;
    return true;
}

bool persons_number(struct linkage_result *result, const struct linkage_entry *entries, size_t count, const uint32_t *roots,
                    const struct linkage_state *state, struct linkage_state *out_next, struct error *err)
{
    CLEANUP(numbering_value) struct numbering numbering = {.entries = entries, .roots = roots, .state = state, .count = count};
    numbering.persons = calloc(count + 1, sizeof *numbering.persons);
    if (!numbering.persons) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    TRY(shares_make(&numbering, err));
    owned_numbers_set(&numbering);
    uint32_t next = state->next_person;
    for (size_t i = 0; i < count; i++) {
        uint32_t *person = &numbering.persons[roots[i]];
        if (*person == 0) {
            if (next == UINT32_MAX) {
                return FAIL(err, LIMIT, "no numbers are left for persons");
            }
            *person = next++;
            result->counts.persons_new++;
        }
        result->links[i].person_id = *person;
        result->counts.persons += roots[i] == i;
    }
    result->events = calloc(numbering.share_count + 1, sizeof *result->events);
    if (!result->events) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    events_make(&numbering, result);
    TRY(rows_make(&numbering, result->links, out_next, err));
    out_next->next_person = next;
    return true;
}
