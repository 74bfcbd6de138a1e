/* timeout: 180; links: vm_analysis */
#include "analysis/atoms/debye.h"
#include "atom_statistic.h"
#include "memory_cube.h"
#include <vitromech/scatter.h>

/* I(k) of the Cu-Zr glass by Debye's sum, as the patterns of a cube: G(r) has the distances of the atoms, and by
 * sectors the strain of the pattern. */
enum { SAMPLES = 400, DETECTOR = 200, SCAN = 4 };
#define STEP 0.05 /* 1/nm */
static double mean[SAMPLES], square[SAMPLES], debye[SAMPLES];
static double strain[3], bottom;

static double At(const double *curve, double k)
{
  const double place = fmin(k / STEP, SAMPLES - 1.001);
  const int i = (int)place;
  return curve[i] + (place - i) * (curve[i + 1] - curve[i]);
}

/* Single atoms at k, correlations at (1 + e) k. */
static double Pattern(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double u = ((double)i - info->centre[0]) * 0.16, v = ((double)j - info->centre[1]) * 0.16, k = hypot(u, v);
  const double strained = hypot((1.0 + strain[0]) * u + strain[2] * v, strain[2] * u + (1.0 + strain[1]) * v);
  (void)frame;
  if (k < 1.0) return 0.0;
  const double correlations = (At(debye, strained) - At(square, strained)) / At(mean, strained);
  return (At(square, k) + At(mean, k) * correlations + bottom * (1.0 + 4.0 / (k * k))) / square[0];
}

