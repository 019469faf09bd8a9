/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage evaluate: the linkage model over two files with names in clear, at the desk of whoever owns them. */
#include "base/file.h"
#include "base/json.h"
#include "intake/linkage/linkage_evaluate.h"
#include "service/command/commands.h"

static bool number_json(struct json_writer *writer, const char *name, double value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_double(writer, value, err);
}

static bool result_json(const struct evaluate_result *result, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(number_json(&writer, "left", (double)result->left, err));
    TRY(number_json(&writer, "right", (double)result->right, err));
    TRY(number_json(&writer, "candidates", (double)result->candidates, err));
    TRY(number_json(&writer, "values_skipped", (double)result->blocks_skipped, err));
    TRY(number_json(&writer, "linked", (double)result->taken, err));
    TRY(number_json(&writer, "threshold", result->accept, err));
    if (result->has_truth) {
        TRY(number_json(&writer, "pairs_true", (double)result->quality.real, err));
        TRY(number_json(&writer, "pairs_right", (double)result->quality.right, err));
        TRY(number_json(&writer, "precision", result->quality.precision, err));
        TRY(number_json(&writer, "recall", result->quality.recall, err));
        TRY(number_json(&writer, "f1", result->quality.f1, err));
    }
    TRY(json_end_object(&writer, err));
    return print_buffer(&out, err);
}

static bool result_print(const struct evaluate_result *result, bool in_french, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    char left[COUNT_TEXT_SIZE], right[COUNT_TEXT_SIZE], candidates[COUNT_TEXT_SIZE], taken[COUNT_TEXT_SIZE];
    TRY(linkage_model_print(result->model, &out, err));
    TRY(print_buffer(&out, err));
    print_line(in_french ? "%s et %s fiches, %s paires candidates, %s paires retenues (probabilité d'au moins %g)"
                         : "%s and %s records, %s candidate pairs, %s pairs linked (probability of at least %g)",
               count_text(result->left, left), count_text(result->right, right), count_text(result->candidates, candidates),
               count_text(result->taken, taken), result->accept);
    if (result->has_truth) {
        print_line(in_french ? "précision %.5f  rappel %.5f  F1 %.5f" : "precision %.5f  recall %.5f  F1 %.5f", result->quality.precision,
                   result->quality.recall, result->quality.f1);
    }
    return true;
}

static bool page_write(const char *path, const struct evaluate_result *result, bool in_french, struct error *err)
{
    CLEANUP(buffer_value) struct buffer page = {.maximum = 1 << 22};
    TRY(linkage_report_html(NULL, result->model, in_french, &page, err));
    return file_write_atomic(path, page.data, page.length, 0644, err);
}

bool command_linkage_evaluate(struct invocation *in, struct error *err)
{
    struct evaluate_options options = {.left = invocation_value(in, "left"),
                                       .right = invocation_value(in, "right"),
                                       .columns = invocation_value(in, "columns"),
                                       .truth = invocation_value(in, "truth"),
                                       .pool = in->pool};
    if (!options.left || !options.right) {
        FAIL(err, INVALID_ARGUMENT, "two files are needed: --left and --right");
        return error_hint(err, "emc2 linkage evaluate --left a.csv --right b.csv");
    }
    const char *accept = invocation_value(in, "accept");
    if (accept && (!text_to_double(text_of(accept), &options.accept) || !(options.accept > 0) || !(options.accept < 1))) {
        return FAIL(err, INVALID_ARGUMENT, "--accept is a probability between 0 and 1");
    }
    TRY(invocation_language_check(in, err));
    const bool in_french = invocation_is_french(in, false);
    struct evaluate_result result;
    TRY(linkage_evaluate(&result, &options, err));
    const char *page = invocation_value(in, "out");
    const bool done = (!page || page_write(page, &result, in_french, err)) &&
                      (invocation_flag(in, "json") ? result_json(&result, err) : result_print(&result, in_french, err));
    linkage_evaluate_finish(&result);
    return done;
}
