#include "transmission.h"
#include "layers.h"
#include "optics.h"
#include "slices.h"
#include "spread.h"
#include <math.h>
#include <string.h>

typedef struct {
  const VmTransmissionRecipe *recipe;
  VmTransmission *transmission;
  int64_t fine[2];
  double phase;
  fftw_complex *value;   /* [fine0][fine1] */
  fftw_complex *limited; /* [grid0][grid1] */
  fftw_plan forward, backward;
} Work;

#define EDGE 0.1

double VmTransmissionEdge(double share)
{
  if (share <= 1.0 - EDGE) return 1.0;
  if (share >= 1.0) return 0.0;
  const double c = cos(0.5 * VM_PI * (share - 1.0 + EDGE) / EDGE);
  return c * c;
}

/* What of value lies inside the limit, on the grid of the tile. */
static void Limit(Work *w)
{
  const int64_t *n = w->transmission->grid, *fine = w->fine;
  const double *spacing = w->recipe->optics->spacing, scale = 1.0 / (double)(fine[0] * fine[1]);
  const double period[2] = {(double)n[0] * spacing[0], (double)n[1] * spacing[1]};
  const double limit = sqrt(VmBandLimit2(n, period));

  fftw_execute(w->forward);
  for (int64_t i = 0; i < n[0]; ++i) {
    const int64_t x = VmFrequency(i, n[0]);
    const fftw_complex *from = w->value + (x < 0 ? x + fine[0] : x) * fine[1];
    for (int64_t j = 0; j < n[1]; ++j) {
      const int64_t y = VmFrequency(j, n[1]);
      const double share = hypot((double)x / period[0], (double)y / period[1]) / limit;
      w->limited[i * n[1] + j] = share < 1.0 ? scale * VmTransmissionEdge(share) * from[y < 0 ? y + fine[1] : y] : 0.0;
    }
  }
  fftw_execute(w->backward);
}

static void TakeSlice(void *context, int slice, const double *potential)
{
  Work *w = context;
  for (int64_t i = 0; i < w->fine[0] * w->fine[1]; ++i) {
    const double phase = w->phase * potential[i];
    w->value[i] = cos(phase) + I * sin(phase);
  }
  if (w->recipe->limited) Limit(w);
  w->transmission->precision->fill(w->transmission->grid, w->recipe->limited ? w->limited : w->value, slice,
                                   w->transmission->value);
}

