#include "intervals.h"
#include <vitromech/tensor.h>
#include <math.h>
#include <string.h>

struct VmIntervals_s {
  VmGrid grid;
  double time, stress[6], plastic_strain[6]; /* at the last row */
  double intervals, persistence;             /* that had events; of the last two */
  double *events, *gained;                   /* [np] at the end of the last interval, and in it */
  double *now;                               /* [np] scratch */
};

PetscErrorCode VmIntervalsCreate(VmGrid grid, VmIntervals *intervals)
{
  const size_t np = (size_t)grid->np;
  PetscFunctionBegin;
  PetscCall(PetscNew(intervals));
  (*intervals)->grid = grid;
  PetscCall(PetscCalloc3(np, &(*intervals)->events, np, &(*intervals)->gained, np, &(*intervals)->now));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmIntervalsDestroy(VmIntervals *intervals)
{
  PetscFunctionBegin;
  if (!*intervals) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3((*intervals)->events, (*intervals)->gained, (*intervals)->now));
  PetscCall(PetscFree(*intervals));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Correlation coefficient of two fields of whole numbers, whose sums are exact. */
static PetscErrorCode Correlation(VmGrid grid, const double *a, const double *b, double *r)
{
  const double n = (double)grid->total;
  double sum_a, sum_b, aa, bb, ab;
  PetscFunctionBegin;
  PetscCall(VmSumField(grid, a, &sum_a));
  PetscCall(VmSumField(grid, b, &sum_b));
  PetscCall(VmSumProduct(grid, a, a, &aa));
  PetscCall(VmSumProduct(grid, b, b, &bb));
  PetscCall(VmSumProduct(grid, a, b, &ab));
  const double squares = (n * aa - sum_a * sum_a) * (n * bb - sum_b * sum_b);
  *r = squares > 0.0 ? (n * ab - sum_a * sum_b) / sqrt(squares) : 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Persistence(VmIntervals v, const int64_t *events)
{
  const int64_t np = v->grid->np;
  double total;
  PetscFunctionBegin;
  for (int64_t i = 0; i < np; ++i) v->now[i] = (double)events[i] - v->events[i];
  PetscCall(VmSumField(v->grid, v->now, &total));
  if (total == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  if (v->intervals > 0.0) PetscCall(Correlation(v->grid, v->now, v->gained, &v->persistence));
  v->intervals += 1.0;
  for (int64_t i = 0; i < np; ++i) v->gained[i] = v->now[i], v->events[i] = (double)events[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Viscosity(VmIntervals v, const VmInstant *now)
{
  const double dt = now->time - v->time;
  double stress[6], gained[6];
  for (int c = 0; c < 6; ++c) {
    stress[c] = 0.5 * (now->stress[c] + v->stress[c]);
    gained[c] = now->plastic_strain[c] - v->plastic_strain[c];
  }
  const double square = VmDot6(gained, gained);
  return square > 0.0 ? dt * VmDot6(stress, gained) / (2.0 * square) : 0.0;
}

PetscErrorCode VmIntervalsEnd(VmIntervals v, const VmInstant *now, double *persistence, double *viscosity)
{
  PetscFunctionBegin;
  PetscCall(Persistence(v, now->events));
  *persistence = v->persistence, *viscosity = Viscosity(v, now);
  v->time = now->time;
  memcpy(v->stress, now->stress, sizeof v->stress);
  memcpy(v->plastic_strain, now->plastic_strain, sizeof v->plastic_strain);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmIntervalsScalars(VmIntervals v, VmScalars *s)
{
  VmScalar(s, &v->time), VmScalarSix(s, v->stress), VmScalarSix(s, v->plastic_strain);
  VmScalar(s, &v->intervals), VmScalar(s, &v->persistence);
}

PetscErrorCode VmIntervalsSave(VmIntervals v, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmH5WriteField(file, "/interval_events", v->grid, 1, v->events, (VmMeta){.unit = "1"}));
  PetscCall(VmH5WriteField(file, "/interval_gained", v->grid, 1, v->gained, (VmMeta){.unit = "1"}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmIntervalsLoad(VmIntervals v, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmH5ReadField(file, "/interval_events", v->grid, 1, v->events));
  PetscCall(VmH5ReadField(file, "/interval_gained", v->grid, 1, v->gained));
  PetscFunctionReturn(PETSC_SUCCESS);
}
