#include "adapters/system/gzip.h"

#include "core/base/mem.h"
#include <zlib.h>

enum {
    LEVEL = 1,
    WINDOW = 15 + 16, /* 32 KB, and a gzip frame */
    MEMORY = 9,
};

struct tt_gzip {
    z_stream stream;
};

/* The library counts in 32 bits. */
static unsigned piece(size_t len)
{
    return len < 1u << 30 ? (unsigned)len : 1u << 30;
}

enum tt_err tt_gzip_create(struct tt_gzip **ret_gzip)
{
    struct tt_gzip *gzip = tt_mem_zalloc(sizeof *gzip);
    if (gzip == NULL || deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
                                     Z_DEFAULT_STRATEGY) != Z_OK) {
        tt_mem_free(gzip);
        return TT_ERR_NO_MEMORY;
    }
    *ret_gzip = gzip;
    return TT_OK;
}

void tt_gzip_destroy(struct tt_gzip *gzip)
{
    if (gzip != NULL)
        deflateEnd(&gzip->stream);
    tt_mem_free(gzip);
}

bool tt_gzip_step(struct tt_gzip *gzip, struct tt_gzip_io *io, bool last)
{
    z_stream *s = &gzip->stream;
    int result;
    do {
        const unsigned in = piece(io->in_len), out = piece(io->out_len);
        s->next_in = (unsigned char *)(uintptr_t)io->in;
        s->avail_in = in;
        s->next_out = io->out;
        s->avail_out = out;
        result = deflate(s, last && in == io->in_len ? Z_FINISH : Z_NO_FLUSH);
        io->in += in - s->avail_in;
        io->in_len -= in - s->avail_in;
        io->out += out - s->avail_out;
        io->out_len -= out - s->avail_out;
    } while (io->out_len > 0 && io->in_len > 0);
    return result == Z_STREAM_END;
}
