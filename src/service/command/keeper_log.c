/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_log: see keeper_log.h. Outsiders read the log: of a custodian it has the index of the share, of keys no number; names and counts
 * are private parts. */
#include "service/command/keeper_log.h"
#include "base/calendar.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WAITING_MAX = 512,
    OFFERS_MAX = 64,            /* offers and refusals that are told apart */
    RESERVED = OFFERS_MAX + 16, /* for these, and for what cannot be refused: sealing, unsealing, destroying */
    LAST_TRIES = 40,
    LAST_TRY_MS = 50,
};

struct waiting {
    enum keeper_act_kind kind;
    uint32_t user, index;
    struct ledger_record record;
    int64_t times, last; /* how often, and when last: Unix seconds */
    const char *secret;  /* name of the private part, or NULL */
    char text[KEEPER_HOLDER_SIZE];
};
struct keeper_log {
    const char *warehouse;
    size_t count, promised, offers;
    struct waiting waiting[WAITING_MAX];
};

struct keeper_log *keeper_log_create(const char *warehouse)
{
    struct keeper_log *log = calloc(1, sizeof *log);
    if (!log) {
        abort(); /* like the arena */
    }
    log->warehouse = warehouse;
    return log;
}

void keeper_log_destroy(struct keeper_log *log)
{
    free(log);
}

size_t keeper_log_waiting(const struct keeper_log *log)
{
    return log->count;
}

static enum ledger_act act_of(enum keeper_act_kind kind)
{
    switch (kind) {
    case KEEPER_ACT_SEALED:
        return LEDGER_ACT_KEY_SEAL;
    case KEEPER_ACT_GRANT_ISSUED:
        return LEDGER_ACT_GRANT_ISSUE;
    case KEEPER_ACT_KEYS_OPENED:
        return LEDGER_ACT_KEY_OPEN;
    case KEEPER_ACT_KEYS_DESTROYED:
        return LEDGER_ACT_KEY_DESTROY;
    case KEEPER_ACT_OFFER_REFUSED:
    case KEEPER_ACT_PEER_REFUSED:
        return LEDGER_ACT_REFUSAL;
    case KEEPER_ACT_PSEUDONYMISED:
        return LEDGER_ACT_PSEUDONYMISE;
    case KEEPER_ACT_PSEUDONYM_KEY:
        return LEDGER_ACT_PSEUDONYM_KEY;
    case KEEPER_ACT_OFFER_ACCEPTED:
    case KEEPER_ACT_UNSEALED:
    default:
        return LEDGER_ACT_KEY_UNSEAL;
    }
}

/* ---- waiting ---- */
/* What anybody can bring about as often as they like. */
static bool is_offer(enum keeper_act_kind kind)
{
    return kind == KEEPER_ACT_OFFER_REFUSED || kind == KEEPER_ACT_OFFER_ACCEPTED || kind == KEEPER_ACT_PEER_REFUSED;
}

/* The one that an act is counted with: of the same kind, user and share; of the same kind only, when there are too many. */
static struct waiting *same_as(struct keeper_log *log, const struct keeper_act *act)
{
    struct waiting *other = NULL;
    for (size_t i = 0; i < log->count && is_offer(act->kind); i++) {
        struct waiting *at = &log->waiting[i];
        if (at->kind == act->kind && at->user == act->user && at->index == act->index) {
            return at;
        }
        other = at->kind == act->kind ? at : other;
    }
    return log->offers < OFFERS_MAX ? NULL : other;
}

static void count_once_more(struct waiting *waiting, const struct keeper_act *act)
{
    if (waiting->user != act->user) {
        snprintf(waiting->record.actor, sizeof waiting->record.actor, "user:several");
    }
    waiting->times++;
    waiting->last = clock_unix_seconds();
}

static bool has_room(const struct keeper_log *log, size_t reserved)
{
    return log->count + log->promised + reserved < WAITING_MAX;
}

static bool no_room(struct error *err)
{
    FAIL(err, BUSY, "the keeper has too much to enter in the log that it cannot enter yet");
    return error_hint(err, "somebody has held the lock of the log for long, or the log is damaged: `emc2 log verify` says more");
}

