/* Least-squares fit of a law by PETSc TAO. */
#include <vitromech/law.h>
#include <vitromech/probability.h>
#include <vitromech/rng.h>
#include <petsctao.h>
#include <math.h>
#include <string.h>

enum { MOST = VM_LAW_MOST_PARAMETERS };

/* Inverse condition of the correlation matrix of the parameters below which the data do not tell them apart. */
static const double undetermined = 1e-12;

/* A fit in the coordinates q: the logarithm of logarithmic parameters, others over their scale. */
typedef struct {
  const VmLawOps *law;
  int64_t n, rows;      /* points, residuals */
  const double *x;      /* [n] */
  double *target;       /* [rows] values, or their logarithms */
  double *weight;       /* [rows] */
  double *room, *model; /* [rows] */
  double *jacobian;     /* [rows][free], column by column */
  int count, free, which[MOST];
  double fixed[MOST], scale[MOST], low[MOST], high[MOST]; /* bounds in q, of the free ones */
} Problem;

static bool IsLogarithmic(const Problem *f, int p) { return f->law->logarithmic >> p & 1u; }

static void Parameters(const Problem *f, const double *q, double *value)
{
  memcpy(value, f->fixed, sizeof f->fixed);
  for (int k = 0; k < f->free; ++k) {
    const int p = f->which[k];
    value[p] = IsLogarithmic(f, p) ? exp(q[k]) : q[k] * f->scale[p];
  }
}

