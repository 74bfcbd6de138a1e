/* What moves the stress while no event comes: flow units that relax and thermal expansion that differs from voxel to
 * voxel.
 */
#include "changing.h"
#include <math.h>
#include <string.h>

enum { MOST_ITERATIONS = 500 };
#define SETTLED 1e-13 /* change of the viscous strain in the last iteration */

/* Work by which the stress of a voxel may leave the straight line on which it is taken to go through a window [kT]. */
#define WINDOW_BEND 0.05

double VmKmcTemperature(VmKmc kmc, double time)
{
  const VmKmcState *state = &kmc->state;
  return state->temperature + state->temperature_rate * (time - state->temperature_time);
}

/* Share of the viscous strain of a flow unit that its voxel has as eigenstrain: G_II/G. */
static double Share(VmKmc kmc) { return kmc->changing->relaxation.shear / kmc->state.mean.shear; }

static double RelaxationRate(VmKmc kmc, double temperature)
{
  const VmKmcRelaxation *r = &kmc->changing->relaxation;
  const double heat = r->activation / VM_BOLTZMANN * (1.0 / temperature - 1.0 / r->reference_temperature);
  return r->shear / r->viscosity * exp(-heat);
}

/* Eigenstrain of events, a field of viscous strain and the temperature. */
static void Eigenstrain(VmKmc kmc, const double *viscous, double temperature, double *total)
{
  VmChanging ch = kmc->changing;
  const int64_t np = kmc->grid->np;
  memcpy(total, kmc->state.eigenstrain, sizeof(double) * 6 * (size_t)np);
  for (int64_t i = 0; viscous && i < 6 * np; ++i) total[i] += Share(kmc) * viscous[i];
  if (ch->expansion[0] == ch->expansion[1]) return; /* uniform: no stress */
  for (int c = 0; c < 3; ++c)
    for (int64_t i = 0; i < np; ++i)
      total[c * np + i] += ch->expansion[ch->flow_unit[i] > 0.0] * (temperature - kmc->start_temperature);
}

void VmKmcEigenstrain(VmKmc kmc, double *total)
{
  Eigenstrain(kmc, kmc->state.viscous, VmKmcTemperature(kmc, kmc->state.mean.time), total);
}

