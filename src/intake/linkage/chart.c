/* SPDX-License-Identifier: EUPL-1.2 */
/* chart: the weights as SVG and as lines, and the report as a page. Names of fields may come from a file: they are escaped. */
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/linkage_report.h"
#include "intake/linkage/linkage_text.h"
#include <math.h>
#include <string.h>

enum { ROW = 18, LEFT = 430, HALF = 230, RIGHT = 150, HEAD = 34 };

static bool escaped(struct buffer *out, const char *text, struct error *err)
{
    for (; *text; text++) {
        const char *as = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '"' ? "&quot;" : NULL;
        TRY(as ? buffer_append_text(out, as, err) : buffer_append(out, text, 1, err));
    }
    return true;
}

static double level_weight(const struct weights_field *field, unsigned level)
{
    return log2(field->m[level] / field->u[level]);
}

static double weight_most(const struct weights *weights)
{
    double most = 1;
    for (size_t i = 0; i < weights->field_count; i++) {
        for (unsigned level = 1; level < weights->fields[i].levels; level++) {
            most = fmax(most, fabs(level_weight(&weights->fields[i], level)));
        }
    }
    return most;
}

static bool bar(struct buffer *out, int y, double weight, double most, const struct weights_field *field, unsigned level, bool in_french,
                struct error *err)
{
    const double width = fabs(weight) / most * HALF, from = LEFT + HALF + (weight < 0 ? -width : 0);
    TRY(buffer_append_format(out, err, "<text x='%d' y='%d' text-anchor='end'>", LEFT - 8, y + 13));
    TRY(escaped(out, in_french ? field->level_noms[level] : field->level_names[level], err));
    TRY(buffer_append_format(out, err, "</text><rect x='%.1f' y='%d' width='%.1f' height='%d' class='%s'/>", from, y + 2, width, ROW - 4,
                             weight < 0 ? "against" : "for"));
    return buffer_append_format(out, err, "<text x='%d' y='%d'>%+.1f</text><text x='%d' y='%d' class='small'>m %.4f u %.4f</text>\n",
                                LEFT + 2 * HALF + 8, y + 13, weight, LEFT + 2 * HALF + 54, y + 13, field->m[level], field->u[level]);
}

bool linkage_chart_svg(const struct linkage_model *model, bool in_french, struct buffer *out, struct error *err)
{
    const struct weights *weights = &model->weights;
    const double most = weight_most(weights);
    unsigned rows = 0;
    for (size_t i = 0; i < weights->field_count; i++) {
        rows += weights->fields[i].levels; /* the name of the field, and its levels but 0 */
    }
    const int height = HEAD + (int)rows * ROW + 8;
    TRY(buffer_append_format(out, err,
                             "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' role='img' "
                             "font-family='sans-serif' font-size='12'>\n<style>.for{fill:#2166ac}.against{fill:#b2182b}.small{fill:#555;"
                             "font-size:10px}.field{font-weight:bold}</style>\n",
                             LEFT + 2 * HALF + RIGHT, height, LEFT + 2 * HALF + RIGHT, height));
    TRY(buffer_append_format(out, err, "<title>%s</title>\n<text x='%d' y='16' text-anchor='middle'>%s</text>\n",
                             in_french ? "poids d'appariement, log2(m/u)" : "match weights, log2(m/u)", LEFT + HALF,
                             in_french ? "← deux personnes   poids log2(m/u)   une personne →"
                                       : "← two persons   weight log2(m/u)   one person →"));
    int y = HEAD;
    for (size_t i = 0; i < weights->field_count; i++) {
        const struct weights_field *field = &weights->fields[i];
        TRY(buffer_append_format(out, err, "<text x='8' y='%d' class='field'>", y + 13));
        TRY(escaped(out, in_french ? field->nom : field->name, err));
        TRY(buffer_append_text(out, "</text>\n", err));
        y += ROW;
        for (unsigned level = 1; level < field->levels; level++, y += ROW) {
            TRY(bar(out, y, level_weight(field, level), most, field, level, in_french, err));
        }
    }
    return buffer_append_format(out, err, "<line x1='%d' y1='%d' x2='%d' y2='%d' stroke='#333'/>\n</svg>\n", LEFT + HALF, HEAD, LEFT + HALF,
                                y);
}

