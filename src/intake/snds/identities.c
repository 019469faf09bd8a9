/* SPDX-License-Identifier: EUPL-1.2 */
/* identities: the claims holder's own list of who the PSA are, for blinding. A person with several PSA has several rows; the one that knows
 * most is given out, so that everybody is given out once. Values go into locked memory and nowhere else. */
#include "intake/snds/snds_internal.h"

struct identities {
    struct run *run;
    struct identity *identity;
    uint64_t row;
    bool is_choosing; /* first reading: which row of a person; second one: giving it out */
};

static const struct {
    int column;
    enum identity_trait trait;
} traits[] = {{IDENTITES_NIR_ASSURE, IDENTITY_NIR_INSURED},
              {IDENTITES_NIR, IDENTITY_NIR},
              {IDENTITES_BIRTH_NAME, IDENTITY_BIRTH_NAME},
              {IDENTITES_USED_NAME, IDENTITY_USED_NAME},
              {IDENTITES_GIVEN_NAMES, IDENTITY_GIVEN_NAMES},
              {IDENTITES_BIRTH_DATE, IDENTITY_BIRTH_DATE},
              {IDENTITES_SEX, IDENTITY_SEX},
              {IDENTITES_BIRTH_PLACE, IDENTITY_BIRTH_PLACE},
              {IDENTITES_RESIDENCE, IDENTITY_RESIDENCE}};
enum { TRAITS = sizeof traits / sizeof traits[0], OWN_NUMBER_COUNTS = 32 };

/* The number of traits, and the person's own number above all. */
static unsigned score_of(const struct rows *rows)
{
    unsigned score = 1;
    for (size_t i = 0; i < TRAITS; i++) {
        bool is_there = rows_raw(rows, traits[i].column).length > 0;
        score += !is_there ? 0 : traits[i].trait == IDENTITY_NIR ? OWN_NUMBER_COUNTS : 1;
    }
    return score;
}

static bool give(struct identities *identities, const struct rows *rows, const struct owner *owner, struct error *err)
{
    const struct reader_sink *sink = identities->run->sink;
    identity_clear(identities->identity);
    for (size_t i = 0; i < TRAITS; i++) {
        identity_set(identities->identity, traits[i].trait, rows_raw(rows, traits[i].column));
    }
    /* Only in the general scheme the rank is one among twins: in others it is one in the family. */
    if (persons_rank_is_of_twins(identities->run->persons, owner->person)) {
        identity_set(identities->identity, IDENTITY_TWIN_RANK, rows_code(rows, IDENTITES_BEN_RNG_GEM));
    }
    bool done = sink->person(sink->context, owner->owner, identities->identity, err);
    identity_clear(identities->identity);
    return done;
}

static bool take_row(void *context, struct rows *rows, struct error *err)
{
    struct identities *identities = context;
    struct run *run = identities->run;
    struct owner owner = persons_of(run, rows_plain(rows, IDENTITES_BEN_NIR_PSA), rows_plain(rows, IDENTITES_BEN_RNG_GEM));
    uint64_t row = ++identities->row;
    if (identities->is_choosing) {
        tally_seen(run->tally, "identites", 1);
        if (owner.outcome != OUTCOME_TAKEN) {
            tally_count(run->tally, "identites", owner.outcome, 1);
        } else {
            persons_identity_choose(run->persons, owner.person, score_of(rows), row);
        }
        return true;
    }
    if (owner.outcome != OUTCOME_TAKEN) {
        return true;
    }
    bool is_chosen = persons_identity_is(run->persons, owner.person, row);
    tally_count(run->tally, "identites", is_chosen ? OUTCOME_TAKEN : OUTCOME_DOUBLE, 1);
    return !is_chosen || give(identities, rows, &owner, err);
}

bool identities_read(struct run *run, struct error *err)
{
    struct identities identities = {.run = run, .is_choosing = true};
    if (!run->sink->person) {
        return true;
    }
    CLEANUP(identity) struct identity *identity = NULL;
    TRY(identity_create(&identity, err));
    identities.identity = identity;
    TRY(rows_each(run, SNDS_IDENTITES, take_row, &identities, err));
    identities.row = 0;
    identities.is_choosing = false;
    TRY(rows_each(run, SNDS_IDENTITES, take_row, &identities, err));
    if (persons_without_identity(run->persons) > 0) {
        tally_remark(run->tally, "identites",
                     identities.row == 0 ? "there is no list of identities: nobody is given out for blinding"
                                         : "the list of identities does not have every person");
    }
    return true;
}
