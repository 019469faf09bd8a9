/* SPDX-License-Identifier: EUPL-1.2 */
/* centre: the commands of a holder, on the holder's own machine: init, card, take, status, check, blind, finish, pack. French for whoever
 * said so at init. */
#include "intake/centre/centre.h"
#include "base/file.h"
#include "base/json.h"
#include "service/command/centre.h"
#include "service/command/commands.h"
#include "service/command/passphrase.h"
#include "service/command/warehouse.h"
#include <stdio.h>
#include <unistd.h>

const char *centre_directory(const struct invocation *in)
{
    const char *directory = invocation_value(in, "centre");
    return directory ? directory : "centre";
}

bool centre_unlock(const struct invocation *in, struct centre **out_centre, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    const char *directory = centre_directory(in), *file = invocation_value(in, "passphrase-file");
    bool exists;
    TRY(file_exists(arena_text_format(in->arena, "%s/centre.json", directory), &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no centre in %s", directory);
        return error_hint(err, "make one with `emc2 centre init --centre DIR --holder NAME`, or name its directory with --centre");
    }
    struct passphrase_wish wish = {.what = "passphrase",
                                   .question = centre_speaks_french(directory) ? "phrase secrète du centre" : "passphrase of the centre",
                                   .option = "passphrase-file"};
    return passphrase_get(&wish, file, &passphrase, err) && centre_open(out_centre, directory, passphrase, err);
}

/* ---- init, card, take, status ---- */
bool command_centre_init(struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    CLEANUP(centre) struct centre *centre = NULL;
    const char *holder = invocation_value(in, "holder");
    if (!holder) {
        FAIL(err, INVALID_ARGUMENT, "whose centre is it?");
        return error_hint(err, "name the holder as the warehouse knows it: --holder chu-haute-rivelle");
    }
    TRY(invocation_language_check(in, err));
    const bool in_french = invocation_is_french(in, true);
    TRY(warehouse_passphrase(in, true, &passphrase, err));
    TRY(centre_create(centre_directory(in), holder, in_french, passphrase, err));
    TRY(centre_open(&centre, centre_directory(in), passphrase, err));
    print_line(in_french ? "centre créé dans %s pour %s" : "made a centre in %s for %s", centre_directory(in), holder);
    if (!invocation_flag(in, "quiet")) {
        print_line("%s", in_french ? "gardez root.key et la phrase secrète : avec une autre clé, les mêmes personnes seraient des inconnues"
                                   : "keep root.key and the passphrase: under another key the same persons would be strangers");
        print_line("%s", in_french ? "ensuite : emc2 centre card (à envoyer à l'entrepôt et à l'autorité), puis emc2 centre take FICHIER"
                                   : "next: emc2 centre card (for the warehouse and the authority), then emc2 centre take FILE");
    }
    return true;
}

bool command_centre_card(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    CLEANUP(buffer_value) struct buffer card = {.maximum = 4096};
    struct json_writer writer = {.out = &card, .indented = true};
    const char *out = invocation_value(in, "out");
    TRY(centre_unlock(in, &centre, err) && centre_card_write(centre, &writer, err));
    if (!out) {
        return print_buffer(&card, err);
    }
    return buffer_append_text(&card, "\n", err) && file_write_atomic(out, card.data, card.length, 0644, err);
}

bool command_centre_take(struct invocation *in, struct error *err)
{
    static const char *const english[] = {"the warehouse's card", "the authority's card", "the agreement"};
    static const char *const french[] = {"la carte de l'entrepôt", "la carte de l'autorité", "la convention"};
    CLEANUP(centre) struct centre *centre = NULL;
    TRY(centre_unlock(in, &centre, err));
    bool in_french = centre_facts(centre)->in_french;
    for (int i = 0; i < in->word_count; i++) {
        enum centre_document kind;
        TRY(centre_document_take(centre, in->words[i], invocation_flag(in, "replace"), &kind, err));
        print_line(in_french ? "%s : enregistrée" : "%s: taken", in_french ? french[kind] : english[kind]);
    }
    return true;
}

bool command_centre_status(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    TRY(centre_unlock(in, &centre, err));
    const struct centre_facts *facts = centre_facts(centre);
    char key[2 * CRYPTO_PUBLIC_KEY_SIZE + 1];
    bool fr = facts->in_french;
    crypto_hex(key, facts->public_key, CRYPTO_PUBLIC_KEY_SIZE);
    const char *yes = fr ? "présente" : "here", *no = fr ? "absente" : "missing";
    print_line("%-22s %s", fr ? "détenteur" : "holder", facts->holder);
    print_line("%-22s %s", fr ? "clé publique" : "public key", key);
    print_line("%-22s %s", fr ? "carte de l'entrepôt" : "warehouse's card", facts->has_warehouse ? yes : no);
    print_line("%-22s %s", fr ? "carte de l'autorité" : "authority's card", facts->has_authority ? yes : no);
    print_line("%-22s %s", fr ? "convention" : "agreement", facts->has_agreement ? yes : no);
    print_line("%-22s %llu", fr ? "dernière livraison" : "last delivery", (unsigned long long)facts->last_sequence);
    return true;
}

/* ---- the work ---- */
bool centre_export_of(const struct invocation *in, struct centre_export *out_export, struct error *err)
{
    *out_export =
        (struct centre_export){.path = in->words[0],
                               .options = {.settings = &in->settings, .pool = in->pool, .keep_orders = invocation_flag(in, "keep-orders")},
                               .names_path = invocation_value(in, "names")};
    return centre_reader(in->words[0], invocation_value(in, "format"), &out_export->reader, err);
}

static void print_tally(const struct tally *tally, bool in_french)
{
    char seen[COUNT_TEXT_SIZE], taken[COUNT_TEXT_SIZE], count[COUNT_TEXT_SIZE];
    print_line("  %-34s %13s %13s  %s", in_french ? "où" : "where", in_french ? "lus" : "seen", in_french ? "repris" : "taken",
               in_french ? "laissés, et pourquoi" : "left, and why");
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        const struct tally_row *row = tally_row(tally, i);
        print_line("  %-34s %13s %13s", row->place, count_text(row->seen, seen), count_text(row->outcomes[OUTCOME_TAKEN], taken));
        for (int outcome = OUTCOME_TAKEN + 1; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            if (row->outcomes[outcome] > 0) {
                print_line("  %-34s %13s %13s  %s %s", "", "", "", count_text(row->outcomes[outcome], count),
                           record_outcome_words((enum record_outcome)outcome, in_french));
            }
        }
    }
    for (size_t i = 0; i < tally_remark_count(tally); i++) {
        const struct tally_remark *remark = tally_remark_at(tally, i);
        print_line("  %s: %s (%s)", remark->place, remark->words, count_text(remark->count, count));
    }
}

