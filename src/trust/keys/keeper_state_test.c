/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_state: sealed, it does nothing; offers come one by one; unsealed, it does what a keyring does; sealed again, it has forgotten. */
#include "base/scratch.h"
#include "trust/keys/keeper_example.h"
#include "trust/keys/keeper_state.h"
#include "trust/keys/keys_pseudonym.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
static const struct key_file_id one = {"file number one."}, two = {"file number two."};

struct told {
    enum keeper_act_kind kinds[64];
    uint64_t counts[64];
    unsigned count;
    bool is_broken; /* nothing can be written down */
    bool is_full;   /* no room for what opening keys will give to write */
    unsigned asked; /* for such room */
};

static bool note(void *context, const struct keeper_act *act, struct error *err)
{
    struct told *told = context;
    if (told->is_broken) {
        return FAIL(err, IO, "the log is full");
    }
    assert_true(told->count < 64);
    told->kinds[told->count] = act->kind;
    told->counts[told->count++] = act->count;
    return true;
}

static bool room(void *context, const struct keyring *keyring, struct error *err)
{
    struct told *told = context;
    assert_non_null(keyring);
    told->asked++;
    return told->is_full ? FAIL(err, BUSY, "the log is full") : true;
}

struct place {
    struct scratch scratch;
    struct example_sink sink;
    struct told told;
    struct keeper_state state;
    struct keeper_session session;
    struct keeper_response *answer; /* of the last request */
    struct buffer bytes;
    struct error err;
};

static int begin(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->scratch = scratch_open();
    place->answer = calloc(1, sizeof *place->answer);
    clock_set_for_tests(NOW);
    assert_true(crypto_start(&place->err) && example_keys(place->scratch.directory, &place->err));
    struct keeper_options options = example_options(&place->sink, place->scratch.directory);
    options.listener = (struct keeper_listener){.act = note, .ready = room, .context = &place->told};
    assert_true(keeper_state_open(&place->state, &options, &place->err));
    keeper_session_begin(&place->session, 1000, 42);
    place->bytes.maximum = KEEPER_MESSAGE_MAX;
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    keeper_session_end(&place->state, &place->session);
    keeper_state_close(&place->state);
    buffer_finish(&place->bytes);
    scratch_cleanup(&place->scratch);
    free(place->answer);
    free(place);
    clock_set_for_tests(0);
    return 0;
}

/* The code of the failure, or 0. */
static enum error_code ask_as(struct place *place, struct keeper_session *session, const struct keeper_request *request)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
    buffer_clear(&place->bytes);
    assert_true(keeper_request_print(request, &bytes, &err));
    assert_true(keeper_state_answer(&place->state, session, bytes.data, bytes.length, &place->bytes, &err));
    assert_true(keeper_response_parse(place->answer, place->bytes.data, place->bytes.length, &err));
    assert_int_equal(place->answer->number, request->number);
    place->err = place->answer->failure;
    return place->answer->is_failure ? place->answer->failure.code : ERROR_NONE;
}

static enum error_code ask(struct place *place, const struct keeper_request *request)
{
    return ask_as(place, &place->session, request);
}

static enum error_code offer(struct place *place, const char *word)
{
    uint8_t sealed[64];
    size_t length;
    assert_int_equal(ask(place, &(struct keeper_request){.kind = KEEPER_STATUS}), 0);
    assert_true(example_seal(&place->answer->status, word, sealed, &length, &place->err));
    return ask(place, &(struct keeper_request){.kind = KEEPER_OFFER, .part = {(const char *)sealed, length}});
}

static void unseal(struct place *place)
{
    assert_int_equal(offer(place, "one"), 0);
    assert_false(place->answer->status.is_unsealed);
    assert_int_equal(offer(place, "two"), 0);
    assert_true(place->answer->status.is_unsealed);
}

static struct grant grant_of(struct place *place, uint32_t actions)
{
    struct keeper_request request = {.kind = KEEPER_GRANT_ISSUE};
    request.grant = (struct grant){.project = "p", .actions = actions, .tables = 1, .not_before = NOW, .not_after = NOW + 1000000};
    assert_int_equal(ask(place, &request), 0);
    return place->answer->grant;
}

static enum error_code with(struct place *place, enum keeper_kind kind, const struct grant *grant, const struct key_file_id *file)
{
    struct keeper_request request = {
        .kind = kind, .seed = KEY_TOP_LOG, .grant = *grant, .domain = KEY_DOMAIN_HEALTH, .file = *file, .ids = file, .id_count = 1};
    return ask(place, &request);
}

