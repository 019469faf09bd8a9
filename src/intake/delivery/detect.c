/* SPDX-License-Identifier: EUPL-1.2 */
/* detect: see delivery_detect.h. One pass over the bytes says which of the patterns can be there at all; most texts of a delivery are short
 * codes, and none of them can. */
#include "base/buffer.h"
#include "base/file.h"
#include "intake/delivery/delivery_detect.h"
#include "intake/delivery/patterns.h"
#include "intake/identity/identity_names.h"
#include "intake/identity/identity_nir.h"
#include "trust/crypto/crypto.h"
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 1 << 22, NAME_LETTERS_MIN = 2, WORD_MAX = 64, BASE64_RUN = 64 };

struct detector {
    struct secret *key; /* of the hashes of names */
    uint64_t *slots;    /* 0: free */
    size_t slot_count;  /* a power of two; 0: no list */
};

#define NAMES_OF(NAME, english, french) [DETECTED_##NAME] = {english, french},
#define DETECTED_WORDS(X)                                             \
    X(NIR, "a NIR", "un NIR")                                         \
    X(INS_OID, "an identifier of INS", "un identifiant INS")          \
    X(EMAIL, "an e-mail address", "une adresse électronique")         \
    X(TELEPHONE, "a telephone number", "un numéro de téléphone")      \
    X(RPPS, "a professional's RPPS number", "un numéro RPPS")         \
    X(NAMES, "a person's name", "un nom de personne")                 \
    X(DOCUMENT, "a document", "un document")                          \
    X(BASE64, "encoded binary data", "des données binaires encodées") \
    X(BINARY, "binary data", "des données binaires")
static const struct {
    const char *english, *french;
} words[DETECTED_COUNT] = {[DETECTED_NOTHING] = {"nothing", "rien"}, DETECTED_WORDS(NAMES_OF)};

const char *detected_words(enum detected detected, bool in_french)
{
    return in_french ? words[detected].french : words[detected].english;
}

/* ---- names ---- */
/* Letters of a word, folded as names are (identity_names.h). Returns the bytes that were read; without letters it reads one character. */
static size_t word_fold(struct text text, char out[WORD_MAX], size_t *out_length)
{
    size_t at = 0, next = 0, length = 0;
    while (at < text.length) {
        char letters[2];
        const int count = name_letter_next(text, &next, letters);
        if (count == 0) {
            break;
        }
        for (int i = 0; i < count && length < WORD_MAX; i++) {
            out[length++] = letters[i];
        }
        at = next;
    }
    *out_length = length;
    return at > 0 ? at : next;
}

static bool name_is_listed(const struct detector *detector, const char *word, size_t length)
{
    if (length < NAME_LETTERS_MIN) {
        return false;
    }
    uint64_t hash = crypto_short_hash(detector->key, word, length) | 1;
    for (size_t at = (size_t)(hash >> 1) & (detector->slot_count - 1); detector->slots[at]; at = (at + 1) & (detector->slot_count - 1)) {
        if (detector->slots[at] == hash) {
            return true;
        }
    }
    return false;
}

static void name_put(struct detector *detector, const char *word, size_t length)
{
    if (length < NAME_LETTERS_MIN || name_is_listed(detector, word, length)) {
        return;
    }
    uint64_t hash = crypto_short_hash(detector->key, word, length) | 1;
    size_t at = (size_t)(hash >> 1) & (detector->slot_count - 1);
    while (detector->slots[at]) {
        at = (at + 1) & (detector->slot_count - 1);
    }
    detector->slots[at] = hash;
}

/* Calls name_put for each word when the table is there; returns how many there are. */
static size_t names_walk(struct detector *detector, struct text text)
{
    char word[WORD_MAX];
    size_t length, count = 0;
    for (size_t at = 0; at < text.length;) {
        at += word_fold((struct text){text.data + at, text.length - at}, word, &length);
        count += length > 0;
        if (detector->slots) {
            name_put(detector, word, length);
        }
    }
    return count;
}

static bool names_read(struct detector *detector, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = (size_t)NAMES_MAX * 32};
    TRY(file_read(path, &bytes, err));
    const struct text text = {(const char *)bytes.data, bytes.length};
    size_t count = names_walk(detector, text);
    if (count > NAMES_MAX) {
        return FAIL(err, LIMIT, "the list of names has more than %d words", NAMES_MAX);
    }
    for (detector->slot_count = 1024; detector->slot_count < 4 * count;) {
        detector->slot_count *= 2;
    }
    detector->slots = calloc(detector->slot_count, sizeof *detector->slots);
    if (!detector->slots) {
        abort(); /* as an arena */
    }
    (void)names_walk(detector, text);
    return true;
}

