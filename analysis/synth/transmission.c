#include "transmission.h"
#include "optics.h"
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

PetscErrorCode VmTransmissionMake(const VmTransmissionRecipe *recipe, VmTransmission *transmission)
{
  const int64_t *n = recipe->box->grid;
  Work w = {.recipe = recipe, .transmission = transmission, .phase = recipe->phase};

  PetscFunctionBegin;
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
  const double points = (double)(grid[0] * grid[1]),
               fine = (double)(VmPotentialFine(grid[0]) * VmPotentialFine(grid[1]));
  return VmPotentialSlicesBytes(optics, grid, slices) + 16.0 * (points + fine);
}