/* Weighted residuals [rows] of the model at q. */
static PetscErrorCode Residuals(Problem *f, const double *q, double *residual)
{
  double value[MOST];
  PetscFunctionBegin;
  Parameters(f, q, value);
  PetscCall(f->law->evaluate(value, f->n, f->x, f->model));
  for (int64_t i = 0; i < f->rows; ++i) {
    const double model = f->law->relative ? log(fmax(f->model[i], 1e-300)) : f->model[i];
    residual[i] = (model - f->target[i]) * f->weight[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Central differences, one-sided at a bound. */
static PetscErrorCode Jacobian(Problem *f, const double *q)
{
  double moved[MOST];
  PetscFunctionBegin;
  memcpy(moved, q, (size_t)f->free * sizeof(double));
  for (int k = 0; k < f->free; ++k) {
    const double step = 6e-6 * fmax(1.0, fabs(q[k]));
    const double up = fmin(q[k] + step, f->high[k]), down = fmax(q[k] - step, f->low[k]);
    double *column = f->jacobian + k * f->rows;
    moved[k] = up;
    PetscCall(Residuals(f, moved, column));
    moved[k] = down;
    PetscCall(Residuals(f, moved, f->room));
    moved[k] = q[k];
    for (int64_t i = 0; i < f->rows; ++i) column[i] = (column[i] - f->room[i]) / (up - down);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TaoResiduals(Tao tao, Vec q, Vec residual, void *context)
{
  const double *from;
  double *to;
  (void)tao;
  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(q, &from));
  PetscCall(VecGetArrayWrite(residual, &to));
  PetscCall(Residuals(context, from, to));
  PetscCall(VecRestoreArrayWrite(residual, &to));
  PetscCall(VecRestoreArrayRead(q, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TaoJacobian(Tao tao, Vec q, Mat matrix, Mat preconditioner, void *context)
{
  Problem *f = context;
  const double *from;
  double *to;
  (void)tao, (void)preconditioner;
  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(q, &from));
  PetscCall(Jacobian(f, from));
  PetscCall(VecRestoreArrayRead(q, &from));
  PetscCall(MatDenseGetArrayWrite(matrix, &to));
  memcpy(to, f->jacobian, (size_t)(f->rows * f->free) * sizeof(double));
  PetscCall(MatDenseRestoreArrayWrite(matrix, &to));
  PetscCall(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A sequential vector around, or a copy of, n numbers. */
static PetscErrorCode VectorOf(int64_t n, const double *values, Vec *vector)
{
  double *to;
  PetscFunctionBegin;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, (PetscInt)n, vector));
  PetscCall(VecGetArrayWrite(*vector, &to));
  for (int64_t i = 0; i < n; ++i) to[i] = values ? values[i] : 0.0;
  PetscCall(VecRestoreArrayWrite(*vector, &to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Ends where rounding is all that is left, which gradients of ill-conditioned laws do not tell. */
typedef struct {
  double least; /* sum of squares of rounding */
  double best;
  int still; /* iterations without a lower one */
} Stop;

static PetscErrorCode Converged(Tao tao, void *context)
{
  Stop *stop = context;
  double objective;
  PetscFunctionBegin;
  PetscCall(TaoDefaultConvergenceTest(tao, NULL));
  PetscCall(TaoGetSolutionStatus(tao, NULL, &objective, NULL, NULL, NULL, NULL));
  stop->still = stop->best - objective <= 1e-12 * objective ? stop->still + 1 : 0;
  stop->best = PetscMin(stop->best, objective);
  if (objective <= stop->least || stop->still == 3) PetscCall(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Minimise(Problem *f, double *q, int *iterations, TaoConvergedReason *reason)
{
  Stop stop = {.least = 1e-28 * (double)f->rows, .best = HUGE_VAL};
  Tao tao, inner;
  Vec unknown, residual, low, high;
  Mat matrix;
  const double *from;
  PetscInt count;
  PetscBool chosen;

  PetscFunctionBegin;
  PetscCall(VectorOf(f->free, q, &unknown));
  PetscCall(VectorOf(f->rows, NULL, &residual));
  PetscCall(VectorOf(f->free, f->low, &low));
  PetscCall(VectorOf(f->free, f->high, &high));
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, (PetscInt)f->rows, f->free, NULL, &matrix));
  PetscCall(TaoCreate(PETSC_COMM_SELF, &tao));
  PetscCall(TaoSetType(tao, TAOBRGN));
  PetscCall(TaoSetOptionsPrefix(tao, "law_fit_"));
  PetscCall(PetscOptionsHasName(NULL, "law_fit_", "-tao_brgn_regularization_type", &chosen));
  if (!chosen) PetscCall(PetscOptionsSetValue(NULL, "-law_fit_tao_brgn_regularization_type", "lm"));
  PetscCall(TaoSetResidualRoutine(tao, residual, TaoResiduals, f));
  PetscCall(TaoSetJacobianResidualRoutine(tao, matrix, matrix, TaoJacobian, f));
  PetscCall(TaoSetVariableBounds(tao, low, high));
  PetscCall(TaoSetTolerances(tao, 1e-13, 1e-13, 0.0));
  PetscCall(TaoSetMaximumIterations(tao, 500));
  PetscCall(TaoSetFromOptions(tao));
  PetscCall(TaoBRGNGetSubsolver(tao, &inner));
  PetscCall(TaoSetConvergenceTest(inner, Converged, &stop));
  PetscCall(TaoSetSolution(tao, unknown));
  PetscCall(TaoSolve(tao));
  PetscCall(TaoGetConvergedReason(tao, reason));
  PetscCall(TaoGetIterationNumber(tao, &count));
  *iterations = (int)count;
  PetscCall(VecGetArrayRead(unknown, &from));
  memcpy(q, from, (size_t)f->free * sizeof(double));
  PetscCall(VecRestoreArrayRead(unknown, &from));
  PetscCall(TaoDestroy(&tao));
  PetscCall(MatDestroy(&matrix));
  PetscCall(VecDestroy(&high));
  PetscCall(VecDestroy(&low));
  PetscCall(VecDestroy(&residual));
  PetscCall(VecDestroy(&unknown));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumOfSquares(Problem *f, const double *q, double *sum)
{
  PetscFunctionBegin;
  PetscCall(Residuals(f, q, f->room));
  *sum = 0.0;
  for (int64_t i = 0; i < f->rows; ++i) *sum += f->room[i] * f->room[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Inverse of J^T J over the parameters inside their bounds; false if they are not all determined. */
static bool Inverse(const Problem *f, const bool *inside, double inverse[MOST][MOST])
{
  double factor[MOST][MOST] = {{0.0}}, norm[MOST];
  bool good = true;
  memset(inverse, 0, MOST * sizeof *inverse);
  for (int a = 0; a < f->free; ++a) {
    double square = 0.0;
    for (int64_t i = 0; i < f->rows; ++i) square += f->jacobian[a * f->rows + i] * f->jacobian[a * f->rows + i];
    norm[a] = sqrt(square);
    good = good && (!inside[a] || norm[a] > 0.0);
  }
  /* Cholesky factor of the correlation matrix, the identity for parameters at a bound */
  for (int a = 0; a < f->free && good; ++a)
    for (int b = 0; b <= a; ++b) {
      double sum = 0.0;
      if (inside[a] && inside[b])
        for (int64_t i = 0; i < f->rows; ++i) sum += f->jacobian[a * f->rows + i] * f->jacobian[b * f->rows + i];
      sum = a == b ? 1.0 : inside[a] && inside[b] ? sum / (norm[a] * norm[b]) : 0.0;
      for (int k = 0; k < b; ++k) sum -= factor[a][k] * factor[b][k];
      if (a == b) good = good && sum > undetermined;
      factor[a][b] = a == b ? sqrt(fmax(sum, undetermined)) : sum / factor[b][b];
    }
  for (int c = 0; c < f->free && good; ++c) {
    double column[MOST];
    for (int a = 0; a < f->free; ++a) {
      column[a] = a == c;
      for (int k = 0; k < a; ++k) column[a] -= factor[a][k] * column[k];
      column[a] /= factor[a][a];
    }
    for (int a = f->free - 1; a >= 0; --a) {
      for (int k = a + 1; k < f->free; ++k) column[a] -= factor[k][a] * column[k];
      column[a] /= factor[a][a];
    }
    for (int a = 0; a < f->free; ++a) inverse[a][c] = inside[a] && inside[c] ? column[a] / (norm[a] * norm[c]) : 0.0;
  }
  return good;
}

static double FromQ(const Problem *f, int p, double q) { return IsLogarithmic(f, p) ? exp(q) : q * f->scale[p]; }

/* Standard errors and intervals from the curvature of the sum of squares. */
static PetscErrorCode Uncertainty(Problem *f, const double *q, const VmLawFitOptions *options, bool errors_known,
                                  VmLawFit *fit)
{
  double inverse[MOST][MOST], variance = errors_known ? 1.0 : fit->rms * fit->rms * (double)f->rows;
  bool inside[MOST];
  int bound = 0;
  PetscFunctionBegin;
  PetscCall(Jacobian(f, q));
  for (int k = 0; k < f->free; ++k) {
    const double near = 1e-7 * fmax(1.0, fabs(q[k]));
    inside[k] = q[k] > f->low[k] + near && q[k] < f->high[k] - near;
    fit->at_bound[f->which[k]] = !inside[k];
    bound += !inside[k];
  }
  if (!errors_known) variance /= (double)(fit->degrees + bound);
  const double half = 0.5 + 0.5 * options->confidence;
  const double t = VmStudentQuantile(half, errors_known ? 1e6 : (double)(fit->degrees + bound));
  const bool good = Inverse(f, inside, inverse);
  if (!good) snprintf(fit->message, sizeof fit->message, "the data do not determine all free parameters; hold one");
  for (int k = 0; k < f->free && good; ++k) {
    const int p = f->which[k];
    if (!inside[k]) continue;
    const double error = sqrt(variance * inverse[k][k]);
    fit->error[p] = IsLogarithmic(f, p) ? fit->value[p] * error : fabs(f->scale[p]) * error;
    fit->low[p] = FromQ(f, p, q[k] - t * error);
    fit->high[p] = FromQ(f, p, q[k] + t * error);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Fits to the model plus resampled residuals, enlarged by what the free parameters took from them. */
static PetscErrorCode Bootstrap(Problem *f, const double *best, const VmLawFitOptions *options, VmLawFit *fit)
{
  const VmRngKey key = {options->seed, VM_STREAM_BOOTSTRAP};
  const double enlarge = sqrt((double)f->rows / (double)fit->degrees), tail = 0.5 - 0.5 * options->confidence;
  const int runs = options->bootstrap;
  double *residual, *model, *kept = f->target, *drawn, *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)f->rows, &residual, (size_t)f->rows, &model, (size_t)f->rows, &drawn,
                         (size_t)(runs * f->free), &values));
  PetscCall(Residuals(f, best, residual));
  for (int64_t i = 0; i < f->rows; ++i) model[i] = kept[i] + residual[i] / f->weight[i];
  f->target = drawn;
  for (int run = 0; run < runs; ++run) {
    double q[MOST];
    int iterations;
    TaoConvergedReason reason;
    for (int64_t i = 0; i < f->rows; ++i) {
      const double u = VmRngUniform(key, (uint64_t)i, (uint32_t)run);
      const int64_t from = PetscMin((int64_t)(u * (double)f->rows), f->rows - 1);
      drawn[i] = model[i] - enlarge * residual[from] / f->weight[i];
    }
    memcpy(q, best, sizeof q);
    PetscCall(Minimise(f, q, &iterations, &reason));
    for (int k = 0; k < f->free; ++k) values[k * runs + run] = FromQ(f, f->which[k], q[k]);
  }
  f->target = kept;
  for (int k = 0; k < f->free; ++k) {
    const int cut = (int)(tail * runs);
    qsort(values + k * runs, (size_t)runs, sizeof(double), Ascending);
    fit->boot_low[f->which[k]] = values[k * runs + cut];
    fit->boot_high[f->which[k]] = values[k * runs + runs - 1 - cut];
  }
  PetscCall(PetscFree4(residual, model, drawn, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Free parameters, their scale, bounds and start in q. */
static PetscErrorCode Prepare(Problem *f, const VmLawData *data, const VmLawFitOptions *options, double *q)
{
  const VmParam *rows = f->law->head.params->rows;
  double guess[MOST] = {0.0};
  PetscFunctionBegin;
  f->law->guess(data->n, data->x, data->values, guess);
  for (int p = 0; p < f->count; ++p) {
    f->scale[p] = 1.0;
    if (!isnan(options->held[p])) {
      f->fixed[p] = options->held[p];
      continue;
    }
    const int k = f->free++;
    const double start = isnan(options->start[p]) ? guess[p] : options->start[p];
    const double inside = fmin(fmax(start, rows[p].min), rows[p].max);
    f->which[k] = p;
    if (!IsLogarithmic(f, p) && inside != 0.0) f->scale[p] = fabs(inside);
    f->low[k] = IsLogarithmic(f, p) ? log(rows[p].min) : rows[p].min / f->scale[p];
    f->high[k] = IsLogarithmic(f, p) ? log(rows[p].max) : rows[p].max / f->scale[p];
    q[k] = IsLogarithmic(f, p) ? log(inside) : inside / f->scale[p];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Weights of unknown errors make the residuals of order one, so that tolerances mean the same for all units. */
static void Weigh(Problem *f, const VmLawData *data)
{
  double square = 0.0;
  for (int64_t i = 0; i < f->rows; ++i) {
    f->target[i] = f->law->relative ? log(data->values[i]) : data->values[i];
    square += f->target[i] * f->target[i];
  }
  const double size = f->law->relative || square == 0.0 ? 1.0 : sqrt(square / (double)f->rows);
  for (int64_t i = 0; i < f->rows; ++i) {
    const double error = data->errors ? data->errors[i] / (f->law->relative ? data->values[i] : 1.0) : size;
    f->weight[i] = 1.0 / error;
  }
}

void VmLawFitOptionsInit(VmLawFitOptions *options)
{
  *options = (VmLawFitOptions){.confidence = 0.95, .seed = 1};
  for (int p = 0; p < MOST; ++p) options->held[p] = options->start[p] = NAN;
}

static void Clear(const Problem *f, const VmLawFitOptions *options, VmLawFit *fit)
{
  memset(fit, 0, sizeof *fit);
  for (int p = 0; p < MOST; ++p) {
    fit->error[p] = fit->low[p] = fit->high[p] = fit->boot_low[p] = fit->boot_high[p] = NAN;
    fit->held[p] = p < f->count && !isnan(options->held[p]);
  }
}

static PetscErrorCode Fit(Problem *f, const VmLawData *data, const VmLawFitOptions *options, VmLawFit *fit)
{
  double q[MOST] = {0.0}, sum;
  TaoConvergedReason reason = TAO_CONVERGED_GATOL;

  PetscFunctionBegin;
  Clear(f, options, fit);
  Weigh(f, data);
  PetscCall(Prepare(f, data, options, q));
  fit->degrees = f->rows - f->free;
  if (fit->degrees < 1 || f->free < 1) {
    snprintf(fit->message, sizeof fit->message, "%lld values for %d free parameters", (long long)f->rows, f->free);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1((size_t)(f->rows * f->free), &f->jacobian));
  PetscCall(Minimise(f, q, &fit->iterations, &reason));
  PetscCall(SumOfSquares(f, q, &sum));
  Parameters(f, q, fit->value);
  fit->rms = sqrt(sum / (double)f->rows);
  fit->converged = reason > 0 && isfinite(sum);
  if (!fit->converged)
    snprintf(fit->message, sizeof fit->message, "no minimum after %d iterations (%s)", fit->iterations,
             TaoConvergedReasons[reason]);
  PetscCall(Uncertainty(f, q, options, data->errors != NULL, fit));
  if (options->bootstrap > 0) PetscCall(Bootstrap(f, q, options, fit));
  if (!data->errors) fit->rms /= f->weight[0];
  PetscCall(PetscFree(f->jacobian));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLawFitRun(const VmLawOps *law, const VmLawData *data, const VmLawFitOptions *options, VmLawFit *fit)
{
  Problem f = {
      .law = law, .n = data->n, .rows = data->n * VmLawValues(law), .x = data->x, .count = VmLawParameters(law)};
  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)f.rows, &f.target, (size_t)f.rows, &f.weight, (size_t)f.rows, &f.room, (size_t)f.rows,
                         &f.model));
  PetscCall(Fit(&f, data, options, fit));
  PetscCall(PetscFree4(f.target, f.weight, f.room, f.model));
  PetscFunctionReturn(PETSC_SUCCESS);
}
