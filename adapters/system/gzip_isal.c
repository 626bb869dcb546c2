#include "adapters/system/gzip.h"

#include "core/base/assert.h"
#include "core/base/mem.h"
#include <isa-l/igzip_lib.h>

struct tt_gzip {
    struct isal_zstream stream;
    unsigned char level[ISAL_DEF_LVL1_DEFAULT];
};

/* The library counts in 32 bits. */
static uint32_t piece(size_t len)
{
    return len < 1u << 30 ? (uint32_t)len : 1u << 30;
}

enum tt_err tt_gzip_create(struct tt_gzip **ret_gzip)
{
    struct tt_gzip *gzip = tt_mem_zalloc(sizeof *gzip);
    if (gzip == NULL)
        return TT_ERR_NO_MEMORY;
    isal_deflate_init(&gzip->stream);
    gzip->stream.level = 1;
    gzip->stream.level_buf = gzip->level;
    gzip->stream.level_buf_size = sizeof gzip->level;
    gzip->stream.gzip_flag = IGZIP_GZIP;
    *ret_gzip = gzip;
    return TT_OK;
}

void tt_gzip_destroy(struct tt_gzip *gzip)
{
    tt_mem_free(gzip);
}

bool tt_gzip_step(struct tt_gzip *gzip, struct tt_gzip_io *io, bool last)
{
    struct isal_zstream *s = &gzip->stream;
    do {
        const uint32_t in = piece(io->in_len), out = piece(io->out_len);
        s->next_in = (unsigned char *)(uintptr_t)io->in;
        s->avail_in = in;
        s->next_out = io->out;
        s->avail_out = out;
        s->end_of_stream = last && in == io->in_len;
        int result = isal_deflate(s); /* fails by wrong settings alone */
        tt_assert(result == COMP_OK);
        (void)result;
        if (in > 0) /* there may be no input at all */
            io->in += in - s->avail_in;
        io->in_len -= in - s->avail_in;
        io->out += out - s->avail_out;
        io->out_len -= out - s->avail_out;
    } while (io->out_len > 0 && io->in_len > 0);
    return s->internal_state.state == ZSTATE_END;
}
