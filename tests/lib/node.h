/* A program of Node's, such as a small HTTP server; it dies with the test. */
#ifndef TT_TESTS_LIB_NODE_H
#define TT_TESTS_LIB_NODE_H

#include <sys/types.h>

struct tt_node {
    pid_t pid;
    char log[400]; /* what it prints */
};

/* node SCRIPT WORDS...: the script below tests/, the words NULL-terminated. */
void tt_node_start(struct tt_node *node, const char *script, const char *const *words);
#define TT_NODE_START(node, script, ...)                                                           \
    tt_node_start(node, script, (const char *const[]){__VA_ARGS__, NULL})
/* The N of a line "KEY N" that it prints, waited for. */
int tt_node_number(const struct tt_node *node, const char *key);
void tt_node_stop(struct tt_node *node);

#endif