static void print_findings(const struct tally *tally)
{
    for (size_t i = 0; i < tally_finding_kept(tally) && i < 20; i++) {
        const struct tally_finding *finding = tally_finding(tally, i);
        print_line("  %s:%llu%s%s: %s", finding->file, (unsigned long long)finding->line, finding->field[0] ? " " : "", finding->field,
                   finding->words);
    }
}

static bool check_verdict(const struct centre_preview *preview, bool in_french, struct error *err)
{
    uint64_t detected = 0;
    char count[COUNT_TEXT_SIZE];
    for (int kind = DETECTED_NOTHING + 1; kind < DETECTED_COUNT; kind++) {
        detected += preview->detected[kind];
        if (preview->detected[kind] > 0) {
            print_line("  %s: %s", detected_words((enum detected)kind, in_french), count_text(preview->detected[kind], count));
        }
    }
    if (tally_finding_count(preview->tally) > 0) {
        print_findings(preview->tally);
        return FAIL(err, INVALID_INPUT, "the export has %llu faults: nothing of it would leave",
                    (unsigned long long)tally_finding_count(preview->tally));
    }
    if (detected > 0) {
        return FAIL(err, INVALID_INPUT, "%llu texts look like identities or documents: nothing of the export would leave",
                    (unsigned long long)detected);
    }
    return true;
}

static bool preview_print(const struct centre *centre, const struct centre_preview *preview, struct error *err)
{
    char records[COUNT_TEXT_SIZE], leaving[COUNT_TEXT_SIZE];
    bool fr = centre_facts(centre)->in_french;
    print_tally(preview->tally, fr);
    for (size_t i = 0; i < preview->table_count; i++) {
        print_line(fr ? "  %-34s %13s enregistrements, %s sortiraient" : "  %-34s %13s records, %s would leave",
                   record_table_name(preview->tables[i].table), count_text(preview->tables[i].records, records),
                   count_text(preview->tables[i].leaving, leaving));
    }
    print_line(fr ? "%s personnes avec une identité, %s clés à aveugler" : "%s persons with an identity, %s keys to blind",
               count_text(preview->persons, records), count_text(preview->keys, leaving));
    return check_verdict(preview, fr, err);
}