static void sealed_it_answers_nothing_but_its_state(void **state)
{
    struct place *place = *state;
    for (int kind = KEEPER_GRANT_ISSUE; kind < KEEPER_KIND_END; kind++) {
        struct keeper_request request = {.kind = (enum keeper_kind)kind, .seed = KEY_TOP_LOG};
        assert_int_equal(ask(place, &request), ERROR_DENIED);
        assert_non_null(strstr(place->err.message, "sealed: it has 0 of 2 shares"));
        assert_non_null(strstr(place->err.hint, "emc2 key unseal"));
    }
    assert_int_equal(place->told.count, 0);
}

static void offers_come_one_by_one_and_a_wrong_one_is_named(void **state)
{
    struct place *place = *state;
    assert_int_equal(offer(place, "one"), 0);
    assert_int_equal(place->answer->status.holder_count, 1);
    assert_string_equal(place->answer->status.holders[0], "holder one");
    assert_int_equal(offer(place, "six"), ERROR_DENIED);
    assert_non_null(strstr(place->err.message, "holder six"));
    assert_int_equal(offer(place, "one"), 0);
    assert_true(place->answer->status.is_repeated);
    assert_int_equal(place->answer->status.holder_count, 1);
    assert_int_equal(offer(place, "two"), 0);
    assert_true(place->answer->status.is_unsealed);
    assert_false(place->sink.has[0] || place->sink.has[1]); /* the offers are wiped */
    const enum keeper_act_kind expected[] = {KEEPER_ACT_OFFER_ACCEPTED, KEEPER_ACT_OFFER_REFUSED, KEEPER_ACT_OFFER_ACCEPTED,
                                             KEEPER_ACT_OFFER_ACCEPTED, KEEPER_ACT_UNSEALED};
    assert_int_equal(place->told.count, 5);
    assert_memory_equal(place->told.kinds, expected, sizeof expected);
}

/* What somebody copied from the socket during one unsealing is of no use in the next. */
static void an_offer_opens_in_its_own_unsealing_only(void **state)
{
    struct place *place = *state;
    uint8_t sealed[64];
    size_t length;
    assert_int_equal(ask(place, &(struct keeper_request){.kind = KEEPER_STATUS}), 0);
    assert_true(example_seal(&place->answer->status, "one", sealed, &length, &place->err));
    struct keeper_request again = {.kind = KEEPER_OFFER, .part = {(const char *)sealed, length}};
    assert_int_equal(ask(place, &again), 0);
    assert_int_equal(ask(place, &(struct keeper_request){.kind = KEEPER_SEAL}), 0);
    assert_int_equal(place->answer->status.holder_count, 0);
    assert_int_equal(ask(place, &again), ERROR_CORRUPT);
}

static void offers_of_another_root_key_begin_anew(void **state)
{
    struct place *place = *state;
    place->sink.filling = 0x43;
    assert_int_equal(offer(place, "one"), 0);
    assert_int_equal(offer(place, "two"), ERROR_CORRUPT);
    assert_int_equal(ask(place, &(struct keeper_request){.kind = KEEPER_STATUS}), 0);
    assert_false(place->answer->status.is_unsealed);
    assert_int_equal(place->answer->status.holder_count, 0);
    place->sink.filling = 0x42;
    unseal(place);
}

/* SEC-LOG: what is made with a key of pseudonyms is counted under its grant, and told when the grant changes or the client goes. */
static void pseudonyms_are_counted(void **state)
{
    struct place *place = *state;
    uint8_t element[1][CRYPTO_ELEMENT_SIZE] = {{0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9,
                                                0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82,
                                                0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76}}; /* RFC 9496 A.1: B[1] */
    unseal(place);
    struct grant grant = grant_of(place, GRANT_PSEUDONYMISE), other = grant_of(place, GRANT_PSEUDONYMISE);
    struct grant load = grant_of(place, GRANT_LOAD);
    struct key_file_id epoch = {"emc2 epoch 1\0\0\0\1"};
    struct keeper_request request = {.kind = KEEPER_PSEUDONYMISE, .grant = grant, .epochs = {0, 1}, .part = {(char *)element, 32}};
    unsigned before = place->told.count;
    assert_int_equal(ask(place, &request), ERROR_NOT_FOUND);
    assert_int_equal(with(place, KEEPER_RESERVED, &load, &epoch), ERROR_DENIED);
    assert_int_equal(with(place, KEEPER_RESERVED, &grant, &one), ERROR_INVALID_ARGUMENT); /* a file's id is no name of such a key */
    assert_int_equal(with(place, KEEPER_RESERVED, &grant, &epoch), 0);
    assert_int_equal(place->told.kinds[before], KEEPER_ACT_PSEUDONYM_KEY);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(place, &request), 0);
        assert_int_equal(place->answer->part.length, 32);
    }
    request.part.length = 31;
    assert_int_equal(ask(place, &request), ERROR_INVALID_ARGUMENT);
    request.part.length = 32;
    request.grant = load;
    assert_int_equal(ask(place, &request), ERROR_DENIED);
    assert_int_equal(place->told.count, before + 1);
    request.grant = other;
    assert_int_equal(ask(place, &request), 0);
    assert_int_equal(place->told.kinds[before + 1], KEEPER_ACT_PSEUDONYMISED);
    assert_int_equal(place->told.counts[before + 1], 3);
    keeper_session_end(&place->state, &place->session);
    assert_int_equal(place->told.kinds[before + 2], KEEPER_ACT_PSEUDONYMISED);
    assert_int_equal(place->told.counts[before + 2], 1);
    keeper_session_begin(&place->session, 1000, 42);
}

