/* Mean and maximum over the frames. */
#include <vitromech/stat.h>
#include <math.h>

/* sums: [1] frames, [npix] sum, [npix] maximum */

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  (void)params;
  *context = survey;
  return PETSC_SUCCESS;
}

static PetscErrorCode Destroy(void **context)
{
  *context = NULL;
  return PETSC_SUCCESS;
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = 1 + 2 * (size_t)((const struct VmSurvey_s *)context)->npix;
  *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  const int64_t npix = ((VmSurvey)context)->npix;
  double *sum = sums + 1, *maximum = sum + npix;
  (void)maps;
  for (int64_t f = 0; f < tile->n; ++f) {
    const float *frame = tile->frames + f * npix;
    if (sums[0] == 0.0)
      for (int64_t p = 0; p < npix; ++p) maximum[p] = (double)frame[p];
    for (int64_t p = 0; p < npix; ++p) {
      const double value = (double)frame[p];
      sum[p] += value;
      maximum[p] = value > maximum[p] ? value : maximum[p];
    }
    sums[0] += 1.0;
  }
  return PETSC_SUCCESS;
}

static void Merge(const void *context, size_t nsum, double *into, const double *from)
{
  const size_t npix = (size_t)((const struct VmSurvey_s *)context)->npix;
  if (from[0] == 0.0) return;
  for (size_t p = 1 + npix; p < nsum; ++p) into[p] = into[0] == 0.0 ? from[p] : fmax(into[p], from[p]);
  for (size_t p = 0; p < 1 + npix; ++p) into[p] += from[p];
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const VmSurvey survey = context;
  double *mean;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc1((size_t)survey->npix, &mean));
  for (int64_t p = 0; p < survey->npix; ++p) mean[p] = sums[1 + p] / sums[0];
  PetscCall(VmStatResultAdd(result, "mean", VM_F64, 2, survey->info.det, mean,
                            (VmMeta){"count", "mean pattern over all probes", "det0,det1"}, NULL));
  PetscCall(VmStatResultAdd(result, "maximum", VM_F64, 2, survey->info.det, sums + 1 + survey->npix,
                            (VmMeta){"count", "maximum of each pixel over all probes", "det0,det1"}, NULL));
  PetscCall(PetscFree(mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_average_pattern = {
    .head = {"average_pattern", "mean and maximum pattern", "physics.md E1", NULL},
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = Merge,
    .finalise = Finalise};
