#include "spread.h"
#include <math.h>

typedef struct {
  VmSpreadParams field;
  double least;
} Params;

static const VmParam rows[] = {{.key = "spread",
                                .type = VM_REAL,
                                .offset = offsetof(Params, field) + offsetof(VmSpreadParams, spread),
                                .unit = "1",
                                .max = 1.0,
                                .doc = "standard deviation over the mean, before the tail is cut off"},
                               VM_CORRELATION_LENGTH_ROW,
                               {.key = "least",
                                .type = VM_REAL,
                                .offset = offsetof(Params, least),
                                .unit = "1",
                                .default_text = "0.05",
                                .min = 1e-6,
                                .max = 0.9,
                                .doc = "smallest factor: the tail below is cut off"},
                               {0}};
static const VmTable params_table = {
    .name = "gaussian", .doc = "a truncated Gaussian field", .size = sizeof(Params), .rows = rows};

/* Upper tail of the standard normal distribution. */
static double Tail(double x) { return 0.5 * erfc(x * sqrt(0.5)); }

/* Takes a normal g to the x > cut with Tail(x) = kept Tail(g), kept = Tail(cut): the normal distribution without its
 * part below the cut. By Newton's method for ln Tail, which is concave: monotone from the right. */
static double Truncate(double g, double cut, double kept)
{
  const double target = log(kept) + log(Tail(g));
  double x = fmax(g, cut) + 1.0;
  for (int i = 0; i < 60; ++i) {
    const double slope = -exp(-0.5 * x * x) / sqrt(2.0 * VM_PI) / Tail(x), step = (log(Tail(x)) - target) / slope;
    x -= step;
    if (fabs(step) < 1e-14 * (1.0 + fabs(x))) break;
  }
  return fmax(x, cut);
}

static PetscErrorCode Draw(VmGrid grid, const void *params, const char *base, VmRngKey key, double *factor)
{
  const Params *p = params;
  PetscFunctionBegin;
  (void)base;
  PetscCall(VmGaussianField(grid, p->field.correlation_length, key, factor));
  const double spread = p->field.spread, cut = spread > 0.0 ? (p->least - 1.0) / spread : -HUGE_VAL, kept = Tail(cut);
  for (int64_t i = 0; i < grid->np; ++i)
    factor[i] = 1.0 + spread * (kept < 1.0 ? Truncate(factor[i], cut, kept) : factor[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmDistributionOps vm_distribution_gaussian = {
    .head = {.name = "gaussian",
             .doc = "the parameter's value is the mean: factors 1 + spread g with a Gaussian field g of unit variance, "
                    "without those below `least`",
             .source = "truncated normal distribution",
             .params = &params_table},
    .draw = Draw};
