/* The event finder `thinned`: rates are bounded for a margin of the stress, candidates drawn from the bounds are
 * accepted with true rate over bound. Blocks near an event are renewed, others pay its stress from their margin. */
#include "kmc_private.h"
#include <math.h>
#include <string.h>

/* A block that an event would cost more than this part of the margin is near: its stress and rates are renewed. */
#define NEAR 0.05

/* Margin left, as a part of the whole, below which everything is renewed. */
#define EXHAUSTED 1e-3

/* Barriers that this part of the margin's work may take away are watched one by one. */
#define WATCHED 0.1

/* Columns of the rows of planes. */
enum { RATE = 0, SPENT = VM_FASTEST };

/* Norm of a stress deviator over sqrt 2. */
static double ShearNorm(const double sig[6])
{
  const double mean = (sig[0] + sig[1] + sig[2]) / 3.0;
  double sum = 0.0;
  for (int c = 0; c < 6; ++c) sum += c < 3 ? (sig[c] - mean) * (sig[c] - mean) : 2.0 * sig[c] * sig[c];
  return sqrt(0.5 * sum);
}

/* Part of the margin that the mean stress has used since the renewal. */
static double Drift(VmKmc kmc)
{
  double change[6];
  for (int c = 0; c < 6; ++c) change[c] = kmc->state.mean.stress[c] - kmc->state.reference[c];
  return ShearNorm(change);
}

static void Source(VmGrid grid, int64_t voxel, int64_t source[3])
{
  source[0] = voxel / grid->plane, source[1] = voxel / grid->n[2] % grid->n[1], source[2] = voxel % grid->n[2];
}

/* What an event of a shear norm costs the block that begins at (x, y, z); without limit for the block of the event. */
static double Cost(VmKmc kmc, const int64_t source[3], double norm, int64_t x, int64_t y, int64_t z)
{
  const int64_t *n = kmc->grid->n;
  if (x == source[0] && y == source[1] / VM_BLOCK_Y * VM_BLOCK_Y && z == source[2] / VM_BLOCK_Z * VM_BLOCK_Z)
    return HUGE_VAL;
  if (!kmc->interacting) return 0.0;
  const int64_t dx = x - source[0], dy = y - source[1], dz = z - source[2];
  return norm * (double)kmc->thinning.influence[((dx + (dx < 0 ? n[0] : 0)) * n[1] + dy + (dy < 0 ? n[1] : 0)) * n[2] +
                                                dz + (dz < 0 ? n[2] : 0)];
}

static int64_t Block(const VmThinning *t, int64_t x, int64_t y, int64_t z)
{
  return (x * t->blocks_y + y / VM_BLOCK_Y) * t->blocks_z + z / VM_BLOCK_Z;
}

/* Work of a mode that the margin allows [eV]. */
static double Ahead(const VmThinning *t) { return t->work * t->margin; }

/* Sum of the rates and lowest reserve of the block that begins at local (x, y, z). */
static void SumBlock(VmKmc kmc, int64_t x, int64_t y, int64_t z)
{
  const int64_t *n = kmc->grid->n, width = PetscMin(VM_BLOCK_Z, n[2] - z);
  const int64_t block = Block(&kmc->thinning, x, y, z);
  double sum = 0.0, lowest = HUGE_VAL;
  for (int64_t row = y; row < PetscMin(y + VM_BLOCK_Y, n[1]); ++row) {
    const int64_t first = (x * n[1] + row) * n[2] + z;
    sum += VmSumRun(width, kmc->rate + first);
    for (int64_t i = first; i < first + width; ++i) lowest = fmin(lowest, kmc->lowest[i]);
  }
  kmc->thinning.block_rate[block] = sum, kmc->thinning.block_lowest[block] = lowest;
}

static void RenewBlock(VmKmc kmc, int64_t x, int64_t y, int64_t z)
{
  const int64_t *n = kmc->grid->n, width = PetscMin(VM_BLOCK_Z, n[2] - z);
  for (int64_t row = y; row < PetscMin(y + VM_BLOCK_Y, n[1]); ++row)
    VmKmcRenew(kmc, (x * n[1] + row) * n[2] + z, width, kmc->state.reference, Ahead(&kmc->thinning));
  SumBlock(kmc, x, y, z);
}

