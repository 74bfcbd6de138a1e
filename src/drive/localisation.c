#include "localisation.h"
#include <math.h>

/* Wave vectors (h, k, l) of planes that close on themselves: coprime, one of each opposite pair. */
enum { ORDER = 2, MOST_DIRECTIONS = 49 };

typedef struct {
  int64_t wave[3];
  int64_t harmonics; /* of the profile: multiples of the wave that the grid resolves */
  bool nyquist;      /* the last of them is real */
} Planes;

static int64_t CommonDivisor(int64_t a, int64_t b) { return b ? CommonDivisor(b, a % b) : llabs(a); }

static void SetHarmonics(const int64_t n[3], Planes *planes)
{
  int64_t m = INT64_MAX;
  planes->nyquist = true;
  for (int d = 0; d < 3; ++d)
    if (planes->wave[d]) m = PetscMin(m, n[d] / 2 / llabs(planes->wave[d]));
  bool touches = false;
  for (int d = 0; d < 3; ++d) {
    const bool real = 2 * m * llabs(planes->wave[d]) == n[d];
    touches |= real;
    planes->nyquist &= real || planes->wave[d] == 0;
  }
  planes->harmonics = touches && !planes->nyquist ? m - 1 : m;
}

static int FindPlanes(const int64_t n[3], Planes planes[MOST_DIRECTIONS])
{
  int count = 0;
  for (int64_t h = -ORDER; h <= ORDER; ++h)
    for (int64_t k = -ORDER; k <= ORDER; ++k)
      for (int64_t l = 0; l <= ORDER; ++l) {
        if ((l == 0 && k < 0) || (l == 0 && k == 0 && h <= 0)) continue;
        if (CommonDivisor(CommonDivisor(h, k), l) != 1) continue;
        planes[count] = (Planes){.wave = {h, k, l}};
        SetHarmonics(n, &planes[count]);
        count += planes[count].harmonics > 0;
      }
  return count;
}

/* Coefficient m of the profile, if its ky-plane is row y of this rank; else 0. The factor 1/N is left out. */
static double complex Coefficient(VmFft fft, const Planes *planes, int64_t m, int64_t y)
{
  VmGrid grid = fft->grid;
  const int64_t n0 = grid->n[0], n1 = grid->n[1], kx = ((m * planes->wave[0]) % n0 + n0) % n0,
                ky = ((m * planes->wave[1]) % n1 + n1) % n1;
  if (ky != grid->y0 + y) return 0.0;
  return ((const double complex *)fft->work)[(y * n0 + kx) * grid->nzc + m * planes->wave[2]];
}

/* Variance of the averages over each set of planes. */
static PetscErrorCode Variances(VmFft fft, int count, const Planes *planes, double variance[MOST_DIRECTIONS])
{
  VmGrid grid = fft->grid;
  double *rows;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(grid->ny * count + 1), &rows));
  for (int64_t y = 0; y < grid->ny; ++y)
    for (int i = 0; i < count; ++i)
      for (int64_t m = 1; m <= planes[i].harmonics; ++m) {
        const double complex c = Coefficient(fft, &planes[i], m, y) / (double)grid->total;
        const double weight = planes[i].nyquist && m == planes[i].harmonics ? 1.0 : 2.0;
        rows[y * count + i] += weight * (creal(c) * creal(c) + cimag(c) * cimag(c));
      }
  PetscCall(VmSumModes(grid, count, rows, variance));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Width of the profile of one set of planes, in units of its period. */
