#include "curve.h"

#include <math.h>

#define BEAM_END 2.0  /* 1/nm: below, the direct beam and its tail */
#define PEAK_TOP 0.85 /* of the highest point */

PetscErrorCode VmCurveCreate(int n, VmCurve *curve)
{
  PetscFunctionBegin;
  curve->n = n;
  PetscCall(PetscMalloc3((size_t)n, &curve->k, (size_t)n, &curve->value, (size_t)n, &curve->error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCurveDestroy(VmCurve *curve)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(curve->k, curve->value, curve->error));
  curve->n = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCurveOurs(VmStatistics s, const VmConditions *conditions, const char *definition, VmCurve *curve)
{
  char name[64];
  int64_t nk, nvalue, nerror;
  double *k, *value, *error;
  const char *group = VmStatisticsFind(s, "fem", NULL);
  const double relative = sqrt(2.0 / (VmConditionsIndependentProbes(conditions) - 1.0));
  PetscFunctionBegin;
  snprintf(name, sizeof name, "%s_error", definition);
  PetscCall(VmStatisticsRead(s, group, "k", &nk, &k));
  PetscCall(VmStatisticsRead(s, group, definition, &nvalue, &value));
  PetscCall(VmStatisticsRead(s, group, name, &nerror, &error));
  if (nvalue != nk) nk = 0;
  PetscCall(VmCurveCreate((int)nk, curve));
  curve->n = 0;
  for (int64_t i = 0; i < nk; ++i) {
    if (!isfinite(value[i])) continue;
    curve->k[curve->n] = k[i];
    curve->value[curve->n] = value[i];
    curve->error[curve->n++] = nerror == nk ? error[i] : fabs(value[i]) * relative;
  }
  PetscCall(PetscFree(k));
  PetscCall(PetscFree(value));
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Least squares y = c0 + c1 x + c2 x^2; moments are sums of w x^p and w x^p y. False if singular. */
static bool FitParabola(const double moment[5], const double right[3], double c[3], double covariance[3][3])
{
  const double *m = moment;
  const double cofactor[3][3] = {
      {m[2] * m[4] - m[3] * m[3], m[2] * m[3] - m[1] * m[4], m[1] * m[3] - m[2] * m[2]},
      {m[2] * m[3] - m[1] * m[4], m[0] * m[4] - m[2] * m[2], m[1] * m[2] - m[0] * m[3]},
      {m[1] * m[3] - m[2] * m[2], m[1] * m[2] - m[0] * m[3], m[0] * m[2] - m[1] * m[1]},
  };
  const double determinant = m[0] * cofactor[0][0] + m[1] * cofactor[0][1] + m[2] * cofactor[0][2];
  if (!(fabs(determinant) > 0.0)) return false;
  for (int i = 0; i < 3; ++i) {
    c[i] = 0.0;
    for (int j = 0; j < 3; ++j) {
      covariance[i][j] = cofactor[i][j] / determinant;
      c[i] += covariance[i][j] * right[j];
    }
  }
  return true;
}

/* Parabola through points [first, last], in x = k - k0 so that powers stay small. */
static VmPeak FitPeak(const VmCurve *curve, int first, int last, double k0)
{
  VmPeak peak = {NAN, NAN, NAN, NAN};
  double moment[5] = {0}, right[3] = {0}, c[3], covariance[3][3];
  bool errors = true;
  for (int i = first; i <= last; ++i) errors = errors && curve->error[i] > 0.0;
  for (int i = first; i <= last; ++i) {
    const double x = curve->k[i] - k0, w = errors ? 1.0 / (curve->error[i] * curve->error[i]) : 1.0;
    double power = w;
    for (int p = 0; p < 5; ++p, power *= x) {
      moment[p] += power;
      if (p < 3) right[p] += power * curve->value[i];
    }
  }
  if (!FitParabola(moment, right, c, covariance) || !(c[2] < 0.0)) return peak;
  const double x = -0.5 * c[1] / c[2];
  if (x < curve->k[first] - k0 || x > curve->k[last] - k0) return peak;
  const double slope[3] = {0.0, -0.5 / c[2], 0.5 * c[1] / (c[2] * c[2])}; /* of the position */
  const double basis[3] = {1.0, x, x * x};                                /* of the height */
  double position = 0.0, height = 0.0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      position += slope[i] * covariance[i][j] * slope[j];
      height += basis[i] * covariance[i][j] * basis[j];
    }
  }
  peak.position = k0 + x;
  peak.height = c[0] + c[1] * x + c[2] * x * x;
  if (errors) {
    peak.position_error = sqrt(position);
    peak.height_error = sqrt(height);
  }
  return peak;
}

VmPeak VmCurvePeak(const VmCurve *curve, double k_min, double k_max)
{
  const VmPeak none = {NAN, NAN, NAN, NAN};
  int top = -1;
  for (int i = 1; i < curve->n - 1; ++i) {
    if (curve->k[i] < k_min || curve->k[i] > k_max) continue;
    if (curve->value[i] < curve->value[i - 1] || curve->value[i] < curve->value[i + 1]) continue;
    if (top < 0 || curve->value[i] > curve->value[top]) top = i;
  }
  if (top < 0 || !(curve->value[top] > 0.0)) return none;
  const double level = PEAK_TOP * curve->value[top];
  int first = top - 1, last = top + 1;
  while (first > 0 && curve->k[first - 1] >= k_min && curve->value[first - 1] >= level) --first;
  while (last < curve->n - 1 && curve->k[last + 1] <= k_max && curve->value[last + 1] >= level) ++last;
  const VmPeak peak = FitPeak(curve, first, last, curve->k[top]);
  return isnan(peak.position) ? FitPeak(curve, top - 1, top + 1, curve->k[top]) : peak;
}

PetscErrorCode VmCurveWindow(VmStatistics s, double *k_min, double *k_max)
{
  double ring;
  PetscFunctionBegin;
  PetscCall(VmStatisticsScalar(s, VmStatisticsFind(s, "radial_intensity", NULL), "first_peak", &ring));
  *k_min = isnan(ring) ? BEAM_END : 0.75 * ring;
  *k_max = isnan(ring) ? INFINITY : 1.25 * ring;
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmCurveAt(const VmCurve *curve, double k, double *value, double *error)
{
  if (curve->n < 2 || !(k >= curve->k[0] && k <= curve->k[curve->n - 1])) return false;
  int i = 0;
  while (i < curve->n - 2 && curve->k[i + 1] < k) ++i;
  const double t = (k - curve->k[i]) / (curve->k[i + 1] - curve->k[i]);
  *value = (1.0 - t) * curve->value[i] + t * curve->value[i + 1];
  *error = (1.0 - t) * curve->error[i] + t * curve->error[i + 1];
  return true;
}

static double Square(double error) { return isnan(error) ? 0.0 : error * error; }

/* chi^2 per point of factor*ours; the best factor for fixed weights. */
static double Chi2(const VmCurve *ours, const VmCurve *theirs, double factor, int *points, double *best)
{
  double chi2 = 0.0, cross = 0.0, square = 0.0;
  *points = 0;
  for (int i = 0; i < theirs->n; ++i) {
    double value, error;
    if (!VmCurveAt(ours, theirs->k[i], &value, &error)) continue;
    const double variance = Square(theirs->error[i]) + Square(factor * error);
    if (!(variance > 0.0)) continue;
    const double difference = factor * value - theirs->value[i];
    chi2 += difference * difference / variance;
    cross += value * theirs->value[i] / variance;
    square += value * value / variance;
    ++*points;
  }
  *best = cross / square;
  return *points > 0 ? chi2 / *points : NAN;
}

VmCurveDistance VmCurveCompare(const VmCurve *ours, const VmCurve *theirs)
{
  VmCurveDistance d;
  double best;
  int points;
  d.chi2 = Chi2(ours, theirs, 1.0, &d.points, &d.scale);
  /* the weights depend on the factor: a few rounds settle it */
  for (int round = 0; round < 50 && d.points > 0; ++round) {
    Chi2(ours, theirs, d.scale, &points, &best);
    if (fabs(best - d.scale) <= 1e-12 * fabs(best)) break;
    d.scale = best;
  }
  d.scaled_chi2 = d.points > 0 ? Chi2(ours, theirs, d.scale, &points, &best) : NAN;
  return d;
}
