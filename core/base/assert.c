#include "core/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void tt_assert_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "tasktrail %s: bug at %s:%d in %s: %s does not hold\n", TT_VERSION, file, line,
            function, condition);
    abort();
}
