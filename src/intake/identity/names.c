/* SPDX-License-Identifier: EUPL-1.2 */
/* names: letters first (letters.c would have no other user), then words, then one word. */
#include "intake/identity/identity_names.h"
#include <string.h>

/* What letters U+00C0 to U+017F, U+0180 to U+024F and U+1E00 to U+1EFF are without their marks (Unicode decompositions, and by hand AE, OE,
 * SS, TH, IJ as 1 to 5, strokes and dotless i); a point is a letter that has no such form. */
static const char latin_marked[] = "AAAAAA1CEEEEIIIIDNOOOOO OUUUUY43AAAAAA1CEEEEIIIIDNOOOOO OUUUUY4Y"
                                   "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIII55JJKKKLLLLLLL"
                                   "LLLNNNNNNNNNOOOOOO22RRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";
static const char latin_extended[] = "................................OO.............UU..............."
                                     "....DDDLLLNNNAAIIOOUUUUUUUUUU.AAAA11..GGKKOOOO..JDDDGG..NNAA11.."
                                     "AAAAEEEEIIIIOOOORRRRUUUUSSTT..HH......AAEEOOOOOOOOYY............"
                                     "................";
static const char latin_additional[] = "AABBBBBBCCDDDDDDDDDDEEEEEEEEEEFFGGHHHHHHHHHHIIIIKKKKKKLLLLLLLLMM"
                                       "MMMMNNNNNNNNOOOOOOOOPPPPRRRRRRRRSSSSSSSSSSTTTTTTTTUUUUUUUUUUVVVV"
                                       "WWWWWWWWWWXXXXYYZZZZZZHTWYAS..3.AAAAAAAAAAAAAAAAAAAAAAAAEEEEEEEE"
                                       "EEEEEEEEIIIIOOOOOOOOOOOOOOOOOOOOOOOOUUUUUUUUUUUUUUYYYYYYYY......";

/* One character of UTF-8; where the bytes are none, one character of Latin-1. */
static uint32_t character_next(struct text text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text.data + *at;
    const size_t left = text.length - *at;
    for (size_t length = 2; length <= 4 && length <= left && bytes[0] >= 0xc2; length++) {
        if (text_is_utf8((struct text){text.data + *at, length})) {
            *at += length;
            uint32_t code = bytes[0] & (0xffu >> (length + 1));
            for (size_t i = 1; i < length; i++) {
                code = code << 6 | (bytes[i] & 0x3fu);
            }
            return code;
        }
    }
    *at += 1;
    return bytes[0];
}

enum { BETWEEN_WORDS = ' ', HYPHEN = '-', NOTHING = '.' };

