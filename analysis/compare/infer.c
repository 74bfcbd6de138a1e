#include "infer_read.h"
#include "screen.h"

#include <vitromech/log.h>
#include <vitromech/probability.h>

#include <math.h>
#include <petscblaslapack.h>
#include <stdlib.h>
#include <string.h>

/* Statistics that tell most are used; more of them would ask for correlations that the runs cannot give. */
enum { MOST_USED = 8, RUNS_PER_STATISTIC = 5, NEXT_POINTS = 3 };

/* Below this variance of the mean over the sweep, in units of the variance of a run, a statistic tells nothing; below a
 * tenth of that of the best it hardly helps, and the tails of its errors may harm. */
static const double least_information = 0.3, least_of_best = 0.1;
/* Of the statistics taken to depend on the parameters, about this part does so by chance. */
static const double false_finds = 0.05;
/* Two statistics whose errors are correlated more than this are one. */
static const double same_statistic = 0.97;
static const double poor_fit = 0.01;
/* The largest of some thirty Gaussian errors is about this. */
static const double usual_largest = 2.5;

typedef struct {
  const VmInferStatistic *statistic;
  VmEmulator emulator;
  double along[VM_MOST_PARAMETERS], information; /* of each parameter, and the largest */
  double chance;                                 /* that noise alone shows such a trend */
  bool depends;                                  /* on the parameters, by more than chance */
  double coverage;                               /* of 95 % intervals, leaving one run out */
  double *error;        /* [points] leave-one-out errors in standard deviations, NAN where there is no value */
  double mean, scatter; /* at the best parameters: emulated value and standard deviation of the sample about it */
} Used;

typedef struct {
  MPI_Comm comm;
  VmInferData data;
  int used, candidates;
  Used *candidate;                      /* the first `used` of them are used */
  double factor[MOST_USED * MOST_USED]; /* Cholesky factor of the correlations, lower, by columns */
  double freedom;                       /* degrees of freedom of the noise */
  int64_t side, size;                   /* points of the grid along each parameter, and in all */
  double *posterior, *spread;           /* [size] probability; part of the variance that more runs would remove */
  int64_t best;
  double chi_square, p_value;
  const char *worst; /* of the statistics that are not used */
  double worst_z, others_p;
} Inference;

static int64_t Side(int parameters) { return parameters == 1 ? 401 : parameters == 2 ? 81 : 27; }

static void GridPoint(const Inference *f, int64_t index, double *x)
{
  for (int j = f->data.parameters - 1; j >= 0; --j) {
    x[j] = (double)(index % f->side) / (double)(f->side - 1);
    index /= f->side;
  }
}

