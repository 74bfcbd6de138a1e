/* timeout: 120; links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/foil.h"
#include "analysis/synth/probe.h"
#include "analysis/synth/propagate.h"
#include "analysis/synth/scan.h"
#include <vitromech/microscope.h>
#include <vitromech/rng.h>
#include <vitromech/scatter.h>

static const VmRngKey key = {11, VM_STREAM_TEST};

/* A sphere of about 300 atoms cut from the middle of a real glass, centred on the origin. */
static PetscErrorCode Sphere(VmAtoms *sphere)
{
  const char *source = getenv("VM_SOURCE_DIR");
  char path[4096];
  VmAtoms glass = {0};

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/inputs/glasses/zr50cu35al15_10976.xyz.gz", source ? source : ".");
  PetscCall(VmAtomsRead(PETSC_COMM_SELF, path, &glass));
  sphere->nspecies = glass.nspecies;
  memcpy(sphere->number, glass.number, sizeof glass.number);
  for (int64_t a = 0; a < glass.n; ++a) {
    const double r[3] = {glass.x[a] - 0.5 * glass.cell[0][0], glass.y[a] - 0.5 * glass.cell[1][1],
                         glass.z[a] - 0.5 * glass.cell[2][2]};
    if (r[0] * r[0] + r[1] * r[1] + r[2] * r[2] < 1.1 * 1.1) PetscCall(VmAtomsAppend(sphere, glass.species[a], r, a));
  }
  VmAtomsFree(&glass);
  VmExpect(sphere->n > 200 && sphere->n < 400, "%lld atoms", (long long)sphere->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean of |A|^2 over n directions of the ring of radius k. */
static PetscErrorCode RingMean(const VmAtoms *atoms, double k, int n, double *mean)
{
  enum { MOST = 512 };
  double points[MOST][2];
  double complex amplitude[MOST];

  PetscFunctionBegin;
  for (int i = 0; i < n; ++i) {
    points[i][0] = k * cos(2.0 * VM_PI * i / n);
    points[i][1] = k * sin(2.0 * VM_PI * i / n);
  }
  PetscCall(VmKinematicDirect(atoms, 0.0, n, points, amplitude));
  *mean = 0.0;
  for (int i = 0; i < n; ++i) *mean += creal(amplitude[i] * conj(amplitude[i])) / n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum_ij f_i f_j kernel(2 pi k r_ij), of the distances perpendicular to the beam or of all three components. */
static double PairSum(const VmAtoms *atoms, double k, bool debye)
{
  double f[VM_MAX_SPECIES], sum = 0.0;
  for (int s = 0; s < atoms->nspecies; ++s) f[s] = VmScatteringFactor(atoms->number[s], k);
  for (int64_t i = 0; i < atoms->n; ++i) {
    sum += f[atoms->species[i]] * f[atoms->species[i]];
    for (int64_t j = 0; j < i; ++j) {
      const double r =
          hypot(hypot(atoms->x[i] - atoms->x[j], atoms->y[i] - atoms->y[j]), debye ? atoms->z[i] - atoms->z[j] : 0.0);
      const double u = 2.0 * VM_PI * k * r;
      sum += 2.0 * f[atoms->species[i]] * f[atoms->species[j]] * (debye ? sin(u) / u : j0(u));
    }
  }
  return sum;
}

/* Parallel beam, flat Ewald sphere: the ring mean of one orientation is the sum of Bessel functions. */
static PetscErrorCode TestOrientation(const VmAtoms *sphere)
{
  double worst = 0.0;

  PetscFunctionBegin;
  for (double k = 0.4; k < 10.0; k += 0.8) {
    double mean;
    PetscCall(RingMean(sphere, k, 512, &mean));
    worst = fmax(worst, fabs(mean / PairSum(sphere, k, false) - 1.0));
  }
  VmFigure("ring_mean_relative_error", worst);
  VmExpectNear(worst, 0.0, 1e-6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Rotate(const VmAtoms *sphere, uint64_t number, VmAtoms *rotated)
{
  double rotation[3][3];

  PetscFunctionBegin;
  VmRngRotation(key, number, 0, rotation);
  rotated->n = 0;
  rotated->nspecies = sphere->nspecies;
  memcpy(rotated->number, sphere->number, sizeof sphere->number);
  for (int64_t a = 0; a < sphere->n; ++a) {
    double r[3];
    for (int d = 0; d < 3; ++d) {
      r[d] = rotation[d][0] * sphere->x[a] + rotation[d][1] * sphere->y[a] + rotation[d][2] * sphere->z[a];
    }
    PetscCall(VmAtomsAppend(rotated, sphere->species[a], r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean over random orientations is Debye's sum. */
static PetscErrorCode TestDebye(const VmAtoms *sphere)
{
  enum { ORIENTATIONS = 600, RADII = 5, DIRECTIONS = 16 };
  const double radius[RADII] = {1.0, 2.5, 4.0, 5.5, 7.0};
  double sum[RADII] = {0}, square[RADII] = {0}, worst = 0.0;
  VmAtoms rotated = {0};

  PetscFunctionBegin;
  for (int i = 0; i < ORIENTATIONS; ++i) {
    PetscCall(Rotate(sphere, (uint64_t)i, &rotated));
    for (int q = 0; q < RADII; ++q) {
      double mean;
      PetscCall(RingMean(&rotated, radius[q], DIRECTIONS, &mean));
      sum[q] += mean;
      square[q] += mean * mean;
    }
  }
  for (int q = 0; q < RADII; ++q) {
    const double mean = sum[q] / ORIENTATIONS, variance = square[q] / ORIENTATIONS - mean * mean;
    const double error = sqrt(variance / (ORIENTATIONS - 1));
    worst = fmax(worst, fabs(mean - PairSum(sphere, radius[q], true)) / error);
    VmExpect(error < 0.05 * mean, "k = %g 1/nm: the mean %g is known to %g only", radius[q], mean, error);
  }
  VmFigure("debye_worst_deviation_in_standard_errors", worst);
  VmExpect(worst < 3.0, "%g standard errors from Debye's sum", worst);
  VmAtomsFree(&rotated);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Independent atoms, uniform in a column of the given half width and thickness. */
static PetscErrorCode RandomColumn(int n, double half_width, double thickness, uint64_t number, VmAtoms *atoms)
{
  PetscFunctionBegin;
  atoms->n = 0;
  atoms->nspecies = 3;
  atoms->number[0] = 40;
  atoms->number[1] = 29;
  atoms->number[2] = 13;
  for (int a = 0; a < n; ++a) {
    double u[2], v[2];
    VmRngUniform2(key, number, (uint32_t)(2 * a), u);
    VmRngUniform2(key, number, (uint32_t)(2 * a + 1), v);
    const double r[3] = {half_width * (2.0 * u[0] - 1.0), half_width * (2.0 * u[1] - 1.0), thickness * (v[0] - 0.5)};
    PetscCall(VmAtomsAppend(atoms, (int)(3.0 * v[1]), r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* physics.md D4: the correlation of I(k) and I(-k) of a random column is sinc^2(lambda k^2 t). */
static PetscErrorCode TestFriedelCorrelation(double thickness, double expected)
{
  enum { COLUMNS = 400, DIRECTIONS = 24, ATOMS = 400 };
  const double k = 4.0, lambda = VmElectronWavelength(300e3), x = VM_PI * lambda * k * k * thickness;
  double a = 0.0, aa = 0.0, ab = 0.0;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  for (int column = 0; column < COLUMNS; ++column) {
    double points[2 * DIRECTIONS][2];
    double complex amplitude[2 * DIRECTIONS];
    PetscCall(RandomColumn(ATOMS, 3.0, thickness, 1000 + (uint64_t)column, &atoms));
    for (int i = 0; i < 2 * DIRECTIONS; ++i) {
      points[i][0] = k * cos(VM_PI * i / DIRECTIONS);
      points[i][1] = k * sin(VM_PI * i / DIRECTIONS);
    }
    PetscCall(VmKinematicDirect(&atoms, lambda, 2 * DIRECTIONS, points, amplitude));
    for (int i = 0; i < 2 * DIRECTIONS; ++i) {
      const double here = pow(cabs(amplitude[i]), 2.0),
                   there = pow(cabs(amplitude[(i + DIRECTIONS) % (2 * DIRECTIONS)]), 2.0);
      a += here;
      aa += here * here;
      ab += here * there;
    }
  }
  const int n = COLUMNS * 2 * DIRECTIONS;
  const double mean = a / n, correlation = (ab / n - mean * mean) / (aa / n - mean * mean);
  VmFigure("friedel_correlation", correlation);
  VmExpectNear(pow(sin(x) / x, 2.0), expected, 1e-3);
  VmExpectNear(correlation, expected, 3.0 / sqrt(COLUMNS * DIRECTIONS)); /* of independent pairs */
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static VmMicroscopeParams Microscope(bool ewald)
{
  VmMicroscopeParams params = {.voltage = 300.0, .semi_angle = 1.15, .window = 1, .ewald = ewald};
  params.accuracy = 1e-6;
  params.precision = VM_DOUBLE;
  params.detector = (VmDetectorParams){.pixels = {24, 20}, .pitch = 0.3, .dose = NAN, .gain = 1.0};
  return params;
}

typedef struct {
  const VmOptics *optics;
  const VmAtoms *atoms;
  int64_t span[2];       /* differences of frequencies: |q| <= span */
  double complex *x, *y; /* [2 span + 1][atoms] exp(-2 pi i q x) */
  double *v;             /* [species][2 span0 + 1][2 span1 + 1] */
  double complex *ewald; /* [atoms] exp(i pi lambda k^2 z_j) for the k of DirectPoint */
} Direct;

static PetscErrorCode DirectCreate(Direct *d)
{
  const int64_t n = d->atoms->n, width[2] = {2 * d->span[0] + 1, 2 * d->span[1] + 1};
  const double period = d->optics->period;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(width[0] * n), &d->x));
  PetscCall(PetscMalloc1((size_t)(width[1] * n), &d->y));
  PetscCall(PetscMalloc1((size_t)n, &d->ewald));
  PetscCall(PetscMalloc1((size_t)(d->atoms->nspecies * width[0] * width[1]), &d->v));
  for (int64_t a = 0; a < n; ++a) {
    for (int64_t q = 0; q < width[0]; ++q) {
      d->x[q * n + a] = cexp(-2.0 * VM_PI * I * (double)(q - d->span[0]) / period * d->atoms->x[a]);
    }
    for (int64_t q = 0; q < width[1]; ++q) {
      d->y[q * n + a] = cexp(-2.0 * VM_PI * I * (double)(q - d->span[1]) / period * d->atoms->y[a]);
    }
  }
  for (int s = 0; s < d->atoms->nspecies; ++s) {
    for (int64_t i = 0; i < width[0]; ++i) {
      for (int64_t j = 0; j < width[1]; ++j) {
        const double q = hypot((double)(i - d->span[0]), (double)(j - d->span[1])) / period;
        d->v[(s * width[0] + i) * width[1] + j] = VM_POTENTIAL_FACTOR * VmScatteringFactor(d->atoms->number[s], q);
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void DirectDestroy(Direct *d)
{
  (void)PetscFree(d->x);
  (void)PetscFree(d->y);
  (void)PetscFree(d->ewald);
  (void)PetscFree(d->v);
}

static void DirectPoint(const Direct *d, int64_t ki, int64_t kj)
{
  const double k2 = (double)(ki * ki + kj * kj) / (d->optics->period * d->optics->period);
  const double a = d->optics->params->ewald ? VM_PI * d->optics->wavelength * k2 : 0.0;
  for (int64_t j = 0; j < d->atoms->n; ++j) d->ewald[j] = cexp(I * a * (d->atoms->z[j] - d->optics->middle));
}

/* sum_j exp(i pi lambda k^2 z_j) v_j(k - g) exp(-2 pi i (k - g).r_j) / period^2: what beam g adds to the amplitude at
 * k. */
static double complex DirectTerm(const Direct *d, int64_t g, int64_t ki, int64_t kj)
{
  const int64_t *n = d->optics->grid, width = 2 * d->span[1] + 1, atoms = d->atoms->n;
  const int64_t qx = ki - VmFrequency(g / n[1], n[0]) + d->span[0], qy = kj - VmFrequency(g % n[1], n[1]) + d->span[1];
  double complex sum = 0.0;

  for (int64_t j = 0; j < atoms; ++j) {
    const double *v = d->v + d->atoms->species[j] * (2 * d->span[0] + 1) * width;
    sum += d->ewald[j] * v[qx * width + qy] * d->x[qx * atoms + j] * d->y[qy * atoms + j];
  }
  return sum / (d->optics->period * d->optics->period);
}

/* A(k) = sum_g psi(g) times the term of beam g. */
static double complex DirectAmplitude(const Direct *d, const double complex *beam, int64_t ki, int64_t kj)
{
  const int64_t points = d->optics->grid[0] * d->optics->grid[1];
  double complex sum = 0.0;
  DirectPoint(d, ki, kj);
  for (int64_t g = 0; g < points; ++g) sum += beam[g] * DirectTerm(d, g, ki, kj);
  return sum;
}

/* Spectrum of the probe at r0, defocused, on the whole plane. */
static void Beam(const VmOptics *optics, const VmProbe *probe, const double r0[2], double focus, double complex *beam)
{
  const int64_t *n = optics->grid, half = n[1] / 2 + 1;
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      const bool mirrored = j >= half;
      const int64_t m = mirrored ? (n[0] - i) % n[0] * half + n[1] - j : i * half + j;
      const double kx = (double)VmFrequency(i, n[0]) / optics->period,
                   ky = (double)VmFrequency(j, n[1]) / optics->period;
      double complex wave = 0.0;
      for (int part = 0; part < probe->parts; ++part) {
        const double complex value = mirrored ? conj(probe->spectrum[part][m]) : probe->spectrum[part][m];
        wave += (part ? I : 1.0) * value;
      }
      beam[i * n[1] + j] =
          wave *
          cexp(-VM_PI * I * (2.0 * (kx * r0[0] + ky * r0[1]) + optics->wavelength * focus * (kx * kx + ky * ky)));
    }
  }
}

/* The fast method against the direct sum over beams and atoms, for a cluster that the window holds. */
static PetscErrorCode TestConvergent(VmMicroscopeParams params, double focus)
{
  const VmSynthMethod *method = vm_synth_methods[0];
  const double r0[2] = {0.0713, -0.0387};
  VmOptics optics;
  VmTileBox box;
  VmProbe probe;
  void *context;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  PetscCall(RandomColumn(60, 0.7, 20.0, 1, &atoms));
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, &atoms, &optics));
  PetscCall(method->create(&optics, &context));
  PetscCall(VmProbeCreate(&optics, &probe));
  VmOpticsBox(&optics, r0, r0, &box);
  const int64_t *n = optics.grid, points = n[0] * n[1];
  double *intensity, worst = 0.0, largest = 0.0;
  double complex *beam, *amplitude, mean = 0.0;
  PetscCall(PetscMalloc3((size_t)points, &intensity, (size_t)points, &beam, (size_t)points, &amplitude));
  PetscCall(method->tile(context, &atoms, &box));
  PetscCall(method->probe(context, r0, focus, intensity));

  Direct direct = {.optics = &optics, .atoms = &atoms, .span = {n[0], n[1]}};
  PetscCall(DirectCreate(&direct));
  Beam(&optics, &probe, r0, focus, beam);
  for (int64_t k = 0; k < points; ++k) {
    amplitude[k] = DirectAmplitude(&direct, beam, VmFrequency(k / n[1], n[0]), VmFrequency(k % n[1], n[1]));
    mean += conj(beam[k]) * amplitude[k] / (optics.period * optics.period);
  }
  for (int64_t k = 0; k < points; ++k) {
    const int64_t i = VmFrequency(k / n[1], n[0]), j = VmFrequency(k % n[1], n[1]);
    if (llabs(i) > params.detector.pixels[0] / 2 || llabs(j) > params.detector.pixels[1] / 2) continue;
    const double expected = optics.interaction / optics.period * cabs(amplitude[k] - mean * beam[k]);
    worst = fmax(worst, fabs(sqrt(intensity[k]) - expected));
    largest = fmax(largest, expected);
  }
  VmFigure("convergent_relative_error_of_amplitude", worst / largest);
  VmExpect(worst < 2e-4 * largest, "fast and direct amplitude differ by %g of %g", worst, largest);
  DirectDestroy(&direct);
  PetscCall(PetscFree3(intensity, beam, amplitude));
  VmProbeDestroy(&probe);
  PetscCall(method->destroy(&context));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum_gg' psi(g) psi*(g') S_g S*_g' exp(-(pi lambda sigma (g^2 - g'^2))^2/2), S_g the terms of the beams: the mean over
 * a normal distribution of defocus in closed form. */
static double SpreadIntensity(const Direct *d, const double complex *beam, int64_t ki, int64_t kj)
{
  const VmOptics *optics = d->optics;
  const int64_t *n = optics->grid, points = n[0] * n[1];
  const double unit = VM_PI * optics->wavelength * optics->params->defocus_spread / (optics->period * optics->period);
  double complex *term;
  double *turn, sum = 0.0;
  int64_t count = 0;

  (void)PetscMalloc2((size_t)points, &term, (size_t)points, &turn);
  DirectPoint(d, ki, kj);
  for (int64_t g = 0; g < points; ++g) {
    const double x = (double)VmFrequency(g / n[1], n[0]), y = (double)VmFrequency(g % n[1], n[1]);
    term[count] = beam[g] * DirectTerm(d, g, ki, kj);
    turn[count++] = unit * (x * x + y * y);
  }
  for (int64_t g = 0; g < count; ++g) {
    for (int64_t h = 0; h < count; ++h) {
      const double a = turn[g] - turn[h];
      sum += creal(term[g] * conj(term[h])) * exp(-0.5 * a * a);
    }
  }
  (void)PetscFree2(term, turn);
  return sum;
}

/* The points of VmFociChoose against the closed form, outside of the aperture. */
static PetscErrorCode TestDefocusSpread(void)
{
  enum { PIXELS = 8 };
  VmMicroscopeParams params = Microscope(true);
  const VmSynthMethod *method = vm_synth_methods[0];
  const double r0[2] = {0.1, 0.2};
  VmOptics optics;
  VmFoci foci;
  VmTileBox box;
  VmProbe probe;
  void *context;
  VmAtoms atoms = {0};
  double worst = 0.0, change = 0.0, largest = 0.0;

  PetscFunctionBegin;
  params.semi_angle = 3.0;
  params.defocus_spread = 150.0;
  params.detector.pitch = 0.15;
  params.detector.pixels[0] = 36;
  VmOpticsInit(&params, &optics);
  VmExpect(VmFociChoose(&optics, &foci), "no foci");
  PetscCall(RandomColumn(20, 0.7, 5.0, 3, &atoms));
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, &atoms, &optics));
  PetscCall(method->create(&optics, &context));
  PetscCall(VmProbeCreate(&optics, &probe));
  VmOpticsBox(&optics, r0, r0, &box);
  const int64_t *n = optics.grid, points = n[0] * n[1];
  double *intensity, mean[PIXELS] = {0.0}, sharp[PIXELS];
  double complex *beam;
  PetscCall(PetscMalloc2((size_t)points, &intensity, (size_t)points, &beam));
  PetscCall(method->tile(context, &atoms, &box));
  for (int f = -1; f < foci.foci; ++f) {
    PetscCall(method->probe(context, r0, f < 0 ? 0.0 : foci.focus[f], intensity));
    for (int p = 0; p < PIXELS; ++p) {
      const double value = intensity[(13 + p / 4) * n[1] + 3 * (p % 4)]; /* beyond 1.9 1/nm; the aperture ends at 1.5 */
      if (f < 0) sharp[p] = value;
      else mean[p] += foci.weight[f] * value;
    }
  }
  Direct direct = {.optics = &optics, .atoms = &atoms, .span = {n[0], n[1]}};
  PetscCall(DirectCreate(&direct));
  Beam(&optics, &probe, r0, 0.0, beam);
  const double unit = optics.interaction / optics.period;
  for (int p = 0; p < PIXELS; ++p) {
    const double exact = unit * unit * SpreadIntensity(&direct, beam, 13 + p / 4, 3 * (p % 4));
    worst = fmax(worst, fabs(mean[p] - exact));
    change = fmax(change, fabs(sharp[p] - exact));
    largest = fmax(largest, exact);
  }
  VmFigure("defocus_spread_foci", (double)foci.foci);
  VmFigure("defocus_spread_relative_error", worst / largest);
  VmFigure("defocus_spread_relative_change", change / largest);
  VmExpect(worst < 2e-3 * largest, "mean over foci off by %g of %g", worst, largest);
  VmExpect(change > 20.0 * worst, "the spread changes the pattern by %g only", change);
  DirectDestroy(&direct);
  PetscCall(PetscFree2(intensity, beam));
  VmProbeDestroy(&probe);
  PetscCall(method->destroy(&context));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without the Ewald phase a focused pattern is even; with it, it is not. */
static PetscErrorCode TestFriedel(bool ewald)
{
  VmMicroscopeParams params = Microscope(ewald);
  const VmSynthMethod *method = vm_synth_methods[0];
  const double r0[2] = {0.0713, -0.0387};
  VmOptics optics;
  VmTileBox box;
  void *context;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  params.direct_beam = !ewald;
  VmOpticsInit(&params, &optics);
  PetscCall(RandomColumn(3000, 2.5, 20.0, 2, &atoms));
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, &atoms, &optics));
  PetscCall(method->create(&optics, &context));
  VmOpticsBox(&optics, r0, r0, &box);
  const int64_t *n = optics.grid;
  double *intensity, worst = 0.0, largest = 0.0;
  PetscCall(PetscMalloc1((size_t)(n[0] * n[1]), &intensity));
  PetscCall(method->tile(context, &atoms, &box));
  PetscCall(method->probe(context, r0, 0.0, intensity));
  for (int64_t k = 0; k < n[0] * n[1]; ++k) {
    const int64_t i = k / n[1], j = k % n[1];
    if (llabs(VmFrequency(i, n[0])) > params.detector.pixels[0] / 2) continue;
    if (llabs(VmFrequency(j, n[1])) > params.detector.pixels[1] / 2) continue;
    const double here = intensity[k], there = intensity[(n[0] - i) % n[0] * n[1] + (n[1] - j) % n[1]];
    worst = fmax(worst, fabs(here - there));
    largest = fmax(largest, here);
  }
  if (ewald)
    VmExpect(worst > 1e-3 * largest, "the Ewald sphere is curved, but the pattern even to %g", worst / largest);
  else VmExpect(worst <= 1e-12 * largest, "the pattern is even to %g only", worst / largest);
  PetscCall(PetscFree(intensity));
  PetscCall(method->destroy(&context));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A foil of independent atoms scatters as often as the sum of their cross-sections says. */
static PetscErrorCode TestCrossSection(void)
{
  enum { ATOMS = 40000 };
  const double edge = 24.0;
  VmMicroscopeParams params = Microscope(true);
  const VmSynthMethod *method = vm_synth_methods[0];
  VmOptics optics;
  void *context;
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  PetscCall(RandomColumn(ATOMS, 0.5 * edge, 20.0, 3, &atoms));
  for (int d = 0; d < 3; ++d) atoms.cell[d][d] = edge;
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, &atoms, &optics));
  PetscCall(method->create(&optics, &context));
  PetscCall(VmFoilScattered(PETSC_COMM_SELF, &atoms, (double[2]){0.0, 0.0}, method, context, &optics));
  double expected = 0.0; /* over the square of frequencies that the grid holds */
  for (int64_t i = -optics.grid[0] / 2 + 1; i < optics.grid[0] / 2; ++i) {
    for (int64_t j = -optics.grid[1] / 2 + 1; j < optics.grid[1] / 2; ++j) {
      const double k = hypot((double)i, (double)j) / optics.period;
      for (int s = 0; s < 3; ++s) {
        const double v = optics.interaction * VM_POTENTIAL_FACTOR * VmScatteringFactor(atoms.number[s], k);
        expected += v * v / (optics.period * optics.period) * ATOMS / 3.0 / (edge * edge);
      }
    }
  }
  VmFigure("scattering_events", optics.scattered);
  VmFigure("scattering_events_of_cross_sections", expected);
  VmExpectNear(optics.scattered / expected, 1.0, 0.08);
  PetscCall(method->destroy(&context));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  VmAtoms sphere = {0};

  PetscFunctionBegin;
  PetscCall(Sphere(&sphere));
  PetscCall(TestOrientation(&sphere));
  PetscCall(TestDebye(&sphere));
  VmAtomsFree(&sphere);
  PetscCall(TestFriedelCorrelation(20.0, 0.215));
  PetscCall(TestFriedelCorrelation(42.0, 0.042));
  VmMicroscopeParams params = Microscope(true);
  PetscCall(TestConvergent(params, 0.0));
  params.precision = VM_SINGLE;
  PetscCall(TestConvergent(params, 0.0));
  params.defocus = 100.0;
  PetscCall(TestConvergent(params, 0.0));
  params.precision = VM_DOUBLE;
  params.defocus_spread = 30.0;
  PetscCall(TestConvergent(params, -40.0));
  params.defocus = 300.0;
  params.spherical_aberration = 1e6;
  PetscCall(TestConvergent(params, 30.0));
  params.aberrations.coefficient[1] = 2e5; /* coma */
  params.aberrations.angle[1] = 20.0;
  PetscCall(TestConvergent(params, 0.0));
  PetscCall(TestDefocusSpread());
  PetscCall(TestFriedel(false));
  PetscCall(TestFriedel(true));
  PetscCall(TestCrossSection());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