static bool record_of(struct waiting *waiting, const struct keeper_act *act, struct error *err)
{
    struct ledger_record *record = &waiting->record;
    char event[LEDGER_WORD_SIZE];
    TRY(journal_begin(record, act_of(act->kind), act->grant, err));
    snprintf(record->actor, sizeof record->actor, "user:%u", act->user);
    snprintf(event, sizeof event, "%s", keeper_act_name(act->kind));
    for (char *blank = event; (blank = strchr(blank, ' '));) {
        *blank = '-';
    }
    TRY(ledger_record_word(record, "keeper", event, err));
    if (act->index > 0) {
        TRY(ledger_record_number(record, "share", act->index, err));
        waiting->secret = act->who ? "holder" : NULL;
        snprintf(waiting->text, sizeof waiting->text, "%s", act->who ? act->who : "");
    } else if (act->count > 0 || act->kind == KEEPER_ACT_SEALED) {
        waiting->secret = act->kind == KEEPER_ACT_PSEUDONYMISED ? "pseudonyms" : "keys";
        snprintf(waiting->text, sizeof waiting->text, "%llu", (unsigned long long)act->count);
    }
    return true;
}

static bool act_wait(struct keeper_log *log, const struct keeper_act *act, struct error *err)
{
    struct waiting waiting = {.kind = act->kind, .user = act->user, .index = act->index, .times = 1};
    struct waiting *same = same_as(log, act);
    if (same) {
        count_once_more(same, act);
        return true;
    }
    if (act->kind == KEEPER_ACT_KEYS_OPENED && log->promised > 0) {
        log->promised--; /* its place was kept */
    } else {
        TRY(has_room(log, act->kind == KEEPER_ACT_GRANT_ISSUED ? RESERVED : 0) || no_room(err));
    }
    TRY(record_of(&waiting, act, err));
    log->waiting[log->count++] = waiting;
    log->offers += is_offer(act->kind);
    return true;
}

/* ---- entering ---- */
static bool entry_of(const struct waiting *waiting, struct journal_entry *out_entry, struct error *err)
{
    *out_entry = (struct journal_entry){.record = waiting->record, .secret = {waiting->secret, text_of(waiting->text)}};
    return waiting->times == 1 || (ledger_record_number(&out_entry->record, "times", waiting->times, err) &&
                                   ledger_record_number(&out_entry->record, "last", waiting->last, err));
}

static bool acts_enter(struct keeper_log *log, const struct keyring *keyring, int tries, struct error *err)
{
    CLEANUP(journal) struct journal *journal = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct journal_entry *entries = ARENA_ARRAY(scratch, struct journal_entry, log->count + 1);
    const struct timespec pause = {.tv_nsec = LAST_TRY_MS * 1000000L};
    bool is_entered = false;
    TRY(journal_open(&journal, log->warehouse, keyring, err));
    for (size_t i = 0; i < log->count; i++) {
        TRY(entry_of(&log->waiting[i], &entries[i], err));
    }
    for (; tries > 0 && !is_entered; tries--) {
        TRY(journal_try(journal, entries, log->count, &is_entered, err));
        if (!is_entered && tries > 1) {
            nanosleep(&pause, NULL);
        }
    }
    if (is_entered) {
        log->count = log->offers = 0;
    }
    return true;
}

bool keeper_log_act(void *context, const struct keeper_act *act, struct error *err)
{
    struct keeper_log *log = context;
    TRY(!act->keyring || has_room(log, RESERVED) || acts_enter(log, act->keyring, 1, err));
    TRY(act_wait(log, act, err));
    /* Sealing is the last chance: later there is no key to sign with until the next unsealing. */
    return !act->keyring || acts_enter(log, act->keyring, act->kind == KEEPER_ACT_SEALED ? LAST_TRIES : 1, err);
}

bool keeper_log_ready(void *context, const struct keyring *keyring, struct error *err)
{
    struct keeper_log *log = context;
    TRY(has_room(log, RESERVED) || acts_enter(log, keyring, 1, err));
    TRY(has_room(log, RESERVED) || no_room(err));
    log->promised++;
    return true;
}
