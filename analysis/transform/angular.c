/* Angular power and correlation of rings, exact for masked bins, and what shot noise adds to them. */
#include <vitromech/simd.h>
#include <vitromech/transform.h>
#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

struct VmAngular_s {
  int rings, n, half;      /* half = n/2 + 1 */
  const uint8_t *valid;    /* [rings][n], of the polar grid */
  double *in;              /* [rings][n] */
  double complex *out;     /* [rings][half] */
  double *back;            /* [n] */
  double complex *back_in; /* [half] */
  double *pairs;           /* [rings][n] number of valid pairs at each angle */
  double *noise;           /* [rings][n] */
  double *cosine;          /* [half][half] of j, order: cos(2 pi j order/n)/n, twice that where n - j has the same */
  fftw_plan forward, backward;
};

static void CountPairs(VmAngular a)
{
  for (int r = 0; r < a->rings; ++r) {
    const uint8_t *valid = a->valid + (size_t)r * (size_t)a->n;
    double *pairs = a->pairs + (size_t)r * (size_t)a->n;
    const bool whole = !memchr(valid, 0, (size_t)a->n);
    for (int j = 0; j < a->n; ++j) {
      if (whole) pairs[j] = a->n;
      else
        for (int i = 0; i < a->n; ++i) pairs[j] += valid[i] && valid[(i + j) % a->n];
    }
  }
}

/* Covariance of bins i and i+j of ring r summed over i, for pixels of unit variance: each pixel couples all bins that
 * share it. latest [pixels]: -1, and again on return; before [entries]: the entry before with the same pixel. */
static void SharedWeights(VmPolar polar, int r, int32_t *latest, int32_t *before, double *shared)
{
  const int n = polar->angles;
  const int64_t *start = polar->start + (int64_t)r * n;
  for (int j = 0; j < n; ++j)
    for (int64_t e = start[j]; e < start[j + 1]; ++e) {
      int32_t *last = &latest[polar->pixel[e]];
      shared[0] += polar->weight[e] * polar->weight[e];
      int i = j;
      for (int64_t u = *last; u >= 0; u = before[u]) {
        while (start[0] + u < start[i]) --i;
        const double both = polar->weight[start[0] + u] * polar->weight[e];
        shared[j - i] += both;
        shared[(i - j + n) % n] += both;
      }
      before[e - start[0]] = *last;
      *last = (int32_t)(e - start[0]);
    }
  for (int64_t e = start[0]; e < start[n]; ++e) latest[polar->pixel[e]] = -1;
}

