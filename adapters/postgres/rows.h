/* Rows of the tables in binary form, for COPY and as elements of an array of rows. Inside
 * adapters/postgres only. Threads: one. */
#ifndef TT_ADAPTERS_POSTGRES_ROWS_H
#define TT_ADAPTERS_POSTGRES_ROWS_H

#include "adapters/postgres/wire.h"
#include "core/port/store_batch.h"

void tt_wire_add_audit(struct tt_wire *wire, const struct tt_audit_row *row);
void tt_wire_add_current(struct tt_wire *wire, const struct tt_current_row *row);
/* row: of the task that stays is about. */
void tt_wire_add_stay(struct tt_wire *wire, const struct tt_store_stays *stays,
                      const struct tt_interval_row *row);
void tt_wire_add_progress(struct tt_wire *wire, const struct tt_progress_row *row);

#endif