PetscErrorCode VmChangingStress(VmKmc kmc, const double *viscous, double temperature, double *stress)
{
  VmChanging ch = kmc->changing;
  PetscFunctionBegin;
  if (kmc->interacting) {
    Eigenstrain(kmc, viscous, temperature, ch->total);
    PetscCall(VmKmcFluctuation(kmc, ch->total, stress));
  } else PetscCall(PetscArrayzero(stress, 6 * kmc->grid->np));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean of a field of six components. */
static PetscErrorCode Mean(VmKmc kmc, const double *field, double mean[6])
{
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    PetscCall(VmSumField(kmc->grid, field + c * kmc->grid->np, &mean[c]));
    mean[c] /= (double)kmc->grid->total;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmMean VmChangingMean(VmKmc kmc, double time, const double flow[6])
{
  VmMean mean = kmc->state.mean;
  for (int c = 0; c < 6; ++c) mean.eigenstrain[c] += flow[c];
  VmMeanUpdate(&mean, time);
  return mean;
}

/* Deviator of the strain that is not of events, from the stress and the viscous strain. */
static void ElasticStrain(double shear, const double sig[6], double share, const double viscous[6], double eps[6])
{
  const double mean = (sig[0] + sig[1] + sig[2]) / 3.0;
  for (int c = 0; c < 6; ++c) eps[c] = (sig[c] - (c < 3 ? mean : 0.0)) / (2.0 * shear) + share * viscous[c];
}

/* One iteration: viscous strain at the end of a window from the stress there, exact for strain linear in time. Gives
 * of this rank's voxels the largest change of a component and of the stress in the flow units over the window. */
static void Relax(VmKmc kmc, const VmMean *start, const VmMean *end, double x, double largest[2])
{
  VmChanging ch = kmc->changing;
  const int64_t np = kmc->grid->np;
  const double decay = exp(-x), gain = -expm1(-x), ramp = x > 1e-5 ? 1.0 - gain / x : 0.5 * x - x * x / 6.0,
               shear = start->shear, share = Share(kmc);
  largest[0] = largest[1] = 0.0;
  for (int64_t i = 0; i < np; ++i) {
    double arm[6], before[6], after[6], sig0[6], sig1[6], eps0[6], eps1[6];
    if (ch->flow_unit[i] == 0.0) continue;
    for (int c = 0; c < 6; ++c) {
      before[c] = kmc->state.viscous[c * np + i], after[c] = ch->viscous_end[c * np + i];
      sig0[c] = start->stress[c] + kmc->state.fluctuation[c * np + i];
      sig1[c] = end->stress[c] + ch->end[c * np + i];
    }
    ElasticStrain(shear, sig0, share, before, eps0);
    ElasticStrain(shear, sig1, share, after, eps1);
    for (int c = 0; c < 6; ++c) {
      const double next = decay * before[c] + gain * eps0[c] + ramp * (eps1[c] - eps0[c]);
      largest[0] = fmax(largest[0], fabs(next - after[c]));
      ch->viscous_end[c * np + i] = next;
      arm[c] = 2.0 * share * shear * ((eps1[c] - next) - (eps0[c] - before[c]));
    }
    largest[1] = fmax(largest[1], VmShearNorm(arm));
  }
}

PetscErrorCode VmChangingRelax(VmKmc kmc, double length)
{
  VmChanging ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time, then = now + length, none[6] = {0.0};
  const double x = VmChangingFlows(kmc) ? length * RelaxationRate(kmc, VmKmcTemperature(kmc, now + 0.5 * length)) : 0.0;
  const VmMean start = VmChangingMean(kmc, now, none);

  PetscFunctionBegin;
  memset(ch->mean_flow, 0, sizeof ch->mean_flow);
  ch->bend = 0.0;
  if (!VmChangingFlows(kmc) && ch->expansion[0] == ch->expansion[1]) { /* the eigenstrain stays */
    PetscCall(PetscArraycpy(ch->end, state->fluctuation, 6 * kmc->grid->np));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!VmChangingFlows(kmc)) {
    PetscCall(VmChangingStress(kmc, NULL, VmKmcTemperature(kmc, then), ch->end));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  memcpy(ch->viscous_end, state->viscous, sizeof(double) * 6 * (size_t)kmc->grid->np);
  memcpy(ch->end, state->fluctuation, sizeof(double) * 6 * (size_t)kmc->grid->np);
  double mean0[6], mean1[6];
  PetscCall(Mean(kmc, state->viscous, mean0));
  for (int i = 0;; ++i) {
    VmMean end = VmChangingMean(kmc, then, ch->mean_flow);
    double largest[2];
    Relax(kmc, &start, &end, x, largest);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
    PetscCall(VmChangingStress(kmc, ch->viscous_end, VmKmcTemperature(kmc, then), ch->end));
    PetscCall(Mean(kmc, ch->viscous_end, mean1));
    for (int c = 0; kmc->interacting && c < 6; ++c) ch->mean_flow[c] = Share(kmc) * (mean1[c] - mean0[c]);
    /* an exponential leaves its chord by a part min(1, x/8) of its change at most */
    ch->bend = VmStzWorkPerStress(&kmc->stz) * largest[1] * fmin(1.0, x / 8.0) /
               (WINDOW_BEND * VM_BOLTZMANN * VmKmcTemperature(kmc, now));
    if (largest[0] <= SETTLED) break;
    if (i == MOST_ITERATIONS)
      VmThrow(kmc->grid->comm, VM_ERR_DIVERGED, "the relaxation of the flow units at time %g s does not converge", now);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
