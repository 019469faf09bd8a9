/* SPDX-License-Identifier: EUPL-1.2 */
/* multiply: Pippenger's buckets over edwards25519. Exponents are cut into 32 signed digits of 8 bits; for each place, elements of one digit
 * are added up in one bucket, so that an element costs one addition a place instead of eight doublings and an addition. Encoding: RFC
 * 9496 4.3. */
#include "trust/crypto/multiply.h"
#include "trust/crypto/field.h"
#include <sodium.h>
#include <stdlib.h>

enum { DIGITS = 32, BUCKETS = 128, FEW = 96 }; /* below FEW elements the buckets cost more than they save */

/* RFC 9496 4.1. */
static const struct field field_one = {{1}};
static const struct field d = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
static const struct field d_twice = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
static const struct field sqrt_m1 = {{0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};
static const struct field invsqrt_a_minus_d = {{0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff}};

/* Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z; all reduced. */
struct point {
    struct field x, y, z, t;
};
/* A decoded element, ready to be added. */
struct cached {
    struct field y_plus_x, y_minus_x, t_2d;
};

/* ---- roots ---- */
static struct field squared(const struct field *a, int times)
{
    struct field value = *a;
    for (int i = 0; i < times; i++) {
        value = field_square(&value);
    }
    return value;
}

static struct field squared_times(const struct field *a, int times, const struct field *b)
{
    struct field value = squared(a, times);
    return field_multiply(&value, b);
}

/* a^((p - 5) / 8) = a^(2^252 - 3): a^(2^n - 1) for n = 5, 10, 20, 40, 50, 100, 200, 250. */
static struct field root_power(const struct field *a)
{
    struct field two = squared_times(a, 1, a);                /* n = 2 */
    struct field four = squared_times(&two, 2, &two);         /* 4 */
    struct field five = squared_times(&four, 1, a);           /* 5 */
    struct field ten = squared_times(&five, 5, &five);        /* 10 */
    struct field twenty = squared_times(&ten, 10, &ten);      /* 20 */
    struct field forty = squared_times(&twenty, 20, &twenty); /* 40 */
    struct field fifty = squared_times(&forty, 10, &ten);     /* 50 */
    struct field hundred = squared_times(&fifty, 50, &fifty); /* 100 */
    struct field two_hundred = squared_times(&hundred, 100, &hundred);
    struct field most = squared_times(&two_hundred, 50, &fifty); /* 250 */
    return squared_times(&most, 2, a);
}

/* RFC 9496 4.2, SQRT_RATIO_M1 with u = 1: false when v is no square; *out_root is then of no use. */
static bool inverse_root(struct field *out_root, const struct field *v)
{
    struct field v2 = field_square(v), v3 = field_multiply(&v2, v), v6 = field_square(&v3), v7 = field_multiply(&v6, v);
    struct field power = root_power(&v7), root = field_multiply(&v3, &power);
    struct field root2 = field_square(&root), check = field_multiply(v, &root2);
    struct field minus_one = field_negate(&field_one), minus_i = field_negate(&sqrt_m1);
    bool is_right = field_equal(&check, &field_one), is_flipped = field_equal(&check, &minus_one);
    if (is_flipped || field_equal(&check, &minus_i)) {
        root = field_multiply(&root, &sqrt_m1);
    }
    *out_root = field_absolute(&root);
    return is_right || is_flipped;
}

/* ---- RFC 9496 4.3.1: Decode ---- */
static bool decode(struct cached *out, const uint8_t bytes[CRYPTO_ELEMENT_SIZE])
{
    uint8_t again[CRYPTO_ELEMENT_SIZE];
    struct field s = field_from_bytes(bytes), root;
    field_to_bytes(again, &s);
    if (memcmp(again, bytes, sizeof again) != 0 || (bytes[0] & 1) || sodium_is_zero(bytes, CRYPTO_ELEMENT_SIZE)) {
        return false;
    }
    struct field ss = field_square(&s), u1 = field_subtract(&field_one, &ss), u2 = field_add(&field_one, &ss);
    struct field u1_squared = field_square(&u1), u2_squared = field_square(&u2), v = field_multiply(&d, &u1_squared);
    v = field_add(&v, &u2_squared);
    v = field_carry(&v);
    v = field_negate(&v);
    struct field under = field_multiply(&v, &u2_squared);
    bool is_square = inverse_root(&root, &under);
    struct field den_x = field_multiply(&root, &u2), den_y = field_multiply(&root, &den_x);
    den_y = field_multiply(&den_y, &v);
    struct field x = field_multiply(&s, &den_x);
    x = field_add(&x, &x);
    x = field_carry(&x);
    x = field_absolute(&x);
    struct field y = field_multiply(&u1, &den_y), t = field_multiply(&x, &y), zero = {{0}};
    if (!is_square || field_is_negative(&t) || field_equal(&y, &zero)) {
        return false;
    }
    out->y_plus_x = field_add(&y, &x);
    out->y_minus_x = field_subtract(&y, &x);
    out->t_2d = field_multiply(&t, &d_twice);
    return true;
}

/* ---- RFC 9496 4.3.2: Encode ---- */
static void encode(uint8_t out[CRYPTO_ELEMENT_SIZE], const struct point *point)
{
    struct field plus = field_add(&point->z, &point->y), minus = field_subtract(&point->z, &point->y);
    struct field u1 = field_multiply(&plus, &minus), u2 = field_multiply(&point->x, &point->y), u2_squared = field_square(&u2), root;
    struct field under = field_multiply(&u1, &u2_squared);
    bool is_square = inverse_root(&root, &under); /* always, but for the identity and its like, where nothing depends on it */
    (void)is_square;
    struct field den1 = field_multiply(&root, &u1), den2 = field_multiply(&root, &u2), z_inverse = field_multiply(&den1, &den2);
    z_inverse = field_multiply(&z_inverse, &point->t);
    struct field t_z = field_multiply(&point->t, &z_inverse), x = point->x, y = point->y, den = den2;
    if (field_is_negative(&t_z)) {
        x = field_multiply(&point->y, &sqrt_m1);
        y = field_multiply(&point->x, &sqrt_m1);
        den = field_multiply(&den1, &invsqrt_a_minus_d);
    }
    struct field x_z = field_multiply(&x, &z_inverse);
    y = field_is_negative(&x_z) ? field_negate(&y) : y;
    struct field difference = field_subtract(&point->z, &y), s = field_multiply(&den, &difference);
    s = field_absolute(&s);
    field_to_bytes(out, &s);
}

/* ---- adding ---- */
static struct point point_of(const struct field *e, const struct field *f, const struct field *g, const struct field *h)
{
    return (struct point){field_multiply(e, f), field_multiply(g, h), field_multiply(f, g), field_multiply(e, h)};
}

/* Hisil, Wong, Carter, Dawson 2008, 3.1: a = -1, the second point with Z = 1. is_minus: it is subtracted. */
static void add_cached(struct point *sum, const struct cached *other, bool is_minus)
{
    struct field minus = field_subtract(&sum->y, &sum->x), plus = field_add(&sum->y, &sum->x);
    struct field a = field_multiply(&minus, is_minus ? &other->y_plus_x : &other->y_minus_x);
    struct field b = field_multiply(&plus, is_minus ? &other->y_minus_x : &other->y_plus_x);
    struct field c = field_multiply(&sum->t, &other->t_2d), z2 = field_add(&sum->z, &sum->z);
    struct field e = field_subtract(&b, &a), h = field_add(&b, &a), less = field_subtract(&z2, &c), more = field_add(&z2, &c);
    *sum = is_minus ? point_of(&e, &more, &less, &h) : point_of(&e, &less, &more, &h);
}

static void add(struct point *sum, const struct point *other)
{
    struct field t_2d = field_multiply(&other->t, &d_twice);
    struct field minus = field_subtract(&sum->y, &sum->x), plus = field_add(&sum->y, &sum->x);
    struct field other_minus = field_subtract(&other->y, &other->x), other_plus = field_add(&other->y, &other->x);
    struct field a = field_multiply(&minus, &other_minus), b = field_multiply(&plus, &other_plus), c = field_multiply(&sum->t, &t_2d);
    struct field zz = field_multiply(&sum->z, &other->z), z2 = field_add(&zz, &zz);
    struct field e = field_subtract(&b, &a), h = field_add(&b, &a), f = field_subtract(&z2, &c), g = field_add(&z2, &c);
    *sum = point_of(&e, &f, &g, &h);
}

/* The same, 3.3: doubling. */
static void twice(struct point *point)
{
    struct field a = field_square(&point->x), b = field_square(&point->y), zz = field_square(&point->z), c = field_add(&zz, &zz);
    struct field xy = field_add(&point->x, &point->y), xy2 = field_square(&xy), h = field_add(&a, &b);
    h = field_carry(&h);
    struct field e = field_subtract(&h, &xy2), g = field_subtract(&a, &b);
    g = field_carry(&g);
    struct field f = field_add(&c, &g);
    *point = point_of(&e, &f, &g, &h);
}

static const struct point neutral = {{{0}}, {{1}}, {{1}}, {{0}}};

/* ---- buckets ---- */
/* Digits from -128 to 127; the highest one has at most 5 bits and a carry. */
static void digits_of(int8_t out[DIGITS], const uint8_t scalar[CRYPTO_SCALAR_SIZE])
{
    int carry = 0;
    for (int i = 0; i < DIGITS; i++) {
        int digit = scalar[i] + carry;
        carry = digit >= BUCKETS;
        out[i] = (int8_t)(digit - (carry << 8));
    }
}

struct work {
    struct cached *points;
    int8_t (*digits)[DIGITS];
    struct point buckets[BUCKETS];
    size_t count;
};

/* The sum of the points, each times its digit at this place. */
static struct point place_sum(struct work *work, int place)
{
    struct point running = neutral, sum = neutral;
    for (int i = 0; i < BUCKETS; i++) {
        work->buckets[i] = neutral;
    }
    for (size_t i = 0; i < work->count; i++) {
        int digit = work->digits[i][place];
        unsigned size = (unsigned)(digit < 0 ? -digit : digit);
        if (size > 0) {
            add_cached(&work->buckets[size - 1], &work->points[i], digit < 0);
        }
    }
    for (int i = BUCKETS; i-- > 0;) {
        add(&running, &work->buckets[i]);
        add(&sum, &running);
    }
    return sum;
}

static void work_do(uint8_t out_element[CRYPTO_ELEMENT_SIZE], struct work *work)
{
    struct point all = neutral;
    for (int place = DIGITS; place-- > 0;) {
        for (int i = 0; i < 8; i++) {
            twice(&all);
        }
        struct point sum = place_sum(work, place);
        add(&all, &sum);
    }
    encode(out_element, &all);
}

static bool element_refused(struct error *err)
{
    return FAIL(err, INVALID_INPUT, "32 bytes are no element of the group, or are its identity");
}

static bool one_by_one(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE],
                       const uint8_t (*scalars)[CRYPTO_SCALAR_SIZE], size_t count, struct error *err)
{
    uint8_t sum[CRYPTO_ELEMENT_SIZE] = {0}, power[CRYPTO_ELEMENT_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (sodium_is_zero(scalars[i], CRYPTO_SCALAR_SIZE)) {
            TRY(crypto_element_valid(elements[i]) || element_refused(err));
        } else {
            TRY(crypto_element_power(power, elements[i], scalars[i], err));
            TRY(crypto_core_ristretto255_add(sum, sum, power) == 0 || element_refused(err));
        }
    }
    memcpy(out_element, sum, sizeof sum);
    return true;
}

bool multiply_public(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE],
                     const uint8_t (*scalars)[CRYPTO_SCALAR_SIZE], size_t count, struct error *err)
{
    if (count < FEW) {
        return one_by_one(out_element, elements, scalars, count, err);
    }
    struct work work = {calloc(count, sizeof *work.points), calloc(count, sizeof *work.digits), {{{{0}}, {{0}}, {{0}}, {{0}}}}, count};
    if (!work.points || !work.digits) {
        abort(); /* like the arena */
    }
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++) {
        is_good = decode(&work.points[i], elements[i]);
        digits_of(work.digits[i], scalars[i]);
    }
    if (is_good) {
        work_do(out_element, &work);
    }
    free(work.points);
    free(work.digits);
    return is_good || element_refused(err);
}