static void unsealed_it_does_what_a_keyring_does(void **state)
{
    struct place *place = *state;
    uint8_t key[CRYPTO_KEY_SIZE];
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD), count = grant_of(place, GRANT_COUNT), erase = grant_of(place, GRANT_ERASE);
    assert_int_equal(with(place, KEEPER_CREATE, &count, &one), ERROR_DENIED);
    assert_int_equal(with(place, KEEPER_CREATE, &load, &one), 0);
    memcpy(key, place->answer->key, sizeof key);
    assert_int_equal(with(place, KEEPER_COMMIT, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_OPEN, &count, &one), 0);
    assert_memory_equal(place->answer->key, key, sizeof key);
    count.not_after++;
    assert_int_equal(with(place, KEEPER_OPEN, &count, &one), ERROR_DENIED);
    assert_int_equal(with(place, KEEPER_DESTROY, &load, &one), ERROR_DENIED);
    assert_int_equal(with(place, KEEPER_DESTROY, &erase, &one), 0);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), ERROR_ERASED);
    assert_int_equal(place->told.kinds[place->told.count - 1], KEEPER_ACT_KEYS_DESTROYED);
}

static void sealing_wipes(void **state)
{
    struct place *place = *state;
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD);
    assert_int_equal(with(place, KEEPER_CREATE, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_COMMIT, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
    assert_int_equal(ask(place, &(struct keeper_request){.kind = KEEPER_SEAL}), 0);
    assert_null(place->state.keyring);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), ERROR_DENIED);
    assert_int_equal(with(place, KEEPER_SIGN, &load, &one), ERROR_DENIED);
    unseal(place);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
}

static void time_seals(void **state)
{
    struct place *place = *state;
    const int64_t second = 1000000000;
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD);
    int64_t start = place->state.unsealed_ns;
    keeper_state_tick(&place->state, start + 9 * second);
    assert_non_null(place->state.keyring);
    for (int i = 0; i < 11; i++) { /* used all the time */
        place->state.used_ns = start + i * 9 * second;
        keeper_state_tick(&place->state, start + i * 9 * second + second);
    }
    assert_non_null(place->state.keyring);
    place->state.used_ns = start + 99 * second;
    keeper_state_tick(&place->state, start + 100 * second); /* unsealed_seconds_max */
    assert_null(place->state.keyring);
    unseal(place);
    keeper_state_tick(&place->state, place->state.used_ns + 10 * second); /* idle_seconds_max */
    assert_null(place->state.keyring);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), ERROR_DENIED);
    assert_int_equal(place->told.kinds[place->told.count - 1], KEEPER_ACT_SEALED);
}

/* A client that dies in the middle of a load leaves no key behind, and those of others stay. */
static void keys_that_were_not_committed_go_with_their_connection(void **state)
{
    struct place *place = *state;
    struct keeper_session other;
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD);
    keeper_session_begin(&other, 1000, 43);
    struct keeper_request create = {.kind = KEEPER_CREATE, .grant = load, .file = two};
    assert_int_equal(with(place, KEEPER_CREATE, &load, &one), 0);
    assert_int_equal(ask_as(place, &other, &create), 0);
    keeper_session_end(&place->state, &other);
    assert_int_equal(with(place, KEEPER_COMMIT, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_OPEN, &load, &two), ERROR_NOT_FOUND);
}

static void what_is_signed_in_parts_is_whole_or_refused(void **state)
{
    struct place *place = *state;
    unseal(place);
    struct keeper_request hold = {.kind = KEEPER_HOLD, .part = {"a long ", 7}};
    struct keeper_request sign = {.kind = KEEPER_SIGN, .seed = KEY_TOP_MANIFESTS, .offset = 7, .part = {"manifest", 8}};
    assert_int_equal(ask(place, &sign), ERROR_INVALID_ARGUMENT);
    assert_int_equal(ask(place, &hold), 0);
    assert_int_equal(ask(place, &hold), 0); /* begins anew */
    assert_int_equal(ask(place, &sign), 0);
    const uint8_t *key = place->state.status.manifest_key;
    assert_true(crypto_signature_valid(place->answer->signature, key, "a long manifest", 15));
    assert_int_equal(place->state.held, 0);
    assert_int_equal(ask(place, &sign), ERROR_INVALID_ARGUMENT);
}

