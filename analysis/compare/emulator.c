#include "emulator.h"

#include <math.h>
#include <petscblaslapack.h>
#include <petsctao.h>
#include <string.h>

/* Terms of the linear function: 1 and the parameters. */
enum { MOST_TERMS = VM_MOST_PARAMETERS + 1 };

/* Ranges of the correlation lengths, in units of the range of the parameter, and of noise over process variance. */
static const double length_range[2] = {0.08, 20.0}, noise_range[2] = {1e-6, 1e4};

/* A statistic that wavers over less than this is rather noise of the runs: prior exp(-0.5 (usual_length/length)^2).
 * Without it a process through ten noisy runs can take all of their noise for a function. */
static const double usual_length = 0.5;

struct VmEmulator_s {
  int n, d, terms;
  double *x, *y; /* [n][d], [n] */
  double length[VM_MOST_PARAMETERS], noise;
  double variance;                      /* of the process; noise * variance is that of the runs */
  double *factor;                       /* [n][n] Cholesky factor of the covariance / variance, lower, by columns */
  double *basis;                        /* [terms][n] factor^-1 times the terms at the runs */
  double *weights;                      /* [n] covariance^-1 (y - linear function) */
  double gram[MOST_TERMS * MOST_TERMS]; /* factor of basis^T basis, lower, by columns */
  double coefficient[MOST_TERMS];
  double *room; /* [n] */
};

static double Correlation(const VmEmulator e, const double *a, const double *b)
{
  double square = 0.0;
  for (int j = 0; j < e->d; ++j) square += pow((a[j] - b[j]) / e->length[j], 2);
  return exp(-0.5 * square);
}

static double Term(const double *x, int term) { return term == 0 ? 1.0 : x[term - 1]; }

/* x <- L^-1 x or L^-T x */
static void Solve(const double *factor, int n, const char *transposed, double *x)
{
  const PetscBLASInt size = n, one = 1;
  const PetscScalar unit = 1.0;
  BLAStrsm_("L", "L", transposed, "N", &size, &one, &unit, factor, &size, x, &size);
}

