/* Benchmark of the event finders: a glass of shear transformation zones near its yield point. */
#include "bench.h"

#include <vitromech/kmc.h>

#include <math.h>
#include <string.h>

enum { MODES = 20, FULL_EVENTS = 8, FULL_ROUNDS = 3 };

/* Events of `thinned` that are timed: some, and enough for more than one refresh. */
enum { THINNED_EVENTS = 8000, VOXELS_PER_EVENT = 256 };

/* Voxels per event of the warm-up. The same share of the voxels has then transformed in every box: the stress is at 96
 * % of its maximum, and an event costs no less than at the maximum. */
enum { WARM_UP = 16 };

/* Voxel edge of the demonstration case [nm]. */
#define SPACING 1.703

/* Shear rate [1/s], and the stress [GPa] at which the box starts; there few zones have transformed yet. */
#define RATE 5e-5
#define START 1.2

/* Temperature [K] and permanent softening. */
#define WARM 300.0
#define SOFTENING 0.15

/* Cascades: a cold glass that softens strongly, sheared from this stress [GPa], first for one event per so many voxels;
 * and one that a jump of the stress leaves without barriers in many voxels at once. Larger boxes than of so many cells
 * take minutes. */
enum { CASCADE_WARM_UP = 64, CASCADE_CELLS = 64 };
static const struct {
  double temperature, softening, start, overload;
} cold = {30.0, 0.4, 2.5, 4.0};

typedef struct {
  VmBarrierCommon barrier;
  VmStz stz;
  VmKmcSetup setup;
} Glass;