bool linkage_model_print(const struct linkage_model *model, struct buffer *out, struct error *err)
{
    const struct weights *weights = &model->weights;
    TRY(buffer_append_format(out, err, "%-16s %-40s %10s %12s %8s\n", "field", "level", "m", "u", "weight"));
    for (size_t i = 0; i < weights->field_count; i++) {
        const struct weights_field *field = &weights->fields[i];
        for (unsigned level = 1; level < field->levels; level++) {
            TRY(buffer_append_format(out, err, "%-16.16s %-40.40s %10.6f %12.9f %+8.2f\n", field->name, field->level_names[level],
                                     field->m[level], field->u[level], level_weight(field, level)));
        }
    }
    return buffer_append_format(out, err, "prior %.6f, %u rounds of EM\n", weights->prior, weights->rounds);
}

static bool group_row(const struct linkage_group *group, bool in_french, struct buffer *out, struct error *err)
{
    char words[LINKAGE_WORDS_SIZE];
    const double share = group->entries ? 100.0 * (double)group->linked / (double)group->entries : 100;
    const uint64_t direct = group->rules[LINKAGE_NIR] + group->rules[LINKAGE_INSURED];
    const uint64_t indirect = group->rules[LINKAGE_IDENTITY] + group->rules[LINKAGE_DROPPED];
    TRY(buffer_append_format(out, err, "<tr%s><th>", group->is_low ? " class='low'" : ""));
    TRY(escaped(out, linkage_group_words(group, in_french, words), err));
    return buffer_append_format(out, err,
                                "</th><td>%llu</td><td>%llu</td><td>%.1f&nbsp;%%%s</td><td>%llu</td><td>%llu</td><td>%llu</td><td>%llu"
                                "</td></tr>\n",
                                (unsigned long long)group->entries, (unsigned long long)group->linked, share,
                                group->is_low ? (in_french ? " &lt; 90" : " &lt; 90") : "", (unsigned long long)direct,
                                (unsigned long long)indirect, (unsigned long long)group->ambiguous, (unsigned long long)group->conflicting);
}

static bool groups_table(const struct linkage_report *report, bool in_french, struct buffer *out, struct error *err)
{
    TRY(buffer_append_text(out,
                           in_french ? "<table><tr><th>groupe</th><th>inscriptions</th><th>appariées</th><th>part</th><th>direct</"
                                       "th><th>indirect</th><th>exclues : plusieurs candidats</th>"
                                       "<th>exclues : contradiction</th></tr>\n"
                                     : "<table><tr><th>group</th><th>entries</th><th>linked</th><th>share</th><th>direct</th><th>indirect"
                                       "</th><th>excluded: several candidates</th><th>excluded: contradiction</th></tr>\n",
                           err));
    for (size_t i = 0; i < report->group_count; i++) {
        TRY(group_row(&report->groups[i], in_french, out, err));
    }
    TRY(buffer_append_text(out, "</table>\n", err));
    if (report->has_truth) {
        TRY(buffer_append_format(out, err, "<p>%s %.5f, %s %.5f, F1 %.5f</p>\n", in_french ? "précision" : "precision",
                                 report->quality.precision, in_french ? "rappel" : "recall", report->quality.recall, report->quality.f1));
    }
    return true;
}

bool linkage_report_html(const struct linkage_report *report, const struct linkage_model *model, bool in_french, struct buffer *out,
                         struct error *err)
{
    const char *mark = strstr(page_html, "<!--content-->");
    if (!mark) {
        return FAIL(err, INTERNAL, "the page of the report has no place for its content");
    }
    TRY(buffer_append(out, page_html, (size_t)(mark - page_html), err));
    TRY(buffer_append_format(out, err, "<h1>%s</h1>\n", in_french ? "Appariement" : "Linkage"));
    if (report) {
        TRY(groups_table(report, in_french, out, err));
    }
    TRY(buffer_append_format(out, err, "<h2>%s</h2>\n", in_french ? "Poids d'appariement" : "Match weights"));
    TRY(linkage_chart_svg(model, in_french, out, err));
    return buffer_append_text(out, mark, err);
}
