/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"
#include "map_statistic.h"

enum { SCAN = 64, DET = 48, MOST = 9 };

#define RING 2.4 /* 1/nm */
#define PITCH 0.32
#define THICKNESS 5.0 /* nm */

typedef struct {
  int count, order;
  double radius, at[MOST][2]; /* probes */
} Regions;

static const Regions planted[] = {
    {9, 4, 4.2, {{9, 8}, {10, 30}, {8, 53}, {31, 11}, {33, 34}, {30, 55}, {53, 9}, {54, 31}, {52, 54}}},
    {4, 6, 5.3, {{20, 19}, {21, 44}, {43, 21}, {42, 43}}},
};

/* An amorphous ring with 1 + 0.7 cos n theta in the regions of each order, at an angle of each region's own. */
static double Pattern(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double x = ((double)i - info->centre[0]) * 0.16, y = ((double)j - info->centre[1]) * 0.16;
  const double ring = exp(-0.5 * pow((hypot(x, y) - RING) / 0.3, 2)), angle = atan2(y, x);
  double order = 1.0;
  for (int s = 0; s < 2; ++s)
    for (int r = 0; r < planted[s].count; ++r)
      if (hypot((double)(frame / SCAN) - planted[s].at[r][0], (double)(frame % SCAN) - planted[s].at[r][1]) <
          planted[s].radius)
        order += 0.7 * cos(planted[s].order * (angle - r));
  return order * ring + 0.1;
}

/* Number, diameter and volume fraction of the regions of each order, from counted patterns. */
static PetscErrorCode TestRegions(VmStatResult nfold, const Regions *regions)
{
  char name[16], yaml[128], label[64];
  VmStatResult clusters;
  PetscFunctionBegin;
  snprintf(name, sizeof name, "n_%d", regions->order);
  const VmStatDataset *d = VmStatResultFind(nfold, name);
  const VmMap map = {.dim = 2,
                     .n = {1, SCAN, SCAN},
                     .spacing = {1, PITCH, PITCH},
                     .values = d->data,
                     .unit = "1",
                     .length_unit = "nm"};
  snprintf(yaml, sizeof yaml, "{acceptance: 1, thickness: %g nm}", THICKNESS);
  PetscCall(MapMeasure("clusters", yaml, &map, &clusters));
  const double diameter = 2.0 * regions->radius * PITCH, volume = THICKNESS * pow(SCAN * PITCH, 2);
  const double fraction = VmHotSpotFraction(regions->count, 0.5 * diameter, 1.0, volume);
  VmExpectInt(ScalarOf(clusters, "count"), regions->count);
  VmExpectNear(ScalarOf(clusters, "mean_diameter"), diameter, 0.05 * diameter);
  VmExpectNear(ScalarOf(clusters, "volume_fraction"), fraction, 0.05 * fraction);
  snprintf(label, sizeof label, "diameter of %d-fold regions of %g nm", regions->order, diameter);
  VmFigure(label, ScalarOf(clusters, "mean_diameter"));
  snprintf(label, sizeof label, "volume fraction of %g", fraction);
  VmFigure(label, ScalarOf(clusters, "volume_fraction"));
  PetscCall(VmStatResultDestroy(&clusters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Discs at random, in number as planted, merge; they are counted from the regions and the area that these cover. */
static PetscErrorCode TestOverlap(double eta)
{
  enum { N = 1200, RADIUS = 8 };
  const VmRngKey key = {.seed = 11, .stream = VM_STREAM_TEST};
  const int64_t planted_spots = (int64_t)round(eta * N * N / (VM_PI * RADIUS * RADIUS));
  char label[64];
  double *values;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)N * N, &values));
  for (int64_t s = 0; s < planted_spots; ++s) {
    const double x = N * VmRngUniform(key, (uint64_t)s, 0), y = N * VmRngUniform(key, (uint64_t)s, 1);
    for (int64_t i = (int64_t)x - RADIUS - 1; i <= (int64_t)x + RADIUS + 1; ++i)
      for (int64_t j = (int64_t)y - RADIUS - 1; j <= (int64_t)y + RADIUS + 1; ++j)
        if (hypot((double)i - x, (double)j - y) < RADIUS) values[(i + N) % N * N + (j + N) % N] = 1.0;
  }
  const VmMap map = {.dim = 2,
                     .n = {1, N, N},
                     .spacing = {1, 0.1, 0.1},
                     .periodic = true,
                     .values = values,
                     .unit = "1",
                     .length_unit = "nm"};
  PetscCall(MapMeasure("clusters", "{threshold: 0.5, overlap: poisson, probe: 1 nm, thickness: 5 nm, acceptance: 1}",
                       &map, &result));
  snprintf(label, sizeof label, "spots over planted ones, eta = %.2f", eta);
  VmFigure(label, ScalarOf(result, "spots") / (double)planted_spots);
  snprintf(label, sizeof label, "regions over planted spots, eta = %.2f", eta);
  VmFigure(label, ScalarOf(result, "count") / (double)planted_spots);
  /* the estimate is noisy by about sqrt(eta/N) beyond the planted number */
  VmExpectNear(ScalarOf(result, "spots"), planted_spots, 0.05 * (double)planted_spots);
  const double diameter = 0.2 * RADIUS, sphere = sqrt(2.0 * (diameter * diameter - 1.0));
  VmFigure("diameter of a spot over planted", ScalarOf(result, "spot_diameter") / diameter);
  VmExpectNear(ScalarOf(result, "spot_diameter"), diameter, 0.04 * diameter);
  VmExpectNear(ScalarOf(result, "sphere_diameter"), sphere, 0.08 * sphere);
  const double fraction = (double)planted_spots * VM_PI / 6.0 * pow(sphere, 3) / (5.0 * pow(0.1 * N, 2));
  VmExpectNear(ScalarOf(result, "volume_fraction"), fraction, 0.25 * fraction);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  MemoryCube cube;
  VmStatResult nfold;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(SCAN, SCAN, DET, Pattern, 20.0, &cube));
  PetscCall(
      Measure(PETSC_COMM_WORLD, &cube, StatNamed("nfold"), "{k: 2.4 1/nm, width: 0.6 1/nm}", NULL, NAN, 0, &nfold));
  for (int s = 0; s < 2; ++s) PetscCall(TestRegions(nfold, &planted[s]));
  for (double eta = 0.05; eta < 0.5; eta *= 2.0) PetscCall(TestOverlap(eta));
  PetscCall(VmStatResultDestroy(&nfold));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
