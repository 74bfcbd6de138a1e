/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"

#define MEAN 22.0
#define FRAMES 1000

static double Flat(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  (void)info;
  (void)frame;
  (void)i;
  (void)j;
  return MEAN;
}

/* Standard error of each variance of Poisson counts of mean m, R probes, N pixels (leading order). */
static double StandardError(const char *name, double pixels)
{
  const double one = sqrt(2.0 / (FRAMES * pixels)) / MEAN;
  return strcmp(name, "omega") == 0 ? sqrt(2.0 / FRAMES) / (MEAN * pixels) : one;
}

/* Pure counting noise: the five corrected variances are zero within their standard errors, the raw ones are not. */
static PetscErrorCode TestPoisson(void)
{
  static const char *const names[] = {"omega", "ring", "ring_ensemble", "image", "ratio"};
  MemoryCube cube;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(40, 25, 56, Flat, 1.0, &cube));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("fem"), NULL, NULL, NAN, 0, &result));
  const VmStatDataset *k = VmStatResultFind(result, "k");
  const int64_t rings = VmStatDatasetSize(k);
  for (int v = 0; v < 5; ++v) {
    char raw_name[64];
    snprintf(raw_name, sizeof raw_name, "%s_raw", names[v]);
    const double *value = VmStatResultFind(result, names[v])->data, *raw = VmStatResultFind(result, raw_name)->data;
    double sum = 0, square = 0, count = 0;
    for (int64_t r = 5; r < rings; ++r) {
      const double pixels = 2.0 * VM_PI * ((double)r + 0.5), z = value[r] / StandardError(names[v], pixels);
      VmExpect(fabs(z) < 4.5, "%s of ring %d is %g, %g standard errors", names[v], (int)r, value[r], z);
      VmExpect(raw[r] > 10.0 * StandardError(names[v], pixels), "%s of ring %d is %g before correction", raw_name,
               (int)r, raw[r]);
      sum += z;
      square += z * z;
      count += 1;
    }
    VmExpectNear(sum / count, 0.0, 3.5 / sqrt(count));
    VmExpectNear(square / count, 1.0, 4.0 * sqrt(2.0 / count));
    char label[96];
    const int64_t ring = PetscMin(24, rings - 1);
    snprintf(label, sizeof label, "%s of 1000 Poisson frames, ring of %.0f px", names[v],
             2.0 * VM_PI * ((double)ring + 0.5));
    VmFigure(label, value[ring]);
    snprintf(label, sizeof label, "  its standard error (theory)");
    VmFigure(label, StandardError(names[v], 2.0 * VM_PI * ((double)ring + 0.5)));
    snprintf(label, sizeof label, "  before correction");
    VmFigure(label, raw[ring]);
  }
  /* the bootstrap agrees with theory: mean over rings of the ratio */
  for (int v = 0; v < 5; ++v) {
    char error_name[64];
    double ratio = 0, count = 0;
    snprintf(error_name, sizeof error_name, "%s_error", names[v]);
    const double *error = VmStatResultFind(result, error_name)->data;
    for (int64_t r = 5; r < rings; ++r) {
      ratio += error[r] / StandardError(names[v], 2.0 * VM_PI * ((double)r + 0.5));
      count += 1;
    }
    VmExpectNear(ratio / count, 1.0, 0.2);
  }
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frames a(frame) b(pixel) with known means: all five variances in closed form. */
static double Separable(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  (void)info;
  return (frame % 2 ? 1.5 : 0.5) * ((i + j) % 2 ? 1.2 : 0.8);
}

static PetscErrorCode TestSeparable(void)
{
  const double va = 0.25, vb = 0.04; /* variances of the two factors of mean 1 */
  MemoryCube cube;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(4, 5, 40, Separable, 0.0, &cube));
  cube.info.centre[0] = cube.info.centre[1] = 19.5;
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("fem"), NULL, NULL, NAN, 0, &result));
  const struct {
    const char *name;
    double value;
  } wanted[] = {
      {"omega", va}, {"ring", vb}, {"ring_ensemble", (1 + va) * (1 + vb) - 1}, {"image", va}, {"ratio", va * (1 + vb)}};
  /* about a pixel corner the ring of k in [2.4, 2.56) has as many even as odd pixels */
  const double *k = VmStatResultFind(result, "k")->data;
  int64_t ring = 0;
  while (k[ring] < 2.4) ++ring;
  for (int v = 0; v < 5; ++v)
    VmExpectNear(((const double *)VmStatResultFind(result, wanted[v].name)->data)[ring], wanted[v].value, 1e-7);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Speckle of 3 x 3 pixels on a mean image that is far from constant along its rings; other speckle for each sample. */
static uint64_t sample;

static double Speckle(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double angle = atan2((double)j - info->centre[1], (double)i - info->centre[0]);
  const uint64_t grain = sample * 1000000 + (uint64_t)(frame * 1000 + i / 3 * 30 + j / 3);
  return (1.0 + 0.6 * cos(angle)) * (1.0 - log(VmRngUniform((VmRngKey){3, VM_STREAM_TEST}, grain, 0)));
}

/* The standard errors say how far the variances of many samples lie apart. */
static PetscErrorCode TestErrors(void)
{
  enum { SAMPLES = 40, MOST_RINGS = 32 };
  static const char *const names[] = {"omega", "ring", "ring_ensemble", "image", "ratio"};
  double sum[5][MOST_RINGS] = {{0}}, square[5][MOST_RINGS] = {{0}}, error[5][MOST_RINGS] = {{0}};
  int64_t rings = 0;
  PetscFunctionBegin;
  for (sample = 0; sample < SAMPLES; ++sample) {
    MemoryCube cube;
    VmStatResult result;
    PetscCall(MemoryCubeCreate(16, 16, 30, Speckle, 0.0, &cube));
    PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("fem"), NULL, NULL, NAN, 0, &result));
    rings = VmStatDatasetSize(VmStatResultFind(result, "k"));
    VmExpect(rings <= MOST_RINGS, "%d rings", (int)rings);
    for (int v = 0; v < 5; ++v) {
      char error_name[64];
      snprintf(error_name, sizeof error_name, "%s_error", names[v]);
      for (int64_t r = 0; r < PetscMin(rings, MOST_RINGS); ++r) {
        const double value = ((const double *)VmStatResultFind(result, names[v])->data)[r];
        sum[v][r] += value / SAMPLES;
        square[v][r] += value * value / SAMPLES;
        error[v][r] += ((const double *)VmStatResultFind(result, error_name)->data)[r] / SAMPLES;
      }
    }
    PetscCall(VmStatResultDestroy(&result));
    PetscCall(PetscFree(cube.frames));
  }
  for (int v = 0; v < 5; ++v) {
    double ratio = 0.0;
    char label[64];
    for (int64_t r = 4; r < rings; ++r)
      ratio += error[v][r] / sqrt((square[v][r] - sum[v][r] * sum[v][r]) * SAMPLES / (SAMPLES - 1.0));
    ratio /= (double)(rings - 4);
    snprintf(label, sizeof label, "standard error of %s over the spread of %d samples", names[v], (int)SAMPLES);
    VmFigure(label, ratio);
    VmExpectNear(ratio, 1.0, 0.25);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPoisson());
  PetscCall(TestErrors());
  PetscCall(TestSeparable());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