static bool preview_print_json(const struct centre *centre, const struct centre_preview *preview, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    struct json_writer writer = {.out = &out, .indented = true};
    return centre_preview_write(centre, preview, &writer, err) && print_buffer(&out, err);
}

bool command_centre_check(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    CLEANUP(tally) struct tally *tally = tally_create();
    CLEANUP(buffer_value) struct buffer page = {.maximum = 1 << 24};
    struct centre_export export;
    struct centre_preview *preview = ARENA_NEW(in->arena, struct centre_preview);
    const char *path = invocation_value(in, "page");
    TRY(centre_unlock(in, &centre, err) && centre_export_of(in, &export, err));
    TRY(centre_check(centre, &export, tally, preview, err));
    if (path) {
        TRY(centre_page_write(centre, preview, &page, err) && file_write_atomic(path, page.data, page.length, 0600, err));
    }
    if (invocation_flag(in, "json")) {
        return preview_print_json(centre, preview, err);
    }
    if (path) {
        print_line(centre_facts(centre)->in_french ? "aperçu : %s" : "preview: %s", path);
    }
    return preview_print(centre, preview, err);
}

bool command_centre_blind(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    CLEANUP(tally) struct tally *tally = tally_create();
    struct centre_export export;
    struct circuit_request request;
    char count[COUNT_TEXT_SIZE];
    const char *out = invocation_value(in, "out");
    if (!out) {
        FAIL(err, INVALID_ARGUMENT, "where should the request go?");
        return error_hint(err, "name a file with --out, such as november.request");
    }
    TRY(centre_unlock(in, &centre, err) && centre_export_of(in, &export, err));
    TRY(centre_blind(centre, &export, out, tally, &request, err));
    print_line(centre_facts(centre)->in_french ? "%s : %s clés aveuglées ; à envoyer à l'autorité des pseudonymes"
                                               : "%s: %s blinded keys; to be sent to the pseudonym authority",
               out, count_text(request.count, count));
    return true;
}

bool command_centre_finish(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    uint64_t pseudonyms;
    char count[COUNT_TEXT_SIZE];
    TRY(centre_unlock(in, &centre, err));
    TRY(centre_finish(centre, in->words[0], in->words[1], in->pool, &pseudonyms, err));
    print_line(centre_facts(centre)->in_french ? "%s pseudonymes prouvés et gardés ici, scellés ; ensuite : emc2 centre pack EXPORT"
                                               : "%s pseudonyms, proven and kept here, sealed; next: emc2 centre pack EXPORT",
               count_text(pseudonyms, count));
    return true;
}

bool command_centre_pack(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    CLEANUP(tally) struct tally *tally = tally_create();
    struct centre_export export;
    struct delivery_head head;
    char rows[COUNT_TEXT_SIZE], persons[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    const char *out = invocation_value(in, "out");
    TRY(centre_unlock(in, &centre, err) && centre_export_of(in, &export, err));
    const struct centre_facts *facts = centre_facts(centre);
    out = out ? out
              : arena_text_format(in->arena, "%s/work/%s-%llu.delivery", centre_directory(in), facts->holder,
                                  (unsigned long long)facts->last_sequence + 1);
    const bool objections = invocation_flag(in, "objections"), full = invocation_flag(in, "full");
    if ((objections && full) || (objections && !invocation_value(in, "out"))) {
        return FAIL(err, INVALID_ARGUMENT, "--objections goes with --out FILE.tokens, and not with --full");
    }
    TRY(centre_pack(centre, &export, out,
                    objections ? CENTRE_PACK_OBJECTIONS
                    : full     ? CENTRE_PACK_FULL
                               : CENTRE_PACK_CHANGES,
                    tally, &head, err));
    if (objections) {
        print_line(facts->in_french ? "%s : pseudonymes de %s personnes qui s'opposent, scellés pour l'entrepôt"
                                    : "%s: pseudonyms of %s persons who object, sealed to the warehouse",
                   out, count_text(head.subjects, persons));
        return true;
    }
    uint64_t total = 0;
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        total += head.tables[t].rows;
    }
    if (!invocation_flag(in, "quiet")) {
        print_tally(tally, facts->in_french);
    }
    print_line(facts->in_french ? "%s : livraison %llu, %s enregistrements de %s personnes, %s, scellée pour l'entrepôt"
                                : "%s: delivery %llu, %s records of %s persons, %s, sealed to the warehouse",
               out, (unsigned long long)head.sequence, count_text(total, rows), count_text(head.tables[RECORD_PERSON].rows, persons),
               bytes_text(head.bytes, bytes));
    return true;
}
