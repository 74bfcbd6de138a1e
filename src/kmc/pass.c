#include "exponential.h"
#include "kmc_private.h"
#include <vitromech/simd.h>
#include <math.h>

/* Mean drives of a mode's work: work = volume * (catalogue . drive). */
static void Drives(const double sig[6], double drive[5])
{
  drive[0] = sig[0] - sig[2], drive[1] = sig[1] - sig[2];
  for (int c = 3; c < 6; ++c) drive[c - 1] = sig[c];
}

/* Energy per unit stress and strain of a zone at its saddle point [eV/GPa]. */
static double WorkFactor(const VmStz *stz) { return stz->saddle * stz->volume * VM_GPA_NM3_IN_EV; }

VM_SIMD_CLONES
static void Work(int64_t n, int64_t np, const float *mode, const double *const drive[5], const double rate[5],
                 double factor, double *restrict work, double *restrict work_rate)
{
  const float *e0 = mode, *e1 = mode + np, *e2 = mode + 2 * np, *e3 = mode + 3 * np, *e4 = mode + 4 * np;
  const double *s0 = drive[0], *s1 = drive[1], *s2 = drive[2], *s3 = drive[3], *s4 = drive[4];
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    const double c0 = (double)e0[i], c1 = (double)e1[i], c2 = (double)e2[i], c3 = (double)e3[i], c4 = (double)e4[i];
    work[i] = factor * ((c0 * s0[i] + c1 * s1[i]) + (c2 * s2[i] + c3 * s3[i]) + c4 * s4[i]);
    work_rate[i] = factor * ((c0 * rate[0] + c1 * rate[1]) + (c2 * rate[2] + c3 * rate[3]) + c4 * rate[4]);
  }
}

VM_SIMD_CLONES
static void Rates(int64_t n, const double *restrict left, const double *restrict slope,
                  const double *restrict work_rate, double inverse_kt, double attempt, double *restrict lowest,
                  double *restrict fastest, double *const moment[VM_MOMENTS])
{
  double *m0 = moment[0], *m1 = moment[1], *m2 = moment[2], *m3 = moment[3], *m4 = moment[4], *m5 = moment[5];
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    const double k = attempt * VmExp(-left[i] * inverse_kt), b = slope[i] * work_rate[i] * inverse_kt;
    const double k1 = k * b, k2 = k1 * b, k3 = k2 * b, k4 = k3 * b;
    const double speed = b < 0.0 ? -b : b;
    lowest[i] = left[i] < lowest[i] ? left[i] : lowest[i];
    fastest[i] = speed > fastest[i] ? speed : fastest[i];
    m0[i] += k, m1[i] += k1, m2[i] += k2, m3[i] += k3, m4[i] += k4, m5[i] += k4 * b;
  }
}

/* Rates without drift. */
VM_SIMD_CLONES
static void SteadyRates(int64_t n, const double *restrict left, double inverse_kt, double attempt,
                        double *restrict lowest, double *restrict total)
{
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    total[i] += attempt * VmExp(-left[i] * inverse_kt);
    lowest[i] = left[i] < lowest[i] ? left[i] : lowest[i];
  }
}

/* Rates at raised works, and the lowest reserve without that: a convex barrier lies above its tangent. */
VM_SIMD_CLONES
static void RaisedRates(int64_t n, const double *restrict left, const double *restrict slope, double ahead,
                        double inverse_kt, double attempt, double *restrict lowest, double *restrict total)
{
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    const double reserve = ahead + left[i] / slope[i];
    total[i] += attempt * VmExp(-left[i] * inverse_kt);
    lowest[i] = reserve < lowest[i] ? reserve : lowest[i];
  }
}

/* How a batch is worked on. */
typedef enum { DRIFTING, STEADY, RAISED } Way;

