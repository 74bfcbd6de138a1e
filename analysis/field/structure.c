/* Amplitude, length and exponent of the roughness of a map: fit of the structure function P(r). */
#include "jackknife.h"
#include <vitromech/least_squares.h>
#include <math.h>

typedef struct {
  double r_max;
} Params;

static const VmParam rows[] = {{.key = "r_max",
                                .type = VM_REAL,
                                .offset = offsetof(Params, r_max),
                                .unit = "nm",
                                .default_text = "none",
                                .min = 1e-6,
                                .max = 1e9,
                                .doc = "largest distance of the fit; none: a quarter of the shortest side"},
                               {0}};
static const VmTable table = {"structure", "fit of the structure function P(r)", sizeof(Params), rows, NULL};

enum { SIGMA, XI, ALPHA, NVALUE };

typedef struct {
  int64_t n;
  double spacing, *r, *p; /* [n] */
} Lags;

/* Logarithms of 2 sigma^2, xi and 2 alpha; equal weight for every unit of r. */
static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Lags *lags = context;
  const double plateau = exp(x[0]), xi = exp(x[1]), power = exp(x[2]), r = lags->r[i];
  const double u = pow(r / xi, power), rest = exp(-u), weight = sqrt(lags->spacing / r);
  gradient[0] = weight * plateau * (1.0 - rest);
  gradient[1] = -weight * plateau * rest * u * power;
  gradient[2] = weight * plateau * rest * u * power * log(r / xi);
  return weight * (plateau * (1.0 - rest) - lags->p[i]);
}

/* Where the lags first reach 1 - 1/e of the plateau, in shells of one spacing; the plateau is the mean of the outer
 * half. */
static void Start(const Lags *lags, double r_max, double x[3])
{
  double plateau = 0.0, count = 0.0, xi = lags->spacing;
  for (int64_t i = 0; i < lags->n; ++i)
    if (lags->r[i] > 0.5 * r_max) {
      plateau += lags->p[i];
      count += 1.0;
    }
  plateau = count > 0.0 ? plateau / count : 0.0;
  for (double low = 0.0, below = 0.0; below < 1.0 && low < r_max; low += lags->spacing) {
    double mean = 0.0, points = 0.0;
    for (int64_t i = 0; i < lags->n; ++i)
      if (lags->r[i] > low && lags->r[i] <= low + lags->spacing) {
        mean += lags->p[i];
        points += 1.0;
      }
    if (points > 0.0 && mean / points > (1.0 - exp(-1.0)) * plateau) below = 1.0;
    else xi = low + lags->spacing;
  }
  x[0] = log(plateau);
  x[1] = log(xi);
  x[2] = 0.0;
}

static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const double r_max = *(const double *)context;
  Lags lags = {.spacing = fmin(map->spacing[1], map->spacing[2])};
  double x[3];
  PetscFunctionBegin;
  if (map->dim == 3) lags.spacing = fmin(lags.spacing, map->spacing[0]);
  PetscCall(VmStructureFunction(map, r_max, &lags.n, &lags.r, &lags.p));
  Start(&lags, r_max, x);
  const bool found = lags.n > 3 && isfinite(x[0]) && VmLeastSquares(3, x, lags.n, Residual, &lags, NULL);
  values[SIGMA] = found ? sqrt(0.5 * exp(x[0])) : NAN;
  values[XI] = found ? exp(x[1]) : NAN;
  values[ALPHA] = found ? 0.5 * exp(x[2]) : NAN;
  PetscCall(PetscFree(lags.r));
  PetscCall(PetscFree(lags.p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double ShortestSide(const VmMap *map)
{
  double side = INFINITY;
  for (int a = 3 - map->dim; a < 3; ++a) side = fmin(side, (double)map->n[a] * map->spacing[a]);
  return side;
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const Params *p = params;
  const double r_max = isnan(p->r_max) ? 0.25 * ShortestSide(map) : p->r_max;
  double values[NVALUE], errors[NVALUE];
  PetscFunctionBegin;
  PetscCall(Values(&r_max, map, values));
  PetscCall(VmJackknife(map, NVALUE, Values, &r_max, errors));
  const char *definition =
      "P(r) = <(v(x) - v(x + r))^2> = 2 sigma^2 [1 - exp(-(r/xi)^(2 alpha))], least squares over all "
      "lags up to r_max with equal weight for every unit of r; NAN if the fit fails";
  PetscCall(VmStatResultEstimate(result, "sigma", values[SIGMA], errors[SIGMA], map->unit,
                                 "root mean square of the fluctuation", definition));
  PetscCall(
      VmStatResultEstimate(result, "xi", values[XI], errors[XI], map->length_unit, "correlation length", definition));
  PetscCall(VmStatResultEstimate(result, "alpha", values[ALPHA], errors[ALPHA], "1", "roughness exponent", definition));
  PetscCall(VmStatResultScalar(result, "r_max", r_max, map->length_unit, "largest distance of the fit", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_structure = {
    .head = {"structure",
             "fluctuation sigma, correlation length xi and exponent alpha from the structure function P(r)",
             "physics.md E7; Sinha, Sirota, Garoff & Stanley, Phys. Rev. B 38 (1988) 2297", &table},
    .apply = Apply};