/* Emulates a statistic from the runs that have it. */
static PetscErrorCode Emulate(Inference *f, Used *u)
{
  const int d = f->data.parameters, points = f->data.points;
  const double *values = u->statistic->values;
  double *x, *y, *error;
  int n = 0, inside = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)(points * d), &x, (size_t)points, &y, (size_t)points, &error));
  for (int i = 0; i < points; ++i) {
    if (!isfinite(values[i])) continue;
    for (int j = 0; j < d; ++j) x[n * d + j] = f->data.parameter[j].values[i];
    y[n++] = values[i];
  }
  PetscCall(VmTrendProbability(n, d, x, y, &u->chance));
  PetscCall(VmEmulatorCreate(n, d, x, y, &u->emulator));
  VmEmulatorLeaveOneOut(u->emulator, error);
  PetscCall(PetscMalloc1((size_t)points, &u->error));
  for (int i = 0, k = 0; i < points; ++i) u->error[i] = isfinite(values[i]) ? error[k++] : NAN;
  for (int k = 0; k < n; ++k) inside += fabs(error[k]) < 1.96;
  u->coverage = (double)inside / n;
  PetscCall(PetscFree3(x, y, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For each parameter, the variance of the emulated mean along it (the others at a few values each) against the variance
 * of the sample about it. */
static void Information(const Inference *f, Used *u)
{
  enum { ALONG = 41, OTHERS = 3 };
  const int d = f->data.parameters, lines = d == 1 ? 1 : d == 2 ? OTHERS : OTHERS * OTHERS;
  u->information = 0.0;
  for (int j = 0; j < d; ++j) {
    double variance = 0.0, noise = 0.0;
    for (int line = 0; line < lines; ++line) {
      double x[VM_MOST_PARAMETERS], sum = 0.0, square = 0.0;
      for (int k = 0, rest = line; k < d; ++k)
        if (k != j) x[k] = (0.5 + rest % OTHERS) / OTHERS, rest /= OTHERS;
      for (int i = 0; i < ALONG; ++i) {
        double mean, uncertainty, run;
        x[j] = i / (ALONG - 1.0);
        VmEmulatorPredict(u->emulator, x, &mean, &uncertainty, &run);
        sum += mean, square += mean * mean;
        noise += uncertainty + run + u->statistic->error * u->statistic->error;
      }
      variance += fmax(square - sum * sum / ALONG, 0.0);
    }
    u->along[j] = variance / fmax(noise, 1e-300);
    u->information = fmax(u->information, u->along[j]);
  }
}

static int MoreInformation(const void *a, const void *b)
{
  const double x = ((const Used *)a)->information, y = ((const Used *)b)->information;
  return (x < y) - (x > y);
}

/* Correlation of the leave-one-out errors of two statistics over the runs that have both. */
static double ErrorCorrelation(int points, const double *a, const double *b, int *n)
{
  double aa = 0.0, bb = 0.0, ab = 0.0;
  *n = 0;
  for (int i = 0; i < points; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) continue;
    aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
    ++*n;
  }
  return aa > 0.0 && bb > 0.0 ? ab / sqrt(aa * bb) : 0.0;
}

/* Which statistics depend on the parameters. An emulator of another one may follow the noise of few runs. */
static PetscErrorCode Screen(Inference *f)
{
  double *chances;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)f->candidates, &chances));
  for (int i = 0; i < f->candidates; ++i) chances[i] = f->candidate[i].chance;
  const double limit = VmFalseDiscoveryLimit(f->candidates, chances, false_finds);
  for (int i = 0; i < f->candidates; ++i) f->candidate[i].depends = f->candidate[i].chance <= limit;
  PetscCall(PetscFree(chances));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether a statistic tells something about some parameter beside the one that tells most about it. */
static bool Tells(const Inference *f, const Used *u)
{
  if (!u->depends) return false;
  for (int j = 0; j < f->data.parameters; ++j) {
    double best = 0.0;
    for (int i = 0; i < f->candidates; ++i)
      if (f->candidate[i].depends) best = fmax(best, f->candidate[i].along[j]);
    if (u->along[j] >= fmax(least_information, least_of_best * best)) return true;
  }
  return false;
}

/* Moves the statistics to be used to the front. */
static void Select(Inference *f)
{
  const int most = PetscMax(1, PetscMin(MOST_USED, f->data.points / RUNS_PER_STATISTIC));
  qsort(f->candidate, (size_t)f->candidates, sizeof *f->candidate, MoreInformation);
  for (int i = 0; i < f->candidates && f->used < most; ++i) {
    bool fresh = Tells(f, &f->candidate[i]);
    for (int j = 0; fresh && j < f->used; ++j) {
      int n;
      fresh = fabs(ErrorCorrelation(f->data.points, f->candidate[i].error, f->candidate[j].error, &n)) < same_statistic;
    }
    if (!fresh) continue;
    const Used swap = f->candidate[f->used];
    f->candidate[f->used++] = f->candidate[i];
    f->candidate[i] = swap;
  }
}

/* Correlations shrunk towards none, as few runs know them badly. Source: Schaefer & Strimmer, Stat. Appl. Genet. Mol.
 * Biol. 4 (2005) 32. */
