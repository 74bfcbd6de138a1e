/* timeout: 120; links: vm_analysis
 * Multislice: propagation against FFTW, conservation, the limit of weak objects, precision, place of the tile, defocus.
 */
#include "multislice.h"
#include "vm_test.h"
#include "analysis/synth/probe.h"
#include <vitromech/scatter.h>

static const VmRngKey key = {23, VM_STREAM_TEST};
static const int64_t origin[2] = {0, 0};
static const double upright[2] = {0.0, 0.0};

/* psi <- FT^-1{P FT{t psi}} with the transforms of FFTW; wave: spectrum, as VmPropagate wants it. */
static void ReferencePropagate(const VmPropagation *p, double distance, int64_t row, const fftw_complex *t, int count,
                               fftw_complex *wave)
{
  const int64_t *n = p->grid, points = n[0] * n[1];
  fftw_plan back = fftw_plan_dft_2d((int)n[0], (int)n[1], wave, wave, FFTW_BACKWARD, FFTW_ESTIMATE);
  fftw_plan forward = fftw_plan_dft_2d((int)n[0], (int)n[1], wave, wave, FFTW_FORWARD, FFTW_ESTIMATE);

  for (int64_t q = 0; q < points; ++q) wave[q] *= VmPropagationInside(p, q / n[1], q % n[1]) ? 1.0 : 0.0;
  for (int s = 0; s < count; ++s) {
    fftw_execute(back);
    for (int64_t q = 0; q < points; ++q) wave[q] *= t[q / n[1] * row + q % n[1]];
    fftw_execute(forward);
    for (int64_t q = 0; q < points; ++q) {
      wave[q] *= VmPropagationFactor(p, s < count - 1 ? distance : 0.0, q / n[1], q % n[1]) / (double)points;
    }
  }
  fftw_destroy_plan(back);
  fftw_destroy_plan(forward);
}

