/* timeout: 120; links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/foil.h"
#include "analysis/synth/probe.h"
#include "analysis/synth/transmission.h"
#include <vitromech/microscope.h>
#include <vitromech/rng.h>
#include <vitromech/scatter.h>
#include <petscblaslapack.h>

static const VmRngKey key = {23, VM_STREAM_TEST};
static const int64_t origin[2] = {0, 0};
static const double upright[2] = {0.0, 0.0};

static VmMicroscopeParams Microscope(void)
{
  VmMicroscopeParams params = {
      .voltage = 300.0, .semi_angle = 1.15, .window = 1, .ewald = true, .direct_beam = true, .slice = 0.2};
  params.accuracy = 1e-6;
  params.band_limit = true;
  params.precision = VM_DOUBLE;
  params.detector = (VmDetectorParams){.pixels = {48, 48}, .pitch = 0.3, .dose = NAN, .gain = 1.0};
  while (strcmp(vm_synth_method_names[params.method], "multislice") != 0) ++params.method;
  return params;
}

/* Atoms at random in a column; their heights are multiples of `step` if that is not 0. */
static PetscErrorCode RandomColumn(int n, double half, double thickness, double step, VmAtoms *atoms)
{
  PetscFunctionBegin;
  *atoms = (VmAtoms){.nspecies = 2, .number = {40, 13}};
  for (int a = 0; a < n; ++a) {
    double u[2], v[2];
    VmRngUniform2(key, (uint64_t)a, 0, u);
    VmRngUniform2(key, (uint64_t)a, 1, v);
    double z = thickness * v[0];
    if (step > 0.0) z = step * floor(z / step);
    if (a < 2) z = a ? thickness : 0.0; /* the ends of the foil */
    const double r[3] = {half * (2.0 * u[0] - 1.0), half * (2.0 * u[1] - 1.0), z};
    PetscCall(VmAtomsAppend(atoms, v[1] < 0.5, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pattern of one probe, [grid0][grid1] of the optics; the tile begins `more` [nm] before what the probe needs. */
static PetscErrorCode PatternInTile(const VmMicroscopeParams *params, const VmAtoms *atoms, const double r[2],
                                    const double more[2], VmOptics *optics, double **intensity)
{
  const VmSynthMethod *method = vm_synth_methods[params->method];
  VmTileBox box;
  void *context;

  PetscFunctionBegin;
  VmOpticsInit(params, optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, optics));
  PetscCall(method->create(optics, &context));
  VmOpticsBox(optics, (double[2]){r[0] - more[0], r[1] - more[1]}, r, &box);
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), intensity));
  PetscCall(method->tile(context, atoms, &box));
  PetscCall(method->probe(context, r, 0.0, *intensity));
  PetscCall(method->destroy(&context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Pattern(const VmMicroscopeParams *params, const VmAtoms *atoms, const double r[2],
                              VmOptics *optics, double **intensity)
{
  PetscFunctionBegin;
  PetscCall(PatternInTile(params, atoms, r, (double[2]){0.0, 0.0}, optics, intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

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
  PetscCall(RandomColumn(2500, 1.7, 15.0, 0.0, &atoms));
  for (int limited = 0; limited < 2; ++limited) {
    VmMicroscopeParams params = Microscope();
    VmOptics optics;
    double *intensity;
    params.band_limit = limited;
    params.defocus = 30.0;
    PetscCall(Pattern(&params, &atoms, r, &optics, &intensity));
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
  VmMicroscopeParams params = Microscope();
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
  PetscCall(RandomColumn(300, 1.5, 10.0, step, &atoms));
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

/* A systematic row of reflections m g of aluminium, the beam at the Bragg angle of g. */
typedef struct {
  double g, wavelength, interaction; /* 1/nm, nm, rad/(V nm) */
} Row;

enum { HARMONICS = 10, BEAMS = 2 * HARMONICS + 2, ROW_GRID = 64 };

/* Fourier coefficient of the potential, V */
static double RowPotential(const Row *row, int m)
{
  const double volume = 0.40495 * 0.40495 * 0.40495 / 4.0; /* of an atom, nm^3 */
  return abs(m) <= HARMONICS ? VM_POTENTIAL_FACTOR * VmScatteringFactor(13, fabs(m * row->g)) / volume : 0.0;
}

/* Beams k = (m - 1/2) g of the row, m = 1 - BEAMS/2 ... BEAMS/2; the beam m = 0 comes in, m = 1 is at the Bragg angle.
 * psi' = i H psi, H_mn = -pi lambda k_m^2 delta_mn + sigma V_(m-n). Bloch waves: eigenvectors of H. */
typedef struct {
  double value[BEAMS], vector[BEAMS][BEAMS]; /* [wave][beam] */
} Bloch;

enum { IN = BEAMS / 2 - 1, DIFFRACTED = IN + 1 };

static PetscErrorCode BlochWaves(const Row *row, Bloch *bloch)
{
  PetscBLASInt n = BEAMS, room = 8 * BEAMS, info;
  double work[8 * BEAMS];

  PetscFunctionBegin;
  for (int i = 0; i < BEAMS; ++i) {
    const double k = (i - IN - 0.5) * row->g;
    for (int j = 0; j < BEAMS; ++j) bloch->vector[i][j] = row->interaction * RowPotential(row, i - j);
    bloch->vector[i][i] -= VM_PI * row->wavelength * k * k;
  }
  LAPACKsyev_("V", "U", &n, &bloch->vector[0][0], &n, bloch->value, work, &room, &info);
  VmExpectInt(info, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double BlochIntensity(const Bloch *bloch, double z)
{
  double complex sum = 0.0;
  for (int w = 0; w < BEAMS; ++w) {
    sum += bloch->vector[w][IN] * bloch->vector[w][DIFFRACTED] * cexp(I * bloch->value[w] * z);
  }
  return creal(sum * conj(sum));
}

/* Diffracted intensity behind `samples` foils, each `slices` slices thicker than the last;
 * tilted: with the beam at frequency 0 and the foil tilted, instead of the beam at -g/2 of a foil upright. */
static PetscErrorCode RowMultislice(const Row *row, double distance, int slices, int samples, bool tilted,
                                    double *intensity)
{
  const double tilt[2] = {tilted ? -0.5 * row->g : 0.0, 0.0};
  const int64_t grid[2] = {ROW_GRID, 8}, points = ROW_GRID * 8;
  const double spacing = 2.0 / row->g / ROW_GRID, period[2] = {2.0 / row->g, 8.0 * spacing};
  VmTransmission transmission;
  VmPropagation propagation;
  fftw_complex *t = fftw_alloc_complex((size_t)points);

  PetscFunctionBegin;
  for (int64_t i = 0; i < points; ++i) {
    double v = RowPotential(row, 0);
    for (int m = 1; m <= HARMONICS; ++m) {
      v += 2.0 * RowPotential(row, m) * cos(2.0 * VM_PI * m * row->g * (double)(i / grid[1]) * spacing);
    }
    t[i] = cexp(I * row->interaction * v * distance);
  }
  PetscCall(VmTransmissionCreate(VM_DOUBLE, grid, 1, &transmission));
  transmission.precision->fill(grid, t, 0, transmission.value);
  PetscCall(VmPropagationCreate(VM_DOUBLE, grid, period, row->wavelength, tilt, distance, true, &propagation));
  intensity[0] = 0.0;
  for (int s = 1; s < samples; ++s) {
    memset(propagation.wave, 0, (size_t)points * sizeof *propagation.wave);
    propagation.wave[tilted ? 0 : (ROW_GRID - 1) * grid[1]] = 1.0; /* or -g/2 */
    VmPropagate(&propagation, &transmission, origin, s * slices);
    const double complex wave = propagation.wave[(tilted ? 2 : 1) * grid[1]];
    intensity[s] = creal(wave * conj(wave));
  }
  VmPropagationDestroy(&propagation);
  VmTransmissionDestroy(&transmission);
  fftw_free(t);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Vertex of the parabola through the lowest of the samples beyond the first half and its neighbours. */
static double FirstMinimum(int n, const double *y, double step)
{
  int low = n / 2;
  for (int i = n / 2; i < n - 1; ++i) low = y[i] < y[low] ? i : low;
  const double curvature = y[low - 1] - 2.0 * y[low] + y[low + 1];
  return step * (low + 0.5 * (y[low - 1] - y[low + 1]) / curvature);
}

/* Period of the pendelloesung: multislice against N beams, and N or two beams against the known number. */
static PetscErrorCode TestRow(const char *name, double g, double expected, double tolerance)
{
  enum { SAMPLES = 120 };
  const Row row = {.g = g, .wavelength = VmElectronWavelength(3e5), .interaction = VmInteractionConstant(3e5)};
  const double two_beams = VM_PI / (row.interaction * RowPotential(&row, 1));
  const int slices = 10;
  const double step = 1.4 * two_beams / SAMPLES;
  double bloch_curve[SAMPLES], curve[SAMPLES], tilted[SAMPLES], worst = 0.0, other = 0.0;
  Bloch bloch;

  PetscFunctionBegin;
  PetscCall(BlochWaves(&row, &bloch));
  PetscCall(RowMultislice(&row, step / slices, slices, SAMPLES, false, curve));
  PetscCall(RowMultislice(&row, step / slices, slices, SAMPLES, true, tilted));
  for (int s = 0; s < SAMPLES; ++s) {
    other = fmax(other, fabs(curve[s] - tilted[s]));
    bloch_curve[s] = BlochIntensity(&bloch, s * step);
    worst = fmax(worst, fabs(curve[s] - bloch_curve[s]));
  }
  const double n_beams = FirstMinimum(SAMPLES, bloch_curve, step), period = FirstMinimum(SAMPLES, curve, step);
  printf("Al %s: period %.2f nm by multislice, %.2f nm by %d Bloch waves, %.2f nm by two beams\n", name, period,
         n_beams, BEAMS, two_beams);
  VmFigure("worst_difference_of_diffracted_intensity", worst);
  VmExpectNear(period / n_beams, 1.0, 0.01);
  VmExpectNear(period / expected, 1.0, tolerance);
  VmExpectNear(worst, 0.0, 0.01);
  VmFigure("foil_tilted_against_beam_tilted", other);
  VmExpectNear(other, 0.0, 1e-4); /* the band limits lie half a reflection apart */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Propagation through empty space is a defocus of the same length. */
static PetscErrorCode TestDefocus(void)
{
  enum { SLICES = 16 };
  const double distance = 5.0;
  VmMicroscopeParams params = Microscope();
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

/* Root mean square of the difference of two patterns over that of the scattered one, outside of the central disc. */
static double Distance(const VmOptics *optics, const double *a, const double *b)
{
  const int64_t *n = optics->grid;
  double difference = 0.0, sum = 0.0;
  for (int64_t q = 0; q < n[0] * n[1]; ++q) {
    const double i = (double)VmFrequency(q / n[1], n[0]), j = (double)VmFrequency(q % n[1], n[1]);
    if (hypot(i, j) < 2.0 * optics->aperture * optics->period) continue;
    difference += (a[q] - b[q]) * (a[q] - b[q]);
    sum += b[q] * b[q];
  }
  return sqrt(difference / sum);
}

static PetscErrorCode TestSlices(void)
{
  const double r[2] = {0.0, 0.0}, slice[] = {0.8, 0.4, 0.2, 0.1, 0.05, 0.0125};
  enum { LEVELS = 6 };
  double *intensity[LEVELS], distance[LEVELS];
  VmOptics optics;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(RandomColumn(2500, 1.7, 10.0, 0.0, &atoms));
  for (int i = 0; i < LEVELS; ++i) {
    VmMicroscopeParams params = Microscope();
    params.slice = slice[i];
    PetscCall(Pattern(&params, &atoms, r, &optics, &intensity[i]));
  }
  for (int i = 0; i < LEVELS - 1; ++i) {
    distance[i] = Distance(&optics, intensity[i], intensity[LEVELS - 1]);
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
  PetscCall(RandomColumn(1000, 1.7, 5.0, 0.0, &atoms));
  for (int finite = 0; finite < 2; ++finite) {
    for (int i = 0; i < LEVELS; ++i) {
      VmMicroscopeParams params = Microscope();
      params.debye_waller = 0.3;
      params.slice = slice[i];
      params.potential = finite ? VM_FINITE : VM_INFINITE;
      params.sub_slices = (int64_t)ceil(slice[i] / 0.0251);
      PetscCall(Pattern(&params, &atoms, r, &optics, &intensity[finite][i]));
    }
    for (int i = 0; i < LEVELS - 1; ++i) {
      distance[finite][i] = Distance(&optics, intensity[finite][i], intensity[finite][LEVELS - 1]);
      printf("blurred atoms, %s potentials, slices of %g nm: relative difference of the scattered pattern %.3e\n",
             finite ? "finite" : "infinite", slice[i], distance[finite][i]);
      if (finite) {
        VmExpect(i == 0 || distance[1][i] < 0.5 * distance[1][i - 1], "thinner slices: %g after %g", distance[1][i],
                 distance[1][i - 1]);
        VmExpect(distance[1][i] < 0.5 * distance[0][i], "finite %g, infinite %g", distance[1][i], distance[0][i]);
      }
    }
  }
  const double apart = Distance(&optics, intensity[0][LEVELS - 1], intensity[1][LEVELS - 1]);
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
  VmMicroscopeParams params = Microscope();
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
  PetscCall(RandomColumn(2500, 1.7, 10.0, 0.0, &atoms));
  for (int l = 0; l < LEVELS; ++l) {
    VmMicroscopeParams params = Microscope();
    for (int d = 0; d < 2; ++d) params.detector.pixels[d] = pixels[l];
    params.slice = 0.5;
    PetscCall(Pattern(&params, &atoms, r, &optics[l], &intensity[l]));
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

/* Largest difference of two patterns, in units of `unit`. */
static double WorstDifference(const VmOptics *optics, const double *a, const double *b, double unit)
{
  double worst = 0.0;
  for (int64_t q = 0; q < optics->grid[0] * optics->grid[1]; ++q) worst = fmax(worst, fabs(a[q] - b[q]));
  return worst / unit;
}

/* The pattern hardly depends on precision, and little on where the tile begins and how large it is. */
static PetscErrorCode TestPrecisionAndTile(void)
{
  const double r[2] = {0.0713, -0.0387}, more[2] = {0.513, 0.297};
  double largest = 0.0;
  VmMicroscopeParams params = Microscope();
  VmOptics optics;
  VmAtoms atoms = {0};
  double *alone, *tile, *single;

  PetscFunctionBegin;
  PetscCall(RandomColumn(4000, 2.3, 20.0, 0.0, &atoms));
  PetscCall(Pattern(&params, &atoms, r, &optics, &alone));
  PetscCall(PatternInTile(&params, &atoms, r, more, &optics, &tile));
  params.precision = VM_SINGLE;
  PetscCall(Pattern(&params, &atoms, r, &optics, &single));
  for (int64_t q = 0; q < optics.grid[0] * optics.grid[1]; ++q) largest = fmax(largest, alone[q]);
  const double worst = WorstDifference(&optics, single, alone, largest);
  VmFigure("single_against_double_precision_of_maximum", worst);
  VmFigure("pattern_in_another_tile_rms", Distance(&optics, tile, alone));
  VmExpectNear(worst, 0.0, 4e-5);
  VmExpectNear(Distance(&optics, tile, alone), 0.0, 8e-3);
  PetscCall(PetscFree(alone));
  PetscCall(PetscFree(tile));
  PetscCall(PetscFree(single));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pattern of a probe by a method in one periodic cell of f windows, centred on `centre`. */
static PetscErrorCode PatternInCell(const char *name, int64_t f, int precision, const VmAtoms *atoms,
                                    const double centre[2], const double r[2], VmOptics *optics, double **intensity)
{
  VmMicroscopeParams params = Microscope();
  const VmSynthMethod *method;
  VmTileBox box;
  void *context;

  PetscFunctionBegin;
  for (params.method = 0; strcmp(vm_synth_method_names[params.method], name) != 0;) ++params.method;
  params.precision = precision;
  params.interpolation = f;
  params.accuracy = f == 1 ? 1e-5 : 1e-3;
  params.slice = 1.0;
  params.defocus = 20.0;
  method = vm_synth_methods[params.method];
  VmOpticsInit(&params, optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, optics));
  PetscCall(method->create(optics, &context));
  for (int d = 0; d < 2; ++d) {
    box.grid[d] = f * optics->grid[d];
    box.origin[d] = centre[d] - 0.5 * (double)box.grid[d] * optics->spacing[d];
  }
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), intensity));
  PetscCall(method->tile(context, atoms, &box));
  PetscCall(method->probe(context, r, 0.0, *intensity));
  PetscCall(method->destroy(&context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plane waves of one window add up to the probe of multislice. With more windows the neighbours' electrons enter
 * the window, and its own leave: a small difference. */
static PetscErrorCode TestPrism(void)
{
  const double centre[2] = {0.0, 0.0}, r[2] = {0.0113, -0.0087},
               tolerance[2] = {[VM_SINGLE] = 1e-5, [VM_DOUBLE] = 1e-6};
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(RandomColumn(1500, 1.7, 10.0, 0.0, &atoms));
  for (int precision = VM_SINGLE; precision <= VM_DOUBLE; ++precision) {
    VmOptics optics;
    double *multislice, *prism, largest = 0.0;
    PetscCall(PatternInCell("multislice", 1, precision, &atoms, centre, r, &optics, &multislice));
    PetscCall(PatternInCell("prism", 1, precision, &atoms, centre, r, &optics, &prism));
    for (int64_t q = 0; q < optics.grid[0] * optics.grid[1]; ++q) largest = fmax(largest, multislice[q]);
    const double worst = WorstDifference(&optics, prism, multislice, largest);
    printf("prism, one window, %s precision: largest difference from multislice %.2e of the maximum\n",
           vm_precisions[precision]->name, worst);
    VmExpectNear(worst, 0.0, tolerance[precision]);
    PetscCall(PetscFree(multislice));
    PetscCall(PetscFree(prism));
  }
  for (int64_t f = 2; f <= 3; ++f) {
    const double off[2] = {0.4131, -0.7087}; /* a window inside the cell */
    VmOptics optics;
    double *multislice, *prism;
    PetscCall(PatternInCell("multislice", f, VM_DOUBLE, &atoms, centre, off, &optics, &multislice));
    PetscCall(PatternInCell("prism", f, VM_DOUBLE, &atoms, centre, off, &optics, &prism));
    const double distance = Distance(&optics, prism, multislice);
    printf("prism, %lld x %lld windows: relative difference from multislice %.2e\n", (long long)f, (long long)f,
           distance);
    VmExpectNear(distance, 0.0, 0.02);
    PetscCall(PetscFree(multislice));
    PetscCall(PetscFree(prism));
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPrism());
  PetscCall(TestPropagations());
  PetscCall(TestPrecisionAndTile());
  PetscCall(TestTotal());
  PetscCall(TestWeakObject());
  PetscCall(TestRow("111", sqrt(3.0) / 0.40495, 69.4, 0.01));
  PetscCall(TestRow("400", 4.0 / 0.40495, 235.0, 0.02));
  PetscCall(TestDefocus());
  PetscCall(TestSlices());
  PetscCall(TestFinite());
  PetscCall(TestSharing());
  PetscCall(TestSampling());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
