/* timeout: 120; links: vm_analysis
 * Systematic rows of aluminium: multislice against N Bloch waves and the known periods. */
#include "multislice.h"
#include "vm_test.h"
#include "analysis/synth/probe.h"
#include <vitromech/scatter.h>
#include <petscblaslapack.h>

static const int64_t origin[2] = {0, 0};

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

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestRow("111", sqrt(3.0) / 0.40495, 69.4, 0.01));
  PetscCall(TestRow("400", 4.0 / 0.40495, 235.0, 0.02));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
