/* The memory that a control group may have, by files as the kernel shows them. */
#include "adapters/system/memory.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char root[300], groups[300];

static void put(const char *name, const char *text)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", root, name);
    tt_write_file(path, text, strlen(text));
}

static void folder(const char *name)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", root, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void set_up(const char *lines)
{
    snprintf(root, sizeof root, "%s", tt_tmpfile("root"));
    snprintf(groups, sizeof groups, "%s", tt_tmpfile("groups"));
    ck_assert_int_eq(mkdir(root, 0700), 0);
    tt_write_file(groups, lines, strlen(lines));
}

TT_TEST(the_least_limit_of_a_group_and_those_it_is_in_counts)
{
    set_up("0::/fleet/worker\n");
    folder("fleet");
    folder("fleet/worker");
    ck_assert_uint_eq(tt_memory_limit(groups, root), UINT64_MAX); /* the root has no file */
    put("fleet/worker/memory.max", "max\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), UINT64_MAX);
    put("fleet/memory.max", "536870912\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), 536870912);
    put("fleet/worker/memory.max", "1000000\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), 1000000);
}
TT_END

/* Its path is that on the host, and what is mounted is its own group. */
TT_TEST(a_container_that_sees_its_group_as_the_root_has_its_limit)
{
    set_up("0::/docker/abc\n");
    put("memory.max", "64000000\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), 64000000);
}
TT_END

TT_TEST(the_first_version_of_control_groups_counts_too)
{
    set_up("7:cpu,cpuacct:/a\n5:hugetlb,memory:/a\n0::/\n");
    folder("memory");
    folder("memory/a");
    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("memory/a/memory.limit_in_bytes", "77\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), 77);
}
TT_END

TT_TEST(without_groups_there_is_no_limit_but_the_machine)
{
    ck_assert_uint_eq(tt_memory_limit("/nowhere/groups", "/nowhere"), UINT64_MAX);
    set_up("nonsense\n::\n");
    ck_assert_uint_eq(tt_memory_limit(groups, root), UINT64_MAX);
    ck_assert_uint_gt(tt_memory_bytes(), 1 << 20);
}
TT_END

TT_SUITE("adapters/system/memory", the_least_limit_of_a_group_and_those_it_is_in_counts,
         a_container_that_sees_its_group_as_the_root_has_its_limit,
         the_first_version_of_control_groups_counts_too,
         without_groups_there_is_no_limit_but_the_machine)
