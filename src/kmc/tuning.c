/* The margin of the finder `thinned`, tuned while running: with a wide one more candidates are refused, with a narrow
 * one more voxels are looked at. Work is counted and not timed, so that the same margins are found on any number of
 * ranks and after a restart. */
#include "thinning.h"
#include <math.h>

/* Factor by which the margin is changed. It may go this far from what was given. */
#define STEP 1.25
#define FARTHEST 8.0

/* Events from which on their work tells anything: some, and one of so many voxels, as new bounds of the fast voxels
 * cost about a third of a refresh. */
enum { ENOUGH = 200, VOXELS_PER_EVENT = 256 };

bool VmThinningTune(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  const VmThinning t = kmc->thinning;
  state->work += state->sums + VM_REFRESH_WORK * kmc->grid->total;
  state->worked += state->pending;
  if (state->worked < PetscMax(ENOUGH, kmc->grid->total / VOXELS_PER_EVENT)) return false;
  const double each = (double)state->work / (double)state->worked;
  if (state->step == 0.0) state->step = STEP;
  else if (each > state->event_work) state->step = 1.0 / state->step;
  state->event_work = each, state->work = state->worked = 0;
  state->margin = fmin(fmax(state->margin * state->step, t->margin_scale / FARTHEST), t->margin_scale * FARTHEST);
  VmThinningSetMargins(kmc);
  return true;
}
