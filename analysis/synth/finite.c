/* Potentials of finite extent: what lies at one height is transformed once and shared among the slices around it. */
#include "layers.h"
#include <vitromech/scatter.h>
#include <math.h>
#include <string.h>

#define HEIGHT_REACH 0.4 /* nm */

VmHeights VmHeightsChoose(const VmOptics *optics, const VmSlices *slices)
{
  VmHeights h = {.per_slice = (int)optics->params->sub_slices};
  h.step = slices->distance / h.per_slice;
  h.count = slices->count * h.per_slice + 1;
  h.reach = h.step > 0.0 ? (int)fmin(h.count, ceil((HEIGHT_REACH + 0.5 * slices->distance) / h.step)) : 1;
  return h;
}

/* Slices in which a height has potential. */
static void SlicesOf(const VmLayers *w, int height, int *first, int *last)
{
  const VmHeights *h = &w->heights;
  *first = PetscMax(0, (height - h->reach) / h->per_slice);
  if (height < h->reach) *first = 0;
  *last = PetscMin(w->slices->count - 1, (height + h->reach) / h->per_slice);
  *first = PetscMin(*first, *last);
}

/* Sums that must be open at once. */
int VmHeightsOpen(const VmHeights *h, int slices)
{
  return PetscMin(slices, (VM_LAYERS_BATCH + 2 * h->reach) / h->per_slice + 3);
}

/* v(k)/area of what lies below a face between slices that is m heights above the nucleus. The face is as wide as a
 * slice: the shares of a point fall linearly from the middle of a slice to those of its neighbours, so that the centre
 * of the potential stays where it is. Damping and scale as in VmLayersFactor. */
static void BelowFactor(const VmLayers *w, int species, const double *factor, double *below)
{
  const int64_t *n = w->box->grid, half = n[1] / 2 + 1;
  const double length[2] = {(double)n[0] * w->optics->spacing[0], (double)n[1] * w->optics->spacing[1]};
  const double slice = w->slices->distance;
  const int number = w->atoms->number[species];

  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < half; ++j) {
      const double k = hypot((double)VmFrequency(i, n[0]) / length[0], (double)j / length[1]);
      const double unit = factor[i * half + j] / VmScatteringFactor(number, k);
      for (int m = 0; m <= w->heights.reach; ++m) {
        const double z = m * w->heights.step;
        const double upper = VmScatteringBelow(number, k, z + 0.5 * slice),
                     lower = VmScatteringBelow(number, k, z - 0.5 * slice);
        below[m * n[0] * half + i * half + j] = unit * (upper - lower) / slice;
      }
    }
  }
}

/* share = what of a species at one height belongs to a slice whose faces are `from` and `to` heights away; at the ends,
 * all that is beyond. */
static void Share(const VmLayers *w, int species, const double *factor, const int *from, const int *to, double *share)
{
  const int64_t half = w->box->grid[0] * (w->box->grid[1] / 2 + 1);
  const double *upper = to ? w->below[species] + abs(*to) * half : NULL;
  const double *lower = from ? w->below[species] + abs(*from) * half : NULL;

  for (int64_t q = 0; q < half; ++q) {
    const double top = !to ? factor[q] : *to < 0 ? factor[q] - upper[q] : upper[q];
    const double bottom = !from ? 0.0 : *from < 0 ? factor[q] - lower[q] : lower[q];
    share[q] = top - bottom;
  }
}

/* Adds a transformed height of a species to all slices in which it has potential. */
static void AddHeight(VmLayers *w, int height, int species, const double *factor, double *share)
{
  const int per_slice = w->heights.per_slice;
  int first, last;

  SlicesOf(w, height, &first, &last);
  for (int slice = first; slice <= last; ++slice) {
    const int from = slice * per_slice - height, to = from + per_slice;
    Share(w, species, factor, slice > first ? &from : NULL, slice < last ? &to : NULL, share);
    VmLayersAdd(w, share, w->sum[slice % w->sums]);
  }
}

/* Hands on the slices below `end`, which are whole, and clears their sums. */
static void TakeSlices(VmLayers *w, int end, VmPotentialTake take, void *context)
{
  const size_t half = (size_t)(w->box->grid[0] * (w->box->grid[1] / 2 + 1));
  for (; w->open < end; ++w->open) {
    fftw_complex *sum = w->sum[w->open % w->sums];
    VmLayersSample(w, sum);
    take(context, w->open, w->spread);
    memset(sum, 0, half * sizeof *sum);
  }
}

PetscErrorCode VmLayersFinite(VmLayers *w, VmPotentialTake take, void *context)
{
  const size_t half = (size_t)(w->box->grid[0] * (w->box->grid[1] / 2 + 1));
  const int nspecies = w->atoms->nspecies, heights = w->heights.count;
  double *factor[VM_MAX_SPECIES], *share;

  PetscFunctionBegin;
  w->sums = VmHeightsOpen(&w->heights, w->slices->count);
  PetscCall(VmLayersCreate(w));
  PetscCall(PetscMalloc1(half, &share));
  for (int q = 0; q < w->sums; ++q) memset(w->sum[q], 0, half * sizeof(fftw_complex));
  for (int s = 0; s < nspecies; ++s) {
    PetscCall(PetscMalloc1(half, &factor[s]));
    PetscCall(PetscMalloc1(half * (size_t)(w->heights.reach + 1), &w->below[s]));
    VmLayersFactor(w, s, factor[s]);
    BelowFactor(w, s, factor[s], w->below[s]);
  }
  for (int first = 0; first < heights; first += VM_LAYERS_BATCH) {
    const int batch = PetscMin(VM_LAYERS_BATCH, heights - first);
    for (int s = 0; s < nspecies; ++s) {
      VmLayersSpread(w, s, first, batch);
      for (int q = 0; q < batch; ++q) {
        VmLayersTransform(w, q);
        AddHeight(w, first + q, s, factor[s], share);
      }
    }
    int open = w->slices->count, last;
    if (first + batch < heights) SlicesOf(w, first + batch, &open, &last);
    TakeSlices(w, open, take, context);
  }
  for (int s = 0; s < nspecies; ++s) {
    PetscCall(PetscFree(factor[s]));
    PetscCall(PetscFree(w->below[s]));
  }
  PetscCall(PetscFree(share));
  PetscCall(VmLayersDestroy(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}
