/* Faults that can be put into the engine on purpose, to see that the simulator finds them
 * (tests/sim). A product is built without: TT_SABOTAGE is not defined, and each seam is a constant
 * that is false. Faults of what the engine relies on (no turns, no key of rows, no fence) are
 * switches of the simulator's models and have no seam here. */
#ifndef TT_ENGINE_SABOTAGE_H
#define TT_ENGINE_SABOTAGE_H

#define TT_SABOTAGE_NONE              0
#define TT_SABOTAGE_ACK_BEFORE_COMMIT 1 /* a batch is finished before it is written */
#define TT_SABOTAGE_DROP_ON_RETRY     2 /* one that the store could not take for now is finished */

#ifndef TT_SABOTAGE
#define TT_SABOTAGE TT_SABOTAGE_NONE
#endif
#define TT_SABOTAGED(fault) (TT_SABOTAGE == TT_SABOTAGE_##fault)

#endif