static PetscErrorCode Create(VmGrid grid, VmFinder finder, double temperature, double softening, Glass *glass,
                             VmKmc *kmc)
{
  double *ratio;
  PetscFunctionBegin;
  memset(glass, 0, sizeof *glass);
  glass->barrier = (VmBarrierCommon){.mean = 1.75, .spread = 0.1, .per = VM_PER_VOXEL};
  glass->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  glass->stz.softening = (VmSoftening){.permanent = softening, .decaying = 0.05, .time = 1e-3};
  const VmPluginHead *const *law = vm_barrier_kind.table;
  while (strcmp((*law)->name, "linear") != 0) ++law;
  glass->stz.barrier = (VmPlugin){.head = *law, .common = &glass->barrier};
  PetscCall(PetscMalloc1((size_t)grid->np + 1, &ratio));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0;
  glass->setup = (VmKmcSetup){.stz = &glass->stz,
                              .seed = 1,
                              .temperature = temperature,
                              .shear = 31.3,
                              .bulk = 101.2,
                              .barrier_ratio = ratio,
                              .refresh = 10000,
                              .finder = finder,
                              .margin = 0.1,
                              .interacting = true};
  PetscCall(VmKmcCreate(grid, &glass->setup, kmc));
  PetscCall(PetscFree(ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Events(VmKmc kmc, int64_t count)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < count;) {
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(VmKmcNext(kmc, VmKmcGetState(kmc)->mean.time + 1e4, &outcome, &event));
    if (outcome == VM_KMC_EVENT) ++i;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Jumps to a shear stress [GPa] and shears the box from there. */
static void Load(VmKmc kmc, double stress)
{
  VmMean *mean = &VmKmcGetState(kmc)->mean;
  VmSegment jump = {.duration = HUGE_VAL}, shear = {.duration = HUGE_VAL};
  jump.stress_controlled[VM_XY] = true, jump.level[VM_XY] = stress;
  shear.rate[VM_XY] = RATE;
  VmMeanBegin(mean, &jump);
  VmMeanBegin(mean, &shear);
}

/* Shears the box until it is near yield; tells how near. */
static PetscErrorCode WarmUp(VmGrid grid, const char *name, VmKmc kmc)
{
  const VmMean *mean = &VmKmcGetState(kmc)->mean;
  const int64_t events = grid->total / WARM_UP;
  PetscFunctionBegin;
  Load(kmc, START);
  PetscCall(Events(kmc, events - events / 4));
  const double strain = mean->strain[VM_XY], stress = mean->stress[VM_XY];
  PetscCall(Events(kmc, events / 4));
  const double tangent = (mean->stress[VM_XY] - stress) / (mean->strain[VM_XY] - strain) / (2.0 * mean->shear);
  PetscCall(VmBenchPrint(grid->comm, name, "warm_up_events", (double)events, "1"));
  PetscCall(VmBenchPrint(grid->comm, name, "stress", mean->stress[VM_XY], "GPa"));
  PetscCall(VmBenchPrint(grid->comm, name, "tangent_modulus_over_elastic", tangent, "1"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* State of the process, to go from one finder to another. */
typedef struct {
  VmMean mean;
  double *eigenstrain, *fluctuation, *last_event;
  int64_t *generation, events;
} Snapshot;

static PetscErrorCode TakeSnapshot(VmGrid grid, VmKmc kmc, Snapshot *to)
{
  const VmKmcState *state = VmKmcGetState(kmc);
  const size_t np = (size_t)grid->np;
  PetscFunctionBegin;
  PetscCall(PetscMalloc4(6 * np, &to->eigenstrain, 6 * np, &to->fluctuation, np, &to->last_event, np, &to->generation));
  PetscCall(VmKmcStress(kmc, to->fluctuation));
  for (size_t i = 0; i < 6 * np; ++i)
    to->eigenstrain[i] = state->eigenstrain[i], to->fluctuation[i] -= state->mean.stress[i / np];
  for (size_t i = 0; i < np; ++i) to->last_event[i] = state->last_event[i], to->generation[i] = state->generation[i];
  to->mean = state->mean, to->events = state->events;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeUp(VmGrid grid, const Snapshot *from, VmKmc kmc)
{
  VmKmcState *state = VmKmcGetState(kmc);
  const size_t np = (size_t)grid->np;
  PetscFunctionBegin;
  memcpy(state->eigenstrain, from->eigenstrain, 6 * np * sizeof(double));
  memcpy(state->fluctuation, from->fluctuation, 6 * np * sizeof(double));
  memcpy(state->last_event, from->last_event, np * sizeof(double));
  memcpy(state->generation, from->generation, np * sizeof(int64_t));
  state->mean = from->mean, state->events = from->events;
  PetscCall(VmKmcRestore(kmc, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(MPI_Comm comm, VmKmc kmc, int64_t events, double *per_second)
{
  double start, end;
  PetscFunctionBegin;
  PetscCall(VmBenchTime(comm, &start));
  PetscCall(Events(kmc, events));
  PetscCall(VmBenchTime(comm, &end));
  *per_second = (double)events / (end - start);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the time of rank 0 went between two profiles, as parts of the whole, and how the bounds did. */
static PetscErrorCode PrintProfile(MPI_Comm comm, const char *name, const VmKmcProfile *from, const VmKmcProfile *to,
                                   double events, double seconds)
{
  const struct {
    const char *figure;
    double value;
  } parts[] = {
      {"far_charges", to->far_time - from->far_time},        {"near_stress", to->near_time - from->near_time},
      {"renewed_bounds", to->renew_time - from->renew_time}, {"acceptance", to->accept_time - from->accept_time},
      {"refresh", to->refresh_time - from->refresh_time},    {"messages", to->message_time - from->message_time}};
  char figure[64];
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
    snprintf(figure, sizeof figure, "time_in_%s", parts[i].figure);
    PetscCall(VmBenchPrint(comm, name, figure, parts[i].value / seconds, "1"));
  }
  PetscCall(VmBenchPrint(comm, name, "accepted_candidates", events / (double)(to->candidates - from->candidates), "1"));
  PetscCall(VmBenchPrint(comm, name, "near_tiles_per_event", (double)(to->near - from->near) / events, "1"));
  PetscCall(VmBenchPrint(comm, name, "new_rates_per_event", (double)(to->renewed - from->renewed) / events, "1"));
  PetscCall(VmBenchPrint(comm, name, "summed_voxels_per_event", (double)(to->exact - from->exact) / events, "1"));
  PetscCall(VmBenchPrint(comm, name, "looks_per_event", (double)(to->looked_at - from->looked_at) / events, "1"));
  PetscCall(VmBenchPrint(comm, name, "events_per_refresh",
                         events / (double)PetscMax(to->refreshes - from->refreshes, 1), "1"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Measures `thinned`, checks its bounds, and leaves its state for `full` in `to`. */
static PetscErrorCode MeasureThinned(MPI_Comm comm, VmGrid grid, const char *name, double *per_second, Snapshot *to)
{
  Glass glass;
  VmKmc kmc;
  int64_t exceeded;
  double largest;
  PetscFunctionBegin;
  PetscCall(Create(grid, VM_FINDER_THINNED, WARM, SOFTENING, &glass, &kmc));
  PetscCall(WarmUp(grid, name, kmc));
  const VmKmcProfile before = *VmKmcGetProfile(kmc);
  const int64_t events = PetscMax(THINNED_EVENTS, grid->total / VOXELS_PER_EVENT);
  PetscCall(Measure(comm, kmc, events, per_second));
  PetscCall(PrintProfile(comm, name, &before, VmKmcGetProfile(kmc), (double)events, (double)events / *per_second));
  PetscCall(VmBenchPrint(comm, name, "margin", VmKmcGetState(kmc)->margin, "GPa"));
  PetscCall(VmKmcCheckBounds(kmc, &exceeded, &largest));
  PetscCall(VmBenchPrint(comm, name, "bounds_exceeded", (double)exceeded, "1"));
  PetscCall(VmBenchPrint(comm, name, "largest_rate_over_bound", largest, "1"));
  PetscCall(VmBenchPrint(comm, name, "bytes_of_a_rank",
                         (double)VmKmcBytes(&glass.stz, VM_FINDER_THINNED, grid->np, grid->n), "B"));
  if (exceeded > 0) VmThrow(comm, VM_ERR_DIVERGED, "%lld rates exceed their bounds", (long long)exceeded);
  PetscCall(TakeSnapshot(grid, kmc, to));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureFull(MPI_Comm comm, VmGrid grid, const Snapshot *from, double *per_second)
{
  Glass glass;
  VmKmc kmc;
  double once;
  PetscFunctionBegin;
  PetscCall(Create(grid, VM_FINDER_FULL, WARM, SOFTENING, &glass, &kmc));
  PetscCall(TakeUp(grid, from, kmc));
  PetscCall(Measure(comm, kmc, 2, &once));
  *per_second = 0.0;
  for (int round = 0; round < FULL_ROUNDS; ++round) {
    PetscCall(Measure(comm, kmc, FULL_EVENTS, &once));
    *per_second = fmax(*per_second, once);
  }
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Events without barrier, which follow another at once, against the others. */
static PetscErrorCode MeasureCascades(MPI_Comm comm, VmGrid grid, const char *name)
{
  const int64_t events = PetscMax(THINNED_EVENTS, grid->total / VOXELS_PER_EVENT);
  Glass glass;
  VmKmc kmc;
  double seconds[2] = {0.0}, overloaded;
  int64_t count[2] = {0};
  PetscFunctionBegin;
  PetscCall(Create(grid, VM_FINDER_THINNED, cold.temperature, cold.softening, &glass, &kmc));
  Load(kmc, cold.start);
  PetscCall(Events(kmc, PetscMax(events, grid->total / CASCADE_WARM_UP)));
  while (count[0] + count[1] < events) {
    const double time = VmKmcGetState(kmc)->mean.time;
    VmKmcOutcome outcome;
    VmEvent event;
    double start, end;
    PetscCall(VmBenchTime(comm, &start));
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    PetscCall(VmBenchTime(comm, &end));
    const int cascade = event.time == time;
    ++count[cascade], seconds[cascade] += end - start;
  }
  PetscCall(VmKmcDestroy(&kmc));
  PetscCall(Create(grid, VM_FINDER_THINNED, cold.temperature, cold.softening, &glass, &kmc));
  Load(kmc, cold.overload);
  PetscCall(Measure(comm, kmc, events, &overloaded));
  PetscCall(VmKmcDestroy(&kmc));
  const double thermal = seconds[0] / (double)count[0], cascade = seconds[1] / (double)count[1];
  PetscCall(VmBenchPrint(comm, name, "cascade_part_of_events", (double)count[1] / (double)events, "1"));
  PetscCall(VmBenchPrint(comm, name, "cascade_events_per_second", 1.0 / cascade, "1/s"));
  PetscCall(VmBenchPrint(comm, name, "cascade_cost_over_thermal", cascade / thermal, "1"));
  PetscCall(VmBenchPrint(comm, name, "overloaded_events_per_second", overloaded, "1/s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `thinned` gets the events per second of `thinned`. */
static PetscErrorCode Kmc(MPI_Comm comm, int64_t cells, double *thinned)
{
  const int64_t n[3] = {cells, cells, cells};
  VmGrid grid;
  Snapshot snapshot;
  double full;
  char name[32];
  PetscFunctionBegin;
  snprintf(name, sizeof name, "kmc.%lld", (long long)cells);
  PetscCall(VmGridCreate(comm, n, SPACING, &grid));
  if (cells <= CASCADE_CELLS) PetscCall(MeasureCascades(comm, grid, name));
  PetscCall(MeasureThinned(comm, grid, name, thinned, &snapshot));
  PetscCall(MeasureFull(comm, grid, &snapshot, &full));
  PetscCall(PetscFree4(snapshot.eigenstrain, snapshot.fluctuation, snapshot.last_event, snapshot.generation));
  PetscCall(VmBenchPrint(comm, name, "full_events_per_second", full, "1/s"));
  PetscCall(VmBenchPrint(comm, name, "thinned_events_per_second", *thinned, "1/s"));
  PetscCall(VmBenchPrint(comm, name, "thinned_over_full", *thinned / full, "1"));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchKmc(MPI_Comm comm, int64_t cells)
{
  const int64_t most = cells ? cells : 128;
  double smaller, thinned = 0.0;
  PetscFunctionBegin;
  for (int64_t n = cells ? cells : 32; n <= most; n *= 2) {
    smaller = thinned;
    PetscCall(Kmc(comm, n, &thinned));
    char name[32];
    snprintf(name, sizeof name, "kmc.%lld", (long long)n);
    if (smaller > 0.0) PetscCall(VmBenchPrint(comm, name, "thinned_cost_over_smaller_box", smaller / thinned, "1"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
