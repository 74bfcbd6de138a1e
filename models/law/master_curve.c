#include <vitromech/law.h>
#include <math.h>

/* Part of the range of frequencies that two spectra must share at least. */
static const double least_overlap = 0.2;

/* A curve y(x) with the slopes of its monotone interpolant. */
typedef struct {
  int64_t n;
  const double *x;
  double *y, *slope; /* [n] */
  bool whole;        /* all y are finite */
} Curve;

/* Slope at the middle one of three points of the parabola through them, at the parameter `at` of the first interval. */
static double Parabola(double h0, double h1, double d0, double d1, double at)
{
  return d0 + (d1 - d0) / (h0 + h1) * (2.0 * at - h0);
}

/* Slopes of parabolas, at most three times the smaller difference quotient where the data are monotone, so that the
 * interpolant is monotone too (Fritsch & Carlson, SIAM J. Numer. Anal. 17 (1980) 238). */
static void Slopes(Curve *c)
{
  const int64_t n = c->n;
  for (int64_t i = 1; i + 1 < n; ++i) {
    const double h0 = c->x[i] - c->x[i - 1], h1 = c->x[i + 1] - c->x[i];
    const double d0 = (c->y[i] - c->y[i - 1]) / h0, d1 = (c->y[i + 1] - c->y[i]) / h1;
    const double slope = Parabola(h0, h1, d0, d1, h0), most = 3.0 * fmin(fabs(d0), fabs(d1));
    c->slope[i] = d0 * d1 > 0.0 ? copysign(fmin(fabs(slope), most), d0) : slope;
    if (i == 1) c->slope[0] = Parabola(h0, h1, d0, d1, 0.0);
    if (i == n - 2) c->slope[n - 1] = Parabola(h0, h1, d0, d1, h0 + h1);
  }
}

static PetscErrorCode CurveCreate(int64_t n, const double *x, const double *values, Curve *c)
{
  PetscFunctionBegin;
  *c = (Curve){.n = n, .x = x, .whole = true};
  PetscCall(PetscMalloc2((size_t)n, &c->y, (size_t)n, &c->slope));
  for (int64_t i = 0; i < n; ++i) {
    c->whole = c->whole && values[i] > 0.0;
    c->y[i] = values[i] > 0.0 ? log(values[i]) : 0.0;
  }
  Slopes(c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double ValueAt(const Curve *c, double x)
{
  int64_t low = 0, high = c->n - 1;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    if (c->x[middle] <= x) low = middle;
    else high = middle;
  }
  const double h = c->x[high] - c->x[low], t = (x - c->x[low]) / h, u = 1.0 - t;
  return u * u * (1.0 + 2.0 * t) * c->y[low] + t * t * (1.0 + 2.0 * u) * c->y[high] +
         h * t * u * (u * c->slope[low] - t * c->slope[high]);
}

/* Adds the squares of the differences where b, moved by s, lies over a; returns the number of points. */
static int64_t AddDifferences(const Curve *a, const Curve *b, double s, double *sum)
{
  int64_t count = 0;
  for (int64_t i = 0; i < b->n; ++i) {
    const double x = b->x[i] + s;
    if (x < a->x[0] || x > a->x[a->n - 1]) continue;
    const double difference = ValueAt(a, x) - b->y[i];
    *sum += difference * difference;
    ++count;
  }
  return count;
}

/* Mean square difference of spectra a and b (storage, loss), b moved by s; HUGE_VAL if they hardly overlap. */
static double Misfit(const Curve a[2], const Curve b[2], double s)
{
  const double range = a->x[a->n - 1] - a->x[0];
  double sum = 0.0;
  int64_t count = 0;
  if (range - fabs(s) < least_overlap * range) return HUGE_VAL;
  for (int part = 0; part < 2; ++part) {
    if (!a[part].whole || !b[part].whole) continue;
    count += AddDifferences(&a[part], &b[part], s, &sum);
    count += AddDifferences(&b[part], &a[part], -s, &sum);
  }
  return count >= 6 ? sum / (double)count : HUGE_VAL;
}

/* The best shift: a scan, then golden section about its lowest point. The misfit is not smooth where points enter the
 * overlap, so that nothing faster is safe. */
static double BestShift(const Curve a[2], const Curve b[2], double *misfit)
{
  const double range = a->x[a->n - 1] - a->x[0], golden = 0.5 * (sqrt(5.0) - 1.0);
  const int steps = 400;
  double best = NAN, least = HUGE_VAL;
  for (int k = -steps; k <= steps; ++k) {
    const double s = range * k / steps, value = Misfit(a, b, s);
    if (value < least) least = value, best = s;
  }
  double low = best - range / steps, high = best + range / steps;
  for (int k = 0; k < 60 && isfinite(best); ++k) {
    const double left = high - golden * (high - low), right = low + golden * (high - low);
    if (Misfit(a, b, left) < Misfit(a, b, right)) high = right;
    else low = left;
  }
  if (isfinite(best)) best = 0.5 * (low + high);
  *misfit = sqrt(Misfit(a, b, best));
  return best;
}

PetscErrorCode VmMasterCurve(int64_t temperatures, int64_t n, const double *omega, const double *storage,
                             const double *loss, int64_t reference, double *log_shift, double *misfit)
{
  Curve(*curves)[2];
  double *x;

  PetscFunctionBegin;
  PetscCheck(n >= 3 && reference >= 0 && reference < temperatures, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%lld frequencies, reference %lld of %lld", (long long)n, (long long)reference, (long long)temperatures);
  PetscCall(PetscMalloc2((size_t)n, &x, (size_t)temperatures, &curves));
  for (int64_t i = 0; i < n; ++i) x[i] = log(omega[i]);
  for (int64_t t = 0; t < temperatures; ++t) {
    PetscCall(CurveCreate(n, x, storage + t * n, &curves[t][0]));
    PetscCall(CurveCreate(n, x, loss + t * n, &curves[t][1]));
  }
  log_shift[reference] = misfit[reference] = 0.0;
  for (int64_t t = reference + 1; t < temperatures; ++t)
    log_shift[t] = log_shift[t - 1] + BestShift(curves[t - 1], curves[t], &misfit[t]);
  for (int64_t t = reference - 1; t >= 0; --t)
    log_shift[t] = log_shift[t + 1] + BestShift(curves[t + 1], curves[t], &misfit[t]);
  for (int64_t t = 0; t < temperatures; ++t)
    for (int part = 0; part < 2; ++part) PetscCall(PetscFree2(curves[t][part].y, curves[t][part].slope));
  PetscCall(PetscFree2(x, curves));
  PetscFunctionReturn(PETSC_SUCCESS);
}
