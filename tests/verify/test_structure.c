/* timeout: 120; links: vm_analysis */
#include "map_statistic.h"
#include <complex.h>
#include <fftw3.h>

enum { N = 512, HALF = N / 2 + 1, MAPS = 3 };

#define SIGMA 1.7
#define PITCH 0.32 /* nm */

/* A periodic Gaussian map of covariance sigma^2 exp(-(r/xi)^(2 alpha)): the covariance filters white noise. */
static void Correlated(double xi, double alpha, uint64_t seed, double *values)
{
  double *work = fftw_alloc_real(N * N);
  double complex *modes = fftw_alloc_complex(N * HALF), *filter = fftw_alloc_complex(N * HALF);
  fftw_plan forward = fftw_plan_dft_r2c_2d(N, N, work, modes, FFTW_ESTIMATE);
  fftw_plan backward = fftw_plan_dft_c2r_2d(N, N, modes, work, FFTW_ESTIMATE);
  for (int p = 0; p < N * N; ++p) {
    const double i = fmin(p / N, N - p / N), j = fmin(p % N, N - p % N);
    work[p] = SIGMA * SIGMA * exp(-pow(hypot(i, j) * PITCH / xi, 2.0 * alpha));
  }
  fftw_execute(forward);
  for (int m = 0; m < N * HALF; ++m) filter[m] = sqrt(fmax(0.0, creal(modes[m])));
  for (int p = 0; p < N * N; ++p) {
    double g[2];
    VmRngNormal2((VmRngKey){seed, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    work[p] = g[0];
  }
  fftw_execute(forward);
  for (int m = 0; m < N * HALF; ++m) modes[m] *= filter[m];
  fftw_execute(backward);
  for (int p = 0; p < N * N; ++p) values[p] = work[p] / (N * N);
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
  fftw_free(work);
  fftw_free(modes);
  fftw_free(filter);
}

/* Means over a few maps within 5 % of what was planted; each map within its own standard error. */
static PetscErrorCode TestPlanted(double xi, double alpha)
{
  static const char *const names[] = {"sigma", "xi", "alpha"};
  const double wanted[] = {SIGMA, xi, alpha};
  double *values, mean[3] = {0}, outside = 0;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(N * N, &values));
  const VmMap map = {
      .dim = 2, .n = {1, N, N}, .spacing = {1, PITCH, PITCH}, .values = values, .unit = "1", .length_unit = "nm"};
  for (int m = 0; m < MAPS; ++m) {
    Correlated(xi, alpha, 50 + (uint64_t)m, values);
    PetscCall(MapMeasure("structure", "{r_max: 15 nm}", &map, &result));
    for (int v = 0; v < 3; ++v) {
      char error_name[32];
      snprintf(error_name, sizeof error_name, "%s_error", names[v]);
      const double found = ScalarOf(result, names[v]), error = ScalarOf(result, error_name);
      mean[v] += found / MAPS;
      outside += fabs(found - wanted[v]) > 3.5 * error;
      VmExpect(error > 0.0 && error < 0.1 * wanted[v], "standard error %g of %s", error, names[v]);
    }
    PetscCall(VmStatResultDestroy(&result));
  }
  VmExpect(outside <= 1, "%g of 9 values outside 3.5 standard errors", outside);
  for (int v = 0; v < 3; ++v) {
    char label[64];
    VmExpectNear(mean[v], wanted[v], 0.05 * wanted[v]);
    snprintf(label, sizeof label, "%s of %g", names[v], wanted[v]);
    VmFigure(label, mean[v]);
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P(d) with holes against a double loop over points. */
static PetscErrorCode TestExact(bool periodic)
{
  enum { A = 7, B = 9 };
  double values[A * B], *r, *p;
  int64_t n, at = 0;
  PetscFunctionBegin;
  for (int i = 0; i < A * B; ++i)
    values[i] = i % 8 == 3 ? NAN : VmRngUniform((VmRngKey){6, VM_STREAM_TEST}, (uint64_t)i, 0);
  const VmMap map = {.dim = 2,
                     .n = {1, A, B},
                     .spacing = {1, 0.5, 0.7},
                     .periodic = periodic,
                     .values = values,
                     .unit = "1",
                     .length_unit = "nm"};
  PetscCall(VmStructureFunction(&map, 1.6, &n, &r, &p));
  for (int di = 0; di < A; ++di)
    for (int dj = -B; dj <= B; ++dj) {
      double sum = 0, pairs = 0;
      const double distance = hypot(0.5 * di, 0.7 * dj);
      if ((di == 0 && dj <= 0) || distance > 1.6) continue;
      for (int i = 0; i < A * B; ++i) {
        int x = i / B + di, y = i % B + dj;
        if (!periodic && (x >= A || y < 0 || y >= B)) continue;
        const double other = values[(x + A) % A * B + (y + 2 * B) % B];
        if (isnan(values[i]) || isnan(other)) continue;
        sum += pow(values[i] - other, 2);
        pairs += 1;
      }
      /* the library goes through lags in another order: look for it */
      double nearest = INFINITY;
      for (int64_t l = 0; l < n; ++l)
        if (fabs(r[l] - distance) < 1e-12) nearest = fmin(nearest, fabs(p[l] - sum / pairs));
      VmExpect(nearest < 1e-12, "lag (%d, %d): off by %g", di, dj, nearest);
      ++at;
    }
  VmExpectInt(n, at);
  PetscCall(PetscFree(r));
  PetscCall(PetscFree(p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestExact(true));
  PetscCall(TestExact(false));
  PetscCall(TestPlanted(2.0, 0.5));
  PetscCall(TestPlanted(2.4, 0.8));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
