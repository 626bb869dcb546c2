#include "cli/destination.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_google(const char *endpoint)
{
    static const char scheme[] = "https://", domain[] = ".googleapis.com";
    size_t skip = sizeof scheme - 1, end = sizeof domain - 1;
    if (strncmp(endpoint, scheme, skip) != 0)
        return false;
    const char *host = endpoint + skip;
    size_t len = strcspn(host, ":/?#");
    return len > end && strncasecmp(host + len - end, domain, end) == 0;
}

void tt_destination_write(char *to, size_t size, const char *dataset, const char *endpoint,
                          bool messages)
{
    bool google = is_google(endpoint);
    snprintf(to, size, "bigquery:%s%s%s%s", dataset, google ? "" : "@", google ? "" : endpoint,
             messages ? "+pubsub" : "");
}
