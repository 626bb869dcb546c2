/* What the outbox calls a place in BigQuery: the same text for the same rows there. */
#ifndef TT_CLI_DESTINATION_H
#define TT_CLI_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>

/* "bigquery:PROJECT.DATASET"; behind it "@ENDPOINT", unless that is Google's, whose endpoints, of
 * a region or a network of one's own, all lead to the same data set; and "+pubsub" of what went as
 * messages, which is in other tables. The other ways lead to the same rows, so they share the line.
 * Cut where it does not fit. */
void tt_destination_write(char *to, size_t size, const char *dataset, const char *endpoint,
                          bool messages);

#endif
