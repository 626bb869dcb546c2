/* Files in, events into a pass.
 *
 * Plain files of a stateless format are read in chunks by --threads threads; everything else
 * (stdin, pipes, compressed files, formats whose lines depend on each other) from its start by one.
 * Files count as if they were one behind the other. A file that cannot be read is told and makes
 * the whole fail, after the others have been read.
 */
#ifndef TT_CLI_FEED_H
#define TT_CLI_FEED_H

#include "cli/options.h"
#include "core/model/decoder.h"
#include "replay/pass.h"

/* The last word of a command that has told each file's own trouble before. */
#define TT_FEED_IN_PART "not all of the input could be read; see above"

/* Reads every file of the command line's arguments into the pass; "-" is stdin. Errors: those of
 * reading and of the pass; with --strict, REJECT when a line was rejected. Where files could not be
 * read, or not to their end, and all else is in the pass: ret_broken says which (its code is TT_OK
 * otherwise), and they have been told. */
enum tt_err tt_feed_files(const struct tt_settings *settings, struct tt_pass *pass,
                          struct tt_fault *ret_broken, struct tt_fault *fault) TT_MUST_CHECK;

/* The settings' decoder. */
enum tt_err tt_feed_decoder(const struct tt_settings *settings, struct tt_decoder **ret_decoder,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* Where there were lines and none was an event: a warning that says how they were read, if nobody
 * said how. */
void tt_feed_tell_format(const struct tt_settings *settings, uint64_t events, uint64_t rejected);

/* The settings of a pass, as far as options say them: rules, threads, memory, folder for temporary
 * files. */
struct tt_pass_options tt_feed_pass_options(const struct tt_settings *settings,
                                            const struct tt_lifecycle_set *lifecycles);

#endif