static PetscErrorCode Width(VmFft fft, const Planes *planes, double *width)
{
  VmGrid grid = fft->grid;
  /* planes one voxel apart are averaged exactly; between the harmonics of others the profile is looked at more finely
   */
  const bool whole = PetscMax(llabs(planes->wave[0]), PetscMax(llabs(planes->wave[1]), llabs(planes->wave[2]))) == 1;
  const int64_t most = planes->harmonics, points = (2 * most + (planes->nyquist ? 0 : 1)) * (whole ? 1 : 4);
  const int nq = (int)(2 * (most + 1));
  double *rows, *c, *profile, lowest = HUGE_VAL, sum = 0.0, squares = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscCalloc3((size_t)(grid->ny * nq + 1), &rows, (size_t)nq, &c, (size_t)points, &profile));
  for (int64_t y = 0; y < grid->ny; ++y)
    for (int64_t m = 0; m <= most; ++m) {
      const double complex value = Coefficient(fft, planes, m, y);
      rows[y * nq + 2 * m] = creal(value), rows[y * nq + 2 * m + 1] = cimag(value);
    }
  PetscCall(VmSumModes(grid, nq, rows, c));
  for (int64_t j = 0; j < points; ++j) {
    for (int64_t m = 0; m <= most; ++m) {
      const double angle = 2.0 * VM_PI * (double)(m * j % points) / (double)points;
      const double weight = m == 0 || (planes->nyquist && m == most) ? 1.0 : 2.0;
      profile[j] += weight * (c[2 * m] * cos(angle) - c[2 * m + 1] * sin(angle));
    }
    lowest = fmin(lowest, profile[j]);
  }
  for (int64_t j = 0; j < points; ++j) {
    const double q = profile[j] - lowest;
    sum += q, squares += q * q;
  }
  *width = sum * sum / (squares * (double)points);
  PetscCall(PetscFree3(rows, c, profile));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindBand(VmFft fft, double variance, VmLocalisation *result)
{
  VmGrid grid = fft->grid;
  Planes planes[MOST_DIRECTIONS];
  double variances[MOST_DIRECTIONS], norm = 0.0;
  const int count = FindPlanes(grid->n, planes);
  int best = 0;
  PetscFunctionBegin;
  if (count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Variances(fft, count, planes, variances));
  for (int i = 1; i < count; ++i)
    if (variances[i] > variances[best]) best = i;
  for (int d = 0; d < 3; ++d) {
    result->normal[d] = (double)planes[best].wave[d] / grid->length[d];
    norm += result->normal[d] * result->normal[d];
  }
  norm = sqrt(norm);
  for (int d = 0; d < 3; ++d) result->normal[d] /= norm;
  result->share = variances[best] / variance;
  PetscCall(Width(fft, &planes[best], &result->width));
  result->width /= norm; /* the period */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the transform of p: its autocorrelation in shells. */
static PetscErrorCode CorrelationLength(VmFft fft, double *length)
{
  VmGrid grid = fft->grid;
  double complex *modes = (double complex *)fft->work;
  const int nr = (int)(PetscMin(grid->n[0], PetscMin(grid->n[1], grid->n[2])) / 2 + 1);
  double *field, *rows, *shells;
  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->ny * grid->n[0] * grid->nzc; ++i)
    modes[i] = creal(modes[i]) * creal(modes[i]) + cimag(modes[i]) * cimag(modes[i]);
  if (grid->ny > 0 && grid->y0 == 0) modes[0] = 0.0;
  PetscCall(VmFftBackward(fft, 1));
  PetscCall(PetscMalloc1((size_t)grid->np, &field));
  PetscCall(PetscCalloc2((size_t)(grid->nx * 3 * nr + 1), &rows, (size_t)(3 * nr), &shells));
  VmFftUnpack(fft, 0, 1.0, field);
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t global = VmGridGlobal(grid, i);
    const int64_t d[3] = {global / grid->plane, global / grid->n[2] % grid->n[1], global % grid->n[2]};
    double square = 0.0;
    for (int a = 0; a < 3; ++a) {
      const double step = (double)VmFftFrequency(d[a], grid->n[a]);
      square += step * step;
    }
    const double distance = sqrt(square);
    const int64_t shell = (int64_t)(distance + 0.5);
    if (shell >= nr) continue;
    double *row = rows + i / grid->plane * 3 * nr + 3 * shell;
    row[0] += field[i], row[1] += distance, row[2] += 1.0;
  }
  PetscCall(VmSumPlanes(grid, 3 * nr, rows, shells));
  const double level = exp(-1.0), variance = shells[0];
  *length = 0.0;
  for (int s = 1; s < nr && *length == 0.0; ++s) {
    const double *here = shells + 3 * s, *before = here - 3;
    const double sigma = here[0] / here[2] / variance, higher = before[0] / before[2] / variance, r = here[1] / here[2],
                 lower = before[1] / before[2];
    if (sigma <= level) *length = grid->spacing * (lower + (r - lower) * (higher - level) / (higher - sigma));
  }
  PetscCall(PetscFree2(rows, shells));
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLocalise(VmFft fft, const double *p, VmLocalisation *result)
{
  VmGrid grid = fft->grid;
  const double n = (double)grid->total;
  double sum, squares;
  PetscFunctionBegin;
  *result = (VmLocalisation){.participation = 0.0};
  PetscCall(VmSumField(grid, p, &sum));
  PetscCall(VmSumProduct(grid, p, p, &squares));
  if (squares == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  result->participation = sum * sum / (n * squares);
  const double variance = squares / n - (sum / n) * (sum / n);
  if (variance <= 1e-14 * squares / n) PetscFunctionReturn(PETSC_SUCCESS);
  VmFftPack(fft, 0, p);
  PetscCall(VmFftForward(fft, 1));
  PetscCall(FindBand(fft, variance, result));
  PetscCall(CorrelationLength(fft, &result->correlation_length));
  PetscFunctionReturn(PETSC_SUCCESS);
}