static void SumBlocks(VmKmc kmc)
{
  for (int64_t x = 0; x < kmc->grid->nx; ++x)
    for (int64_t y = 0; y < kmc->grid->n[1]; y += VM_BLOCK_Y)
      for (int64_t z = 0; z < kmc->grid->n[2]; z += VM_BLOCK_Z) SumBlock(kmc, x, y, z);
}

/* Stress and rates everywhere, at the present mean stress and time. */
static PetscErrorCode RenewAll(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  PetscFunctionBegin;
  if (kmc->interacting) PetscCall(VmGreenStress(kmc->green, state->eigenstrain, state->fluctuation));
  memcpy(state->reference, state->mean.stress, sizeof state->reference);
  state->pending = 0;
  for (int64_t i = 0; i < kmc->grid->nx * kmc->thinning.blocks_y * kmc->thinning.blocks_z; ++i)
    kmc->thinning.charge[i] = 0.0;
  VmKmcRenew(kmc, 0, kmc->grid->np, state->reference, Ahead(&kmc->thinning));
  SumBlocks(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the stress of an event to a near block, or to its charge; `renew` is false when only charges are rebuilt. */
static void Feel(VmKmc kmc, const VmEvent *event, bool renew)
{
  VmGrid grid = kmc->grid;
  const int64_t *n = grid->n;
  const double norm = ShearNorm(event->strain) * (1.0 + 1e-6);
  int64_t source[3];
  Source(grid, event->voxel, source);
  for (int64_t x = 0; x < grid->nx; ++x)
    for (int64_t y = 0; y < n[1]; y += VM_BLOCK_Y)
      for (int64_t z = 0; z < n[2]; z += VM_BLOCK_Z) {
        const double cost = Cost(kmc, source, norm, grid->x0 + x, y, z);
        if (cost <= NEAR * kmc->thinning.margin) {
          kmc->thinning.charge[Block(&kmc->thinning, x, y, z)] += cost;
          continue;
        }
        if (!renew) continue;
        for (int64_t v = y; kmc->interacting && v < PetscMin(y + VM_BLOCK_Y, n[1]); ++v)
          for (int64_t w = z; w < PetscMin(z + VM_BLOCK_Z, n[2]); ++w) {
            const int64_t offset[3] = {grid->x0 + x - source[0], v - source[1], w - source[2]};
            double stress[6];
            VmKernelAt(kmc->kernel, offset, event->strain, stress);
            for (int c = 0; c < 6; ++c) kmc->state.fluctuation[c * grid->np + (x * n[1] + v) * n[2] + w] += stress[c];
          }
        RenewBlock(kmc, x, y, z);
      }
}

/* Present stress of a local voxel: what it holds and the far events since the renewal. */
static void TrueStress(VmKmc kmc, int64_t voxel, double sig[6])
{
  VmGrid grid = kmc->grid;
  const VmKmcState *state = &kmc->state;
  int64_t at[3];
  Source(grid, VmGridGlobal(grid, voxel), at);
  for (int c = 0; c < 6; ++c) sig[c] = state->mean.stress[c] + state->fluctuation[c * grid->np + voxel];
  for (int64_t i = 0; kmc->interacting && i < state->pending; ++i) {
    const VmEvent *event = &state->recent[i];
    int64_t source[3];
    double stress[6];
    Source(grid, event->voxel, source);
    const double norm = ShearNorm(event->strain) * (1.0 + 1e-6);
    if (Cost(kmc, source, norm, at[0], at[1] / VM_BLOCK_Y * VM_BLOCK_Y, at[2] / VM_BLOCK_Z * VM_BLOCK_Z) >
        NEAR * kmc->thinning.margin)
      continue;
    const int64_t offset[3] = {at[0] - source[0], at[1] - source[1], at[2] - source[2]};
    VmKernelAt(kmc->kernel, offset, event->strain, stress);
    for (int c = 0; c < 6; ++c) sig[c] += stress[c];
  }
}

/* Transforms a voxel; the block stress is then known or charged. */
static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  VmKmcState *state = &kmc->state;
  PetscFunctionBegin;
  VmKmcTransform(kmc, choice, event);
  state->recent[state->pending++] = *event;
  Feel(kmc, event, true);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Totals of all blocks: rate, largest charge, and a lower bound of all reserves at the reference mean stress. */
static PetscErrorCode Gather(VmKmc kmc)
{
  const VmThinning *t = &kmc->thinning;
  VmGrid grid = kmc->grid;
  const int64_t in_plane = t->blocks_y * t->blocks_z, *n = grid->n;

  PetscFunctionBegin;
  for (int64_t x = 0; x < grid->nx; ++x) {
    double *row = kmc->plane_row + x * VM_PLANE_ROW;
    memset(row, 0, VM_PLANE_ROW * sizeof *row);
    row[RATE] = VmSumRun(in_plane, t->block_rate + x * in_plane);
    double spent = 0.0, lowest = HUGE_VAL;
    for (int64_t i = x * in_plane; i < (x + 1) * in_plane; ++i) {
      spent = t->charge[i] > spent ? t->charge[i] : spent;
      lowest = t->block_lowest[i] < lowest ? t->block_lowest[i] : lowest;
    }
    row[SPENT] = spent, row[VM_LOWEST] = lowest;
  }
  PetscCall(VmGatherPlanes(grid, VM_PLANE_ROW, kmc->plane_row, kmc->planes));
  kmc->total[0] = 0.0, kmc->thinning.spent = 0.0, kmc->lowest_barrier = HUGE_VAL;
  for (int64_t x = 0; x < n[0]; ++x) {
    const double *row = kmc->planes + x * VM_PLANE_ROW;
    kmc->total[0] += row[RATE];
    kmc->thinning.spent = fmax(kmc->thinning.spent, row[SPENT]);
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_LOWEST]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lowest true reserve of all modes of a voxel. */
static double TrueLowest(VmKmc kmc, int64_t voxel, int64_t *mode)
{
  const double memory = VmKmcMemory(kmc, voxel, kmc->state.mean.time);
  double sig[6], lowest = HUGE_VAL;
  TrueStress(kmc, voxel, sig);
  for (int m = 0; m < kmc->stz.modes; ++m) {
    const double reserve = VmKmcBarrierAt(kmc, voxel, m, sig, memory).reserve;
    if (reserve < lowest) lowest = reserve, *mode = m;
  }
  return lowest;
}

/* Looks at the true barriers of all voxels that work of `watched` may take away. *lowest: the lowest reserve of all, at
 * most `watched`; if it is none, the choice is its mode, ties by global index. */
static PetscErrorCode Watch(VmKmc kmc, double watched, double *lowest, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  const VmThinning *t = &kmc->thinning;
  const double drift = Drift(kmc);
  int64_t plane = 0;
  VmChoice mine = {.voxel = -1};
  double mine_lowest = watched;

  PetscFunctionBegin;
  for (int64_t x = 0; x < grid->nx; ++x) kmc->plane_row[x] = watched;
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t x = i / grid->plane, block = Block(t, x, i / grid->n[2] % grid->n[1], i % grid->n[2]);
    const double bar = watched + t->work * (t->charge[block] + drift);
    if (t->block_lowest[block] > bar) {
      i += PetscMin(VM_BLOCK_Z - i % grid->n[2] % VM_BLOCK_Z, grid->n[2] - i % grid->n[2]) - 1;
      continue;
    }
    if (kmc->lowest[i] > bar) continue;
    int64_t mode = 0;
    const double left = TrueLowest(kmc, i, &mode);
    kmc->plane_row[x] = fmin(kmc->plane_row[x], left);
    if (left < mine_lowest) mine_lowest = left, mine.voxel = i, mine.mode = mode;
  }
  PetscCall(VmGatherPlanes(grid, 1, kmc->plane_row, kmc->planes));
  for (int64_t x = 1; x < grid->n[0]; ++x)
    if (kmc->planes[x] < kmc->planes[plane]) plane = x;
  *lowest = kmc->planes[plane];
  if (*lowest > VM_NO_BARRIER) PetscFunctionReturn(PETSC_SUCCESS);
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    VmKmcModeStrain(kmc, mine.voxel, (int)mine.mode, choice->eps);
    choice->voxel = VmGridGlobal(grid, mine.voxel), choice->mode = mine.mode, choice->accepted = 1.0;
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Accepts a voxel with its true total rate over its bound, and picks one of its modes by their true rates. */
static void Accept(VmKmc kmc, int64_t voxel, double accept, double pick, VmChoice *choice)
{
  const VmKmcState *state = &kmc->state;
  const double kt = VM_BOLTZMANN * kmc->temperature, bound = kmc->rate[voxel];
  const int64_t at[3] = {voxel / kmc->grid->plane, voxel / kmc->grid->n[2] % kmc->grid->n[1], voxel % kmc->grid->n[2]};
  const double used = kmc->thinning.charge[Block(&kmc->thinning, at[0], at[1], at[2])] + Drift(kmc);

  choice->accepted = 0.0;
  /* what the block has used of its margin already tells most refusals */
  const double most = kmc->barrier_law->linear ? exp(kmc->thinning.work * (used - kmc->thinning.margin) / kt) : 1.0;
  if (accept <= most * (1.0 + 1e-9)) {
    const double memory = VmKmcMemory(kmc, voxel, state->mean.time);
    double sig[6], total = 0.0;
    int64_t mode = 0;
    TrueStress(kmc, voxel, sig);
    for (int m = 0; m < kmc->stz.modes; ++m) {
      kmc->room[m] = kmc->stz.attempt_frequency * exp(-VmKmcBarrierAt(kmc, voxel, m, sig, memory).left / kt);
      total += kmc->room[m];
    }
    if (total > bound * (1.0 + 1e-9)) choice->accepted = -1.0;
    else if (accept * bound < total) {
      double target = pick * total;
      mode = VmKmcPick(kmc->stz.modes, 1, kmc->room, &target);
      choice->accepted = 1.0, choice->voxel = VmGridGlobal(kmc->grid, voxel), choice->mode = mode;
      VmKmcModeStrain(kmc, voxel, (int)mode, choice->eps);
    }
  }
  /* a barrier that has recovered lowers the bound of its voxel */
  if (choice->accepted == 0.0 && state->generation[voxel] && kmc->stz.softening.decaying > 0.0)
    RenewBlock(kmc, at[0], at[1] / VM_BLOCK_Y * VM_BLOCK_Y, at[2] / VM_BLOCK_Z * VM_BLOCK_Z);
}

/* One candidate at the present time. */
static PetscErrorCode Propose(VmKmc kmc, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  const VmThinning *t = &kmc->thinning;
  double target = VmKmcUniform(kmc) * kmc->total[0];
  const double accept = VmKmcUniform(kmc), pick = VmKmcUniform(kmc);
  const int64_t plane = VmKmcPick(grid->n[0], VM_PLANE_ROW, kmc->planes, &target);

  PetscFunctionBegin;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    const int64_t x = plane - grid->x0, in_plane = t->blocks_y * t->blocks_z,
                  block = VmKmcPick(in_plane, 1, t->block_rate + x * in_plane, &target),
                  y = block / t->blocks_z * VM_BLOCK_Y, z = block % t->blocks_z * VM_BLOCK_Z,
                  width = PetscMin(VM_BLOCK_Z, grid->n[2] - z);
    double member[VM_BLOCK_Y * VM_BLOCK_Z];
    int64_t count = 0;
    for (int64_t row = y; row < PetscMin(y + VM_BLOCK_Y, grid->n[1]); ++row)
      for (int64_t i = 0; i < width; ++i) member[count++] = kmc->rate[(x * grid->n[1] + row) * grid->n[2] + z + i];
    const int64_t in_block = VmKmcPick(count, 1, member, &target);
    Accept(kmc, (x * grid->n[1] + y + in_block / width) * grid->n[2] + z + in_block % width, accept, pick, choice);
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  if (choice->accepted < 0.0)
    VmThrow(grid->comm, VM_ERR_DIVERGED, "a rate exceeded its bound after %lld events; please report this",
            (long long)kmc->state.events);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcNextThinned(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  VmKmcState *state = &kmc->state;
  const VmThinning *t = &kmc->thinning;
  const double speed = ShearNorm(state->mean.stress_rate), watched = WATCHED * Ahead(t);
  VmChoice choice;

  PetscFunctionBegin;
  memset(&choice, 0, sizeof choice);
  for (;;) {
    PetscCall(Gather(kmc));
    double drift = Drift(kmc);
    if (state->pending < 0 || state->pending == kmc->refresh || t->spent + drift > (1.0 - EXHAUSTED) * t->margin) {
      PetscCall(RenewAll(kmc));
      PetscCall(Gather(kmc));
      drift = 0.0;
    }
    double lead = kmc->lowest_barrier - t->work * (t->spent + drift);
    if (lead <= watched) {
      PetscCall(Watch(kmc, watched, &lead, &choice));
      if (lead <= VM_NO_BARRIER) {
        PetscCall(VmKmcCountCascade(kmc));
        PetscCall(Fire(kmc, &choice, event));
        *outcome = VM_KMC_EVENT;
        PetscFunctionReturn(PETSC_SUCCESS);
      }
      PetscCall(Gather(kmc));
    }
    kmc->cascade = 0;

    double until = horizon;
    if (speed > 0.0)
      until = PetscMin(until,
                       state->mean.time + PetscMin((t->margin - t->spent - drift) / speed, lead / (t->work * speed)));
    const double bound = kmc->total[0], hazard = bound * (until - state->mean.time);
    if (!(hazard > state->hazard)) {
      state->hazard -= hazard;
      VmMeanUpdate(&state->mean, until);
      if (until < horizon) continue;
      *outcome = VM_KMC_HORIZON;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    VmMeanUpdate(&state->mean, state->mean.time + state->hazard / bound);
    state->hazard = -log(VmKmcUniform(kmc));
    PetscCall(Propose(kmc, &choice));
    if (choice.accepted == 1.0) {
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}

PetscErrorCode VmKmcThinningCreate(VmKmc kmc, double margin)
{
  VmThinning *t = &kmc->thinning;
  VmGrid grid = kmc->grid;

  PetscFunctionBegin;
  PetscCheck(kmc->stz.softening.decaying >= 0.0, grid->comm, PETSC_ERR_SUP,
             "the finder `thinned` needs barriers that do not fall with time");
  t->margin = margin;
  /* a mode gamma/2 (n m + m n) works gamma n.sig.m; its components are rounded to floats */
  t->work = VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5);
  t->blocks_y = (grid->n[1] + VM_BLOCK_Y - 1) / VM_BLOCK_Y, t->blocks_z = (grid->n[2] + VM_BLOCK_Z - 1) / VM_BLOCK_Z;
  const size_t blocks = (size_t)(grid->nx * t->blocks_y * t->blocks_z);
  PetscCall(PetscCalloc3(blocks, &t->block_rate, blocks, &t->block_lowest, blocks, &t->charge));
  PetscCall(PetscMalloc1((size_t)kmc->refresh, &kmc->state.recent));
  if (kmc->interacting) {
    PetscCall(PetscMalloc1((size_t)grid->total, &t->influence));
    PetscCall(VmKmcInfluence(grid, kmc->kernel, t->influence));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcThinningDestroy(VmKmc kmc)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(kmc->thinning.block_rate, kmc->thinning.block_lowest, kmc->thinning.charge));
  PetscCall(PetscFree(kmc->thinning.influence));
  PetscCall(PetscFree(kmc->state.recent));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmKmcThinningRestore(VmKmc kmc)
{
  const VmThinning *t = &kmc->thinning;
  for (int64_t i = 0; i < kmc->grid->nx * t->blocks_y * t->blocks_z; ++i) t->charge[i] = 0.0;
  if (kmc->state.pending < 0) return;
  for (int64_t i = 0; i < kmc->state.pending; ++i) Feel(kmc, &kmc->state.recent[i], false);
  SumBlocks(kmc);
}
