/* Autocorrelation by transforms, with the exact number of pairs. */
#include <vitromech/map.h>
#include <complex.h>
#include <fftw3.h>
#include <math.h>

typedef struct {
  int size[3]; /* transform; padded so that a map without periodicity does not meet itself */
  int64_t real, half;
  double *work;
  double complex *modes;
  fftw_plan forward, backward;
} Transform;

/* Smallest 2^a 3^b 5^c that is at least n. */
static int FastSize(int64_t n)
{
  for (;; ++n) {
    int64_t rest = n;
    for (int p = 2; p <= 5; ++p)
      while (rest % p == 0) rest /= p;
    if (rest == 1) return (int)n;
  }
}

static PetscErrorCode TransformCreate(const VmMap *map, Transform *t)
{
  PetscFunctionBegin;
  for (int a = 0; a < 3; ++a)
    t->size[a] = map->periodic || map->n[a] == 1 ? (int)map->n[a] : FastSize(2 * map->n[a] - 1);
  t->real = (int64_t)t->size[0] * t->size[1] * t->size[2];
  t->half = (int64_t)t->size[0] * t->size[1] * (t->size[2] / 2 + 1);
  t->work = fftw_alloc_real((size_t)t->real);
  t->modes = fftw_alloc_complex((size_t)t->half);
  PetscCheck(t->work && t->modes, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a transform of %lld points",
             (long long)t->real);
  t->forward = fftw_plan_dft_r2c_3d(t->size[0], t->size[1], t->size[2], t->work, t->modes, FFTW_ESTIMATE);
  t->backward = fftw_plan_dft_c2r_3d(t->size[0], t->size[1], t->size[2], t->modes, t->work, FFTW_ESTIMATE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TransformDestroy(Transform *t)
{
  fftw_destroy_plan(t->forward);
  fftw_destroy_plan(t->backward);
  fftw_free(t->work);
  fftw_free(t->modes);
}

static bool Used(const VmMap *map, int64_t i) { return !isnan(map->values[i]); }

/* products[lag] = sum over points of f(x) f(x + lag), f = value - mean at used points, or 1 if `pairs`, and 0
 * elsewhere. */
static void Products(const VmMap *map, bool pairs, double mean, Transform *t, double *products)
{
  int64_t i = 0;
  for (int64_t p = 0; p < t->real; ++p) t->work[p] = 0.0;
  for (int64_t x = 0; x < map->n[0]; ++x)
    for (int64_t y = 0; y < map->n[1]; ++y)
      for (int64_t z = 0; z < map->n[2]; ++z, ++i)
        if (Used(map, i)) t->work[(x * t->size[1] + y) * t->size[2] + z] = pairs ? 1.0 : map->values[i] - mean;
  fftw_execute(t->forward);
  for (int64_t m = 0; m < t->half; ++m)
    t->modes[m] = creal(t->modes[m]) * creal(t->modes[m]) + cimag(t->modes[m]) * cimag(t->modes[m]);
  fftw_execute(t->backward);
  for (int64_t p = 0; p < t->real; ++p) products[p] = t->work[p] / (double)t->real;
}

/* Signed lag of an index of the transform; false if no pair of the map has it. */
static bool Lag(const VmMap *map, const Transform *t, int axis, int64_t index, double *lag)
{
  const int64_t signed_lag = index <= t->size[axis] / 2 ? index : index - t->size[axis];
  *lag = (double)signed_lag * map->spacing[axis];
  return map->periodic || (signed_lag > -map->n[axis] && signed_lag < map->n[axis]);
}

static double ShellWidth(const VmMap *map)
{
  double width = INFINITY;
  for (int a = 3 - map->dim; a < 3; ++a) width = fmin(width, map->spacing[a]);
  return width;
}

int VmAutocorrelationShells(const VmMap *map)
{
  double side = INFINITY;
  for (int a = 3 - map->dim; a < 3; ++a) side = fmin(side, (double)map->n[a] * map->spacing[a]);
  return (int)(0.5 * side / ShellWidth(map) + 1e-9) + 1;
}

/* Adds products, pairs and pair distances of each lag to its shell. */
static void BinShells(const VmMap *map, const Transform *t, const double *products, const double *pairs, int nr,
                      double *r, double *sigma, double *count)
{
  const double width = ShellWidth(map);
  double d[3];
  int64_t p = 0;
  for (int64_t x = 0; x < t->size[0]; ++x)
    for (int64_t y = 0; y < t->size[1]; ++y)
      for (int64_t z = 0; z < t->size[2]; ++z, ++p) {
        if (!Lag(map, t, 0, x, &d[0]) || !Lag(map, t, 1, y, &d[1]) || !Lag(map, t, 2, z, &d[2])) continue;
        const double distance = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        const int shell = (int)floor(distance / width + 0.5);
        const double number = round(pairs[p]);
        if (shell >= nr || number <= 0.0) continue;
        r[shell] += distance * number;
        sigma[shell] += products[p];
        count[shell] += number;
      }
}

PetscErrorCode VmAutocorrelation(const VmMap *map, int nr, double *r, double *sigma)
{
  const int64_t n = VmMapSize(map);
  double mean = 0.0, used = 0.0, *products, *pairs, *count;
  Transform t;
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i)
    if (Used(map, i)) {
      mean += map->values[i];
      used += 1.0;
    }
  mean = used > 0.0 ? mean / used : 0.0;
  PetscCall(TransformCreate(map, &t));
  PetscCall(PetscMalloc2((size_t)t.real, &products, (size_t)t.real, &pairs));
  PetscCall(PetscCalloc1((size_t)nr, &count));
  PetscCall(PetscArrayzero(r, (size_t)nr));
  PetscCall(PetscArrayzero(sigma, (size_t)nr));
  Products(map, false, mean, &t, products);
  Products(map, true, mean, &t, pairs);
  BinShells(map, &t, products, pairs, nr, r, sigma, count);
  const double variance = used > 0.0 ? sigma[0] / used : 0.0;
  const bool constant = !(variance > 1e-24 * mean * mean);
  for (int s = 0; s < nr; ++s) {
    r[s] = count[s] > 0.0 ? r[s] / count[s] : s * ShellWidth(map);
    sigma[s] = count[s] > 0.0 && !constant ? sigma[s] / count[s] / variance : NAN;
  }
  TransformDestroy(&t);
  PetscCall(PetscFree2(products, pairs));
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmCorrelationLength(int nr, const double *r, const double *sigma)
{
  const double level = exp(-1.0);
  for (int s = 1; s < nr; ++s)
    if (sigma[s] <= level && sigma[s - 1] > level)
      return r[s - 1] + (r[s] - r[s - 1]) * (sigma[s - 1] - level) / (sigma[s - 1] - sigma[s]);
  return NAN;
}

/* Twice the sum over pairs of (f(x) - f(x + lag))^2 in numerator, f = value - mean, from transforms of the mask, of f
 * and of f^2; each product of the three fits into one inverse transform. */
static PetscErrorCode SquaredDifferences(const VmMap *map, double mean, Transform *t, double *numerator)
{
  double complex *spectrum, *ones;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)t->half, &spectrum, (size_t)t->half, &ones));
  for (int power = 0; power < 3; ++power) {
    int64_t i = 0;
    for (int64_t p = 0; p < t->real; ++p) t->work[p] = 0.0;
    for (int64_t x = 0; x < map->n[0]; ++x)
      for (int64_t y = 0; y < map->n[1]; ++y)
        for (int64_t z = 0; z < map->n[2]; ++z, ++i) {
          const double f = Used(map, i) ? map->values[i] - mean : 0.0;
          t->work[(x * t->size[1] + y) * t->size[2] + z] = power == 0 ? (double)Used(map, i) : power == 1 ? f : f * f;
        }
    fftw_execute(t->forward);
    for (int64_t m = 0; m < t->half; ++m) {
      const double complex mode = t->modes[m];
      if (power == 0) ones[m] = mode;
      else if (power == 1) spectrum[m] = -2.0 * (creal(mode) * creal(mode) + cimag(mode) * cimag(mode));
      else spectrum[m] += 2.0 * (creal(mode) * creal(ones[m]) + cimag(mode) * cimag(ones[m]));
    }
  }
  for (int64_t m = 0; m < t->half; ++m) t->modes[m] = spectrum[m];
  fftw_execute(t->backward);
  for (int64_t p = 0; p < t->real; ++p) numerator[p] = t->work[p] / (double)t->real;
  PetscCall(PetscFree2(spectrum, ones));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lags of one half space within r_max that have pairs; NULL arrays: only counts. */
