/* timeout: 60; links: vm_analysis
 * The transmission functions of slices against the potentials of the same slices, exponentiated and limited with FFTW's
 * transforms: grids with and without lines left over from whole vectors, an odd number of slices, atoms on all edges.
 */
#include "analysis/synth/transmission.h"
#include "vm_test.h"
#include <vitromech/rng.h>
#include <math.h>
#include <string.h>

enum { ATOMS = 700, SLICES = 3 };

typedef struct {
  const VmTransmissionRecipe *recipe;
  const VmTransmission *made;
  int64_t fine[2];
  double largest, worst;
} Comparison;

/* Element (i, j) of a slice as it was made. */
static double complex Made(const VmTransmission *t, int slice, int64_t i, int64_t j)
{
  const int lanes = t->precision->lanes;
  const size_t point = (size_t)((slice * VmTransmissionBlocks(t->grid, lanes) + i / lanes) * t->grid[1] + j);
  const size_t re = point * 2 * (size_t)lanes + (size_t)(i % lanes), im = re + (size_t)lanes;
  if (t->precision == vm_precisions[VM_SINGLE])
    return ((const float *)t->value)[re] + I * ((const float *)t->value)[im];
  return ((const double *)t->value)[re] + I * ((const double *)t->value)[im];
}

static void CompareSlice(void *context, int slice, const double *potential)
{
  Comparison *c = context;
  const VmTransmissionRecipe *recipe = c->recipe;
  const int64_t *n = recipe->box->grid, *fine = c->fine;
  const double *spacing = recipe->optics->spacing;
  const double period[2] = {(double)n[0] * spacing[0], (double)n[1] * spacing[1]};
  const double limit = sqrt(VmBandLimit2(n, period)), scale = 1.0 / (double)(fine[0] * fine[1]);
  fftw_complex *wave = fftw_alloc_complex((size_t)(fine[0] * fine[1])),
               *kept = fftw_alloc_complex((size_t)(n[0] * n[1]));
  fftw_plan forward = fftw_plan_dft_2d((int)fine[0], (int)fine[1], wave, wave, FFTW_FORWARD, FFTW_ESTIMATE);
  fftw_plan backward = fftw_plan_dft_2d((int)n[0], (int)n[1], kept, kept, FFTW_BACKWARD, FFTW_ESTIMATE);

  for (int64_t i = 0; i < fine[0] * fine[1]; ++i) wave[i] = cexp(I * recipe->phase * potential[i]);
  fftw_execute(forward);
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      const int64_t x = VmFrequency(i, n[0]), y = VmFrequency(j, n[1]);
      const double k = hypot((double)x / period[0], (double)y / period[1]);
      const double complex from = wave[(x < 0 ? x + fine[0] : x) * fine[1] + (y < 0 ? y + fine[1] : y)];
      kept[i * n[1] + j] = k < limit ? scale * VmTransmissionEdge(k / limit) * from : 0.0;
    }
  }
  fftw_execute(backward);
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      c->worst = fmax(c->worst, cabs(Made(c->made, slice, i, j) - kept[i * n[1] + j]));
      c->largest = fmax(c->largest, cabs(kept[i * n[1] + j]));
    }
  }
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
  fftw_free(wave);
  fftw_free(kept);
}

static PetscErrorCode Atoms(const VmOptics *optics, const VmTileBox *box, VmAtoms *atoms)
{
  const VmRngKey key = {3, VM_STREAM_TEST};

  PetscFunctionBegin;
  *atoms = (VmAtoms){.nspecies = 3, .number = {79, 6, 29}};
  for (int a = 0; a < ATOMS; ++a) {
    double u[2], v[2], r[3];
    VmRngUniform2(key, (uint64_t)a, 0, u);
    VmRngUniform2(key, (uint64_t)a, 1, v);
    for (int d = 0; d < 2; ++d) {
      const double edge = (double)box->grid[d] * optics->spacing[d];
      r[d] = box->origin[d] + (a < 40 && a % 2 == d ? (a % 4 < 2 ? 0.0 : 1.0 - 1e-12) : u[d]) * edge;
    }
    r[2] = v[0] * optics->thickness;
    PetscCall(VmAtomsAppend(atoms, a % 3, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* \param[in] scale  of the phases: with 10 they go many times around */
static PetscErrorCode Compare(int precision, const int64_t grid[2], double scale, double tolerance)
{
  const VmMicroscopeParams params = {.precision = precision, .band_limit = true, .potential = VM_INFINITE};
  const VmOptics optics = {
      .params = &params, .spacing = {0.0326, 0.0326}, .middle = 0.3, .thickness = 0.6, .species = 3};
  const VmTileBox box = {.origin = {-0.4, 1.7}, .grid = {grid[0], grid[1]}};
  const VmSlices slices = {.count = SLICES, .bottom = 0.0, .distance = 0.2};
  VmAtoms atoms = {0};
  VmTransmission made;

  PetscFunctionBegin;
  PetscCall(Atoms(&optics, &box, &atoms));
  const VmTransmissionRecipe recipe = {.optics = &optics,
                                       .atoms = &atoms,
                                       .box = &box,
                                       .slices = &slices,
                                       .phase = scale * 6.526161e-3,
                                       .limited = true};
  Comparison c = {.recipe = &recipe, .made = &made, .fine = {VmPotentialFine(grid[0]), VmPotentialFine(grid[1])}};
  PetscCall(VmTransmissionCreate(precision, grid, SLICES, &made));
  PetscCall(VmTransmissionMake(&recipe, &made));
  PetscCall(VmPotentialSlices(&optics, &atoms, &box, &slices, c.fine, CompareSlice, &c));
  printf("%lld x %lld, %s, phases x %g: largest difference %.2e of %.3f\n", (long long)grid[0], (long long)grid[1],
         made.precision->name, scale, c.worst, c.largest);
  VmExpect(c.largest > 1.0 && c.worst < tolerance, "%g", c.worst);
  VmTransmissionDestroy(&made);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t grids[3][2] = {{96, 96}, {70, 108}, {50, 42}};

  PetscFunctionBegin;
  for (int g = 0; g < 3; ++g) {
    for (int q = 0; q < 2; ++q) {
      const double scale = q ? 10.0 : 1.0;
      PetscCall(Compare(VM_DOUBLE, grids[g], scale, 1e-12 * scale));
      PetscCall(Compare(VM_SINGLE, grids[g], scale, 2e-6 * scale));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
