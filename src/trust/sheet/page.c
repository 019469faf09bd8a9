/* SPDX-License-Identifier: EUPL-1.2 */
/* page: the sheet itself, as a page to print and as plain text, and its QR code. The only user of libqrencode. */
#include "trust/sheet/sheet.h"
#include "trust/sheet/sheet_text.h"
#include <qrencode.h>
#include <string.h>

enum { QUIET_ZONE = 4 /* ISO/IEC 18004 6.3.8 */, QR_TEXT_MAX = 4096, VALUE_SIZE = 160 };

/* The lines for the QR code: only signs of its alphanumeric mode, a slash for each line break, one blank after each number. */
static bool compact(struct buffer *out, struct text lines, struct error *err)
{
    bool had_blank = false;
    for (size_t i = 0; i < lines.length; i++) {
        char c = lines.data[i];
        if (c == ' ' && had_blank) {
            continue;
        }
        had_blank = c == ' ' || (had_blank && c != '\n');
        c = c == '\n' ? '/' : c;
        TRY(buffer_append(out, &c, 1, err));
    }
    return true;
}

static bool is_dark(const QRcode *code, int x, int y)
{
    return code->data[y * code->width + x] & 1;
}

/* A path of horizontal runs: a hundred times shorter than a square for each module, and without hairlines between them. */
static bool print_svg(struct buffer *out, const QRcode *code, struct error *err)
{
    int side = code->width + 2 * QUIET_ZONE;
    TRY(buffer_append_format(out, err,
                             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" role=\"img\" "
                             "aria-label=\"QR\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
                             side, side, side, side));
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width;) {
            int run = 0;
            while (x + run < code->width && is_dark(code, x + run, y)) {
                run++;
            }
            TRY(run == 0 || buffer_append_format(out, err, "M%d %dh%dv1h-%dz", x + QUIET_ZONE, y + QUIET_ZONE, run, run));
            x += run + 1;
        }
    }
    return buffer_append_text(out, "\"/></svg>", err);
}

bool sheet_qr_svg(struct buffer *out, struct text lines, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = QR_TEXT_MAX};
    TRY(compact(&text, lines, err));
    QRcode *code = text.length ? QRcode_encodeString((const char *)text.data, 0, QR_ECLEVEL_M, QR_MODE_8, 1) : NULL;
    if (!code) {
        return FAIL(err, LIMIT, "%zu symbols do not go into one QR code", text.length);
    }
    bool done = print_svg(out, code, err);
    QRcode_free(code);
    return done;
}

/* The value of a mark of the page; NULL: there is no such mark. */
static const char *fact(const struct sheet_facts *facts, struct text mark, char room[VALUE_SIZE])
{
    const struct {
        struct text mark;
        const char *value;
    } texts[] = {
        {TEXT("custodian"), facts->custodian},
        {TEXT("store"), facts->store},
        {TEXT("ceremony"), facts->ceremony},
        {TEXT("made"), facts->made},
        {TEXT("lock-en"), facts->is_token ? "your token and its PIN" : "your passphrase"},
        {TEXT("lock-fr"), facts->is_token ? "votre jeton et son code PIN" : "votre phrase de passe"},
    };
    const struct {
        struct text mark;
        unsigned value;
    } numbers[] = {
        {TEXT("index"), facts->index},
        {TEXT("threshold"), facts->threshold},
        {TEXT("count"), facts->count},
        {TEXT("generation"), facts->generation},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (text_equal(mark, texts[i].mark)) {
            return texts[i].value;
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (text_equal(mark, numbers[i].mark)) {
            snprintf(room, VALUE_SIZE, "%u", numbers[i].value);
            return room;
        }
    }
    return NULL;
}

/* Marks are {{name}}. */
static bool print_marked(struct buffer *out, const char *page, const struct sheet_facts *facts, struct text lines, struct error *err)
{
    for (const char *mark, *end; (mark = strstr(page, "{{")) != NULL && (end = strstr(mark, "}}")) != NULL; page = end + 2) {
        struct text name = {mark + 2, (size_t)(end - mark - 2)};
        char room[VALUE_SIZE];
        const char *value = fact(facts, name, room);
        TRY(buffer_append(out, page, (size_t)(mark - page), err));
        if (text_equal(name, TEXT("qr"))) {
            TRY(sheet_qr_svg(out, lines, err));
        } else if (text_equal(name, TEXT("lines"))) {
            TRY(buffer_append(out, lines.data, lines.length, err));
        } else if (value) {
            TRY(buffer_append_text(out, value, err));
        } else {
            return FAIL(err, INTERNAL, "the recovery sheet has an unknown mark");
        }
    }
    return buffer_append_text(out, page, err);
}

bool sheet_page_print(struct buffer *out, const struct sheet_facts *facts, struct text lines, struct error *err)
{
    return print_marked(out, sheet_html, facts, lines, err);
}

bool sheet_text_print(struct buffer *out, const struct sheet_facts *facts, struct text lines, struct error *err)
{
    static const char page[] =
        "# emc2 recovery sheet of / fiche de secours de {{custodian}}\n"
        "# share / part {{index}} of / sur {{count}}, needed / requises {{threshold}}, generation {{generation}}, {{made}}\n"
        "# store / entrepot {{store}}\n"
        "# ceremony {{ceremony}}\n"
        "# opens only with {{lock-en}} / ne s'ouvre qu'avec {{lock-fr}}\n"
        "{{lines}}";
    return print_marked(out, page, facts, lines, err);
}
