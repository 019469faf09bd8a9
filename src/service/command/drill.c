/* SPDX-License-Identifier: EUPL-1.2 */
/* drill disclosure: the command in front of trust/drill. It asks for no passphrase: it sees what the host sees. */
#include "trust/drill/drill.h"
#include "base/file.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/custodian.h"
#include "service/command/drill_target.h"
#include "service/command/drill_truth.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN = 100, PLANTED_FILE_MAX = 1 << 26, SHARE_MAX = 1 << 16, SHARES_MAX = 64 };

DEFINE_ARRAY(drill_targets, struct drill_target)

struct telling {
    struct json_writer *json; /* or NULL */
    uint64_t told;
    bool is_whole; /* nothing failed while writing */
};

static bool write_finding(struct json_writer *json, const struct drill_finding *finding)
{
    return json_begin_object(json, NULL) && json_name(json, "file", NULL) && json_text(json, text_of(finding->file), NULL) &&
           json_name(json, "offset", NULL) && json_i64(json, (int64_t)finding->offset, NULL) && json_name(json, "what", NULL) &&
           json_text(json, text_of(finding->what), NULL) && json_end_object(json, NULL);
}

static void tell(void *context, const struct drill_finding *finding)
{
    struct telling *telling = context;
    if (telling->told++ >= SHOWN) {
        return;
    }
    if (telling->json) {
        telling->is_whole &= write_finding(telling->json, finding);
    } else {
        printf("FOUND %s:%llu: %s\n", finding->file, (unsigned long long)finding->offset, finding->what);
    }
}

static void print_report(const struct drill_report *r)
{
    char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE], c[COUNT_TEXT_SIZE], d[COUNT_TEXT_SIZE];
    printf("searched      %s files, %s; %s whole compressed streams, %s unpacked in all; %s passed over (%.1f s)\n",
           count_text(r->files, a), bytes_text(r->bytes, b), count_text(r->streams, c), bytes_text(r->unpacked_bytes, d),
           count_text(r->passed_over, (char[32]){0}), r->seconds);
    printf("planted       %s strings in %s forms (%s too short to be looked for)\n", count_text(r->planted, a), count_text(r->patterns, b),
           count_text(r->too_short, c));
    printf("chance        %.2f short hits expected in noise, %s seen; %s inside longer words of texts\n", r->chance_expected,
           count_text(r->chance_seen, a), count_text(r->inside_words, b));
    printf("plaintext     %s windows of 16 bytes of the source, one every %s bytes\n", count_text(r->windows, a), count_text(r->stride, b));
    printf("sealed        %s files (%s of them copies), %s blocks of 16 bytes compared, one in %s\n", count_text(r->sealed_files, a),
           count_text(r->sealed_copies, b), count_text(r->blocks, c), count_text(r->sampled, d));
    printf("noise         %s files tested, at most %.1f standard deviations away (8 would be a finding: below 10^-12 by chance)\n",
           count_text(r->noise_tested, a), r->noise_worst);
    printf("keys          %s keys made of the shares at hand, %s trials\n", count_text(r->keys, a), count_text(r->trials, b));
    printf("findings      %s\n", count_text(r->findings, a));
}

static bool write_numbers(struct json_writer *json, const struct drill_report *r, struct error *err)
{
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"files", r->files},
                   {"bytes", r->bytes},
                   {"passed_over", r->passed_over},
                   {"streams", r->streams},
                   {"unpacked_bytes", r->unpacked_bytes},
                   {"planted", r->planted},
                   {"patterns", r->patterns},
                   {"too_short", r->too_short},
                   {"chance_seen", r->chance_seen},
                   {"inside_words", r->inside_words},
                   {"windows", r->windows},
                   {"stride", r->stride},
                   {"sealed_files", r->sealed_files},
                   {"sealed_copies", r->sealed_copies},
                   {"blocks", r->blocks},
                   {"sampled", r->sampled},
                   {"noise_tested", r->noise_tested},
                   {"keys", r->keys},
                   {"trials", r->trials},
                   {"findings", r->findings}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        TRY(json_name(json, numbers[i].name, err) && json_i64(json, (int64_t)numbers[i].value, err));
    }
    TRY(json_name(json, "chance_expected", err) && json_double(json, r->chance_expected, err));
    return json_name(json, "noise_worst", err) && json_double(json, r->noise_worst, err);
}

/* ---- what to look for, and with what ---- */
struct material {
    struct drill_planted *planted;
    const char *const *plain;
    size_t plain_count;
    struct drill_share shares[2 * SHARES_MAX];
    size_t share_count;
    struct buffer bytes[SHARES_MAX]; /* of the files */
    struct share opened[SHARES_MAX];
    size_t opened_count;
    struct drill_targets targets;
};

static bool plant(struct invocation *in, struct material *material, struct error *err)
{
    const char *truth = invocation_value(in, "truth"), *planted = invocation_value(in, "planted"), *plain = invocation_value(in, "plain");
    if (!truth && !planted) {
        FAIL(err, INVALID_ARGUMENT, "what should the drill look for?");
        return error_hint(err, "name what `emc2 synthesise` made with --truth, or a list of strings with --planted");
    }
    if (planted) {
        CLEANUP(buffer_value) struct buffer list = {.maximum = PLANTED_FILE_MAX};
        const char *slash = strrchr(planted, '/');
        TRY(file_read(planted, &list, err));
        TRY(drill_planted_parse(material->planted, slash ? slash + 1 : planted, list.data, list.length, err));
    }
    TRY(!truth || drill_truth_plant(material->planted, truth, in->arena, err));
    plain = plain ? plain : truth;
    return !plain || drill_truth_files(plain, in->arena, &material->plain, &material->plain_count, err);
}

