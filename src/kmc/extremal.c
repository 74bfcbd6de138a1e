/* The event finder `extremal`: the athermal limit. The load goes on until some mode has no barrier left; then the
 * lowest fires, and others after it as long as some mode has none, while the load stands still: an avalanche.
 *
 * Blocks of voxels know when the load alone would take away their first barrier. An event adds its stress to all
 * voxels, but only charges the blocks with the most it can take from any of their barriers; a block looks at its modes
 * again when it could be the next. So neither the order of the work nor the number of ranks shows in the results. */
#include "work.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

typedef struct {
  double time;    /* at which the load alone takes away the first barrier [s]; HUGE_VAL: never */
  double reserve; /* lowest at the time `at` [eV] */
  double at;      /* s */
  double charge;  /* of the reserves, by events since [eV]; HUGE_VAL: look again */
  int64_t voxel;  /* local, of the lowest reserve if that is none, else of the first to vanish */
  int mode;
} Block;

struct VmExtremal_s {
  int64_t blocks_y, blocks_z, blocks;
  float *influence; /* [n0][n1][n2] largest work [eV] of the stress of an event of unit shear norm in a block that
                       starts at the offset */
  Block *block;     /* [nx][blocks_y][blocks_z] */
  double start, stress_rate[6]; /* of the load the blocks know */
};
typedef struct VmExtremal_s *Extremal;

enum { MEMBERS = VM_TILE };

static int64_t BlockRow(Extremal e, int64_t block) { return block / e->blocks_z % e->blocks_y * VM_TILE_Y; }
static int64_t BlockColumn(Extremal e, int64_t block) { return block % e->blocks_z * VM_TILE_Z; }
static int64_t BlockPlane(Extremal e, int64_t block) { return block / (e->blocks_y * e->blocks_z); }

/* Local voxels of a block. */
static int Members(VmKmc kmc, int64_t block, int64_t voxel[MEMBERS])
{
  Extremal e = kmc->extremal;
  const int64_t *n = kmc->grid->n, y = BlockRow(e, block), z = BlockColumn(e, block), x = BlockPlane(e, block);
  int count = 0;
  for (int64_t v = y; v < PetscMin(y + VM_TILE_Y, n[1]); ++v)
    for (int64_t w = z; w < PetscMin(z + VM_TILE_Z, n[2]); ++w) voxel[count++] = (x * n[1] + v) * n[2] + w;
  return count;
}

/* What does work on the modes of a voxel: the drives of the shears [GPa], and the work of the pressure [eV]. */
typedef struct {
  double shear[5], pressure;
} Drives;

static Drives DrivesOf(VmKmc kmc, const double sig[6])
{
  const double factor = kmc->stz.saddle * kmc->stz.volume * VM_GPA_NM3_IN_EV;
  Drives drives = {.shear = {factor * (sig[0] - sig[2]), factor * (sig[1] - sig[2])}};
  for (int c = 3; c < 6; ++c) drives.shear[c - 1] = factor * sig[c];
  drives.pressure = VmStzPressureWork(&kmc->stz, sig);
  return drives;
}

/* Work of each mode of a voxel [eV]. */
VM_SIMD_CLONES
static void Work(int64_t modes, const float *restrict row, const Drives *drives, double *restrict work)
{
  const double d0 = drives->shear[0], d1 = drives->shear[1], d2 = drives->shear[2], d3 = drives->shear[3],
               d4 = drives->shear[4], base = drives->pressure;
  VM_NO_OVERLAP
  for (int64_t m = 0; m < modes; ++m)
    work[m] = (((double)row[m] * d0 + (double)row[modes + m] * d1) +
               ((double)row[2 * modes + m] * d2 + (double)row[3 * modes + m] * d3)) +
              ((double)row[4 * modes + m] * d4 + base);
}