static PetscErrorCode SetCurves(const VmAtoms *glass)
{
  const VmComposition c = VmCompositionOf(glass);
  double k[SAMPLES];
  PetscFunctionBegin;
  for (int i = 0; i < SAMPLES; ++i) {
    double f = 0.0;
    k[i] = i * STEP;
    square[i] = 0.0;
    for (int s = 0; s < c.n; ++s) {
      f += c.fraction[s] * VmScatteringFactor(c.number[s], k[i]);
      square[i] += c.fraction[s] * pow(VmScatteringFactor(c.number[s], k[i]), 2);
    }
    mean[i] = f * f;
  }
  PetscCall(VmDebyeGlass(PETSC_COMM_SELF, glass, SAMPLES, k, debye));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Transform(const char *composition, const char *more, double dose, VmStatResult *result)
{
  char yaml[400];
  MemoryCube cube;
  PetscFunctionBegin;
  snprintf(yaml, sizeof yaml, "{composition: %s, k_min: 2 1/nm%s}", composition, more);
  PetscCall(MemoryCubeCreate(SCAN, SCAN, DETECTOR, Pattern, dose, &cube));
  PetscCall(Measure(PETSC_COMM_SELF, &cube, StatNamed("pdf"), yaml, NULL, NAN, 0, result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Maxima of G(r) beyond 0.2 nm that are higher than a twentieth of the highest. */
static int Peaks(VmStatResult result, const char *name, int most, double *peak)
{
  int64_t n;
  int count = 0;
  double highest = 0.0;
  const double *r = AtomValues(result, "r", NULL), *g = AtomValues(result, name, &n);
  for (int64_t i = 0; i < n; ++i) highest = fmax(highest, g[i]);
  for (int64_t i = 40; i + 1 < n && count < most; ++i)
    if (g[i] >= g[i - 1] && g[i] > g[i + 1] && g[i] > 0.05 * highest)
      peak[count++] = r[i] + 0.5 * (r[1] - r[0]) * (g[i - 1] - g[i + 1]) / (g[i - 1] - 2.0 * g[i] + g[i + 1]);
  return count;
}

/* g(r) of the atoms with the weights of their scattering factors at 8/nm, in the middle of the transform. */
static PetscErrorCode Weighted(const VmAtoms *glass, VmStatResult *atoms)
{
  static const char *const names[2][2] = {{"Cu-Cu", "Cu-Zr"}, {"Cu-Zr", "Zr-Zr"}};
  const VmComposition c = VmCompositionOf(glass);
  double total = 0.0, g[300] = {0};
  int64_t n;
  PetscFunctionBegin;
  PetscCall(AtomMeasure("rdf", "{smoothing: 0.012 nm, bin: 0.005 nm}", glass, atoms));
  for (int a = 0; a < c.n; ++a) total += c.fraction[a] * VmScatteringFactor(c.number[a], 8.0);
  for (int a = 0; a < c.n; ++a)
    for (int b = 0; b < c.n; ++b) {
      const double *pair = AtomValues(*atoms, names[c.number[a] == 40][c.number[b] == 40], &n);
      const double f =
          c.fraction[a] * c.fraction[b] * VmScatteringFactor(c.number[a], 8.0) * VmScatteringFactor(c.number[b], 8.0);
      VmExpectInt(n, 300);
      for (int i = 0; i < 300; ++i) g[i] += f * pair[i] / (total * total);
    }
  PetscCall(VmStatResultAdd(*atoms, "weighted", VM_F64, 1, &n, g, (VmMeta){"1", "", "r"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The transform of Debye's sum itself: what a pattern without background, pixels and noise would give. */
static PetscErrorCode Exact(double k_max, double density, VmStatResult *exact)
{
  const int64_t n = 300;
  double r[300], g[300];
  PetscFunctionBegin;
  for (int i = 0; i < n; ++i) {
    r[i] = (i + 0.5) * 0.005;
    double sum = 0.0;
    for (int q = 1; q * STEP < k_max; ++q) {
      const double k = q * STEP, x = VM_PI * k / k_max;
      sum += 8.0 * VM_PI * k * (debye[q] - square[q]) / mean[q] * sin(2.0 * VM_PI * k * r[i]) * sin(x) / x * STEP;
    }
    g[i] = 1.0 + sum / (4.0 * VM_PI * density * r[i]);
  }
  PetscCall(VmStatResultCreate(exact));
  PetscCall(VmStatResultAdd(*exact, "r", VM_F64, 1, &n, r, (VmMeta){"nm", "", "r"}, NULL));
  PetscCall(VmStatResultAdd(*exact, "g", VM_F64, 1, &n, g, (VmMeta){"1", "", "r"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDistances(const VmAtoms *glass, const char *composition, double background, double dose)
{
  VmStatResult atoms, exact, result;
  double found[3], wanted[3], blurred[3], sharp;
  PetscFunctionBegin;
  PetscCall(SetCurves(glass));
  bottom = background * square[SAMPLES / 2];
  PetscCall(Weighted(glass, &atoms));
  PetscCall(Transform(composition, ", density: 62.837 1/nm^3", dose, &result));
  const int count = Peaks(result, "g", 3, found);
  VmExpectInt(count, 3);
  VmExpectInt(Peaks(atoms, "weighted", 3, wanted), 3);
  PetscCall(Exact(0.16 * (0.5 * DETECTOR - 0.3), 62.837, &exact));
  VmExpectInt(Peaks(exact, "g", 3, blurred), 3);
  for (int p = 0; p < count; ++p) {
    printf("figure: %s: peak %d of g(r) = %.4f nm, of the exact I(k) %.4f nm, of the atoms %.4f nm\n", composition,
           p + 1, found[p], blurred[p], wanted[p]);
    VmExpectNear(found[p], blurred[p], 0.0008);
  }
  PetscCall(VmStatResultDestroy(&exact));
  PetscCall(VmStatResultDestroy(&result));
  /* the window blurs g(r) and moves maxima that are not symmetric; without it only the ripples of the cut-off do */
  PetscCall(Transform(composition, ", density: 62.837 1/nm^3, window: none", dose, &result));
  VmExpectInt(Peaks(result, "g", 1, &sharp), 1);
  printf("figure: %s, no window: peak 1 of g(r) = %.4f nm, of the atoms %.4f nm\n", composition, sharp, wanted[0]);
  VmExpectNear(sharp, wanted[0], 0.003);
  PetscCall(VmStatResultDestroy(&atoms));
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestStrain(void)
{
  VmStatResult result;
  PetscFunctionBegin;
  strain[0] = 0.012;
  strain[1] = -0.006;
  strain[2] = 0.007;
  PetscCall(Transform("Cu64.69Zr35.31", ", sectors: 24", 3e4, &result));
  printf("figure: e_xx - e_yy = %.5f +- %.5f, e_xy = %.5f +- %.5f\n", AtomScalar(result, "strain_difference"),
         AtomScalar(result, "strain_difference_error"), AtomScalar(result, "strain_xy"),
         AtomScalar(result, "strain_xy_error"));
  VmExpectNear(AtomScalar(result, "strain_difference"), 0.018, 0.0015);
  VmExpectNear(AtomScalar(result, "strain_xy"), 0.007, 0.0008);
  VmExpect(AtomScalar(result, "strain_xy_error") > 1e-6 && AtomScalar(result, "strain_xy_error") < 1e-3,
           "error of e_xy %g", AtomScalar(result, "strain_xy_error"));
  strain[0] = strain[1] = strain[2] = 0.0;
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  VmAtoms glass;
  bool there;
  PetscFunctionBegin;
  PetscCall(AtomData("glass_cu64zr36_10976.xyz", &glass, &there));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TestDistances(&glass, "Cu64.69Zr35.31", 0.0, 0.0));
  PetscCall(TestDistances(&glass, "Cu64.69Zr35.31", 0.3, 1e5));
  PetscCall(TestStrain());
  /* the same places, all of one element: no weights */
  memset(glass.species, 0, (size_t)glass.n);
  glass.nspecies = 1;
  glass.number[0] = 29;
  PetscCall(TestDistances(&glass, "Cu", 0.3, 1e5));
  VmAtomsFree(&glass);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
