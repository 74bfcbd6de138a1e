/* ranks: 1 2 3 4; timeout: 300; links: vm_analysis */
#include "memory_cube.h"

/* Every statistic of a cube: the same bits for any tiling and any number of ranks; documented values on a constant cube
 * and on a Poisson cube. A statistic that is not listed here fails. */
typedef struct {
  const char *statistic, *dataset;
  double constant;           /* every value, on a cube of 4 */
  double poisson, tolerance; /* mean over the finite values, on Poisson counts of mean 4 */
} Documented;

static const Documented documented[] = {{"geometry", "gain", 0, 1, 0},
                                        {"average_pattern", "mean", 4, 4, 0.01},
                                        {"average_pattern", "maximum", 4, 12, 2},
                                        {"virtual_image", "mean", 4, 4, 0.01},
                                        {"radial_intensity", "intensity", 4, 4, 0.02},
                                        {"pdf", "F", 0, 0, 0.01},
                                        {"fem", "omega", 0, 0, 2e-3},
                                        {"fem", "ring", 0, 0, 3e-3},
                                        {"fem", "ring_ensemble", 0, 0, 3e-3},
                                        {"fem", "image", 0, 0, 3e-3},
                                        {"fem", "ratio", 0, 0, 3e-3},
                                        {"fem", "image_raw", 0, 0.25, 0.01},
                                        {"thickness", "omega", 0, 0, 4e-3},
                                        {"thickness", "map", 1, 1, 1e-9},
                                        {"v2d", "map", 0, 0, 2e-3},
                                        {"angular_correlation", "correlation", 0, 0, 1e-3},
                                        {"nfold", "total", 0, 0, 5e-4},
                                        {"nfold", "n_4", 0, 0, 2e-4},
                                        {"strain", "reference", 0, 0, 0},
                                        {"relaxation", "trusted_fraction", 0, 0, 0.01},
                                        {NULL, NULL, 0, 0, 0}};

#define RING 2.0 /* 1/nm */

static double Constant(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  (void)info;
  (void)frame;
  (void)i;
  (void)j;
  return 4.0;
}

static double Speckle(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double x = ((double)i - info->centre[0]) * 0.16, y = ((double)j - info->centre[1]) * 0.16, k = hypot(x, y);
  const double spot = 0.5 * cos(2.0 * (atan2(y, x) - 0.1 * (double)frame)) + 0.3 * cos(0.7 * (double)(frame + i));
  return 50.0 * (k < 0.5) + 2.0 * exp(-0.5 * pow((k - RING) / 0.3, 2)) * (1.0 + spot) + 0.1;
}

static bool SameBits(VmStatResult a, VmStatResult b)
{
  if (a->count != b->count || a->count == 0) return false;
  for (int i = 0; i < a->count; ++i) {
    const VmStatDataset *x = &a->datasets[i], *y = &b->datasets[i];
    const int64_t n = VmStatDatasetSize(x);
    if (strcmp(x->name, y->name) != 0 || n != VmStatDatasetSize(y)) return false;
    if (memcmp(x->data, y->data, (size_t)n * VmTypeSize(x->type)) != 0) {
      fprintf(stderr, "%s differs\n", x->name);
      return false;
    }
  }
  return true;
}