/* Random waves and slices on grids of all radices, in a window inside a tile. */
static PetscErrorCode TestPropagation(const int64_t n[2], bool limited, int precision, double tolerance)
{
  enum { COUNT = 3 };
  const int64_t tile[2] = {n[0] + 21, n[1] + 11}, first[2] = {16, 5}, points = n[0] * n[1];
  const double period[2] = {3.0, 4.1}, distance = 2.5;
  VmTransmission transmission;
  VmPropagation propagation;
  fftw_complex *t = fftw_alloc_complex((size_t)(tile[0] * tile[1])), *wave = fftw_alloc_complex((size_t)points);
  double worst = 0.0, before = 0.0, after = 0.0;

  PetscFunctionBegin;
  for (int64_t q = 0; q < tile[0] * tile[1]; ++q) t[q] = cexp(6.0 * I * VmRngUniform(key, (uint64_t)q, 7));
  PetscCall(VmTransmissionCreate(precision, tile, 1, &transmission));
  transmission.precision->fill(tile, t, 0, transmission.value);
  PetscCall(VmPropagationCreate(precision, n, period, 2e-3, (double[2]){0.7, -0.4}, distance, limited, &propagation));
  for (int64_t q = 0; q < points; ++q) {
    double u[2];
    VmRngUniform2(key, (uint64_t)q, 8, u);
    propagation.wave[q] = wave[q] = (u[0] - 0.5 + I * (u[1] - 0.5)) / sqrt((double)points);
    before += creal(wave[q] * conj(wave[q]));
  }
  VmPropagate(&propagation, &transmission, first, COUNT);
  ReferencePropagate(&propagation, distance, tile[1], t + first[0] * tile[1] + first[1], COUNT, wave);
  for (int64_t q = 0; q < points; ++q) {
    worst = fmax(worst, cabs(propagation.wave[q] - wave[q]) * sqrt((double)points));
    after += creal(propagation.wave[q] * conj(propagation.wave[q]));
  }
  VmExpect(worst < tolerance, "%lld x %lld, %s: waves differ by %g", (long long)n[0], (long long)n[1],
           propagation.precision->name, worst);
  if (!limited) VmExpectNear(after / before, 1.0, tolerance); /* Parseval's theorem, |t| = |P| = 1 */
  VmPropagationDestroy(&propagation);
  VmTransmissionDestroy(&transmission);
  fftw_free(t);
  fftw_free(wave);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPropagations(void)
{
  const int64_t grids[][2] = {{8, 8}, {16, 24}, {32, 40}, {56, 72}, {120, 64}, {80, 280}, {192, 192}};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof grids / sizeof grids[0]; ++i) {
    for (int limited = 0; limited < 2; ++limited) {
      PetscCall(TestPropagation(grids[i], limited, VM_DOUBLE, 1e-13));
      PetscCall(TestPropagation(grids[i], limited, VM_SINGLE, 1e-5));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without the band limit no electron is lost; with it, the loss is what lies beyond. */
static PetscErrorCode TestTotal(void)
{
  const double r[2] = {0.0713, -0.0387};
  double total[2] = {0.0, 0.0};
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(2500, 1.7, 15.0, 0.0, &atoms));
  for (int limited = 0; limited < 2; ++limited) {
    VmMicroscopeParams params = VmTestMicroscope();
    VmOptics optics;
    double *intensity;
    params.band_limit = limited;
    params.defocus = 30.0;
    PetscCall(VmPattern(&params, &atoms, r, &optics, &intensity));
    for (int64_t k = 0; k < optics.grid[0] * optics.grid[1]; ++k) total[limited] += intensity[k];
    PetscCall(PetscFree(intensity));
  }
  VmFigure("total_intensity_without_band_limit_minus_1", total[0] - 1.0);
  VmFigure("total_intensity_with_band_limit", total[1]);
  VmExpectNear(total[0], 1.0, 1e-12);
  VmExpect(total[1] < 1.0 && total[1] > 0.5, "%g left", total[1]);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Parallel beam through a weak object: largest deviation of the scattered amplitude from the kinematic one of the
 * direct sum, in units of its largest; the atoms lie in the middle of the slices. */
static PetscErrorCode WeakObject(const VmAtoms *atoms, double step, double scale, double *deviation)
{
  VmMicroscopeParams params = VmTestMicroscope();
  VmOptics optics;

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &optics));
  const int64_t *n = optics.grid, points = n[0] * n[1];
  const double period[2] = {optics.period, optics.period}, area = optics.period * optics.period;
  const VmTileBox box = {.origin = {-0.5 * optics.period, -0.5 * optics.period}, .grid = {n[0], n[1]}};
  const VmSlices slices = {.count = (int)lround(optics.thickness / step) + 1,
                           .bottom = optics.middle - 0.5 * (optics.thickness + step),
                           .distance = step};
  const VmTransmissionRecipe recipe = {.optics = &optics,
                                       .atoms = atoms,
                                       .box = &box,
                                       .slices = &slices,
                                       .phase = scale * optics.interaction,
                                       .limited = true};
  VmTransmission transmission;
  VmPropagation propagation;
  PetscCall(VmTransmissionCreate(VM_DOUBLE, n, slices.count, &transmission));
  PetscCall(VmTransmissionMake(&recipe, &transmission));
  PetscCall(VmPropagationCreate(VM_DOUBLE, n, period, optics.wavelength, upright, step, true, &propagation));
  propagation.wave[0] = 1.0;
  VmPropagate(&propagation, &transmission, origin, slices.count);

  double worst = 0.0, largest = 0.0;
  for (int64_t q = 1; q < points; ++q) {
    const int64_t i = VmFrequency(q / n[1], n[0]), j = VmFrequency(q % n[1], n[1]);
    if (llabs(i) >= params.detector.pixels[0] / 2 || llabs(j) >= params.detector.pixels[1] / 2) continue;
    if (VmPropagationFactor(&propagation, 0.0, q / n[1], q % n[1]) == 0.0) continue;
    const double k[1][2] = {{(double)i / optics.period, (double)j / optics.period}};
    double complex amplitude;
    PetscCall(VmKinematicDirect(atoms, optics.wavelength, 1, k, &amplitude));
    const double share = hypot(k[0][0], k[0][1]) / sqrt(propagation.limit2);
    const double expected = VmTransmissionEdge(share) * VM_POTENTIAL_FACTOR / area * cabs(amplitude);
    worst = fmax(worst, fabs(cabs(propagation.wave[q]) / (scale * optics.interaction) - expected));
    largest = fmax(largest, expected);
  }
  *deviation = worst / largest;
  VmPropagationDestroy(&propagation);
  VmTransmissionDestroy(&transmission);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What multislice adds to single scattering is of second order in the potential: the deviation falls linearly. */
static PetscErrorCode TestWeakObject(void)
{
  const double step = 0.25;
  double deviation[3];
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(300, 1.5, 10.0, step, &atoms));
  for (int i = 0; i < 3; ++i) {
    const double scale = pow(10.0, -1 - i);
    PetscCall(WeakObject(&atoms, step, scale, &deviation[i]));
    printf("weak object: potential x %g, relative deviation from kinematic amplitude %.3e\n", scale, deviation[i]);
  }
  VmExpectNear(deviation[0] / deviation[1], 10.0, 1.5);
  VmExpectNear(deviation[1] / deviation[2], 10.0, 1.5);
  VmExpectNear(deviation[2], 0.0, 2e-3);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Propagation through empty space is a defocus of the same length. */
static PetscErrorCode TestDefocus(void)
{
  enum { SLICES = 16 };
  const double distance = 5.0;
  VmMicroscopeParams params = VmTestMicroscope();
  VmOptics optics;
  VmProbe focused, defocused;
  VmPropagation propagation;

  PetscFunctionBegin;
  params.semi_angle = 5.0;
  VmOpticsInit(&params, &optics);
  PetscCall(VmProbeCreate(&optics, &focused));
  params.defocus = (SLICES - 1) * distance;
  PetscCall(VmProbeCreate(&optics, &defocused));
  const int64_t *n = optics.grid, points = n[0] * n[1], half = n[1] / 2 + 1;
  const double period[2] = {optics.period, optics.period}, area = optics.period * optics.period;
  fftw_complex *vacuum = fftw_alloc_complex((size_t)points);
  VmTransmission transmission;
  for (int64_t i = 0; i < points; ++i) vacuum[i] = 1.0;
  PetscCall(VmTransmissionCreate(VM_DOUBLE, n, 1, &transmission));
  transmission.precision->fill(n, vacuum, 0, transmission.value);
  PetscCall(VmPropagationCreate(VM_DOUBLE, n, period, optics.wavelength, upright, distance, false, &propagation));
  for (int64_t q = 0; q < points; ++q) {
    const int64_t i = q / n[1], j = q % n[1], m = j < half ? i * half + j : (n[0] - i) % n[0] * half + n[1] - j;
    propagation.wave[q] = focused.spectrum[0][m];
  }
  VmPropagate(&propagation, &transmission, origin, SLICES);
  double exact = 0.0, difference = 0.0, without = 0.0;
  for (int64_t q = 0; q < points; ++q) {
    const int64_t i = q / n[1], j = q % n[1], m = j < half ? i * half + j : (n[0] - i) % n[0] * half + n[1] - j;
    const double k2 = (pow((double)VmFrequency(i, n[0]), 2.0) + pow((double)VmFrequency(j, n[1]), 2.0)) / area;
    const double complex chi = cexp(-VM_PI * I * optics.wavelength * params.defocus * k2);
    const double complex other = defocused.spectrum[0][m] + I * defocused.spectrum[1][m];
    exact = fmax(exact, cabs(propagation.wave[q] - chi * focused.spectrum[0][m]));
    difference += pow(cabs(propagation.wave[q] - other), 2.0) / area;
    without += pow(cabs(focused.spectrum[0][m] - other), 2.0) / area;
  }
  /* The window takes the tails of the two probes at different heights: a difference of no more than what it takes. */
  const double taken = pow(sqrt(1.0 - focused.inside) + sqrt(1.0 - defocused.inside), 2.0);
  VmFigure("free_propagation_error", exact);
  VmFigure("difference_of_propagated_and_defocused_probe", difference);
  VmFigure("difference_of_focused_and_defocused_probe", without);
  VmExpectNear(exact, 0.0, 1e-12);
  VmExpect(difference < taken, "%g of the current differs, the window takes %g", difference, taken);
  VmExpect(without > 10.0 * taken, "the defocus changes %g of the current only", without);
  VmProbeDestroy(&focused);
  VmProbeDestroy(&defocused);
  VmPropagationDestroy(&propagation);
  VmTransmissionDestroy(&transmission);
  fftw_free(vacuum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pattern hardly depends on precision, and little on where the tile begins and how large it is. */
static PetscErrorCode TestPrecisionAndTile(void)
{
  const double r[2] = {0.0713, -0.0387}, more[2] = {0.513, 0.297};
  double largest = 0.0;
  VmMicroscopeParams params = VmTestMicroscope();
  VmOptics optics;
  VmAtoms atoms = {0};
  double *alone, *tile, *single;

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(4000, 2.3, 20.0, 0.0, &atoms));
  PetscCall(VmPattern(&params, &atoms, r, &optics, &alone));
  PetscCall(VmPatternInTile(&params, &atoms, r, more, &optics, &tile));
  params.precision = VM_SINGLE;
  PetscCall(VmPattern(&params, &atoms, r, &optics, &single));
  for (int64_t q = 0; q < optics.grid[0] * optics.grid[1]; ++q) largest = fmax(largest, alone[q]);
  const double worst = VmWorstDifference(&optics, single, alone, largest);
  VmFigure("single_against_double_precision_of_maximum", worst);
  VmFigure("pattern_in_another_tile_rms", VmPatternDistance(&optics, tile, alone));
  VmExpectNear(worst, 0.0, 4e-5);
  VmExpectNear(VmPatternDistance(&optics, tile, alone), 0.0, 8e-3);
  PetscCall(PetscFree(alone));
  PetscCall(PetscFree(tile));
  PetscCall(PetscFree(single));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPropagations());
  PetscCall(TestPrecisionAndTile());
  PetscCall(TestTotal());
  PetscCall(TestWeakObject());
  PetscCall(TestDefocus());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