static PetscErrorCode Correlate(Inference *f)
{
  const int k = f->used;
  const PetscBLASInt size = k;
  double variance = 0.0, square = 0.0;
  PetscBLASInt info;
  PetscFunctionBegin;
  for (int i = 0; i < k; ++i) {
    for (int j = 0; j < k; ++j) {
      int n;
      const double r = ErrorCorrelation(f->data.points, f->candidate[i].error, f->candidate[j].error, &n);
      f->factor[j * k + i] = r;
      if (i == j) continue;
      variance += pow(1.0 - r * r, 2) / PetscMax(n - 1, 1);
      square += r * r;
    }
  }
  const double shrink = square > 0.0 ? fmin(1.0, variance / square) : 1.0;
  for (int i = 0; i < k; ++i)
    for (int j = 0; j < k; ++j) f->factor[j * k + i] = i == j ? 1.0 : (1.0 - shrink) * f->factor[j * k + i];
  LAPACKpotrf_("L", &size, f->factor, &size, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "correlations of the statistics are not positive definite");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Squared deviation of the sample at x in units of the correlated scatter, and the logarithm of its determinant. */
static double Deviation(const Inference *f, const double *x, double *logarithm, double *spread)
{
  const PetscBLASInt k = f->used, one = 1;
  const PetscScalar unit = 1.0;
  double z[MOST_USED], square = 0.0;
  *logarithm = 0.0, *spread = 0.0;
  for (int i = 0; i < f->used; ++i) {
    const Used *u = &f->candidate[i];
    double mean, uncertainty, noise;
    VmEmulatorPredict(u->emulator, x, &mean, &uncertainty, &noise);
    const double variance = uncertainty + noise + u->statistic->error * u->statistic->error;
    z[i] = (u->statistic->measured - mean) / sqrt(variance);
    *logarithm += log(variance);
    *spread += uncertainty / variance / f->used;
  }
  if (f->used == 0) return 0.0;
  BLAStrsm_("L", "L", "N", "N", &k, &one, &unit, f->factor, &k, z, &k);
  for (int i = 0; i < f->used; ++i) square += z[i] * z[i];
  return square;
}

static void Posterior(Inference *f)
{
  double sum = 0.0, top = -HUGE_VAL;
  f->chi_square = HUGE_VAL;
  for (int64_t i = 0; i < f->size; ++i) {
    double x[VM_MOST_PARAMETERS], logarithm;
    GridPoint(f, i, x);
    const double square = Deviation(f, x, &logarithm, &f->spread[i]);
    f->posterior[i] = -0.5 * (f->freedom + f->used) * log1p(square / f->freedom) - 0.5 * logarithm;
    if (f->posterior[i] > top) top = f->posterior[i], f->best = i, f->chi_square = square;
  }
  for (int64_t i = 0; i < f->size; ++i) sum += f->posterior[i] = exp(f->posterior[i] - top);
  for (int64_t i = 0; i < f->size; ++i) f->posterior[i] /= sum;
}

/* Probability that a sample of the sweep deviates more from its best parameters: F distribution of chi^2 / (k - d). */
static double PValue(const Inference *f)
{
  const double k = f->used - f->data.parameters;
  if (k < 1.0) return NAN;
  return VmFisherTail(f->chi_square / k, k, f->freedom);
}

/* Mean and variance of a statistic of runs like the sample: emulated, or that of all runs where it does not depend. */
static void Expected(const Inference *f, const Used *u, const double *x, double *mean, double *variance)
{
  double uncertainty, noise, sum = 0.0, square = 0.0, n = 0.0;
  if (u->depends) {
    VmEmulatorPredict(u->emulator, x, mean, &uncertainty, &noise);
    *variance = uncertainty + noise;
    return;
  }
  for (int k = 0; k < f->data.points; ++k)
    if (isfinite(u->statistic->values[k])) sum += u->statistic->values[k], n += 1.0;
  *mean = sum / n;
  for (int k = 0; k < f->data.points; ++k)
    if (isfinite(u->statistic->values[k])) square += pow(u->statistic->values[k] - *mean, 2);
  *variance = square / (n - 1.0) * (1.0 + 1.0 / n);
}

/* What was not used to find the parameters can still contradict them: the worst deviation of these statistics, its
 * probability that of the worst of as many. Where leave-one-out errors have tails, deviations count for less. */
static void CheckOthers(Inference *f)
{
  double best[VM_MOST_PARAMETERS], least = 1.0;
  int tests = 0;
  GridPoint(f, f->best, best);
  f->worst = NULL;
  f->others_p = NAN;
  for (int i = f->used; i < f->candidates; ++i) {
    const Used *u = &f->candidate[i];
    double mean, variance, largest = 0.0;
    for (int k = 0; k < f->data.points; ++k)
      if (u->depends && isfinite(u->error[k])) largest = fmax(largest, fabs(u->error[k]));
    Expected(f, u, best, &mean, &variance);
    variance += u->statistic->error * u->statistic->error;
    if (!(variance > 0.0)) continue;
    const double z = (u->statistic->measured - mean) / sqrt(variance) / fmax(largest / usual_largest, 1.0);
    ++tests;
    if (f->worst && VmStudentTails(z, f->freedom) >= least) continue;
    least = VmStudentTails(z, f->freedom);
    f->worst = u->statistic->name, f->worst_z = z;
  }
  if (tests > 0) f->others_p = fmin(1.0, least * tests);
}

typedef struct {
  double *density;                     /* [side] probability of each grid value */
  double mean, deviation, quantile[5]; /* 2.5, 16, 50, 84, 97.5 % */
  bool cut[2];                         /* at the lower, upper end of the sweep */
} Marginal;

static PetscErrorCode Marginalise(const Inference *f, int parameter, Marginal *m)
{
  static const double levels[5] = {0.025, 0.16, 0.5, 0.84, 0.975};
  const VmInferParameter *p = &f->data.parameter[parameter];
  int64_t stride = 1;
  double top = 0.0, square = 0.0, before = 0.0;
  PetscFunctionBegin;
  *m = (Marginal){0};
  PetscCall(PetscCalloc1((size_t)f->side, &m->density));
  for (int j = f->data.parameters - 1; j > parameter; --j) stride *= f->side;
  for (int64_t i = 0; i < f->size; ++i) m->density[i / stride % f->side] += f->posterior[i];
  const double step = (p->high - p->low) / (double)(f->side - 1);
  for (int64_t i = 0; i < f->side; ++i) {
    const double value = p->low + step * (double)i;
    m->mean += m->density[i] * value;
    square += m->density[i] * value * value;
    top = fmax(top, m->density[i]);
    for (int q = 0; q < 5; ++q) {
      /* a grid value stands for half a step to both sides */
      if (before < levels[q] && before + m->density[i] >= levels[q])
        m->quantile[q] = fmin(fmax(value + step * ((levels[q] - before) / m->density[i] - 0.5), p->low), p->high);
    }
    before += m->density[i];
  }
  m->deviation = sqrt(fmax(square - m->mean * m->mean, step * step / 12.0));
  m->cut[0] = m->density[0] > 0.1 * top;
  m->cut[1] = m->density[f->side - 1] > 0.1 * top;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "flow_unit_fraction" is also "flow_units.fraction". */
static bool SameName(const char *asked, const char *path)
{
  char plain[VM_INFER_NAME];
  size_t n = 0;
  if (strcmp(asked, path) == 0) return true;
  for (const char *c = path; *c && n + 1 < sizeof plain; ++c) {
    if (*c == 's' && c[1] == '.') continue;
    plain[n++] = *c == '.' ? '_' : *c;
  }
  plain[n] = '\0';
  return strcmp(asked, plain) == 0;
}

/* Marks the parameters that are reported. */
static PetscErrorCode FindAsked(const Inference *f, const char *text, bool asked[VM_MOST_PARAMETERS])
{
  PetscFunctionBegin;
  for (int j = 0; j < VM_MOST_PARAMETERS; ++j) asked[j] = false;
  for (const char *word = text; *word;) {
    char name[VM_INFER_NAME];
    bool known = false;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, ","), word);
    word += strcspn(word, ",");
    word += *word == ',';
    for (int j = 0; j < f->data.parameters; ++j)
      if (SameName(name, f->data.parameter[j].name)) asked[j] = known = true;
    if (known) continue;
    char list[3 * VM_INFER_NAME] = "";
    for (int j = 0; j < f->data.parameters; ++j)
      snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", j ? ", " : "", f->data.parameter[j].name);
    VmThrow(f->comm, VM_ERR_INPUT, "the sweep does not vary \"%s\"; it varies %s", name, list);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintStatistics(Inference *f)
{
  double best[VM_MOST_PARAMETERS];
  PetscFunctionBegin;
  GridPoint(f, f->best, best);
  PetscCall(VmLog(f->comm, "  %-40s %-12s %-12s %-10s %-9s %s", "statistic", "sample", "best fit", "deviation", "tells",
                  "leave-one-out"));
  for (int i = 0; i < f->used; ++i) {
    Used *u = &f->candidate[i];
    double uncertainty, noise;
    VmEmulatorPredict(u->emulator, best, &u->mean, &uncertainty, &noise);
    u->scatter = sqrt(uncertainty + noise + u->statistic->error * u->statistic->error);
    PetscCall(VmLog(f->comm, "  %-40s %-12.5g %-12.5g %+-5.1f sigma %-9.3g %.0f %% in 95 %%", u->statistic->name,
                    u->statistic->measured, u->mean, (u->statistic->measured - u->mean) / u->scatter, u->information,
                    100.0 * u->coverage));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintParameter(Inference *f, const VmInferParameter *p, const Marginal *m)
{
  PetscFunctionBegin;
  PetscCall(VmLog(f->comm, "%s = %.5g %s  68 %%: %.5g ... %.5g  95 %%: %.5g ... %.5g", p->name, m->quantile[2], p->unit,
                  m->quantile[1], m->quantile[3], m->quantile[0], m->quantile[4]));
  if (m->quantile[4] - m->quantile[0] > 0.8 * (p->high - p->low))
    PetscCall(VmWarn(f->comm,
                     "%s is not identified: its interval fills the sweep; statistics that depend on it are needed",
                     p->name));
  else if (m->cut[0] || m->cut[1])
    PetscCall(VmWarn(f->comm, "the interval of %s is cut by the %s end of the sweep; widen the range %g ... %g",
                     p->name, m->cut[0] ? "lower" : "upper", p->low, p->high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Points that are likely and where the emulators are least sure, apart from each other. */
static void NextPoints(const Inference *f, double next[NEXT_POINTS][VM_MOST_PARAMETERS])
{
  double apart = 0.1;
  for (int n = 0; n < NEXT_POINTS; ++n) {
    double top = -1.0;
    for (int64_t i = 0; i < f->size; ++i) {
      double x[VM_MOST_PARAMETERS];
      bool far = true;
      GridPoint(f, i, x);
      for (int m = 0; m < n && far; ++m) {
        double square = 0.0;
        for (int j = 0; j < f->data.parameters; ++j) square += pow(x[j] - next[m][j], 2);
        far = square > apart * apart;
      }
      const double score = sqrt(f->posterior[i]) * f->spread[i];
      if (!far || score <= top) continue;
      top = score;
      memcpy(next[n], x, sizeof x);
    }
  }
}

static PetscErrorCode PrintNext(const Inference *f, double next[NEXT_POINTS][VM_MOST_PARAMETERS])
{
  PetscFunctionBegin;
  PetscCall(VmLog(f->comm, "next points that would teach most:"));
  for (int n = 0; n < NEXT_POINTS; ++n) {
    char line[512] = "";
    for (int j = 0; j < f->data.parameters; ++j) {
      const VmInferParameter *p = &f->data.parameter[j];
      snprintf(line + strlen(line), sizeof line - strlen(line), "  %s=%.4g%s%s", p->name,
               p->low + next[n][j] * (p->high - p->low), *p->unit ? " " : "", p->unit);
    }
    PetscCall(VmLog(f->comm, "%s", line));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteParameter(const Inference *f, VmH5 out, const VmInferParameter *p, const Marginal *m)
{
  char path[VM_INFER_NAME + 64];
  double *values;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)f->side, &values));
  for (int64_t i = 0; i < f->side; ++i) values[i] = p->low + (p->high - p->low) * (double)i / (double)(f->side - 1);
  snprintf(path, sizeof path, "/inference/parameters/%s/value", p->name);
  PetscCall(VmH5Write(out, path, VM_F64, 1, &f->side, values, (VmMeta){.unit = p->unit, .axes = "value"}));
  snprintf(path, sizeof path, "/inference/parameters/%s/probability", p->name);
  PetscCall(VmH5Write(out, path, VM_F64, 1, &f->side, m->density,
                      (VmMeta){.unit = "1", .long_name = "marginal posterior of each value", .axes = "value"}));
  snprintf(path, sizeof path, "/inference/parameters/%s/quantile", p->name);
  PetscCall(VmH5Write(out, path, VM_F64, 1, &(int64_t){5}, m->quantile,
                      (VmMeta){.unit = p->unit, .long_name = "2.5, 16, 50, 84 and 97.5 %", .axes = "level"}));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteStatistics(const Inference *f, VmH5 out)
{
  char path[VM_INFER_NAME + 64];
  PetscFunctionBegin;
  PetscCall(VmH5AttrReal(out, "/inference", "p_value", 1, &f->p_value));
  PetscCall(VmH5AttrReal(out, "/inference", "p_value_others", 1, &f->others_p));
  PetscCall(VmH5AttrReal(out, "/inference", "chi_square", 1, &f->chi_square));
  for (int i = 0; i < f->used; ++i) {
    const Used *u = &f->candidate[i];
    const double row[6] = {u->statistic->measured, u->mean, u->scatter, u->information, u->coverage, 0.0};
    snprintf(path, sizeof path, "/inference/statistics/%s", u->statistic->name);
    PetscCall(
        VmH5Write(out, path, VM_F64, 1, &(int64_t){5}, row,
                  (VmMeta){.long_name = "sample, emulated at the best parameters, standard deviation between them, "
                                        "information, leave-one-out coverage of 95 %",
                           .axes = "quantity"}));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Prepare(Inference *f)
{
  PetscFunctionBegin;
  f->side = Side(f->data.parameters);
  f->size = 1;
  for (int j = 0; j < f->data.parameters; ++j) f->size *= f->side;
  f->candidates = f->data.statistics;
  PetscCall(
      PetscCalloc3((size_t)f->candidates, &f->candidate, (size_t)f->size, &f->posterior, (size_t)f->size, &f->spread));
  for (int i = 0; i < f->candidates; ++i) {
    f->candidate[i].statistic = &f->data.statistic[i];
    PetscCall(Emulate(f, &f->candidate[i]));
    Information(f, &f->candidate[i]);
  }
  PetscCall(Screen(f));
  Select(f);
  if (f->used > 0) PetscCall(Correlate(f));
  else
    PetscCall(VmWarn(f->comm,
                     "none of the %d shared statistics depends on the parameters by more than the scatter of the runs: "
                     "the sample says nothing of them",
                     f->candidates));
  f->freedom = PetscMax(f->data.points - f->data.parameters - 1 - f->used, 3);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(Inference *f, const bool asked[VM_MOST_PARAMETERS], VmH5 out)
{
  double next[NEXT_POINTS][VM_MOST_PARAMETERS] = {{0.0}};
  PetscFunctionBegin;
  PetscCall(VmLog(f->comm, "%d runs, %d of %d shared statistics used", f->data.points, f->used, f->candidates));
  PetscCall(PrintStatistics(f));
  PetscCall(VmH5Group(out, "/inference"));
  for (int j = 0; j < f->data.parameters; ++j) {
    Marginal m;
    PetscCall(Marginalise(f, j, &m));
    if (asked[j]) PetscCall(PrintParameter(f, &f->data.parameter[j], &m));
    PetscCall(WriteParameter(f, out, &f->data.parameter[j], &m));
    PetscCall(PetscFree(m.density));
  }
  PetscCall(WriteStatistics(f, out));
  if (isfinite(f->p_value)) {
    PetscCall(VmLog(f->comm, "fit: chi^2 %.2f of %d statistics, probability %.3g: %s", f->chi_square, f->used,
                    f->p_value,
                    f->p_value < poor_fit ? "POOR, no glass of the sweep looks like the sample" : "acceptable"));
  } else {
    PetscCall(VmLog(f->comm, "fit: not tested, no more statistics than parameters"));
  }
  if (f->worst)
    PetscCall(VmLog(f->comm, "beside it: %d more statistics, %s deviates most, %+.1f sigma, probability %.3g%s",
                    f->candidates - f->used, f->worst, f->worst_z, f->others_p,
                    f->others_p < poor_fit ? ": POOR, the sample is not like these glasses" : ""));
  NextPoints(f, next);
  PetscCall(PrintNext(f, next));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Infer(Inference *f, const VmInferOptions *options, VmH5 out)
{
  bool asked[VM_MOST_PARAMETERS];
  PetscFunctionBegin;
  PetscCall(FindAsked(f, options->parameters, asked));
  PetscCall(Prepare(f));
  Posterior(f);
  f->p_value = PValue(f);
  CheckOthers(f);
  PetscCall(Report(f, asked, out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmInfer(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options, VmH5 out)
{
  Inference f = {.comm = comm};
  PetscFunctionBegin;
  PetscErrorCode code = VmInferRead(comm, n, files, table, options, &f.data);
  if (!code) code = Infer(&f, options, out);
  for (int i = 0; f.candidate && i < f.candidates; ++i) {
    PetscCall(VmEmulatorDestroy(&f.candidate[i].emulator));
    PetscCall(PetscFree(f.candidate[i].error));
  }
  PetscCall(PetscFree3(f.candidate, f.posterior, f.spread));
  PetscCall(VmInferDataFree(&f.data));
  PetscFunctionReturn(code);
}