static char character_fold(uint32_t code)
{
    if (code < 0x80) {
        if (code >= 'a' && code <= 'z') {
            return (char)(code - 'a' + 'A');
        }
        return code >= 'A' && code <= 'Z' ? (char)code : code == '-' ? HYPHEN : BETWEEN_WORDS;
    }
    if (code >= 0xc0 && code < 0x180) {
        return latin_marked[code - 0xc0];
    }
    if (code >= 0x180 && code < 0x250) {
        return latin_extended[code - 0x180];
    }
    if (code >= 0x1e00 && code < 0x1f00) {
        return latin_additional[code - 0x1e00];
    }
    const bool is_hyphen = (code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0xad;
    const bool is_mark = code >= 0x300 && code <= 0x36f; /* U+0301 behind an e: the decomposed form */
    const bool is_blank = code == 0xa0 || (code >= 0x2000 && code <= 0x206f) || code == 0x02bc || code == 0xb4 || code == 0x202f;
    return is_hyphen ? HYPHEN : is_mark ? NOTHING : is_blank ? BETWEEN_WORDS : NOTHING;
}

static size_t letters_of(char folded, char *out)
{
    static const char pairs[5][2] = {{'A', 'E'}, {'O', 'E'}, {'S', 'S'}, {'T', 'H'}, {'I', 'J'}};
    if (folded >= '1' && folded <= '5') {
        memcpy(out, pairs[folded - '1'], 2);
        return 2;
    }
    out[0] = folded;
    return 1;
}

int name_letter_next(struct text text, size_t *at, char out[2])
{
    const char folded = character_fold(character_next(text, at));
    return folded == NOTHING ? NAME_MARK : folded == HYPHEN || folded == BETWEEN_WORDS ? 0 : (int)letters_of(folded, out);
}

size_t name_words(struct text name, bool keep_hyphens, char *out)
{
    size_t length = 0;
    char gap = 0; /* what stands before the next letter, once there is one */
    for (size_t at = 0; at < name.length && length + 3 < NAME_SIZE;) {
        const char folded = character_fold(character_next(name, &at));
        if (folded == HYPHEN || folded == BETWEEN_WORDS) {
            const char wanted = folded == HYPHEN && keep_hyphens ? '-' : ' ';
            gap = gap == ' ' ? ' ' : wanted; /* "Jean - Pierre": a blank outweighs */
            continue;
        }
        if (folded == NOTHING) {
            continue;
        }
        if (gap && length > 0) {
            out[length++] = gap;
        }
        gap = 0;
        length += letters_of(folded, out + length);
    }
    out[length] = '\0';
    return length;
}

/* The next word of words; false at the end. */
static bool word_next(struct text words, size_t *at, struct text *out_word)
{
    if (*at >= words.length) {
        return false;
    }
    const char *from = words.data + *at, *blank = memchr(from, ' ', words.length - *at);
    const size_t length = blank ? (size_t)(blank - from) : words.length - *at;
    *out_word = (struct text){from, length};
    *at += length + 1;
    return true;
}

static bool word_among(struct text word, const char *const *list)
{
    for (; *list; list++) {
        if (text_equal(word, text_of(*list))) {
            return true;
        }
    }
    return false;
}

struct name_parts name_split(struct text words)
{
    static const char *const birth_before[] = {"EPOUSE", "EP", "EPSE", "VEUVE", "VVE", NULL}; /* X EPOUSE Y */
    static const char *const birth_behind[] = {"NEE", "NE", NULL};                            /* Y NEE X */
    struct text word;
    for (size_t at = 0; word_next(words, &at, &word);) {
        const size_t before = (size_t)(word.data - words.data);
        const bool is_before = word_among(word, birth_before), is_behind = word_among(word, birth_behind);
        if ((is_before || is_behind) && before > 0 && at < words.length) {
            const struct text left = {words.data, before - 1}, right = {words.data + at, words.length - at};
            return is_before ? (struct name_parts){.birth = left, .used = right} : (struct name_parts){.birth = right, .used = left};
        }
    }
    return (struct name_parts){.birth = words};
}

static size_t joined_add(char *out, size_t length, struct text word)
{
    static const struct text saint = {"SAINT", 5}, sainte = {"SAINTE", 6};
    const struct text full = text_equal(word, TEXT("ST")) ? saint : text_equal(word, TEXT("STE")) ? sainte : word;
    const size_t more = full.length < NAME_SIZE - 1 - length ? full.length : NAME_SIZE - 1 - length;
    memcpy(out + length, full.data, more);
    return length + more;
}

size_t name_joined(struct text words, char *out)
{
    static const char *const particles[] = {"DE", "DU", "DES", "D", "LA", "LE", "LES", "L", "VAN", "VON", "DI", "DA", "DEL", NULL};
    /* Particles behind the last word that is none go to the front, in their order. */
    size_t tail = words.length;
    struct text word = {0};
    for (size_t at = 0; word_next(words, &at, &word);) {
        if (!word_among(word, particles)) {
            tail = at < words.length ? at : words.length;
        }
    }
    size_t length = 0;
    const struct text parts[2] = {{words.data + tail, words.length - tail}, {words.data, tail}};
    for (size_t part = 0; part < 2; part++) {
        for (size_t at = 0; word_next(parts[part], &at, &word);) {
            length = joined_add(out, length, word);
        }
    }
    out[length] = '\0';
    return length;
}

struct text name_first_given(struct text words)
{
    for (size_t i = 0; i < words.length; i++) {
        if (words.data[i] == ' ' || words.data[i] == '-') {
            return (struct text){words.data, i};
        }
    }
    return words;
}

struct text name_second_given(struct text words)
{
    const char *blank = words.length ? memchr(words.data, ' ', words.length) : NULL;
    if (!blank) {
        return (struct text){0};
    }
    const size_t taken = (size_t)(blank - words.data) + 1;
    return name_first_given((struct text){words.data + taken, words.length - taken});
}

bool name_is_placeholder(struct text words)
{
    static const char *const placeholders[] = {"INCONNU",     "INCONNUE",       "ANONYME",        "NR", "SANS NOM",      "SANS PRENOM",
                                               "NOUVEAU NE",  "NOUVEAU-NE",     "BEBE",           "NN", "NON RENSEIGNE", "SP",
                                               "NOM INCONNU", "PRENOM INCONNU", "NON COMMUNIQUE", NULL};
    size_t x = 0;
    while (x < words.length && words.data[x] == 'X') {
        x++;
    }
    return x == words.length || word_among(words, placeholders);
}
