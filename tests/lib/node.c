#include "tests/lib/node.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 20 };

void tt_node_start(struct tt_node *node, const char *script, const char *const *words)
{
    static int number;
    char path[400], name[40];
    const char *all[WORDS_MAX] = {"node", path};
    snprintf(path, sizeof path, "%s/tests/%s", TT_SOURCE_DIR, script);
    snprintf(name, sizeof name, "node-%d", number++);
    snprintf(node->log, sizeof node->log, "%s", tt_tmpfile(name));
    for (size_t i = 0; words[i] != NULL; i++) {
        ck_assert_uint_lt(i, WORDS_MAX - 3);
        all[i + 2] = words[i];
    }
    node->pid = tt_start(all, node->log, NULL);
}

static int find_number(const struct tt_node *node, const char *key)
{
    char *text = tt_read_file(node->log, NULL), line[100];
    int found = -1;
    snprintf(line, sizeof line, "%s ", key);
    for (char *at = text; at != NULL && found < 0; at = strchr(at, '\n')) {
        at += *at == '\n';
        char *end = strchr(at, '\n');
        if (end != NULL && strncmp(at, line, strlen(line)) == 0)
            found = (int)strtol(at + strlen(line), NULL, 10);
    }
    free(text);
    return found;
}

int tt_node_number(const struct tt_node *node, const char *key)
{
    TT_EVENTUALLY(find_number(node, key) >= 0);
    return find_number(node, key);
}

void tt_node_stop(struct tt_node *node)
{
    tt_finish(node->pid, SIGKILL);
    *node = (struct tt_node){0};
}
