/* Log lines with events in them. What must hold is in tests/lib/decoding.h. */
#include "tests/fuzz/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tt_fuzz_messages("log", data, size);
    return 0;
}
