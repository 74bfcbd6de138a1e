/* Levenberg-Marquardt on the normal equations: few parameters, well-scaled by their own curvature. */
#include <vitromech/least_squares.h>
#include <math.h>

#define MOST_STEPS 200
#define TOLERANCE 1e-9

typedef double Matrix[VM_FIT_MOST][VM_FIT_MOST];

typedef struct {
  int n;
  double chi2, gradient[VM_FIT_MOST];
  Matrix curvature;
} Normal;

static void Form(int n, const double *x, int64_t m, VmResidual function, const void *context, Normal *normal)
{
  *normal = (Normal){.n = n};
  for (int64_t i = 0; i < m; ++i) {
    double slope[VM_FIT_MOST];
    const double residual = function(context, x, i, slope);
    normal->chi2 += residual * residual;
    for (int a = 0; a < n; ++a) {
      normal->gradient[a] -= slope[a] * residual;
      for (int b = 0; b <= a; ++b) normal->curvature[a][b] += slope[a] * slope[b];
    }
  }
}

/* Lower triangle of the scaled, damped curvature; false if it is not positive. */
static bool Factor(const Normal *normal, double damping, double scale[], Matrix factor)
{
  for (int a = 0; a < normal->n; ++a) {
    if (!(normal->curvature[a][a] > 0.0)) return false;
    scale[a] = 1.0 / sqrt(normal->curvature[a][a]);
  }
  for (int a = 0; a < normal->n; ++a)
    for (int b = 0; b <= a; ++b) {
      double sum = normal->curvature[a][b] * scale[a] * scale[b] + (a == b ? damping : 0.0);
      for (int c = 0; c < b; ++c) sum -= factor[a][c] * factor[b][c];
      if (a == b && !(sum > 1e-14)) return false;
      factor[a][b] = a == b ? sqrt(sum) : sum / factor[b][b];
    }
  return true;
}

static void Solve(int n, Matrix factor, const double *scale, const double *right, double *x)
{
  for (int a = 0; a < n; ++a) {
    x[a] = right[a] * scale[a];
    for (int b = 0; b < a; ++b) x[a] -= factor[a][b] * x[b];
    x[a] /= factor[a][a];
  }
  for (int a = n - 1; a >= 0; --a) {
    for (int b = a + 1; b < n; ++b) x[a] -= factor[b][a] * x[b];
    x[a] /= factor[a][a];
  }
  for (int a = 0; a < n; ++a) x[a] *= scale[a];
}

static void Errors(const Normal *normal, int64_t m, double *error)
{
  double scale[VM_FIT_MOST], unit[VM_FIT_MOST], column[VM_FIT_MOST];
  Matrix factor;
  const bool known = m > normal->n && Factor(normal, 0.0, scale, factor);
  for (int a = 0; a < normal->n; ++a) {
    error[a] = NAN;
    if (!known) continue;
    for (int b = 0; b < normal->n; ++b) unit[b] = a == b;
    Solve(normal->n, factor, scale, unit, column);
    error[a] = sqrt(column[a] * normal->chi2 / (double)(m - normal->n));
  }
}

bool VmLeastSquares(int n, double *x, int64_t m, VmResidual function, const void *context, double *error)
{
  double damping = 1e-3, scale[VM_FIT_MOST], step[VM_FIT_MOST], trial[VM_FIT_MOST];
  Matrix factor;
  Normal here, there;
  bool converged = false;
  Form(n, x, m, function, context, &here);
  for (int s = 0; s < MOST_STEPS && !converged && isfinite(here.chi2) && damping < 1e12; ++s) {
    if (!Factor(&here, damping, scale, factor)) {
      damping = 10.0 * damping;
      continue;
    }
    Solve(n, factor, scale, here.gradient, step);
    const double spread = sqrt(here.chi2 / (double)(m > n ? m - n : 1));
    converged = true;
    for (int a = 0; a < n; ++a) {
      trial[a] = x[a] + step[a];
      converged = converged && fabs(step[a]) <= TOLERANCE * fmax(fabs(x[a]), spread * scale[a]);
    }
    Form(n, trial, m, function, context, &there);
    if (there.chi2 <= here.chi2) {
      for (int a = 0; a < n; ++a) x[a] = trial[a];
      here = there;
      damping *= 0.1;
    } else damping *= 10.0;
  }
  if (error) Errors(&here, m, error);
  return converged;
}