static PetscErrorCode TestInvariance(const MemoryCube *cube, const VmStatOps *ops)
{
  static const int64_t tiles[] = {0, 1, 7, 32};
  VmStatResult alone = NULL, result;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(Measure(PETSC_COMM_SELF, cube, ops, NULL, NULL, NAN, 5, &alone));
  for (size_t t = 0; t < sizeof tiles / sizeof tiles[0]; ++t) {
    PetscCall(Measure(PETSC_COMM_WORLD, cube, ops, NULL, NULL, NAN, tiles[t], &result));
    if (rank == 0) VmExpect(SameBits(result, alone), "%s with tiles of %d frames", ops->head.name, (int)tiles[t]);
    PetscCall(VmStatResultDestroy(&result));
  }
  PetscCall(VmStatResultDestroy(&alone));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Merging blocks in another order changes rounding only. */
static PetscErrorCode TestMerge(const MemoryCube *cube, const VmStatOps *ops)
{
  const VmFrameSource source = {MemoryRead, (void *)cube};
  void *params, *geometry, *context;
  VmSurvey survey;
  size_t nsum, nmap;
  double *sums[3], *maps;
  VmPolar polar;
  PetscFunctionBegin;
  PetscCall(ParamsOf(&vm_geometry_table, NULL, &geometry));
  PetscCall(ParamsOf(ops->head.params, NULL, &params));
  PetscCall(VmSurveyCreate(PETSC_COMM_SELF, &cube->info, &source, geometry, &survey));
  PetscCall(ops->setup(params, survey, &context));
  ops->size(context, &nsum, &nmap);
  PetscCall(VmSurveyPolar(survey, &polar));
  const int64_t part = PetscMin(survey->frames / 3, VM_STAT_BLOCK), bins = (int64_t)survey->rings * survey->angles;
  PetscCall(PetscMalloc1((size_t)part * nmap, &maps));
  for (int s = 0; s < 3; ++s) {
    VmTile tile = {s * part, part, cube->frames + s * part * survey->npix, NULL, NULL};
    double *samples;
    float *lanes;
    PetscCall(PetscCalloc1(nsum, &sums[s]));
    PetscCall(PetscMalloc1((size_t)(part * bins), &samples));
    PetscCall(PetscMalloc1(VmLanesSize(part, survey->npix), &lanes));
    VmLanesFill(part, survey->npix, tile.frames, lanes);
    VmPolarApplyLanes(polar, part, survey->npix, lanes, samples);
    tile.lanes = lanes;
    tile.polar = samples;
    PetscCall(ops->accumulate(context, &tile, sums[s], maps));
    PetscCall(PetscFree(samples));
    PetscCall(PetscFree(lanes));
  }
  double *left, *right;
  PetscCall(PetscMalloc2(nsum, &left, nsum, &right));
  for (size_t i = 0; i < nsum; ++i) {
    left[i] = sums[0][i];
    right[i] = sums[1][i];
  }
  ops->merge(context, nsum, left, sums[1]);
  ops->merge(context, nsum, left, sums[2]);
  ops->merge(context, nsum, right, sums[2]);
  ops->merge(context, nsum, sums[0], right);
  for (size_t i = 0; i < nsum; ++i)
    VmExpect(fabs(left[i] - sums[0][i]) <= 1e-12 * (1.0 + fabs(left[i])), "%s: sum %zu is %g or %g", ops->head.name, i,
             left[i], sums[0][i]);
  for (int s = 0; s < 3; ++s) PetscCall(PetscFree(sums[s]));
  PetscCall(PetscFree2(left, right));
  PetscCall(PetscFree(maps));
  PetscCall(ops->destroy(&context));
  PetscCall(VmSurveyDestroy(&survey));
  PetscCall(ParamsDone(ops->head.params, &params));
  PetscCall(ParamsDone(&vm_geometry_table, &geometry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CheckValues(const Documented *d, bool poisson, VmStatResult result)
{
  const VmStatDataset *dataset = VmStatResultFind(result, d->dataset);
  double sum = 0, count = 0;
  VmExpect(dataset != NULL, "%s has no %s", d->statistic, d->dataset);
  if (!dataset) return;
  const double *values = dataset->data;
  for (int64_t i = 0; i < VmStatDatasetSize(dataset); ++i) {
    if (!isfinite(values[i])) continue;
    if (!poisson) VmExpectNear(values[i], d->constant, 1e-12);
    sum += values[i];
    count += 1;
  }
  VmExpect(count > 0, "%s/%s has no finite value", d->statistic, d->dataset);
  if (poisson)
    VmExpect(fabs(sum / count - d->poisson) <= d->tolerance, "%s/%s: mean %g", d->statistic, d->dataset, sum / count);
}

static PetscErrorCode TestDocumented(const MemoryCube *cube, bool poisson, const VmStatOps *ops)
{
  VmStatResult result;
  int rank, found = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(Measure(PETSC_COMM_WORLD, cube, ops, NULL, NULL, RING, 0, &result));
  for (const Documented *d = documented; d->statistic; ++d) {
    if (strcmp(d->statistic, ops->head.name) != 0) continue;
    ++found;
    if (rank == 0) CheckValues(d, poisson, result);
  }
  VmExpect(found > 0, "%s: no documented value on a constant and a Poisson cube", ops->head.name);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Intensity and centre of mass of an aperture against plain sums over its pixels: counts add up exactly. */
static PetscErrorCode TestAperture(const MemoryCube *cube, double inner, double outer, double at0, double at1)
{
  const VmCubeInfo *info = &cube->info;
  char params[160];
  VmStatResult result;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(params, sizeof params, "{inner: %g 1/nm, outer: %g 1/nm, at: [%g 1/nm, %g 1/nm]}", inner, outer, at0, at1);
  PetscCall(Measure(PETSC_COMM_WORLD, cube, StatNamed("virtual_image"), params, NULL, NAN, 0, &result));
  for (int64_t f = 0; f < info->scan[0] * info->scan[1] && rank == 0; ++f) {
    double sum = 0.0, moment[2] = {0.0, 0.0};
    for (int64_t p = 0; p < info->det[0] * info->det[1]; ++p) {
      const double x = ((double)(p / info->det[1]) - info->centre[0]) * 0.16,
                   y = ((double)(p % info->det[1]) - info->centre[1]) * 0.16, k = hypot(x - at0, y - at1);
      const double value = k >= inner && k < outer ? (double)cube->frames[f * info->det[0] * info->det[1] + p] : 0.0;
      sum += value;
      moment[0] += value * x;
      moment[1] += value * y;
    }
    VmExpect(((const double *)VmStatResultFind(result, "image")->data)[f] == sum, "intensity of frame %d", (int)f);
    VmExpectNear(((const double *)VmStatResultFind(result, "centre_0")->data)[f], moment[0] / sum, 1e-12);
    VmExpectNear(((const double *)VmStatResultFind(result, "centre_1")->data)[f], moment[1] / sum, 1e-12);
  }
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  MemoryCube constant, counts, speckle;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(3, 4, 40, Constant, 0.0, &constant));
  PetscCall(MemoryCubeCreate(16, 20, 40, Constant, 1.0, &counts));
  PetscCall(MemoryCubeCreate(9, 13, 48, Speckle, 1.0, &speckle));
  for (int i = 0; vm_stat_table[i]; ++i) {
    VmExpect(vm_stat_table[i]->head.doc && vm_stat_table[i]->head.source, "%s has no doc or source",
             vm_stat_table[i]->head.name);
    PetscCall(TestInvariance(&speckle, vm_stat_table[i]));
    PetscCall(TestMerge(&speckle, vm_stat_table[i]));
    PetscCall(TestDocumented(&constant, false, vm_stat_table[i]));
    PetscCall(TestDocumented(&counts, true, vm_stat_table[i]));
  }
  PetscCall(TestAperture(&speckle, 0.5, 2.1, 0.4, -0.7));
  PetscCall(TestAperture(&speckle, 0.0, 2.0, 3.0, 3.0));   /* cut off by the last corner */
  PetscCall(TestAperture(&speckle, 0.0, 100.0, 0.0, 0.0)); /* every pixel */
  PetscCall(TestAperture(&speckle, 1.9, 2.0, 0.0, 0.0));   /* runs of a few pixels */
  PetscCall(PetscFree(constant.frames));
  PetscCall(PetscFree(counts.frames));
  PetscCall(PetscFree(speckle.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