static double Dot(int n, const double *a, const double *b)
{
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/* Factors of the covariance and of the normal equations; false if they are not positive definite. */
static bool Factorise(VmEmulator e)
{
  const PetscBLASInt n = e->n, terms = e->terms;
  PetscBLASInt info;
  for (int i = 0; i < e->n; ++i) {
    for (int j = 0; j <= i; ++j)
      e->factor[j * e->n + i] = Correlation(e, e->x + i * e->d, e->x + j * e->d) + (i == j ? e->noise + 1e-10 : 0.0);
  }
  LAPACKpotrf_("L", &n, e->factor, &n, &info);
  if (info) return false;
  for (int t = 0; t < e->terms; ++t) {
    for (int i = 0; i < e->n; ++i) e->basis[t * e->n + i] = Term(e->x + i * e->d, t);
    Solve(e->factor, e->n, "N", e->basis + t * e->n);
  }
  for (int s = 0; s < e->terms; ++s)
    for (int t = 0; t < e->terms; ++t) e->gram[t * e->terms + s] = Dot(e->n, e->basis + s * e->n, e->basis + t * e->n);
  LAPACKpotrf_("L", &terms, e->gram, &terms, &info);
  return info == 0;
}

/* Fits the linear function and the variance at the present lengths and noise: -2 x the restricted log-likelihood
 * without its constant. */
static double Fit(VmEmulator e)
{
  double *r = e->weights, determinant = 0.0;
  if (!Factorise(e)) return HUGE_VAL;
  memcpy(r, e->y, (size_t)e->n * sizeof *r);
  Solve(e->factor, e->n, "N", r);
  for (int t = 0; t < e->terms; ++t) e->coefficient[t] = Dot(e->n, e->basis + t * e->n, r);
  Solve(e->gram, e->terms, "N", e->coefficient);
  Solve(e->gram, e->terms, "T", e->coefficient);
  for (int t = 0; t < e->terms; ++t)
    for (int i = 0; i < e->n; ++i) r[i] -= e->coefficient[t] * e->basis[t * e->n + i];
  e->variance = Dot(e->n, r, r) / (e->n - e->terms);
  Solve(e->factor, e->n, "T", r);
  for (int i = 0; i < e->n; ++i) determinant += 2.0 * log(e->factor[i * e->n + i]);
  for (int t = 0; t < e->terms; ++t) determinant += 2.0 * log(e->gram[t * e->terms + t]);
  return (e->n - e->terms) * log(fmax(e->variance, 1e-300)) + determinant;
}

static double Within(double logarithm, const double range[2]) { return fmin(fmax(exp(logarithm), range[0]), range[1]); }

static void SetHyperparameters(VmEmulator e, const double *logarithms)
{
  for (int j = 0; j < e->d; ++j) e->length[j] = Within(logarithms[j], length_range);
  e->noise = Within(logarithms[e->d], noise_range);
}

/* Outside of the ranges the objective grows, so that the search comes back. */
static PetscErrorCode Objective(Tao tao, Vec at, PetscReal *value, void *context)
{
  VmEmulator e = context;
  const double *p;
  PetscFunctionBegin;
  (void)tao;
  PetscCall(VecGetArrayRead(at, &p));
  SetHyperparameters(e, p);
  *value = Fit(e);
  if (!isfinite(*value)) *value = 1e30;
  for (int j = 0; j <= e->d; ++j) {
    const double inside = log(j < e->d ? e->length[j] : e->noise);
    *value += 10.0 * pow(p[j] - inside, 2);
    if (j < e->d) *value += pow(usual_length / e->length[j], 2);
  }
  PetscCall(VecRestoreArrayRead(at, &p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Nelder-Mead from a few starts; the surface can have two maxima, smooth and noisy. */
static PetscErrorCode Optimise(VmEmulator e)
{
  static const double starts[][2] = {{1.0, 0.1}, {0.3, 0.01}, {3.0, 1.0}};
  double best = HUGE_VAL, found[VM_MOST_PARAMETERS + 1] = {0.0};
  Tao tao;
  Vec at;
  PetscFunctionBegin;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, e->d + 1, &at));
  PetscCall(TaoCreate(PETSC_COMM_SELF, &tao));
  PetscCall(TaoSetType(tao, TAONM));
  PetscCall(TaoSetObjective(tao, Objective, e));
  PetscCall(TaoSetMaximumIterations(tao, 200));
  PetscCall(TaoSetMaximumFunctionEvaluations(tao, 400));
  for (size_t s = 0; s < sizeof starts / sizeof starts[0]; ++s) {
    PetscReal value;
    double *p;
    PetscCall(VecSet(at, log(starts[s][0])));
    PetscCall(VecSetValue(at, e->d, log(starts[s][1]), INSERT_VALUES));
    PetscCall(VecAssemblyBegin(at));
    PetscCall(VecAssemblyEnd(at));
    PetscCall(TaoSetSolution(tao, at));
    PetscCall(TaoSolve(tao));
    PetscCall(TaoComputeObjective(tao, at, &value));
    if (value >= best) continue;
    best = value;
    PetscCall(VecGetArray(at, &p));
    memcpy(found, p, (size_t)(e->d + 1) * sizeof *found);
    PetscCall(VecRestoreArray(at, &p));
  }
  PetscCall(TaoDestroy(&tao));
  PetscCall(VecDestroy(&at));
  SetHyperparameters(e, found);
  (void)Fit(e);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEmulatorCreate(int n, int d, const double *x, const double *y, VmEmulator *out)
{
  VmEmulator e;
  const size_t runs = (size_t)n;
  PetscFunctionBegin;
  PetscCheck(d >= 1 && d <= VM_MOST_PARAMETERS && n >= d + 3, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%d runs of %d parameters", n, d);
  PetscCall(PetscNew(&e));
  e->n = n, e->d = d, e->terms = d + 1;
  PetscCall(PetscMalloc6(runs * (size_t)d, &e->x, runs, &e->y, runs * runs, &e->factor, runs * (size_t)e->terms,
                         &e->basis, runs, &e->weights, runs, &e->room));
  memcpy(e->x, x, runs * (size_t)d * sizeof *x);
  memcpy(e->y, y, runs * sizeof *y);
  PetscCall(Optimise(e));
  *out = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEmulatorDestroy(VmEmulator *e)
{
  PetscFunctionBegin;
  if (!*e) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree6((*e)->x, (*e)->y, (*e)->factor, (*e)->basis, (*e)->weights, (*e)->room));
  PetscCall(PetscFree(*e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmEmulatorPredict(VmEmulator e, const double *x, double *mean, double *uncertainty, double *noise)
{
  double u[MOST_TERMS], *k = e->room;
  for (int i = 0; i < e->n; ++i) k[i] = Correlation(e, x, e->x + i * e->d);
  *mean = Dot(e->n, k, e->weights);
  for (int t = 0; t < e->terms; ++t) *mean += e->coefficient[t] * Term(x, t);
  Solve(e->factor, e->n, "N", k);
  for (int t = 0; t < e->terms; ++t) u[t] = Term(x, t) - Dot(e->n, e->basis + t * e->n, k);
  Solve(e->gram, e->terms, "N", u);
  *uncertainty = e->variance * fmax(1.0 - Dot(e->n, k, k) + Dot(e->terms, u, u), 0.0);
  *noise = e->variance * e->noise;
}

void VmEmulatorLeaveOneOut(VmEmulator e, double *error)
{
  for (int i = 0; i < e->n; ++i) {
    double u[MOST_TERMS], *column = e->room;
    memset(column, 0, (size_t)e->n * sizeof *column);
    column[i] = 1.0;
    Solve(e->factor, e->n, "N", column);
    for (int t = 0; t < e->terms; ++t) u[t] = Dot(e->n, e->basis + t * e->n, column);
    Solve(e->gram, e->terms, "N", u);
    /* the diagonal of the inverse covariance with the linear function projected out */
    const double precision = Dot(e->n, column, column) - Dot(e->terms, u, u);
    error[i] = precision > 1e-12 ? e->weights[i] / sqrt(precision * e->variance) : 0.0;
  }
}