/* Looks at all modes of a voxel: lowest reserve, with the block's lowest and first so far. */
static double LookAtVoxel(VmKmc kmc, Block *block, int64_t voxel, const VmMean *anchor, int64_t *first_voxel,
                          int *first_mode)
{
  const int64_t np = kmc->grid->np, slot = VmKmcSlot(kmc, voxel), padded = kmc->padded;
  const VmMean *mean = &kmc->state.mean;
  const double memory = VmKmcEffect(kmc, slot, mean->time).factor;
  const float *row = VmKmcRow(kmc, slot);
  double *barrier = kmc->room, *gone = barrier + padded, *now = gone + padded, *start = now + padded,
         *rate = start + padded, at_now[6], at_start[6], lowest = HUGE_VAL;
  for (int c = 0; c < 6; ++c) {
    const double own = kmc->state.fluctuation[c * np + voxel];
    at_now[c] = mean->stress[c] + own, at_start[c] = anchor->stress[c] + own;
  }
  const Drives drives[3] = {DrivesOf(kmc, at_now), DrivesOf(kmc, at_start), DrivesOf(kmc, mean->stress_rate)};
  Work(padded, row, &drives[0], now);
  Work(padded, row, &drives[1], start);
  Work(padded, row, &drives[2], rate);
  for (int m = 0; m < kmc->stz.modes; ++m) barrier[m] = VmKmcBareBarrier(kmc, slot, m) * memory;
  kmc->barrier_law->vanishing(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), kmc->stz.modes, barrier, gone);
  for (int m = 0; m < kmc->stz.modes; ++m) {
    const double reserve = gone[m] - now[m];
    lowest = reserve < lowest ? reserve : lowest;
    if (reserve < block->reserve) block->reserve = reserve, block->voxel = voxel, block->mode = m;
    if (!(rate[m] > 0.0)) continue;
    const double time = mean->start + (gone[m] - start[m]) / rate[m];
    if (time < block->time) block->time = time, *first_voxel = voxel, *first_mode = m;
  }
  return lowest;
}

/* Looks at all modes of a block. Times are reckoned from the start of the segment, so that they do not depend on when
 * this was done. */
static void Look(VmKmc kmc, int64_t number)
{
  Block *block = &kmc->extremal->block[number];
  const VmMean *mean = &kmc->state.mean;
  int64_t voxel[MEMBERS];
  const int members = Members(kmc, number, voxel);
  VmMean anchor = *mean;

  VmMeanUpdate(&anchor, mean->start);
  block->time = HUGE_VAL, block->reserve = HUGE_VAL, block->at = mean->time, block->charge = 0.0;
  int64_t first_voxel = voxel[0];
  int first_mode = 0;
  for (int i = 0; i < members; ++i) {
    const double lowest = LookAtVoxel(kmc, block, voxel[i], &anchor, &first_voxel, &first_mode);
    int64_t *onset = &kmc->state.onset[voxel[i]];
    if (lowest > VM_NO_BARRIER) *onset = -1;
    else if (*onset < 0) *onset = kmc->state.generation_now;
  }
  if (block->reserve > VM_NO_BARRIER) block->voxel = first_voxel, block->mode = first_mode;
  block->time = PetscMax(block->time, mean->time);
}

/* Earliest time at which a charged block could lose a barrier. The lowest of its reserves is a concave function of
 * time, so it stays above its chord. */
static double Earliest(const Block *block, double now)
{
  const double slope =
      block->time < HUGE_VAL && block->time > block->at ? block->reserve / (block->time - block->at) : 0.0;
  const double reserve = block->reserve * (1.0 - 1e-9) - slope * (now - block->at) - block->charge;
  if (!(reserve > 2.0 * VM_NO_BARRIER)) return now;
  return slope > 0.0 ? now + reserve / slope : (block->time < HUGE_VAL ? now : HUGE_VAL);
}

/* What the blocks know, smallest of each plane. */
enum { UNSTABLE, FRESH, STALE, COLUMNS };