/* Slice and species of every atom inside the box, and the atoms sorted by both. */
static PetscErrorCode SortAtoms(const VmTransmissionRecipe *recipe, VmSliceJob *job)
{
  const VmAtoms *atoms = recipe->atoms;
  const VmTileBox *box = recipe->box;
  const double *spacing = recipe->optics->spacing;
  const int64_t lists = (int64_t)job->count * job->species;
  double scale[2];
  int64_t *list;

  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) scale[d] = (double)job->fine[d] / ((double)box->grid[d] * spacing[d]);
  PetscCall(PetscMalloc1((size_t)atoms->n, &list));
  PetscCall(PetscCalloc1((size_t)lists + 2, &job->first));
  PetscCall(PetscMalloc1((size_t)atoms->n, &job->place));
  for (int64_t a = 0; a < atoms->n; ++a) {
    const double u[2] = {(atoms->x[a] - box->origin[0]) * scale[0], (atoms->y[a] - box->origin[1]) * scale[1]};
    const bool inside = u[0] >= 0.0 && u[0] < (double)job->fine[0] && u[1] >= 0.0 && u[1] < (double)job->fine[1];
    list[a] = inside ? VmSliceOf(recipe->slices, atoms->z[a]) * (int64_t)job->species + atoms->species[a] : -1;
    if (inside) ++job->first[list[a] + 2];
  }
  for (int64_t l = 0; l < lists; ++l) job->first[l + 2] += job->first[l + 1];
  for (int64_t a = 0; a < atoms->n; ++a) {
    if (list[a] < 0) continue;
    double *place = job->place[job->first[list[a] + 1]++];
    place[0] = (atoms->x[a] - box->origin[0]) * scale[0];
    place[1] = (atoms->y[a] - box->origin[1]) * scale[1];
  }
  PetscCall(PetscFree(list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Phase shift of each species over the transform of the window of its spreading. */
static PetscErrorCode MakeFactors(const VmTransmissionRecipe *recipe, VmSliceJob *job)
{
  const VmLayers layers = {.optics = recipe->optics, .atoms = recipe->atoms, .box = recipe->box};
  const int64_t *n = job->grid, half = n[1] / 2 + 1;
  double *correction[2];

  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) PetscCall(VmSpreadCorrection(n[d], job->fine[d], &correction[d]));
  PetscCall(PetscMalloc1((size_t)job->species, &job->factor));
  for (int s = 0; s < job->species; ++s) {
    PetscCall(PetscMalloc1((size_t)(n[0] * half), &job->factor[s]));
    VmLayersFactor(&layers, s, job->factor[s]);
    for (int64_t i = 0; i < n[0]; ++i) {
      for (int64_t j = 0; j < half; ++j) {
        job->factor[s][i * half + j] *= 2 * i == n[0] ? 0.0 : recipe->phase * correction[0][i] * correction[1][j];
      }
    }
  }
  for (int d = 0; d < 2; ++d) PetscCall(PetscFree(correction[d]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeEdge(const VmTransmissionRecipe *recipe, VmSliceJob *job)
{
  const int64_t *n = job->grid;
  const double *spacing = recipe->optics->spacing, scale = 1.0 / (double)(job->fine[0] * job->fine[1]);
  const double period[2] = {(double)n[0] * spacing[0], (double)n[1] * spacing[1]};
  const double limit = sqrt(VmBandLimit2(n, period));

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(n[0] * n[1]), &job->edge));
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      const double k = hypot((double)VmFrequency(i, n[0]) / period[0], (double)VmFrequency(j, n[1]) / period[1]);
      job->edge[i * n[1] + j] = k < limit ? scale * VmTransmissionEdge(k / limit) : 0.0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Infinite potentials inside the band limit. */
static PetscErrorCode MakeSlices(const VmTransmissionRecipe *recipe, VmTransmission *transmission)
{
  const int64_t *n = recipe->box->grid;
  VmSliceJob job = {.grid = {n[0], n[1]},
                    .fine = {VmPotentialFine(n[0]), VmPotentialFine(n[1])},
                    .species = recipe->atoms->nspecies,
                    .count = recipe->slices->count};

  PetscFunctionBegin;
  PetscCall(SortAtoms(recipe, &job));
  PetscCall(MakeFactors(recipe, &job));
  PetscCall(MakeEdge(recipe, &job));
  transmission->precision->slices(&job, transmission->value);
  for (int s = 0; s < job.species; ++s) PetscCall(PetscFree(job.factor[s]));
  PetscCall(PetscFree(job.factor));
  PetscCall(PetscFree(job.edge));
  PetscCall(PetscFree(job.first));
  PetscCall(PetscFree(job.place));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTransmissionMake(const VmTransmissionRecipe *recipe, VmTransmission *transmission)
{
  const int64_t *n = recipe->box->grid;
  Work w = {.recipe = recipe, .transmission = transmission, .phase = recipe->phase};

  PetscFunctionBegin;
  if (recipe->limited && recipe->optics->params->potential == VM_INFINITE) {
    PetscCall(MakeSlices(recipe, transmission));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int d = 0; d < 2; ++d) w.fine[d] = recipe->limited ? VmPotentialFine(n[d]) : n[d];
  w.value = fftw_alloc_complex((size_t)(w.fine[0] * w.fine[1]));
  w.limited = fftw_alloc_complex((size_t)(n[0] * n[1]));
  w.forward = fftw_plan_dft_2d((int)w.fine[0], (int)w.fine[1], w.value, w.value, FFTW_FORWARD, FFTW_ESTIMATE);
  w.backward = fftw_plan_dft_2d((int)n[0], (int)n[1], w.limited, w.limited, FFTW_BACKWARD, FFTW_ESTIMATE);
  VmAssert(w.value && w.limited && w.forward && w.backward);
  PetscCall(VmPotentialSlices(recipe->optics, recipe->atoms, recipe->box, recipe->slices, w.fine, TakeSlice, &w));
  fftw_destroy_plan(w.forward);
  fftw_destroy_plan(w.backward);
  fftw_free(w.value);
  fftw_free(w.limited);
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmTransmissionMakeBytes(const VmOptics *optics, const int64_t grid[2], const VmSlices *slices)
{
  const double points = (double)(grid[0] * grid[1]);
  const int64_t fine[2] = {VmPotentialFine(grid[0]), VmPotentialFine(grid[1])};
  if (optics->params->band_limit && optics->params->potential == VM_INFINITE) {
    return VmSlicesFillBytes(grid, fine, optics->species, vm_precisions[optics->params->precision]->bytes) +
           8.0 * points * (1.0 + 0.5 * optics->species);
  }
  return VmPotentialSlicesBytes(optics, grid, slices) + 16.0 * (points + (double)(fine[0] * fine[1]));
}
