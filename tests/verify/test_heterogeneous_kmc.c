/* ranks: 1 2 4; timeout: 120; links: vm_solvers
 * Events in a body whose moduli differ from voxel to voxel: stresses against an equilibrium solved on its own, mean
 * control, energy of events, rates that drift with the local stress, uniform moduli, and the same bits on all ranks. */
#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

enum { MODES = 4, EVENTS = 12 };
#define TOLERANCE 1e-11 /* of the equilibria */
#define SHEAR 30.0      /* GPa, of the matrix */
#define BULK 90.0

extern const VmBarrierOps vm_barrier_linear;
static const int64_t cells[3] = {6, 5, 4};

typedef struct {
  VmBarrierCommon barrier;
  VmStz stz;
  VmGrid grid;
  VmKmc kmc;
  double *shear, *bulk, *soft; /* [np] */
} Run;

static bool Soft(int64_t voxel) { return voxel * 2654435761 % 97 < 30; }

static PetscErrorCode CreateKmc(Run *run, uint64_t seed, bool fields)
{
  double *ones;
  VmEquilibriumOptions options;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)run->grid->np + 1, &ones));
  for (int64_t i = 0; i < run->grid->np; ++i) ones[i] = 1.0;
  VmEquilibriumOptionsInit(&options);
  options.tolerance = TOLERANCE;
  const VmKmcSetup setup = {.stz = &run->stz,
                            .seed = seed,
                            .temperature = 300.0,
                            .shear = SHEAR,
                            .bulk = BULK,
                            .shear_field = fields ? run->shear : NULL,
                            .bulk_field = fields ? run->bulk : NULL,
                            .equilibrium = &options,
                            .barrier_ratio = ones,
                            .refresh = 5,
                            .finder = VM_FINDER_FULL,
                            .interacting = true};
  PetscCall(VmKmcCreate(run->grid, &setup, &run->kmc));
  PetscCall(PetscFree(ones));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Soft voxels have `ratio` of the shear modulus and some bulk modulus of their own; the medium of comparison is the
 * matrix. */
