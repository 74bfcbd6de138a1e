/* timeout: 120; links: vm_analysis
 * Convergence of multislice with the thickness of slices and with the sampling; potentials of finite extent. */
#include "multislice.h"
#include "vm_test.h"
#include "analysis/synth/probe.h"
#include <vitromech/scatter.h>

static PetscErrorCode TestSlices(void)
{
  const double r[2] = {0.0, 0.0}, slice[] = {0.8, 0.4, 0.2, 0.1, 0.05, 0.0125};
  enum { LEVELS = 6 };
  double *intensity[LEVELS], distance[LEVELS];
  VmOptics optics;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(2500, 1.7, 10.0, 0.0, &atoms));
  for (int i = 0; i < LEVELS; ++i) {
    VmMicroscopeParams params = VmTestMicroscope();
    params.slice = slice[i];
    PetscCall(VmPattern(&params, &atoms, r, &optics, &intensity[i]));
  }
  for (int i = 0; i < LEVELS - 1; ++i) {
    distance[i] = VmPatternDistance(&optics, intensity[i], intensity[LEVELS - 1]);
    printf("slices of %g nm: relative difference of the scattered pattern %.3e\n", slice[i], distance[i]);
    VmExpect(i == 0 || distance[i] < 0.75 * distance[i - 1], "thinner slices: %g after %g", distance[i],
             distance[i - 1]);
  }
  for (int i = 0; i < LEVELS; ++i) PetscCall(PetscFree(intensity[i]));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms so blurred that the band limit cuts nothing between the slices of one atom: with potentials of finite extent,
 * the error of the slices falls faster and is far smaller. */
static PetscErrorCode TestFinite(void)
{
  enum { LEVELS = 5 };
  const double r[2] = {0.0, 0.0}, slice[LEVELS] = {0.8, 0.4, 0.2, 0.1, 0.025};
  double *intensity[2][LEVELS], distance[2][LEVELS - 1];
  VmOptics optics;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(1000, 1.7, 5.0, 0.0, &atoms));
  for (int finite = 0; finite < 2; ++finite) {
    for (int i = 0; i < LEVELS; ++i) {
      VmMicroscopeParams params = VmTestMicroscope();
      params.debye_waller = 0.3;
      params.slice = slice[i];
      params.potential = finite ? VM_FINITE : VM_INFINITE;
      params.sub_slices = (int64_t)ceil(slice[i] / 0.0251);
      PetscCall(VmPattern(&params, &atoms, r, &optics, &intensity[finite][i]));
    }
    for (int i = 0; i < LEVELS - 1; ++i) {
      distance[finite][i] = VmPatternDistance(&optics, intensity[finite][i], intensity[finite][LEVELS - 1]);
      printf("blurred atoms, %s potentials, slices of %g nm: relative difference of the scattered pattern %.3e\n",
             finite ? "finite" : "infinite", slice[i], distance[finite][i]);
      if (finite) {
        VmExpect(i == 0 || distance[1][i] < 0.5 * distance[1][i - 1], "thinner slices: %g after %g", distance[1][i],
                 distance[1][i - 1]);
        VmExpect(distance[1][i] < 0.5 * distance[0][i], "finite %g, infinite %g", distance[1][i], distance[0][i]);
      }
    }
  }
  const double apart = VmPatternDistance(&optics, intensity[0][LEVELS - 1], intensity[1][LEVELS - 1]);
  VmFigure("infinite_and_finite_potentials_in_thin_slices", apart);
  VmExpect(apart < 2e-3, "flat and real atoms differ by %g", apart);
  for (int i = 0; i < LEVELS; ++i) {
    PetscCall(PetscFree(intensity[0][i]));
    PetscCall(PetscFree(intensity[1][i]));
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t points;
  double *value; /* [slices][points] */
} Stack;

static void TakeStack(void *context, int slice, const double *value)
{
  Stack *stack = context;
  memcpy(stack->value + slice * stack->points, value, (size_t)stack->points * sizeof *value);
}

/* Potentials of all slices of a box, and the height of their centre at the mean of the plane. */
static PetscErrorCode MakeStack(const VmMicroscopeParams *params, const VmAtoms *atoms, Stack *stack, double *centre)
{
  VmOptics optics;
  VmTileBox box;
  double sum = 0.0;

  PetscFunctionBegin;
  VmOpticsInit(params, &optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &optics));
  VmOpticsBox(&optics, (double[2]){0.0, 0.0}, (double[2]){0.0, 0.0}, &box);
  const VmSlices slices = VmSlicesChoose(&optics);
  stack->points = box.grid[0] * box.grid[1];
  PetscCall(PetscCalloc1((size_t)(slices.count * stack->points), &stack->value));
  PetscCall(VmPotentialSlices(&optics, atoms, &box, &slices, box.grid, TakeStack, stack));
  *centre = 0.0;
  for (int s = 0; s < slices.count; ++s) {
    for (int64_t q = 0; q < stack->points; ++q) {
      const double value = stack->value[s * stack->points + q];
      sum += value;
      *centre += value * (slices.bottom + (s + 0.5) * slices.distance);
      if (s) stack->value[q] += value;
    }
  }
  *centre /= sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* However atoms are spread over slices, nothing of their projection is lost, and the centre stays where it is. */