static void what_cannot_be_written_down_is_not_done(void **state)
{
    struct place *place = *state;
    struct keeper_request request = {.kind = KEEPER_GRANT_ISSUE, .grant = {.actions = 1, .not_before = NOW, .not_after = NOW + 1}};
    place->told.is_broken = true;
    assert_int_equal(offer(place, "one"), ERROR_IO);
    assert_int_equal(offer(place, "two"), ERROR_IO);
    assert_null(place->state.keyring);
    place->told.is_broken = false;
    unseal(place);
    place->told.is_broken = true;
    assert_int_equal(ask(place, &request), ERROR_IO);
}

static void keys_opened_are_told_by_grant(void **state)
{
    struct place *place = *state;
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD), count = grant_of(place, GRANT_COUNT);
    assert_int_equal(with(place, KEEPER_CREATE, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_COMMIT, &load, &one), 0);
    unsigned before = place->told.count;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(with(place, KEEPER_OPEN, &count, &one), 0);
    }
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
    assert_int_equal(place->told.count, before + 1);
    assert_int_equal(place->told.kinds[before], KEEPER_ACT_KEYS_OPENED);
    assert_int_equal(place->told.counts[before], 3);
    assert_int_equal(place->state.status.keys_opened, 4);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)

static bool table_opens(struct place *place, uint8_t filling, struct keyring **out_keyring)
{
    struct example_sink sink = {.filling = filling};
    struct custody custody = example_custody(&sink);
    return keyring_open(out_keyring, &custody, place->scratch.directory, example_store, &place->err);
}

/* The ceremony was killed when both roots opened the table and the new custody was stored: unsealing ends it. */
static void a_change_that_was_interrupted_is_ended(void **state)
{
    struct place *place = *state;
    struct example_sink old_sink = {.filling = 0x41}, new_sink = {.filling = 0x42};
    CLEANUP(secret) struct secret *old_root = NULL, *new_root = NULL;
    struct keyring *keyring = NULL;
    assert_true(example_root(&old_sink, &old_root, &place->err) && example_root(&new_sink, &new_root, &place->err));
    assert_true(table_opens(place, 0x42, &keyring));
    assert_true(keyring_root_begin(keyring, old_root, &place->err) && keyring_root_finish(keyring, old_root, &place->err));
    assert_true(keyring_root_begin(keyring, new_root, &place->err));
    keyring_close(keyring);
    assert_true(table_opens(place, 0x41, &keyring));
    keyring_close(keyring);
    unseal(place);
    assert_false(table_opens(place, 0x41, &keyring));
    assert_true(table_opens(place, 0x42, &keyring));
    keyring_close(keyring);
}

static void no_key_is_given_out_that_could_not_be_written_down(void **state)
{
    struct place *place = *state;
    unseal(place);
    struct grant load = grant_of(place, GRANT_LOAD), count = grant_of(place, GRANT_COUNT);
    assert_int_equal(with(place, KEEPER_CREATE, &load, &one), 0);
    assert_int_equal(with(place, KEEPER_COMMIT, &load, &one), 0);
    place->told.is_full = true;
    place->answer->key = NULL;
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), ERROR_BUSY);
    assert_null(place->answer->key);
    place->told.is_full = false;
    place->told.asked = 0;
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
    place->told.is_full = true; /* its place is kept */
    assert_int_equal(with(place, KEEPER_OPEN, &load, &one), 0);
    assert_int_equal(place->told.asked, 1);
    assert_int_equal(with(place, KEEPER_OPEN, &count, &one), ERROR_BUSY);
    assert_int_equal(place->told.asked, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(sealed_it_answers_nothing_but_its_state),
        WITH_PLACE(offers_come_one_by_one_and_a_wrong_one_is_named),
        WITH_PLACE(an_offer_opens_in_its_own_unsealing_only),
        WITH_PLACE(offers_of_another_root_key_begin_anew),
        WITH_PLACE(unsealed_it_does_what_a_keyring_does),
        WITH_PLACE(pseudonyms_are_counted),
        WITH_PLACE(sealing_wipes),
        WITH_PLACE(time_seals),
        WITH_PLACE(keys_that_were_not_committed_go_with_their_connection),
        WITH_PLACE(what_is_signed_in_parts_is_whole_or_refused),
        WITH_PLACE(what_cannot_be_written_down_is_not_done),
        WITH_PLACE(keys_opened_are_told_by_grant),
        WITH_PLACE(no_key_is_given_out_that_could_not_be_written_down),
        WITH_PLACE(a_change_that_was_interrupted_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