static PetscErrorCode Create(MPI_Comm comm, const int64_t n[3], double ratio, uint64_t seed, bool fields, Run *run)
{
  PetscFunctionBegin;
  memset(run, 0, sizeof *run);
  PetscCall(VmGridCreate(comm, n, 1.7, &run->grid));
  const size_t np = (size_t)run->grid->np;
  run->barrier = (VmBarrierCommon){.mean = 1.1, .per = VM_PER_VOXEL};
  run->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  run->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &run->barrier};
  run->stz.softening.time = 1.0;
  PetscCall(PetscMalloc3(np + 1, &run->shear, np + 1, &run->bulk, np + 1, &run->soft));
  for (size_t i = 0; i < np; ++i) {
    run->soft[i] = Soft(VmGridGlobal(run->grid, (int64_t)i));
    run->shear[i] = SHEAR * (run->soft[i] > 0.0 ? ratio : 1.0);
    run->bulk[i] = BULK * (run->soft[i] > 0.0 ? 0.5 + 0.5 * ratio : 1.0);
  }
  PetscCall(CreateKmc(run, seed, fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Run *run)
{
  PetscFunctionBegin;
  PetscCall(VmKmcDestroy(&run->kmc));
  PetscCall(PetscFree3(run->shear, run->bulk, run->soft));
  PetscCall(VmGridDestroy(&run->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tension along x with free faces along y and a prescribed shear stress yz; zz, xz and xy hold their strain. */
static void Load(Run *run, double rate)
{
  VmSegment segment = {.duration = HUGE_VAL};
  segment.rate[VM_XX] = rate;
  segment.stress_controlled[VM_YY] = segment.stress_controlled[VM_YZ] = true;
  segment.level[VM_YZ] = 0.4, segment.rate[VM_YZ] = 10.0 * rate;
  VmMeanBegin(&VmKmcGetState(run->kmc)->mean, &segment);
}

static PetscErrorCode Next(Run *run, VmEvent *event)
{
  VmKmcOutcome outcome;
  PetscFunctionBegin;
  memset(event, 0, sizeof *event);
  PetscCall(VmKmcNext(run->kmc, HUGE_VAL, &outcome, event));
  VmExpectInt(outcome, VM_KMC_EVENT);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Largest(Run *run, const double *a, const double *b, double *most)
{
  *most = 0.0;
  for (int64_t i = 0; i < 6 * run->grid->np; ++i) *most = fmax(*most, fabs(a[i] - (b ? b[i] : 0.0)));
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPI_DOUBLE, MPI_MAX, run->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress of the voxels by solvers of our own: kernel, and equilibria of the eigenstrain under a load, the
 * heterogeneous one under mixed control. */
static PetscErrorCode Independent(Run *run, double *stress, VmEquilibriumResult *body)
{
  const VmKmcState *state = VmKmcGetState(run->kmc);
  const size_t np = (size_t)run->grid->np;
  double *part, *uniform;
  VmEquilibrium equilibrium;
  VmEquilibriumOptions options;
  VmEquilibriumResult result;
  VmMacroLoad load = {.level = {0.0}}, free = load;
  VmGreen green;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(6 * np + 1, &part, 2 * np + 1, &uniform));
  for (size_t i = 0; i < np; ++i) uniform[i] = SHEAR, uniform[np + i] = BULK;
  for (int c = 0; c < 6; ++c) {
    free.stress_controlled[c] = true;
    load.stress_controlled[c] = state->mean.segment.stress_controlled[c];
    load.level[c] = load.stress_controlled[c] ? state->mean.stress[c] : state->mean.strain[c];
  }
  VmEquilibriumOptionsInit(&options);
  options.tolerance = 1e-12;
  PetscCall(VmEquilibriumCreate(run->grid, &options, &equilibrium));
  PetscCall(VmGreenCreate(run->grid, SHEAR, BULK, &green));
  PetscCall(VmGreenStress(green, state->eigenstrain, stress));
  const VmMedium homogeneous = {.shear = uniform, .bulk = uniform + np, .eigenstrain = state->eigenstrain},
                 heterogeneous = {.shear = run->shear, .bulk = run->bulk, .eigenstrain = state->eigenstrain};
  PetscCall(VmEquilibriumSetMedium(equilibrium, &homogeneous));
  PetscCall(VmEquilibriumSolve(equilibrium, &free, false, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  PetscCall(VmEquilibriumFields(equilibrium, NULL, part));
  for (size_t i = 0; i < 6 * np; ++i) stress[i] -= part[i];
  PetscCall(VmEquilibriumSetMedium(equilibrium, &heterogeneous));
  PetscCall(VmEquilibriumSolve(equilibrium, &load, false, body));
  VmExpectInt(body->status, VM_SOLVE_CONVERGED);
  PetscCall(VmEquilibriumFields(equilibrium, NULL, part));
  for (size_t i = 0; i < 6 * np; ++i) stress[i] += part[i];
  PetscCall(VmEquilibriumDestroy(&equilibrium));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(PetscFree2(part, uniform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Elastic energy [GPa nm^3]: of the mean stress, and of the eigenstrain without load (the two do not mix: Colonnetti).
 */
static PetscErrorCode Energy(Run *run, double *energy)
{
  const VmKmcState *state = VmKmcGetState(run->kmc);
  const double voxel = 1.7 * 1.7 * 1.7;
  double elastic[6], sum;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) elastic[c] = state->mean.strain[c] - state->mean.eigenstrain[c];
  *energy = 0.5 * VmDot6(elastic, state->mean.stress) * (double)run->grid->total * voxel;
  for (int c = 0; c < 6; ++c) {
    const int64_t at = c * run->grid->np;
    PetscCall(VmSumProduct(run->grid, state->fluctuation + at, state->eigenstrain + at, &sum));
    *energy -= (c < 3 ? 0.5 : 1.0) * voxel * sum;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress of a voxel on every rank. */
static PetscErrorCode StressOf(Run *run, const double *stress, int64_t voxel, double sig[6])
{
  const int64_t local = voxel - VmGridGlobal(run->grid, 0);
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) sig[c] = local >= 0 && local < run->grid->np ? stress[c * run->grid->np + local] : 0.0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sig, 6, MPI_DOUBLE, MPI_SUM, run->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An event under the mean control: the work of the load is the change of the elastic energy and what the voxel's
 * stress, which changes in proportion, does on its eigenstrain. */
static PetscErrorCode CheckEnergy(Run *run, const VmEvent *event, const VmMean *before, const double *stress_before,
                                  double energy_before, const double *stress_after, double *worst)
{
  const VmMean *after = &VmKmcGetState(run->kmc)->mean;
  const double voxel = 1.7 * 1.7 * 1.7;
  double sig[2][6], middle[6], strain[6], energy;
  PetscFunctionBegin;
  PetscCall(Energy(run, &energy));
  PetscCall(StressOf(run, stress_before, event->voxel, sig[0]));
  PetscCall(StressOf(run, stress_after, event->voxel, sig[1]));
  for (int c = 0; c < 6; ++c) middle[c] = 0.5 * (sig[0][c] + sig[1][c]);
  const double released = voxel * VmDot6(middle, event->strain);
  for (int c = 0; c < 6; ++c)
    middle[c] = 0.5 * (before->stress[c] + after->stress[c]), strain[c] = after->strain[c] - before->strain[c];
  const double work = VmDot6(middle, strain) * (double)run->grid->total * voxel;
  *worst = fmax(*worst, fabs(work - (energy - energy_before) - released) / fabs(released));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TotalRate(Run *run, const double *stress, double *total)
{
  const VmKmcState *state = VmKmcGetState(run->kmc);
  const int64_t np = run->grid->np;
  double *rate;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)np + 1, &rate));
  for (int64_t i = 0; i < np; ++i)
    for (int m = 0; m < MODES; ++m) {
      double eps[6], sig[6];
      VmStzMode(&run->stz, 5, VmGridGlobal(run->grid, i), state->generation[i], m, eps);
      for (int c = 0; c < 6; ++c) sig[c] = stress[c * np + i];
      const double work = 0.5 * run->stz.volume * VM_GPA_NM3_IN_EV * VmDot6(sig, eps);
      rate[i] += run->stz.attempt_frequency * exp(-(run->barrier.mean - work) / (VM_BOLTZMANN * 300.0));
    }
  PetscCall(VmSumField(run->grid, rate, total));
  PetscCall(PetscFree(rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A run of events under mixed control. */
static PetscErrorCode Stresses(void)
{
  Run run;
  VmEvent event;
  VmKmcOutcome outcome;
  double *stress, *wanted, *last, most, scale, energy, rate, worst_energy = 0.0, worst = 0.0, worst_mean = 0.0,
                                                             worst_rate = 0.0;
  PetscFunctionBegin;
  PetscCall(Create(PETSC_COMM_WORLD, cells, 0.4, 5, true, &run));
  const VmKmcState *state = VmKmcGetState(run.kmc);
  const size_t room = 6 * (size_t)run.grid->np + 1;
  PetscCall(PetscMalloc3(room, &stress, room, &wanted, room, &last));
  Load(&run, 1e-3);
  for (int k = 0; k < EVENTS; ++k) {
    VmEquilibriumResult body;
    PetscCall(VmKmcNext(run.kmc, state->mean.time, &outcome, &event)); /* nothing happens in no time */
    VmExpectInt(outcome, VM_KMC_HORIZON);
    PetscCall(VmKmcStress(run.kmc, last));
    PetscCall(TotalRate(&run, last, &rate));
    worst_rate = fmax(worst_rate, fabs(VmKmcRate(run.kmc) / rate - 1.0));
    PetscCall(Next(&run, &event));
    PetscCall(VmKmcStress(run.kmc, stress));
    PetscCall(Independent(&run, wanted, &body));
    PetscCall(Largest(&run, wanted, NULL, &scale));
    PetscCall(Largest(&run, stress, wanted, &most));
    worst = fmax(worst, most / scale);
    for (int c = 0; c < 6; ++c) {
      worst_mean = fmax(worst_mean, fabs(body.mean_stress[c] - state->mean.stress[c]));
      worst_mean = fmax(worst_mean, SHEAR * fabs(body.mean_strain[c] - state->mean.strain[c]));
    }
    VmExpectNear(state->mean.stress[VM_YY], 0.0, 0.0);
    VmExpectNear(state->mean.stress[VM_YZ], 0.4 + 1e-2 * state->mean.time, 0.0);
    VmExpectNear(state->mean.strain[VM_XX], 1e-3 * state->mean.time, 0.0);
    VmExpectNear(state->mean.strain[VM_XY], 0.0, 0.0);
  }
  VmFigure("stress of voxels, from an equilibrium of its own, relative", worst);
  VmFigure("mean stress and strain, from it [GPa]", worst_mean);
  VmFigure("total rate, from the stress and the catalogue, relative", worst_rate);
  VmExpect(worst < 1e-9, "%g", worst);
  VmExpect(worst_mean < 1e-9, "%g", worst_mean);
  VmExpect(worst_rate < 1e-5, "%g", worst_rate); /* modes are floats */
  VmFigure("iterations per event and field", (double)VmKmcIterations(run.kmc) / (double)(state->events + 2 * EVENTS));

  /* at rest the state's own stress, summed event by event, is that of the whole eigenstrain; energy of events */
  Load(&run, 0.0);
  for (int k = 0; k < 4; ++k) {
    const VmMean before = state->mean;
    PetscCall(VmKmcStress(run.kmc, last));
    PetscCall(Energy(&run, &energy));
    PetscCall(Next(&run, &event));
    PetscCall(VmKmcStress(run.kmc, stress));
    PetscCall(CheckEnergy(&run, &event, &before, last, energy, stress, &worst_energy));
  }
  VmFigure("energy of an event that is missing, over the energy released", worst_energy);
  VmExpect(worst_energy < 1e-8, "%g", worst_energy);
  VmSegment unloaded = {.duration = HUGE_VAL};
  for (int c = 0; c < 6; ++c) unloaded.stress_controlled[c] = true;
  VmMeanBegin(&VmKmcGetState(run.kmc)->mean, &unloaded);
  PetscCall(VmKmcStress(run.kmc, stress));
  PetscCall(Largest(&run, stress, NULL, &scale));
  PetscCall(Largest(&run, stress, state->fluctuation, &most));
  VmExpect(most < 1e-9 * scale, "%g of %g GPa", most, scale);
  PetscCall(PetscFree3(stress, wanted, last));
  PetscCall(Destroy(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Puts a run back to its start, with random numbers of its own. */
static PetscErrorCode Rewind(Run *run, int64_t number)
{
  VmKmcState *state = VmKmcGetState(run->kmc);
  const VmRngKey key = {.seed = 77, .stream = VM_STREAM_EVENT};
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(state->eigenstrain, 6 * run->grid->np));
  PetscCall(PetscArrayzero(state->fluctuation, 6 * run->grid->np));
  PetscCall(PetscArrayzero(state->generation, run->grid->np));
  for (int64_t i = 0; i < run->grid->np; ++i) state->last_event[i] = -1e300;
  state->mean = (VmMean){.shear = SHEAR, .bulk = BULK, .compliance = state->mean.compliance};
  state->events = 0, state->draws = 1000 * number, state->hazard = -log(VmRngUniform(key, (uint64_t)number, 0));
  PetscCall(VmKmcRestore(run->kmc, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rate k and drift b of the modes at the start, from the stress of the voxels at two times. */
static PetscErrorCode Drifts(Run *run, bool local, double *k, double *b)
{
  VmKmcState *state = VmKmcGetState(run->kmc);
  const int64_t np = run->grid->np;
  const double kt = VM_BOLTZMANN * 300.0, step = 1.0;
  double *stress;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(12 * np) + 1, &stress));
  for (int end = 0; end < 2; ++end) {
    VmMeanUpdate(&state->mean, end * step);
    PetscCall(VmKmcStress(run->kmc, stress + 6 * np * end));
    for (int64_t i = 0; !local && i < 6 * np; ++i) stress[6 * np * end + i] = state->mean.stress[i / np];
  }
  VmMeanUpdate(&state->mean, 0.0);
  for (int64_t i = 0; i < np; ++i)
    for (int m = 0; m < MODES; ++m) {
      double eps[6], sig[6], rate[6];
      VmStzMode(&run->stz, 5, VmGridGlobal(run->grid, i), 0, m, eps);
      for (int c = 0; c < 6; ++c) sig[c] = stress[c * np + i], rate[c] = (stress[(6 + c) * np + i] - sig[c]) / step;
      const double per_stress = 0.5 * run->stz.volume * VM_GPA_NM3_IN_EV / kt;
      k[i * MODES + m] = run->stz.attempt_frequency * exp(per_stress * VmDot6(sig, eps) - run->barrier.mean / kt);
      b[i * MODES + m] = per_stress * VmDot6(rate, eps);
    }
  PetscCall(PetscFree(stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The hazard sum k (e^{bt} - 1)/b up to the first event is exponential if the drifts are those of the local stress;
 * with the mean stress in its place it is not. */
static PetscErrorCode Drift(void)
{
  enum { MANY = 4000 };
  static double u[2][MANY];
  Run run;
  double *k[2], *b[2];
  PetscFunctionBegin;
  PetscCall(Create(PETSC_COMM_WORLD, (const int64_t[3]){4, 3, 2}, 0.4, 5, true, &run));
  const size_t modes = (size_t)run.grid->np * MODES;
  PetscCall(PetscMalloc4(modes + 1, &k[0], modes + 1, &b[0], modes + 1, &k[1], modes + 1, &b[1]));
  for (int64_t n = 0; n < MANY; ++n) {
    VmEvent event;
    PetscCall(Rewind(&run, n));
    Load(&run, 1e-3);
    for (int mean = 0; mean < 2 && n == 0; ++mean) PetscCall(Drifts(&run, !mean, k[mean], b[mean]));
    PetscCall(Next(&run, &event));
    for (int mean = 0; mean < 2; ++mean) {
      double hazard = 0.0;
      for (size_t i = 0; i < modes; ++i) hazard += k[mean][i] * expm1(b[mean][i] * event.time) / b[mean][i];
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &hazard, 1, MPI_DOUBLE, MPI_SUM, run.grid->comm));
      u[mean][n] = -expm1(-hazard);
    }
  }
  const double p = VmKsUniform(MANY, u[0]), other = VmKsUniform(MANY, u[1]);
  VmFigure("hazard of the first event, drifts of the local stress: KS probability", p);
  VmFigure("the same with drifts of the mean stress", other);
  VmExpect(p > 0.01, "p = %g", p);
  VmExpect(other < 1e-3, "p = %g", other);
  PetscCall(PetscFree4(k[0], b[0], k[1], b[1]));
  PetscCall(Destroy(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Uniform moduli given voxel by voxel change nothing. */
static PetscErrorCode Uniform(void)
{
  Run run[2];
  VmEvent event[2];
  double worst = 0.0;
  PetscFunctionBegin;
  for (int i = 0; i < 2; ++i) {
    PetscCall(Create(PETSC_COMM_WORLD, cells, 1.0, 3, i == 1, &run[i]));
    Load(&run[i], 1e-3);
  }
  for (int k = 0; k < 40; ++k) {
    for (int i = 0; i < 2; ++i) PetscCall(Next(&run[i], &event[i]));
    VmExpectInt(event[1].voxel, event[0].voxel);
    VmExpectInt(event[1].mode, event[0].mode);
    worst = fmax(worst, fabs(event[1].time / event[0].time - 1.0));
    worst = fmax(worst, fabs(event[1].stress_drop - event[0].stress_drop) / SHEAR);
  }
  VmFigure("times and stress drops of 40 events, fields of uniform moduli against none", worst);
  VmExpect(worst < 1e-12, "%g", worst);
  for (int i = 0; i < 2; ++i) PetscCall(Destroy(&run[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All ranks together find the events of one alone. */
static PetscErrorCode Ranks(void)
{
  Run run[2];
  VmEvent event[2];
  PetscFunctionBegin;
  for (int i = 0; i < 2; ++i) {
    PetscCall(Create(i ? PETSC_COMM_WORLD : PETSC_COMM_SELF, (const int64_t[3]){8, 8, 8}, 0.6, 11, true, &run[i]));
    Load(&run[i], 1e-3);
  }
  for (int k = 0; k < 15; ++k) {
    for (int i = 0; i < 2; ++i) PetscCall(Next(&run[i], &event[i]));
    VmExpect(!memcmp(&event[0], &event[1], sizeof event[0]), "event %d", k);
  }
  for (int i = 0; i < 2; ++i) PetscCall(Destroy(&run[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The windows in which temperatures change find the first event at the time at which the hazard is used up, too: at a
 * rate of heating that is next to nothing, that of a constant temperature in law. */
static PetscErrorCode Heating(void)
{
  enum { MANY = 400 };
  double mean = 0.0;
  PetscFunctionBegin;
  for (uint64_t seed = 1; seed <= MANY; ++seed) {
    Run run;
    VmEvent event;
    double rate;
    VmKmcOutcome outcome;
    VmSegment creep = {.duration = HUGE_VAL};
    PetscCall(Create(PETSC_COMM_WORLD, (const int64_t[3]){2, 2, 2}, 0.4, seed, true, &run));
    creep.stress_controlled[VM_XY] = true, creep.level[VM_XY] = 1.0;
    VmMeanBegin(&VmKmcGetState(run.kmc)->mean, &creep);
    PetscCall(VmKmcNext(run.kmc, 0.0, &outcome, &event));
    rate = VmKmcRate(run.kmc);
    PetscCall(VmKmcHeat(run.kmc, 300.0, 1e-9 * rate));
    PetscCall(Next(&run, &event));
    mean += rate * event.time / MANY;
    PetscCall(Destroy(&run));
  }
  VmFigure("rate times waiting time, mean of 400, heated next to nothing", mean);
  VmExpectNear(mean, 1.0, 4.0 / sqrt(MANY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Layers: a shear along them meets all with the same stress, one across their edges with the same strain. */
static PetscErrorCode Layers(void)
{
  const double ratio = 0.4, strain = 0.01;
  Run run;
  double *stress, share, worst[2] = {0.0, 0.0};
  PetscFunctionBegin;
  PetscCall(Create(PETSC_COMM_WORLD, (const int64_t[3]){8, 2, 3}, ratio, 1, true, &run));
  const size_t np = (size_t)run.grid->np;
  for (size_t i = 0; i < np; ++i) {
    run.soft[i] = VmGridGlobal(run.grid, (int64_t)i) / run.grid->plane < 3;
    run.shear[i] = SHEAR * (run.soft[i] > 0.0 ? ratio : 1.0), run.bulk[i] = BULK;
  }
  PetscCall(VmKmcDestroy(&run.kmc));
  PetscCall(CreateKmc(&run, 1, true));
  PetscCall(PetscMalloc1(6 * np + 1, &stress));
  VmKmcState *state = VmKmcGetState(run.kmc);
  const VmSegment hold = {.duration = HUGE_VAL};
  state->mean.strain[VM_XY] = strain, state->mean.strain[VM_YZ] = strain;
  VmMeanBegin(&state->mean, &hold);
  PetscCall(VmKmcStress(run.kmc, stress));
  PetscCall(VmSumField(run.grid, run.soft, &share));
  share /= (double)run.grid->total;
  const double along = 2.0 * strain / (share / (ratio * SHEAR) + (1.0 - share) / SHEAR);
  for (size_t i = 0; i < np; ++i) {
    worst[0] = fmax(worst[0], fabs(stress[VM_XY * np + i] / along - 1.0));
    worst[1] = fmax(worst[1], fabs(stress[VM_YZ * np + i] / (2.0 * run.shear[i] * strain) - 1.0));
  }
  VmExpect(worst[0] < 1e-9, "%g", worst[0]);
  VmExpect(worst[1] < 1e-9, "%g", worst[1]);
  /* displacement at the centres, without what the grid cannot resolve: its first mode along x is that of the straight
   * lines u_y' = 2 (eps_xy - mean) */
  PetscCall(VmKmcDisplacement(run.kmc, stress));
  const double q = 2.0 * VM_PI / (8.0 * 1.7), step = along / SHEAR * (1.0 / ratio - 1.0);
  double mode[2] = {0.0, 0.0};
  for (int64_t x = 0; x < run.grid->nx; ++x) {
    const double phase = q * 1.7 * ((double)(run.grid->x0 + x) + 0.5), u = stress[np + (size_t)(x * run.grid->plane)];
    mode[0] += u * cos(phase) / 8.0, mode[1] -= u * sin(phase) / 8.0;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, mode, 2, MPI_DOUBLE, MPI_SUM, run.grid->comm));
  /* step (1 - exp(-3 i q a)) / (L (i q)^2) */
  const double scale = -step * q / (2.0 * VM_PI * q * q), angle = 3.0 * q * 1.7;
  VmExpectNear(mode[0] / scale, 1.0 - cos(angle), 1e-9);
  VmExpectNear(mode[1] / scale, sin(angle), 1e-9);
  PetscCall(PetscFree(stress));
  PetscCall(Destroy(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Soft voxels of the same barrier carry less stress, and fewer of the events. */
static PetscErrorCode SoftShare(void)
{
  enum { MANY = 150 };
  Run run;
  VmEvent event;
  double soft;
  int events = 0;
  PetscFunctionBegin;
  PetscCall(Create(PETSC_COMM_WORLD, cells, 0.4, 8, true, &run));
  PetscCall(VmSumField(run.grid, run.soft, &soft));
  Load(&run, 1e-3);
  for (int k = 0; k < MANY; ++k) {
    PetscCall(Next(&run, &event));
    events += Soft(event.voxel);
  }
  const double share = soft / (double)run.grid->total, deviation = sqrt(share * (1.0 - share) / MANY);
  VmFigure("share of soft voxels", share);
  VmFigure("share of the events in them", (double)events / MANY);
  VmExpect((double)events / MANY < share - 2.0 * deviation, "%d of %d events", events, MANY);
  PetscCall(Destroy(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(void)
{
  PetscFunctionBegin;
  PetscCall(Uniform());
  PetscCall(Stresses());
  PetscCall(Drift());
  PetscCall(Ranks());
  PetscCall(Layers());
  PetscCall(SoftShare());
  PetscCall(Heating());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Test); }