/* Works on voxels [first, first + n); adds the moments and the lowest barrier to the row of their plane. */
static void Batch(VmKmc kmc, int64_t first, int64_t n, const double mean[6], Way way, const double stress_rate[5],
                  double ahead, double *row)
{
  const int64_t np = kmc->grid->np;
  const double factor = WorkFactor(&kmc->stz), per_stress = VmStzWorkPerStress(&kmc->stz),
               inverse_kt = 1.0 / (VM_BOLTZMANN * kmc->temperature);
  double *s[VM_BATCH_SCRATCH], *moment[VM_MOMENTS], *lowest = kmc->lowest + first;
  for (int j = 0; j < VM_BATCH_SCRATCH; ++j) s[j] = kmc->room + j * VM_BATCH;
  double *memory = s[5], *work = s[6], *work_rate = s[7], *barrier = s[8], *left = s[9], *slope = s[10],
         *fastest = s[16];
  moment[0] = kmc->rate + first;
  for (int j = 1; j < VM_MOMENTS; ++j) moment[j] = s[10 + j];

  const double *fluctuation = kmc->state.fluctuation + first;
  const bool uneven = way == DRIFTING && kmc->heterogeneous; /* each voxel has its own stress rate */
  for (int64_t i = 0; i < n; ++i) {
    double sig[6], drive[5];
    VmKmcLoadStress(kmc, first + i, mean, sig);
    for (int c = 0; c < 6; ++c) sig[c] += fluctuation[c * np + i];
    Drives(sig, drive);
    for (int c = 0; c < 5; ++c) s[c][i] = drive[c];
    if (uneven) {
      VmKmcLoadStress(kmc, first + i, kmc->state.mean.stress_rate, sig);
      Drives(sig, drive);
      for (int c = 0; c < 5; ++c) s[17 + c][i] = drive[c];
    }
    memory[i] =
        kmc->state.generation[first + i] ? VmKmcMemoryBound(kmc, first + i, kmc->state.mean.time, kmc->until) : 1.0;
    lowest[i] = HUGE_VAL, fastest[i] = 0.0;
    for (int j = 0; j < VM_MOMENTS; ++j) moment[j][i] = 0.0;
  }
  for (int m = 0; m < kmc->stz.modes; ++m) {
    if (m == 0 || kmc->barriers > 1) {
      const double *bare = kmc->barrier + (kmc->barriers > 1 ? m : 0) * np + first;
      for (int64_t i = 0; i < n; ++i) barrier[i] = bare[i] * memory[i];
    }
    Work(n, np, kmc->catalogue + (int64_t)m * 5 * np + first, (const double *const *)s, stress_rate, factor, work,
         work_rate);
    if (uneven) /* a rate of work is the work of a rate */
      Work(n, np, kmc->catalogue + (int64_t)m * 5 * np + first, (const double *const *)s + 17, stress_rate, factor,
           work_rate, left);
    for (int64_t i = 0; way == RAISED && i < n; ++i) work[i] += ahead;
    kmc->barrier_law->evaluate(kmc->barrier_params, per_stress, n, barrier, work, left, slope);
    if (way == STEADY) SteadyRates(n, left, inverse_kt, kmc->stz.attempt_frequency, lowest, moment[0]);
    else if (way == RAISED)
      RaisedRates(n, left, slope, ahead, inverse_kt, kmc->stz.attempt_frequency, lowest, moment[0]);
    else Rates(n, left, slope, work_rate, inverse_kt, kmc->stz.attempt_frequency, lowest, fastest, moment);
  }
  for (int j = 0; j < VM_MOMENTS; ++j) row[j] += VmSumRun(n, moment[j]);
  for (int64_t i = 0; i < n; ++i)
    row[VM_LOWEST] = fmin(row[VM_LOWEST], lowest[i]), row[VM_FASTEST] = fmax(row[VM_FASTEST], fastest[i]);
}

PetscErrorCode VmKmcPass(VmKmc kmc, double until)
{
  VmGrid grid = kmc->grid;
  double stress_rate[5];
  bool steady = true;

  PetscFunctionBegin;
  kmc->until = until;
  Drives(kmc->state.mean.stress_rate, stress_rate);
  for (int c = 0; c < 5; ++c) steady = steady && stress_rate[c] == 0.0;

  for (int64_t x = 0; x < grid->nx; ++x) {
    double *row = kmc->plane_row + x * VM_PLANE_ROW;
    for (int j = 0; j < VM_PLANE_ROW; ++j) row[j] = 0.0;
    row[VM_LOWEST] = HUGE_VAL;
    for (int64_t i = 0; i < grid->plane; i += VM_BATCH)
      Batch(kmc, x * grid->plane + i, PetscMin(VM_BATCH, grid->plane - i), kmc->state.mean.stress,
            steady ? STEADY : DRIFTING, stress_rate, 0.0, row);
  }
  PetscCall(VmGatherPlanes(grid, VM_PLANE_ROW, kmc->plane_row, kmc->planes));
  for (int j = 0; j < VM_MOMENTS; ++j) kmc->total[j] = 0.0;
  kmc->lowest_barrier = HUGE_VAL, kmc->drift = 0.0;
  for (int64_t x = 0; x < grid->n[0]; ++x) {
    const double *row = kmc->planes + x * VM_PLANE_ROW;
    for (int j = 0; j < VM_MOMENTS; ++j) kmc->total[j] += row[j];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_LOWEST]);
    kmc->drift = fmax(kmc->drift, row[VM_FASTEST]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmKmcRenew(VmKmc kmc, int64_t first, int64_t n, const double mean_stress[6], double ahead)
{
  const double no_drift[5] = {0.0};
  double row[VM_PLANE_ROW] = {0.0};
  for (int64_t i = 0; i < n; i += VM_BATCH)
    Batch(kmc, first + i, PetscMin(VM_BATCH, n - i), mean_stress, RAISED, no_drift, ahead, row);
}

VmBarrierLeft VmKmcBarrierAt(VmKmc kmc, int64_t voxel, int mode, const double sig[6], double memory)
{
  const int64_t np = kmc->grid->np;
  double load_rate[6], drive[5], rate[5], work, work_rate, left, slope;
  Drives(sig, drive);
  VmKmcLoadStress(kmc, voxel, kmc->state.mean.stress_rate, load_rate);
  Drives(load_rate, rate);
  const double *const drives[5] = {&drive[0], &drive[1], &drive[2], &drive[3], &drive[4]};
  const double barrier = kmc->barrier[(kmc->barriers > 1 ? mode : 0) * np + voxel] * memory;
  Work(1, np, kmc->catalogue + (int64_t)mode * 5 * np + voxel, drives, rate, WorkFactor(&kmc->stz), &work, &work_rate);
  kmc->barrier_law->evaluate(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), 1, &barrier, &work, &left, &slope);
  return (VmBarrierLeft){
      .left = left, .reserve = left / slope, .drift = slope * work_rate / (VM_BOLTZMANN * kmc->temperature)};
}

VmBarrierLeft VmKmcBarrierLeft(VmKmc kmc, int64_t voxel, int mode, const double mean_stress[6], double memory)
{
  double sig[6];
  VmKmcLoadStress(kmc, voxel, mean_stress, sig);
  for (int c = 0; c < 6; ++c) sig[c] += kmc->state.fluctuation[c * kmc->grid->np + voxel];
  return VmKmcBarrierAt(kmc, voxel, mode, sig, memory);
}