/* What a custodian who was made to speak gives away: NAME.share, opened with NAME.custodian and NAME.passphrase beside it. */
static bool open_share(struct invocation *in, struct material *material, const char *path, struct error *err)
{
    const char *const ending = ".share";
    size_t length = strlen(path), stem = length > strlen(ending) ? length - strlen(ending) : 0;
    if (stem == 0 || strcmp(path + stem, ending) != 0) {
        return true;
    }
    const char *custodian = arena_text_format(in->arena, "%.*s.custodian", (int)stem, path);
    const char *passphrase = arena_text_format(in->arena, "%.*s.passphrase", (int)stem, path);
    bool has_custodian, has_passphrase;
    TRY(file_exists(custodian, &has_custodian, err) && file_exists(passphrase, &has_passphrase, err));
    if (!has_custodian || !has_passphrase || material->opened_count == SHARES_MAX) {
        return true;
    }
    struct share *share = &material->opened[material->opened_count++];
    TRY(custodian_share_read(share, in, custodian, path, passphrase, err));
    material->shares[material->share_count++] = (struct drill_share){share->head.index, secret_view(share->content), CRYPTO_KEY_SIZE};
    return true;
}

static bool read_shares(struct invocation *in, struct material *material, struct error *err)
{
    const char *directory = invocation_value(in, "shares");
    const char *const *paths = NULL;
    size_t count = 0;
    TRY(!directory || drill_truth_files(directory, in->arena, &paths, &count, err));
    if (count > SHARES_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "there are more shares than any threshold has");
    }
    for (size_t i = 0; i < count; i++) {
        struct buffer *bytes = &material->bytes[i];
        bytes->maximum = SHARE_MAX;
        TRY(file_read(paths[i], bytes, err));
        material->shares[material->share_count++] = (struct drill_share){0, bytes->data, bytes->length};
        TRY(open_share(in, material, paths[i], err) || error_context(err, "--shares"));
    }
    return true;
}

struct looking {
    const char *directory;
    struct arena *arena;
    struct drill_targets *targets;
};

static bool look_at(const struct looking *looking, const char *directory, struct error *err)
{
    struct drill_target target;
    bool is_there;
    TRY(drill_target_of(directory, looking->arena, &target, &is_there, err));
    return !is_there || drill_targets_append(looking->targets, target, err);
}

static bool look_below(void *context, const char *name, struct error *err)
{
    const struct looking *looking = context;
    return look_at(looking, arena_text_format(looking->arena, "%s/%s", looking->directory, name), err);
}

/* The warehouses among the directories, and those right below them. */
static bool find_targets(struct invocation *in, struct material *material, struct error *err)
{
    for (int i = 0; i < in->word_count; i++) {
        struct looking looking = {in->words[i], in->arena, &material->targets};
        TRY(look_at(&looking, in->words[i], err) && directory_visit(in->words[i], look_below, &looking, err));
    }
    return true;
}

static bool drill(struct invocation *in, const struct material *material, struct telling *telling, struct drill_report *report,
                  struct error *err)
{
    const struct drill_options options = {.directories = in->words,
                                          .directory_count = (size_t)in->word_count,
                                          .plain_files = material->plain,
                                          .plain_count = material->plain_count,
                                          .shares = material->shares,
                                          .share_count = material->share_count,
                                          .targets = material->targets.items,
                                          .target_count = material->targets.count,
                                          .pool = in->pool,
                                          .quiet = invocation_flag(in, "quiet")};
    return drill_disclosure(material->planted, &options, tell, telling, report, err);
}

static bool drill_and_tell(struct invocation *in, const struct material *material, struct drill_report *report, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    struct json_writer json = {.out = &out, .indented = true};
    struct telling telling = {.is_whole = true};
    if (!invocation_flag(in, "json")) {
        TRY(drill(in, material, &telling, report, err));
        print_report(report);
        return true;
    }
    telling.json = &json;
    TRY(json_begin_object(&json, err) && json_name(&json, "found", err) && json_begin_array(&json, err));
    TRY(drill(in, material, &telling, report, err) && json_end_array(&json, err) && write_numbers(&json, report, err));
    return json_end_object(&json, err) && print_buffer(&out, err);
}

bool command_drill_disclosure(struct invocation *in, struct error *err)
{
    struct material material = {.planted = drill_planted_create(), .targets.maximum = 10000};
    struct drill_report report = {0};
    bool done = plant(in, &material, err) && read_shares(in, &material, err) && find_targets(in, &material, err) &&
                drill_and_tell(in, &material, &report, err);
    for (size_t i = 0; i < SHARES_MAX; i++) {
        buffer_finish(&material.bytes[i]);
        share_finish(&material.opened[i]);
    }
    drill_targets_finish(&material.targets);
    drill_planted_destroy(material.planted);
    TRY(done);
    if (report.findings > 0) {
        FAIL(err, CORRUPT, "the drill has %llu finding%s: who takes these files learns something", (unsigned long long)report.findings,
             report.findings == 1 ? "" : "s");
        return error_hint(err, "each is named above by its file and place; find out what wrote it there");
    }
    return true;
}