static PetscErrorCode NoiseCorrelation(VmAngular a, VmPolar polar)
{
  int32_t *latest, *before, pixels = 0;
  int64_t most = 0;
  PetscFunctionBegin;
  for (int r = 0; r < a->rings; ++r)
    most = PetscMax(most, polar->start[(int64_t)(r + 1) * a->n] - polar->start[(int64_t)r * a->n]);
  for (int64_t e = 0; e < polar->start[(int64_t)a->rings * a->n]; ++e) pixels = PetscMax(pixels, polar->pixel[e] + 1);
  PetscCall(PetscMalloc2((size_t)pixels, &latest, (size_t)most, &before));
  for (int32_t p = 0; p < pixels; ++p) latest[p] = -1;
  for (int r = 0; r < a->rings; ++r) {
    const double *pairs = a->pairs + (size_t)r * (size_t)a->n;
    double *noise = a->noise + (size_t)r * (size_t)a->n, of_mean = 0.0;
    SharedWeights(polar, r, latest, before, noise);
    for (int j = 0; j < a->n; ++j) of_mean += noise[j];
    of_mean /= pairs[0] > 0.0 ? pairs[0] * pairs[0] : 1.0;
    for (int j = 0; j < a->n; ++j) noise[j] = (pairs[j] > 0.0 ? noise[j] / pairs[j] : 0.0) - of_mean;
  }
  PetscCall(PetscFree2(latest, before));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAngularCreate(VmPolar polar, VmAngular *angular)
{
  const size_t n = (size_t)polar->angles, half = n / 2 + 1, rings = (size_t)polar->rings;
  VmAngular a;
  PetscFunctionBegin;
  PetscCall(PetscNew(&a));
  a->rings = polar->rings;
  a->n = polar->angles;
  a->half = (int)half;
  a->valid = polar->valid;
  a->in = fftw_alloc_real(rings * n);
  a->out = fftw_alloc_complex(rings * half);
  a->back = fftw_alloc_real(n);
  a->back_in = fftw_alloc_complex(half);
  PetscCheck(a->in && a->out && a->back && a->back_in, PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for angular transforms");
  a->forward =
      fftw_plan_many_dft_r2c(1, &a->n, a->rings, a->in, NULL, 1, a->n, a->out, NULL, 1, a->half, FFTW_ESTIMATE);
  a->backward = fftw_plan_dft_c2r_1d(a->n, a->back_in, a->back, FFTW_ESTIMATE);
  PetscCall(PetscCalloc1(rings * n, &a->pairs));
  PetscCall(PetscCalloc1(rings * n, &a->noise));
  PetscCall(PetscMalloc1(half * half, &a->cosine));
  for (size_t j = 0; j < half; ++j)
    for (size_t order = 0; order < half; ++order)
      a->cosine[j * half + order] =
          (j > 0 && 2 * j < n ? 2.0 : 1.0) / (double)n * cos(2.0 * VM_PI * (double)(j * order % n) / (double)n);
  CountPairs(a);
  PetscCall(NoiseCorrelation(a, polar));
  *angular = a;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAngularDestroy(VmAngular *angular)
{
  VmAngular a = *angular;
  PetscFunctionBegin;
  if (!a) PetscFunctionReturn(PETSC_SUCCESS);
  fftw_destroy_plan(a->forward);
  fftw_destroy_plan(a->backward);
  fftw_free(a->in);
  fftw_free(a->out);
  fftw_free(a->back);
  fftw_free(a->back_in);
  PetscCall(PetscFree(a->pairs));
  PetscCall(PetscFree(a->noise));
  PetscCall(PetscFree(a->cosine));
  PetscCall(PetscFree(*angular));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAngularPower(VmAngular a, const double *samples, double *power, double *mean)
{
  PetscFunctionBegin;
  memcpy(a->in, samples, (size_t)a->rings * (size_t)a->n * sizeof *a->in); /* masked bins read 0 */
  fftw_execute(a->forward);
  for (int r = 0; r < a->rings; ++r) {
    const double complex *out = a->out + (size_t)r * (size_t)a->half;
    const double valid = a->pairs[(size_t)r * (size_t)a->n];
    double *p = power + (size_t)r * (size_t)a->half;
    mean[r] = valid > 0.0 ? creal(out[0]) / valid : 0.0;
    const double factor = mean[r] > 0.0 ? 1.0 / (mean[r] * mean[r]) : 0.0;
    for (int n = 0; n < a->half; ++n) p[n] = factor * (creal(out[n]) * creal(out[n]) + cimag(out[n]) * cimag(out[n]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAngularCorrelation(VmAngular a, int ring, const double *power, double *correlation)
{
  const double *pairs = a->pairs + (size_t)ring * (size_t)a->n;
  PetscFunctionBegin;
  for (int n = 0; n < a->half; ++n) a->back_in[n] = power[n];
  fftw_execute(a->backward);
  for (int j = 0; j < a->n; ++j) correlation[j] = pairs[j] > 0.0 ? a->back[j] / (a->n * pairs[j]) - 1.0 : NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* spectrum [orders] of the half of a correlation that is told apart from the other: all orders side by side. */
VM_SIMD_CLONES static void Spectrum(int half, int orders, const double *restrict cosine,
                                    const double *restrict correlation, double *restrict spectrum)
{
  for (int n = 0; n < orders; ++n) spectrum[n] = 0.0;
  for (int j = 0; j < half; ++j)
    for (int n = 0; n < orders; ++n) spectrum[n] += correlation[j] * cosine[j * half + n];
}

void VmAngularSpectrum(VmAngular a, const double *correlation, int nmax, double *spectrum)
{
  Spectrum(a->half, nmax + 1, a->cosine, correlation, spectrum);
  spectrum[0] = 1.0;
}

const double *VmAngularNoise(VmAngular a, int ring) { return a->noise + (size_t)ring * (size_t)a->n; }
