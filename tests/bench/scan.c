/* How long reading native events takes, beside counting newlines: one thread, best and median of
 * five, nanoseconds per line.
 *
 *   bench_scan FILE             as the lines stand
 *   bench_scan --shuffle FILE   the keys of each line in an order of its own
 *
 * Lines must be plain events whose values hold no comma. A number for people: nothing is asserted.
 */
#include "core/model/scan.h"
#include "core/base/limits.h"
#include "core/model/decode_native.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5, FIELDS_MAX = 32, THOROUGH_LINES = 100000 };

struct text {
    char *data;
    size_t len, readable;
    uint64_t lines;
};

static uint64_t sum; /* of what was read, so that reading cannot be left out */

static bool by_memchr(const struct text *text)
{
    uint64_t lines = 0;
    const char *end = text->data + text->len;
    for (const char *at = text->data; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    sum += lines;
    return lines == text->lines;
}

static void use(const struct tt_event *event)
{
    sum += (uint64_t)event->event_time_us + event->task_id.len + (unsigned char)*event->status.ptr;
}

/* Finds the line's end first, as for lines that come one by one. */
static bool by_line(const struct text *text, enum tt_scan_way way)
{
    static struct tt_scan scan;
    uint64_t plain = 0;
    const char *end = text->data + text->len;
    tt_scan_init(&scan, way);
    for (const char *at = text->data, *newline; at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL)
            break;
        const struct tt_event *event =
            tt_scan_event(&scan, (struct tt_str){at, (size_t)(newline - at)}, end);
        if (event == NULL)
            continue;
        use(event);
        plain++;
    }
    return plain == text->lines;
}

static bool by_text(const struct text *text, enum tt_scan_way way)
{
    static struct tt_scan scan;
    uint64_t plain = 0;
    const char *end = text->data + text->len;
    tt_scan_init(&scan, way);
    for (const char *at = text->data; at < end;) {
        const char *newline;
        const struct tt_event *event = tt_scan_next(&scan, at, end, end, &at);
        if (event != NULL) {
            use(event);
            plain++;
        } else if ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
            at = newline + 1;
        } else {
            break;
        }
    }
    return plain == text->lines;
}

static bool by_library(const struct text *text)
{
    struct tt_arena arena;
    uint64_t lines = 0;
    tt_arena_init(&arena, 0);
    for (const char *at = text->data; lines < THOROUGH_LINES && lines < text->lines; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(text->data + text->len - at));
        struct tt_event event;
        tt_arena_reset(&arena);
        if (newline == NULL ||
            tt_decode_native_thorough((struct tt_str){at, (size_t)(newline - at)},
                                      TT_JSON_DEPTH_DEFAULT, &arena, &event, NULL) != TT_OK)
            break;
        use(&event);
        at = newline + 1;
    }
    tt_arena_done(&arena);
    return lines > 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(const char *name, const struct text *text, enum tt_scan_way way,
                    bool (*read)(const struct text *, enum tt_scan_way),
                    bool (*plain_read)(const struct text *))
{
    double ns[RUNS];
    bool all = true;
    uint64_t lines =
        plain_read == by_library && text->lines > THOROUGH_LINES ? THOROUGH_LINES : text->lines;
    for (int i = 0; i < RUNS; i++) {
        double start = now_ns();
        all = read != NULL ? read(text, way) : plain_read(text);
        ns[i] = (now_ns() - start) / (double)lines;
    }
    qsort(ns, RUNS, sizeof *ns, by_value);
    printf("%-24s %8.1f ns a line, best %8.1f, %6.2f GB/s%s\n", name, ns[RUNS / 2], ns[0],
           (double)text->len / (double)text->lines / ns[RUNS / 2],
           all ? "" : " (not all lines are plain)");
}

/* Puts the fields of a line, split at commas, into an order of its own. */
static void shuffle_line(char *line, size_t len, uint64_t *state, char *scratch)
{
    struct tt_str fields[FIELDS_MAX];
    size_t count = 0, at = 0;
    memcpy(scratch, line, len);
    for (size_t from = 1, to = 1; to < len && count < FIELDS_MAX; to++)
        if (scratch[to] == ',' || to == len - 1) {
            fields[count++] = (struct tt_str){scratch + from, to - from};
            from = to + 1;
        }
    for (at = 1; count > 0;) {
        *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
        size_t pick = (size_t)(*state >> 33) % count;
        memcpy(line + at, fields[pick].ptr, fields[pick].len);
        at += fields[pick].len;
        fields[pick] = fields[--count];
        line[at++] = count > 0 ? ',' : '}';
    }
}

static bool read_file(const char *path, struct text *text)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return false;
    text->len = (size_t)ftell(file);
    text->data = malloc(text->len + 1);
    rewind(file);
    bool read = text->data != NULL && fread(text->data, 1, text->len, file) == text->len;
    fclose(file);
    for (size_t i = 0; read && i < text->len; i++)
        text->lines += text->data[i] == '\n';
    return read && text->lines > 0;
}

int main(int argc, char **argv)
{
    static char scratch[TT_LINE_BYTES_DEFAULT];
    static const struct {
        const char *by_line, *by_text;
    } names[TT_SCAN_WAYS] = {
        [TT_SCAN_PORTABLE] = {"portable, line by line", "portable, whole text"},
        [TT_SCAN_SSE2] = {"SSE2, line by line", "SSE2, whole text"},
        [TT_SCAN_AVX2] = {"AVX2, line by line", "AVX2, whole text"},
    };
    bool shuffle = argc > 2 && strcmp(argv[1], "--shuffle") == 0;
    struct text text = {0};
    if (argc != (shuffle ? 3 : 2) || !read_file(argv[argc - 1], &text)) {
        fprintf(stderr, "usage: bench_scan [--shuffle] FILE\n");
        return 2;
    }
    uint64_t state = 1;
    for (char *at = text.data, *end = at + text.len, *newline; shuffle && at < end;
         at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL || (size_t)(newline - at) > sizeof scratch)
            break;
        shuffle_line(at, (size_t)(newline - at), &state, scratch);
    }
    measure("memchr alone", &text, TT_SCAN_BEST, NULL, by_memchr);
    for (enum tt_scan_way way = TT_SCAN_WAYS - 1; way > TT_SCAN_BEST; way--)
        if (tt_scan_runs(way)) {
            measure(names[way].by_line, &text, way, by_line, NULL);
            measure(names[way].by_text, &text, way, by_text, NULL);
        }
    measure("JSON library", &text, TT_SCAN_BEST, NULL, by_library);
    free(text.data);
    return sum == 0;
}