static int64_t TakeLags(const VmMap *map, const Transform *t, double r_max, const double *numerator,
                        const double *pairs, double *r, double *p)
{
  int64_t count = 0, i = 0;
  double d[3];
  for (int64_t x = 0; x < t->size[0]; ++x)
    for (int64_t y = 0; y < t->size[1]; ++y)
      for (int64_t z = 0; z < t->size[2]; ++z, ++i) {
        if (!Lag(map, t, 0, x, &d[0]) || !Lag(map, t, 1, y, &d[1]) || !Lag(map, t, 2, z, &d[2])) continue;
        const bool forward = d[0] > 0.0 || (d[0] == 0.0 && (d[1] > 0.0 || (d[1] == 0.0 && d[2] > 0.0)));
        const double distance = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        if (!forward || distance > r_max || !(pairs[i] > 0.5)) continue;
        if (r) {
          r[count] = distance;
          p[count] = fmax(0.0, numerator[i] / round(pairs[i]));
        }
        ++count;
      }
  return count;
}

PetscErrorCode VmStructureFunction(const VmMap *map, double r_max, int64_t *n, double **r, double **p)
{
  double mean = 0.0, used = 0.0, *numerator, *pairs;
  Transform t;
  PetscFunctionBegin;
  for (int64_t i = 0; i < VmMapSize(map); ++i)
    if (Used(map, i)) {
      mean += map->values[i];
      used += 1.0;
    }
  mean = used > 0.0 ? mean / used : 0.0;
  PetscCall(TransformCreate(map, &t));
  PetscCall(PetscMalloc2((size_t)t.real, &numerator, (size_t)t.real, &pairs));
  Products(map, true, mean, &t, pairs);
  PetscCall(SquaredDifferences(map, mean, &t, numerator));
  *n = TakeLags(map, &t, r_max, numerator, pairs, NULL, NULL);
  PetscCall(PetscMalloc1((size_t)*n, r));
  PetscCall(PetscMalloc1((size_t)*n, p));
  TakeLags(map, &t, r_max, numerator, pairs, *r, *p);
  TransformDestroy(&t);
  PetscCall(PetscFree2(numerator, pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}