static PetscErrorCode TestSharing(void)
{
  VmMicroscopeParams params = VmTestMicroscope();
  Stack infinite, finite;
  double centre[2], worst = 0.0, largest = 0.0;
  VmAtoms atoms = {.nspecies = 1, .number = {40}};

  PetscFunctionBegin;
  const double r[3][3] = {{0.1, 0.2, 0.0}, {-0.3, 0.1, 2.36}, {0.2, -0.4, 5.0}};
  for (int a = 0; a < 3; ++a) PetscCall(VmAtomsAppend(&atoms, 0, r[a], a));
  params.sub_slices = 3;
  PetscCall(MakeStack(&params, &atoms, &infinite, &centre[0]));
  params.potential = VM_FINITE;
  PetscCall(MakeStack(&params, &atoms, &finite, &centre[1]));
  for (int64_t q = 0; q < finite.points; ++q) {
    worst = fmax(worst, fabs(finite.value[q] - infinite.value[q]));
    largest = fmax(largest, fabs(infinite.value[q]));
  }
  VmExpectNear(worst / largest, 0.0, 1e-10);
  VmExpectNear(centre[1], (0.1 + 2.36 + 4.9) / 3.0, 2e-3); /* atoms at the faces fill the outermost slices */
  VmExpect(fabs(centre[0] - centre[1]) > 5e-3, "infinite potentials are moved to the middle of their slice");
  PetscCall(PetscFree(infinite.value));
  PetscCall(PetscFree(finite.value));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same window on finer grids, up to higher frequencies: the pattern inside 4 1/nm of the coarsest converges. */
static PetscErrorCode TestSampling(void)
{
  enum { LEVELS = 5 };
  const double r[2] = {0.0, 0.0};
  const int64_t pixels[LEVELS] = {32, 48, 64, 96, 192};
  double *intensity[LEVELS], distance[LEVELS - 1];
  VmOptics optics[LEVELS];
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(2500, 1.7, 10.0, 0.0, &atoms));
  for (int l = 0; l < LEVELS; ++l) {
    VmMicroscopeParams params = VmTestMicroscope();
    for (int d = 0; d < 2; ++d) params.detector.pixels[d] = pixels[l];
    params.slice = 0.5;
    PetscCall(VmPattern(&params, &atoms, r, &optics[l], &intensity[l]));
  }
  const int64_t most = (int64_t)(4.0 * optics[0].period), *fine = optics[LEVELS - 1].grid;
  for (int l = 0; l < LEVELS - 1; ++l) {
    const int64_t *n = optics[l].grid;
    double difference = 0.0, sum = 0.0, total = 0.0;
    for (int64_t i = -most; i <= most; ++i) {
      for (int64_t j = -most; j <= most; ++j) {
        const double k = hypot((double)i, (double)j);
        if (k < 2.0 * optics[0].aperture * optics[0].period || k > (double)most) continue;
        const double a = intensity[l][(i + n[0]) % n[0] * n[1] + (j + n[1]) % n[1]];
        const double b = intensity[LEVELS - 1][(i + fine[0]) % fine[0] * fine[1] + (j + fine[1]) % fine[1]];
        difference += (a - b) * (a - b);
        sum += b * b;
      }
    }
    for (int64_t q = 0; q < n[0] * n[1]; ++q) total += intensity[l][q];
    distance[l] = sqrt(difference / sum);
    printf(
        "grid spacing %.4f nm, band limit %.2f 1/nm: %.4f of the electrons kept, relative difference of the scattered "
        "pattern below 4 1/nm %.3e\n",
        optics[l].spacing[0], (double)n[0] / optics[l].period / 3.0, total, distance[l]);
    VmExpect(l == 0 || distance[l] < 0.8 * distance[l - 1], "a finer grid: %g after %g", distance[l], distance[l - 1]);
  }
  VmExpectNear(distance[LEVELS - 2], 0.0, 0.05);
  for (int l = 0; l < LEVELS; ++l) PetscCall(PetscFree(intensity[l]));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestSlices());
  PetscCall(TestFinite());
  PetscCall(TestSharing());
  PetscCall(TestSampling());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