/* Two listed words with nothing but blanks, a comma or a dash between them. */
static bool has_names(const struct detector *detector, struct text text)
{
    bool was_listed = false;
    char word[WORD_MAX];
    size_t length;
    for (size_t at = 0; at < text.length;) {
        const uint8_t first = (uint8_t)text.data[at];
        at += word_fold((struct text){text.data + at, text.length - at}, word, &length);
        if (length > 0) {
            bool is_listed = name_is_listed(detector, word, length);
            if (is_listed && was_listed) {
                return true;
            }
            was_listed = is_listed;
        } else if (first < 0x80 && !strchr(" ,-", first)) { /* no blank, comma or dash; beyond ASCII it is a blank or a dash */
            was_listed = false;
        }
    }
    return false;
}

bool detector_create(struct detector **out_detector, const char *names_path, struct error *err)
{
    CLEANUP(detector) struct detector *detector = calloc(1, sizeof *detector);
    if (!detector) {
        abort(); /* as an arena */
    }
    TRY(crypto_start(err) && secret_random(&detector->key, CRYPTO_KEY_SIZE, err));
    TRY(!names_path || names_read(detector, names_path, err));
    *out_detector = detector;
    detector = NULL;
    return true;
}

void detector_destroy(struct detector *detector)
{
    if (detector) {
        secret_destroy(detector->key);
        free(detector->slots);
        free(detector);
    }
}

/* ---- documents ---- */
static bool has_control(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
            return true;
        }
    }
    return false;
}

static bool contains(struct text text, struct text part)
{
    return text.length >= part.length && memmem(text.data, text.length, part.data, part.length);
}

static bool is_document(struct text text)
{
    static const struct text starts[] = {TEXT("%PDF-"), TEXT("{\\rtf"), TEXT("GIF8"),      TEXT("PK\x03\x04"), TEXT("<?xml"),
                                         TEXT("<html"), TEXT("<HTML"),  TEXT("<!DOCTYPE"), TEXT("<div"),       TEXT("<ClinicalDocument"),
                                         TEXT("data:")};
    static const struct text parts[] = {TEXT("%PDF-"), TEXT("JVBERi0"), TEXT("{\\rtf")}; /* the second: %PDF- in Base64 */
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (text_starts_with(text, starts[i])) {
            return true;
        }
    }
    for (size_t i = 0; text.length >= 5 && i < sizeof parts / sizeof *parts; i++) {
        if (contains(text, parts[i])) {
            return true;
        }
    }
    return false;
}

/* A run of the alphabet that has small and capital letters and digits: words and codes of that length have not. */
static bool has_base64(struct text text)
{
    size_t run = 0;
    unsigned kinds = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        unsigned kind = c >= 'a' && c <= 'z' ? 1 : c >= 'A' && c <= 'Z' ? 2 : c >= '0' && c <= '9' ? 4 : c == '+' || c == '/' ? 8 : 0;
        run = kind || c == '=' ? run + 1 : 0;
        kinds = run == 0 ? 0 : kinds | kind;
        if (run >= BASE64_RUN && (kinds & 7) == 7) {
            return true;
        }
    }
    return false;
}

/* ---- all of it ---- */
static enum detected look_numbers(struct text text, bool is_code)
{
    if (has_nir(text) || (!is_code && is_nir_alone(text))) {
        return DETECTED_NIR;
    }
    if (has_telephone(text, is_code)) {
        return DETECTED_TELEPHONE;
    }
    return !is_code && has_rpps(text) ? DETECTED_RPPS : DETECTED_NOTHING;
}

enum detected detector_look(const struct detector *detector, struct text text, bool is_code)
{
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < text.length; i++) {
        digits += text.data[i] >= '0' && text.data[i] <= '9';
        letters += (text.data[i] | 0x20) >= 'a' && (text.data[i] | 0x20) <= 'z';
    }
    if (has_control(text)) {
        return DETECTED_BINARY;
    }
    if (is_document(text)) {
        return DETECTED_DOCUMENT;
    }
    if (text.length >= BASE64_RUN && has_base64(text)) {
        return DETECTED_BASE64;
    }
    if (contains(text, TEXT(INS_OID_ROOT))) {
        return DETECTED_INS_OID;
    }
    enum detected found = digits >= 9 ? look_numbers(text, is_code) : DETECTED_NOTHING;
    if (found == DETECTED_NOTHING && letters >= 3 && has_email(text, is_code)) {
        found = DETECTED_EMAIL;
    }
    if (found == DETECTED_NOTHING && !is_code && detector->slot_count > 0 && letters >= 2 * NAME_LETTERS_MIN && has_names(detector, text)) {
        found = DETECTED_NAMES;
    }
    return found;
}