static PetscErrorCode Survey(VmKmc kmc, double smallest[COLUMNS])
{
  Extremal e = kmc->extremal;
  VmGrid grid = kmc->grid;
  const double now = kmc->state.mean.time;

  PetscFunctionBegin;
  for (int64_t x = 0; x < grid->nx; ++x)
    for (int c = 0; c < COLUMNS; ++c) kmc->plane_row[x * COLUMNS + c] = HUGE_VAL;
  for (int64_t b = 0; b < e->blocks; ++b) {
    const Block *block = &e->block[b];
    double *row = kmc->plane_row + BlockPlane(e, b) * COLUMNS;
    if (block->charge > 0.0) row[STALE] = fmin(row[STALE], Earliest(block, now));
    else if (block->reserve <= VM_NO_BARRIER) row[UNSTABLE] = fmin(row[UNSTABLE], block->reserve);
    else row[FRESH] = fmin(row[FRESH], block->time);
  }
  PetscCall(VmGatherPlanes(grid, COLUMNS, kmc->plane_row, kmc->planes));
  for (int c = 0; c < COLUMNS; ++c) {
    smallest[c] = HUGE_VAL;
    for (int64_t x = 0; x < grid->n[0]; ++x) smallest[c] = fmin(smallest[c], kmc->planes[x * COLUMNS + c]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mode of the block that holds the smallest value of a column, ties by global index. */
static PetscErrorCode Choose(VmKmc kmc, int column, double value, VmChoice *choice)
{
  Extremal e = kmc->extremal;
  VmGrid grid = kmc->grid;
  const int64_t in_plane = e->blocks_y * e->blocks_z;
  int64_t plane = 0;

  PetscFunctionBegin;
  while (kmc->planes[plane * COLUMNS + column] != value) ++plane;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    const Block *best = NULL;
    for (int64_t b = (plane - grid->x0) * in_plane; b < (plane - grid->x0 + 1) * in_plane; ++b) {
      const Block *block = &e->block[b];
      const bool unstable = block->reserve <= VM_NO_BARRIER;
      if (block->charge > 0.0 || unstable != (column == UNSTABLE)) continue;
      if ((unstable ? block->reserve : block->time) == value && (!best || block->voxel < best->voxel)) best = block;
    }
    VmKmcModeStrain(kmc, VmKmcSlot(kmc, best->voxel), best->mode, choice->eps);
    choice->voxel = VmGridGlobal(grid, best->voxel), choice->mode = best->mode, choice->accepted = 1.0;
    choice->generation = 1 + (column == UNSTABLE ? kmc->state.onset[best->voxel] : 0);
    kmc->state.onset[best->voxel] = -1;
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Charges all blocks with an event; that of the event itself must look again. */
static void Charge(VmKmc kmc, const VmEvent *event, double mean_work)
{
  Extremal e = kmc->extremal;
  VmGrid grid = kmc->grid;
  const int64_t *n = grid->n, source[3] = {event->voxel / grid->plane, event->voxel / n[2] % n[1], event->voxel % n[2]};
  const double norm = VmShearNorm(event->strain) * (1.0 + 1e-6);
  for (int64_t b = 0; b < e->blocks; ++b) {
    const int64_t dx = grid->x0 + BlockPlane(e, b) - source[0], y = BlockRow(e, b), z = BlockColumn(e, b),
                  dy = y - source[1], dz = z - source[2];
    if (dx == 0 && y == source[1] / VM_TILE_Y * VM_TILE_Y && z == source[2] / VM_TILE_Z * VM_TILE_Z)
      e->block[b].charge = HUGE_VAL;
    else if (kmc->interacting)
      e->block[b].charge +=
          mean_work +
          norm * (double)e->influence[((dx + (dx < 0 ? n[0] : 0)) * n[1] + dy + (dy < 0 ? n[1] : 0)) * n[2] + dz +
                                      (dz < 0 ? n[2] : 0)];
  }
}

static void Forget(Extremal e)
{
  for (int64_t b = 0; b < e->blocks; ++b) e->block[b].charge = HUGE_VAL;
}

static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  Extremal e = kmc->extremal;
  VmKmcState *state = &kmc->state;
  double change[6];

  PetscFunctionBegin;
  state->generation_now = choice->generation;
  memcpy(change, state->mean.stress, sizeof change);
  VmKmcTransform(kmc, choice, event);
  for (int c = 0; c < 6; ++c) change[c] -= state->mean.stress[c];
  if (kmc->interacting && state->events % kmc->refresh == 0) {
    PetscCall(VmGreenStress(kmc->green, state->eigenstrain, state->fluctuation));
    Forget(e);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (kmc->interacting) {
    const int64_t *n = kmc->grid->n, plane = kmc->grid->plane,
                  source[3] = {event->voxel / plane, event->voxel / n[2] % n[1], event->voxel % n[2]};
    VmKernelAdd(kmc->kernel, source, event->strain, state->fluctuation);
  }
  Charge(kmc, event, VmKmcMostWork(kmc, change) * (1.0 + 1e-6));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new load makes all blocks look again. */
static void MeetLoad(VmKmc kmc)
{
  Extremal e = kmc->extremal;
  const VmMean *mean = &kmc->state.mean;
  if (e->start == mean->start && !memcmp(e->stress_rate, mean->stress_rate, sizeof e->stress_rate)) return;
  e->start = mean->start;
  memcpy(e->stress_rate, mean->stress_rate, sizeof e->stress_rate);
  Forget(e);
}

PetscErrorCode VmKmcNextExtremal(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  Extremal e = kmc->extremal;
  VmKmcState *state = &kmc->state;
  double smallest[COLUMNS];
  VmChoice choice;

  PetscFunctionBegin;
  memset(&choice, 0, sizeof choice);
  MeetLoad(kmc);
  for (;;) {
    PetscCall(Survey(kmc, smallest));
    const double now = state->mean.time;
    const double limit = smallest[UNSTABLE] < HUGE_VAL ? now : PetscMin(smallest[FRESH], horizon);
    if (smallest[STALE] > limit || smallest[STALE] == HUGE_VAL) break;
    /* those that could be first tell how far the others matter */
    const bool known = smallest[UNSTABLE] < HUGE_VAL || smallest[FRESH] < HUGE_VAL;
    const double bar = known ? limit : smallest[STALE];
    for (int64_t b = 0; b < e->blocks; ++b)
      if (e->block[b].charge > 0.0 && Earliest(&e->block[b], now) <= bar) Look(kmc, b);
  }
  if (smallest[UNSTABLE] < HUGE_VAL) {
    PetscCall(VmKmcCountCascade(kmc));
    PetscCall(Choose(kmc, UNSTABLE, smallest[UNSTABLE], &choice));
  } else if (smallest[FRESH] <= horizon && smallest[FRESH] < HUGE_VAL) {
    kmc->cascade = 0;
    PetscCall(Choose(kmc, FRESH, smallest[FRESH], &choice));
    VmMeanUpdate(&state->mean, smallest[FRESH]);
  } else {
    if (!(horizon < HUGE_VAL))
      VmThrow(kmc->grid->comm, VM_ERR_DIVERGED,
              "no barrier will ever vanish under this load, and without temperature nothing else happens; give the "
              "stage a duration");
    VmMeanUpdate(&state->mean, horizon);
    state->generation_now = 0;
    *outcome = VM_KMC_HORIZON;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Fire(kmc, &choice, event));
  *outcome = VM_KMC_EVENT;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest work of an event of unit shear norm (which is its norm over sqrt 2) on shears and dilatation in blocks. */
static PetscErrorCode SetInfluence(VmKmc kmc)
{
  const VmBarrierCommon *common = kmc->stz.barrier.common;
  float *influence = kmc->extremal->influence;
  PetscFunctionBegin;
  PetscCall(VmKmcInfluence(kmc->grid, kmc->kernel, common->friction, influence));
  for (int64_t i = 0; i < kmc->grid->total; ++i)
    influence[i] *= (float)(VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5)); /* modes are rounded to floats */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcExtremalCreate(VmKmc kmc)
{
  VmGrid grid = kmc->grid;
  Extremal e;

  PetscFunctionBegin;
  PetscCheck(kmc->stz.softening.decaying == 0.0, grid->comm, PETSC_ERR_SUP,
             "the finder `extremal` needs barriers that do not change with time");
  PetscCall(PetscNew(&e));
  kmc->extremal = e;
  e->blocks_y = (grid->n[1] + VM_TILE_Y - 1) / VM_TILE_Y, e->blocks_z = (grid->n[2] + VM_TILE_Z - 1) / VM_TILE_Z;
  e->blocks = grid->nx * e->blocks_y * e->blocks_z;
  e->start = NAN;
  PetscCall(PetscCalloc1((size_t)e->blocks, &e->block));
  PetscCall(PetscMalloc1((size_t)grid->np, &kmc->state.onset));
  for (int64_t i = 0; i < grid->np; ++i) kmc->state.onset[i] = -1;
  if (kmc->interacting) {
    PetscCall(PetscMalloc1((size_t)grid->total, &e->influence));
    PetscCall(SetInfluence(kmc));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcExtremalDestroy(VmKmc kmc)
{
  Extremal e = kmc->extremal;
  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(e->block));
  PetscCall(PetscFree(e->influence));
  PetscCall(PetscFree(kmc->state.onset));
  PetscCall(PetscFree(kmc->extremal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmKmcExtremalRestore(VmKmc kmc)
{
  Extremal e = kmc->extremal;
  e->start = NAN;
  Forget(e);
}
