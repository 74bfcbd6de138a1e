/* The law of the stress of a stage against time, from the rows of the history. */
#include "sim_private.h"
#include <vitromech/law.h>
#include <math.h>
#include <string.h>

/* Where the columns of the history begin in a row. */
enum { TIME = 0, STAGE = 1, STRESS = 8 };

/* Component of the stress that changes most in the rows [first, last]; the direction of the test. */
static int Changing(const double *rows, int width, int64_t first, int64_t last)
{
  int best = 0;
  double most = -1.0;
  for (int c = 0; c < 6; ++c) {
    const double change = fabs(rows[last * width + STRESS + c] - rows[first * width + STRESS + c]);
    if (change > most) most = change, best = c;
  }
  return best;
}

/* Fits and writes /statistics/relaxation_<stage>. */
static PetscErrorCode FitRows(VmSim sim, const VmLawOps *law, int component, int64_t n, const double *time,
                              const double *stress)
{
  const VmLawData data = {.n = n, .x = time, .values = stress};
  VmLawFitOptions options;
  VmLawFit fit;
  char group[64], line[256] = "";

  PetscFunctionBegin;
  VmLawFitOptionsInit(&options);
  PetscCall(VmLawFitRun(law, &data, &options, &fit));
  if (fit.degrees < 1) {
    PetscCall(VmWarn(sim->comm, "stage %lld: %s of law %s; the history needs more rows (output.every)",
                     (long long)sim->at.stage, fit.message, law->head.name));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/relaxation_%lld", (long long)sim->at.stage);
  PetscCall(VmLawFitWrite(sim->file, group, law, &data, &fit, "GPa"));
  PetscCall(VmH5AttrText(sim->file, group, "statistic", "relaxation"));
  PetscCall(VmH5AttrText(sim->file, group, "component", vm_component_names[component]));
  for (int p = 0; p < VmLawParameters(law); ++p) {
    const VmParam *row = law->head.params->rows + p;
    const size_t used = strlen(line);
    snprintf(line + used, sizeof line - used, "%s %s %.5g +- %.2g", p ? "," : "", row->key, fit.value[p], fit.error[p]);
  }
  PetscCall(VmLog(sim->comm, "stage %lld: %s of stress %s:%s%s%s", (long long)sim->at.stage, law->head.name,
                  vm_component_names[component], line, fit.message[0] ? "; " : "", fit.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStageFit(VmSim sim, const VmPlugin *stage)
{
  const VmLoadingOps *ops = (const VmLoadingOps *)stage->head;
  const char *name = ops->fit ? ops->fit(stage->params) : NULL;
  const double *rows = VmHistoryData(sim->history);
  const int width = VmHistoryWidth(sim->history);
  const int64_t count = VmHistoryRows(sim->history);
  int64_t first = count, n = 0;
  double *time, *stress;

  PetscFunctionBegin;
  if (!name) PetscFunctionReturn(PETSC_SUCCESS);
  while (first > 0 && rows[(first - 1) * width + STAGE] == (double)sim->at.stage) --first;
  if (first == count) PetscFunctionReturn(PETSC_SUCCESS);
  const int component = Changing(rows, width, first, count - 1);
  PetscCall(PetscMalloc2((size_t)(count - first), &time, (size_t)(count - first), &stress));
  for (int64_t i = first; i < count; ++i) {
    const double since = rows[i * width + TIME] - sim->at.stage_start;
    if (since <= 0.0) continue;
    time[n] = since, stress[n++] = rows[i * width + STRESS + component];
  }
  const VmLawOps *law = (const VmLawOps *)VmPluginFind(&vm_law_kind, name);
  if (n >= 2) PetscCall(FitRows(sim, law, component, n, time, stress));
  PetscCall(PetscFree2(time, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmSimHasLaws(const VmSimParams *params)
{
  bool any = false;
  for (int i = 0; i < params->loading.count; ++i) {
    const VmPlugin *stage = (const VmPlugin *)params->loading.items + i;
    const VmLoadingOps *ops = (const VmLoadingOps *)stage->head;
    any |= ops->harmonic || (ops->fit && ops->fit(stage->params));
  }
  return any;
}
