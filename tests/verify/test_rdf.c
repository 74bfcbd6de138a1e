/* timeout: 120; links: vm_analysis */
#include "atom_statistic.h"

static PetscErrorCode TestGas(void)
{
  enum { N = 6000 };
  const double edge = 4.0, bin = 0.05;
  VmAtoms gas;
  VmStatResult result;
  int64_t n;
  double square = 0.0, sum = 0.0;
  PetscFunctionBegin;
  PetscCall(AtomGas(N, edge, 1, &gas));
  PetscCall(AtomMeasure("rdf", "{r_max: 1.5 nm, bin: 0.05 nm, smoothing: 0 nm, cutoff: 0.5 nm}", &gas, &result));
  const double *g = AtomValues(result, "total", &n);
  for (int64_t i = 0; i < n; ++i) {
    const double shell = 4.0 / 3.0 * VM_PI * (pow((double)(i + 1) * bin, 3) - pow((double)i * bin, 3));
    const double pairs = 0.5 * N * (N - 1.0) * shell / pow(edge, 3);
    const double z = (g[i] - 1.0 + 1.0 / N) * sqrt(pairs);
    sum += z;
    square += z * z;
  }
  VmExpectInt(n, 30);
  VmExpect(fabs(sum) < 4.0 * sqrt(30.0), "ideal gas: sum of deviations %g of 30 bins, standard error 5.5", sum);
  VmExpect(square > 10.0 && square < 60.0, "ideal gas: chi^2 %g of 30 bins", square);
  const double expected = 4.0 / 3.0 * VM_PI * 0.125 * N / pow(edge, 3);
  VmExpectNear(AtomScalar(result, "coordination"), expected, 0.02 * expected);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&gas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shells of fcc: 12, 6, 24, 12 at sqrt(1/2, 1, 3/2, 2), in a cell smaller than the longest distance. */
static PetscErrorCode TestFcc(void)
{
  const double a = 0.4, edges[3] = {a, a, a};
  VmAtoms fcc;
  VmStatResult result;
  int64_t n;
  PetscFunctionBegin;
  PetscCall(AtomCrystal(edges, (const int[]){1, 1, 1}, 4, atom_fcc, &fcc));
  PetscCall(AtomMeasure("rdf", "{r_max: 0.6 nm, smoothing: 0.004 nm}", &fcc, &result));
  VmExpectNear(AtomScalar(result, "coordination"), 12.0, 1e-9);
  VmExpectNear(AtomScalar(result, "number_density"), 4.0 / (a * a * a), 1e-9);
  const double *peaks = AtomValues(result, "peaks_Cu-Cu", &n);
  VmExpectInt(n, 4);
  for (int i = 0; i < 4 && n == 4; ++i) VmExpectNear(peaks[i], a * sqrt(0.5 * (i + 1)), 1.001e-3);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(AtomMeasure("rdf", "{r_max: 0.6 nm, smoothing: 0.004 nm, cutoff: 0.53 nm}", &fcc, &result));
  VmExpectNear(AtomScalar(result, "coordination"), 42.0, 1e-9);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&fcc);
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { REACH = 28 }; /* reciprocal lattice vectors of the box along each axis */

/* sums over the atoms of a wave e^(i q r), one axis at a time */
static void Waves(int64_t n, const double *r, double edge, double *re, double *im)
{
  for (int h = -REACH; h <= REACH; ++h)
    for (int64_t i = 0; i < n; ++i) {
      const double phase = 2.0 * VM_PI * h * r[i] / edge;
      re[(h + REACH) * n + i] = cos(phase);
      im[(h + REACH) * n + i] = sin(phase);
    }
}

/* S(q) from g(r) against the sum over all atoms at the reciprocal lattice vectors of the box. */
static void CheckFactor(const VmAtoms *glass, VmStatResult result)
{
  enum { BINS = 8 };
  const double edge = glass->cell[0][0], from = 26.0, step = 0.5;
  const double *const r[3] = {glass->x, glass->y, glass->z};
  const double *k = AtomValues(result, "k", NULL), *factor = AtomValues(result, "structure_factor_total", NULL);
  const int64_t n = glass->n;
  const size_t size = (size_t)((2 * REACH + 1) * n);
  double *re[3], *im[3], sum[BINS] = {0}, count[BINS] = {0};
  for (int d = 0; d < 3; ++d) {
    re[d] = malloc(size * sizeof **re);
    im[d] = malloc(size * sizeof **im);
    Waves(n, r[d], edge, re[d], im[d]);
  }
  for (int a = 0; a <= REACH; ++a)
    for (int b = -REACH; b <= REACH; b += 2)
      for (int c = -REACH; c <= REACH; c += 2) {
        const double q = 2.0 * VM_PI / edge * sqrt(a * a + b * b + c * c);
        const int bin = (int)floor((q - from) / step);
        const double *u = re[0] + (a + REACH) * n, *ui = im[0] + (a + REACH) * n;
        const double *v = re[1] + (b + REACH) * n, *vi = im[1] + (b + REACH) * n;
        const double *w = re[2] + (c + REACH) * n, *wi = im[2] + (c + REACH) * n;
        double x = 0.0, y = 0.0;
        if (bin < 0 || bin >= BINS) continue;
        for (int64_t i = 0; i < n; ++i) {
          const double p = u[i] * v[i] - ui[i] * vi[i], pi = u[i] * vi[i] + ui[i] * v[i];
          x += p * w[i] - pi * wi[i];
          y += p * wi[i] + pi * w[i];
        }
        sum[bin] += (x * x + y * y) / (double)n;
        count[bin] += 1.0;
      }
  for (int b = 0; b < BINS; ++b) {
    const double at = (from + (b + 0.5) * step) / (2.0 * VM_PI);
    const int i = (int)floor((at - k[0]) / (k[1] - k[0]));
    const double here = factor[i] + (at - k[i]) / (k[1] - k[0]) * (factor[i + 1] - factor[i]),
                 direct = sum[b] / count[b];
    /* exponential distribution of a speckle, and the window of r_max */
    VmExpectNear(here / direct, 1.0, 0.05 + 4.0 / sqrt(count[b]));
  }
  for (int d = 0; d < 3; ++d) {
    free(re[d]);
    free(im[d]);
  }
}

static PetscErrorCode TestGlass(const VmAtoms *glass)
{
  VmStatResult result;
  int64_t n, highest = 0;
  PetscFunctionBegin;
  PetscCall(AtomMeasure("rdf", "{r_max: 2.7 nm}", glass, &result));
  const double peak = AtomScalar(result, "first_peak"), q = 2.0 * VM_PI * AtomScalar(result, "structure_factor_peak");
  VmFigure("first peak of Cu-Zr [nm]", peak);
  VmFigure("coordination number", AtomScalar(result, "coordination"));
  VmFigure("peak of S(q) [1/Angstrom]", 0.1 * q);
  VmExpectNear(0.1 * q, 2.82, 0.03);
  CheckFactor(glass, result);
  const double *copper = AtomValues(result, "peaks_Cu-Cu", &n);
  VmExpect(n >= 3, "%d maxima of Cu-Cu", (int)n);
  VmFigure("second maximum of Cu-Cu [nm]", copper[1]);
  VmFigure("third maximum of Cu-Cu [nm]", copper[2]);
  VmExpectNear(copper[1], 0.44, 0.005);
  VmExpectNear(copper[2], 0.54, 0.005);
  const double *partial = AtomValues(result, "coordination_partial", NULL);
  const double density = AtomScalar(result, "number_density");
  VmExpectNear(density, (double)glass->n / pow(5.589969906, 3), 1e-5 * density);
  int64_t copper_atoms = 0;
  for (int64_t i = 0; i < glass->n; ++i) copper_atoms += glass->number[glass->species[i]] == 29;
  const int cu = glass->number[0] == 29 ? 0 : 1;
  VmExpectNear((double)copper_atoms * partial[2 * cu + 1 - cu],
               (double)(glass->n - copper_atoms) * partial[2 * (1 - cu) + cu], 1e-6 * (double)glass->n);
  PetscCall(VmStatResultDestroy(&result));
  /* as others count: the highest bin of half a tenth of an Angstrom */
  PetscCall(AtomMeasure("rdf", "{r_max: 1 nm, bin: 0.005 nm, smoothing: 0 nm}", glass, &result));
  const double *g = AtomValues(result, "total", &n);
  for (int64_t i = 0; i < n; ++i)
    if (g[i] > g[highest]) highest = i;
  VmFigure("highest bin of 0.05 Angstrom of Cu-Zr [nm]", ((double)highest + 0.5) * 0.005);
  VmExpectNear(((double)highest + 0.5) * 0.005, 0.2675, 0.002);
  VmExpectNear(peak, 0.2675, 0.0025 + 0.002); /* a maximum is not told apart better than by half a bin */
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A particle cut out of a glass has the glass's g(r) and coordination. */
static PetscErrorCode TestParticle(const VmAtoms *glass, double radius, double tolerance)
{
  VmAtoms particle;
  VmStatResult whole, part;
  int64_t n;
  double worst = 0.0;
  PetscFunctionBegin;
  PetscCall(AtomCarve(glass, radius, &particle));
  PetscCall(AtomMeasure("rdf", "{r_max: 1.2 nm, smoothing: 0.01 nm}", glass, &whole));
  PetscCall(AtomMeasure("rdf", "{r_max: 1.2 nm, smoothing: 0.01 nm}", &particle, &part));
  const double *a = AtomValues(whole, "total", &n), *b = AtomValues(part, "total", NULL);
  for (int64_t i = 100; i < n; ++i) worst = fmax(worst, fabs(a[i] - b[i]));
  VmFigure("volume of the particle over that of the sphere",
           AtomScalar(part, "volume") / (4.0 / 3.0 * VM_PI * pow(radius, 3)));
  VmFigure("largest difference of g(r)", worst);
  VmFigure("coordination of the particle over that of the glass",
           AtomScalar(part, "coordination") / AtomScalar(whole, "coordination"));
  VmExpectNear(AtomScalar(part, "volume") / (4.0 / 3.0 * VM_PI * pow(radius, 3)), 1.0, tolerance);
  VmExpectNear(AtomScalar(part, "coordination") / AtomScalar(whole, "coordination"), 1.0, tolerance);
  VmExpectNear(worst, 0.0, 2.0 * tolerance);
  PetscCall(VmStatResultDestroy(&whole));
  PetscCall(VmStatResultDestroy(&part));
  VmAtomsFree(&particle);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A foil, periodic in x and y. */
static PetscErrorCode TestFoil(void)
{
  VmAtoms gas;
  VmStatResult result;
  int64_t n, kept = 0;
  PetscFunctionBegin;
  PetscCall(AtomGas(16000, 6.0, 2, &gas));
  for (int64_t i = 0; i < gas.n; ++i) {
    if (gas.z[i] > 3.0) continue;
    gas.x[kept] = gas.x[i];
    gas.y[kept] = gas.y[i];
    gas.z[kept++] = gas.z[i] + 1.0;
  }
  gas.n = kept;
  gas.periodic[2] = false;
  PetscCall(AtomMeasure("rdf", "{r_max: 1.5 nm, bin: 0.05 nm, smoothing: 0 nm, cutoff: 0.5 nm}", &gas, &result));
  const double *g = AtomValues(result, "total", &n);
  double mean = 0.0;
  for (int64_t i = 10; i < n; ++i) mean += g[i] / (double)(n - 10);
  VmFigure("volume of the foil", AtomScalar(result, "volume") / 108.0);
  VmFigure("mean g(r) of an ideal gas in a foil", mean);
  VmExpectNear(AtomScalar(result, "volume") / 108.0, 1.0, 0.04);
  VmExpectNear(mean, 1.0, 0.03);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&gas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNanoparticle(void)
{
  VmAtoms particle;
  VmStatResult result;
  bool there;
  PetscFunctionBegin;
  PetscCall(AtomData("aet_nanoparticle_2021.xyz", &particle, &there));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AtomMeasure("rdf", "{r_max: 1 nm, smoothing: 0.008 nm}", &particle, &result));
  VmFigure("first peak of the measured nanoparticle [nm]", AtomScalar(result, "first_peak"));
  VmExpectNear(AtomScalar(result, "first_peak"), 0.275, 0.005);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&particle);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  VmAtoms glass;
  bool there;
  PetscFunctionBegin;
  PetscCall(TestGas());
  PetscCall(TestFcc());
  PetscCall(TestFoil());
  PetscCall(AtomData("glass_cu64zr36_10976.xyz", &glass, &there));
  if (there) {
    PetscCall(TestGlass(&glass));
    PetscCall(TestParticle(&glass, 2.7, 0.03));
  }
  VmAtomsFree(&glass);
  PetscCall(TestNanoparticle());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
