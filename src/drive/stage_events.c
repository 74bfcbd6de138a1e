/* Statistics of the events of a stage that is over: /statistics/waiting_times_<stage>,
 * /statistics/event_spectrum_<stage>. */
#include "event_statistics.h"
#include "kinetics_private.h"
#include <stdio.h>

static PetscErrorCode Write(VmSim sim, const char *group, const char *name, int64_t n, const double *values,
                            VmMeta meta)
{
  char path[128];
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s", group, name);
  PetscCall(VmH5Write(sim->file, path, VM_F64, n ? 1 : 0, n ? &n : NULL, values, meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteWaiting(VmSim sim, const VmWaiting *w)
{
  const int64_t stage = sim->at.stage;
  const double count = (double)w->count, at_once = (double)w->at_once;
  char group[64];
  PetscFunctionBegin;
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/waiting_times_%lld", (long long)stage);
  PetscCall(Write(sim, group, "count", 0, &count, (VmMeta){"1", "times between successive events", NULL}));
  PetscCall(Write(sim, group, "at_once", 0, &at_once, (VmMeta){"1", "those of them that are 0", NULL}));
  PetscCall(Write(sim, group, "mean", 0, &w->mean, (VmMeta){"s", "mean time between events", NULL}));
  PetscCall(Write(sim, group, "mean_error", 0, &w->mean_error, (VmMeta){"s", "standard error of the mean", NULL}));
  PetscCall(Write(sim, group, "variation", 0, &w->variation,
                  (VmMeta){"1", "coefficient of variation; 1 for a Poisson process", NULL}));
  PetscCall(Write(sim, group, "variation_error", 0, &w->variation_error,
                  (VmMeta){"1", "standard error of the coefficient of variation", NULL}));
  if (w->bins) {
    PetscCall(Write(sim, group, "time", w->bins, w->time, (VmMeta){"s", "geometric middle of a bin", "bin"}));
    PetscCall(
        Write(sim, group, "density", w->bins, w->density, (VmMeta){"1/s", "probability per waiting time", "bin"}));
    PetscCall(Write(sim, group, "density_error", w->bins, w->error, (VmMeta){"1/s", "standard error", "bin"}));
  }
  PetscCall(VmH5AttrText(sim->file, group, "statistic", "waiting_times"));
  PetscCall(VmH5AttrInt(sim->file, group, "stage", 1, &stage));
  PetscCall(VmLog(sim->comm, "stage %lld: %lld events, mean waiting time %.3g +- %.1g s, variation %.3g +- %.1g",
                  (long long)stage, (long long)w->count + 1, w->mean, w->mean_error, w->variation, w->variation_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteSpectrum(VmSim sim, const VmEventSpectrum *spectrum, double strain_rate)
{
  const int64_t stage = sim->at.stage;
  char group[64];
  PetscFunctionBegin;
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/event_spectrum_%lld", (long long)stage);
  PetscCall(Write(sim, group, "frequency", VM_SPECTRUM_POINTS, spectrum->frequency,
                  (VmMeta){"Hz", "frequency", "frequency"}));
  PetscCall(Write(
      sim, group, "power", VM_SPECTRUM_POINTS, spectrum->power,
      (VmMeta){"1", "power of the train of events over that of a Poisson process of its mean rate", "frequency"}));
  PetscCall(Write(sim, group, "power_error", VM_SPECTRUM_POINTS, spectrum->error,
                  (VmMeta){"1", "standard error", "frequency"}));
  PetscCall(Write(sim, group, "strain_rate", 0, &strain_rate,
                  (VmMeta){"1/s", "equivalent of the mean strain rate of the stage: strain = time times this", NULL}));
  PetscCall(VmH5AttrText(sim->file, group, "statistic", "event_spectrum"));
  PetscCall(VmH5AttrInt(sim->file, group, "stage", 1, &stage));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsStageOver(VmSim sim)
{
  const int64_t first = sim->at.stage_events, n = sim->now.events - first;
  const double duration = sim->now.time - sim->at.stage_start;
  VmWaiting *waiting;
  VmEventSpectrum *spectrum;
  double *time, strain[6];
  PetscFunctionBegin;
  if (n <= VM_LEAST_WAITS || !(duration > 0.0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)n, &time));
  PetscCall(PetscNew(&waiting));
  PetscCall(PetscNew(&spectrum));
  PetscCall(VmH5ReadRows(sim->file, VM_PATH_EVENTS "/time", VM_F64, first, n, time));
  VmWaitingMeasure(n, time, waiting);
  PetscCall(WriteWaiting(sim, waiting));
  VmEventSpectrumMeasure(n, time, sim->at.stage_start, duration, spectrum);
  for (int c = 0; c < 6; ++c) strain[c] = (sim->now.strain[c] - sim->at.stage_strain[c]) / duration;
  PetscCall(WriteSpectrum(sim, spectrum, VmEquivalentStrain(strain)));
  PetscCall(PetscFree(time));
  PetscCall(PetscFree(waiting));
  PetscCall(PetscFree(spectrum));
  PetscFunctionReturn(PETSC_SUCCESS);
}
