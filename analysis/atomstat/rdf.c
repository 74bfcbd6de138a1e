/* Pair distribution functions, coordination numbers and structure factors of atoms. */
#include "../stat/groups.h"
#include "radial.h"
#include <vitromech/scatter.h>
#include <math.h>
#include <string.h>

typedef struct {
  double r_max, bin, smoothing, cutoff, prominence, k_max;
} Params;

static const VmParam rows[] = {
    {.key = "r_max",
     .type = VM_REAL,
     .offset = offsetof(Params, r_max),
     .unit = "nm",
     .default_text = "1.5 nm",
     .min = 0.2,
     .max = 20,
     .doc = "longest distance of a pair; limits the resolution of the structure factor to about 1/(2 r_max)"},
    {.key = "bin",
     .type = VM_REAL,
     .offset = offsetof(Params, bin),
     .unit = "nm",
     .default_text = "0.002 nm",
     .min = 1e-4,
     .max = 0.05,
     .doc = "width of the bins of distances"},
    {.key = "smoothing",
     .type = VM_REAL,
     .offset = offsetof(Params, smoothing),
     .unit = "nm",
     .default_text = "0.005 nm",
     .min = 0,
     .max = 0.1,
     .doc = "standard deviation of the Gaussian with which g(r) is smoothed before it is written and its peaks are "
            "sought"},
    {.key = "cutoff",
     .type = VM_REAL,
     .offset = offsetof(Params, cutoff),
     .unit = "nm",
     .default_text = "none",
     .min = 0.05,
     .max = 5,
     .doc = "radius of the first coordination shell; none: the first minimum of g(r) of all atoms"},
    {.key = "prominence",
     .type = VM_REAL,
     .offset = offsetof(Params, prominence),
     .unit = "1",
     .default_text = "0.03",
     .min = 0,
     .max = 10,
     .doc = "how far a maximum must stand above the higher of the minima beside it to be listed in peaks"},
    {.key = "k_max",
     .type = VM_REAL,
     .offset = offsetof(Params, k_max),
     .unit = "1/nm",
     .default_text = "20 1/nm",
     .min = 1,
     .max = 200,
     .doc = "end of the structure factor, k = q/(2 pi)"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (p->r_max / p->bin > 1e4)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "bin"), "bin: more than 10000 bins up to r_max = %g nm", p->r_max));
  if (p->cutoff > p->r_max)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "cutoff"), "cutoff: beyond r_max = %g nm", p->r_max));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"rdf", "pair distribution functions", sizeof(Params), rows, Check};

#define K_STEP 0.05 /* 1/nm */

typedef struct {
  const Params *params;
  const VmAtoms *atoms;
  VmRadialSums sums;
  int bins, nk;         /* bins up to r_max; the sums reach further by the smoothing */
  double *wave;         /* [nk][bins] 4 pi r^2 dr sin(2 pi k r)/(2 pi k r), Lorch's window */
  double *weight;       /* [nk][pairs] of partial structure factors in that of electrons */
  double *raw, *smooth; /* [sums.bins] */
} Context;

/* Places in the array of values: curves [1 + pairs][bins], structure factors [2 + pairs][nk] (all atoms, electrons,
 * pairs), first peaks [1 + pairs], first minimum, coordination [species][species], of each species, mean, peak of the
 * structure factor. */
static size_t CurveAt(const Context *c, int pair) { return (size_t)(1 + pair) * (size_t)c->bins; }
static size_t FactorAt(const Context *c, int which)
{
  return (size_t)(1 + c->sums.pairs) * (size_t)c->bins + (size_t)which * (size_t)c->nk;
}
static size_t PeakAt(const Context *c, int pair) { return FactorAt(c, 2 + c->sums.pairs) + (size_t)(1 + pair); }
static size_t MinimumAt(const Context *c) { return PeakAt(c, c->sums.pairs); }
static size_t CoordinationAt(const Context *c, int a, int b)
{
  return MinimumAt(c) + 1 + (size_t)(a * c->sums.species + b);
}
static size_t SpeciesAt(const Context *c, int a) { return CoordinationAt(c, c->sums.species, a); }
static size_t MeanAt(const Context *c) { return SpeciesAt(c, c->sums.species); }
static size_t FactorPeakAt(const Context *c) { return MeanAt(c) + 1; }
static size_t Values(const Context *c) { return FactorPeakAt(c) + 1; }

static double Radius(const Context *c, int i) { return (i + 0.5) * c->sums.bin; }

/* Neighbours within a radius: the integral of 4 pi r^2 density g. */
static double Coordination(const Context *c, const double *g, double density, double radius)
{
  const double bin = c->sums.bin;
  double sum = 0.0;
  for (int i = 0; i < c->sums.bins && i * bin < radius; ++i) {
    const double end = fmin(radius, (i + 1) * bin);
    sum += 4.0 / 3.0 * VM_PI * (pow(end, 3) - pow(i * bin, 3)) * g[i];
  }
  return density * sum;
}

static void Factor(const Context *c, const double *g, double density, double *factor)
{
  for (int q = 0; q < c->nk; ++q) {
    const double *wave = c->wave + (size_t)q * (size_t)c->bins;
    double sum = 0.0;
    for (int i = 0; i < c->bins; ++i) sum += wave[i] * (g[i] - 1.0);
    factor[q] = 1.0 + density * sum;
  }
}

static double Density(const Context *c)
{
  double sum = 0.0;
  for (int a = 0; a < c->sums.species; ++a) sum += c->sums.density[a];
  return sum;
}

static void Pair(const Context *c, const double *sums, int pair, double *values)
{
  VmRadialCurve(&c->sums, sums, pair, c->raw);
  VmRadialSmooth(c->sums.bins, c->params->smoothing / c->sums.bin, c->raw, c->smooth);
  memcpy(values + CurveAt(c, pair), c->smooth, (size_t)c->bins * sizeof *c->smooth);
  values[PeakAt(c, pair)] = VmRadialPeak(c->bins, c->sums.bin, c->smooth);
  Factor(c, c->raw, Density(c), values + FactorAt(c, pair < 0 ? 0 : 2 + pair));
}

static void Everything(const void *context, const double *sums, double *values)
{
  const Context *c = context;
  const int species = c->sums.species;
  const double density = Density(c);
  Pair(c, sums, -1, values);
  const double minimum = VmRadialMinimum(c->sums.bins, c->sums.bin, c->smooth);
  const double radius = isnan(c->params->cutoff) ? minimum : c->params->cutoff;
  values[MinimumAt(c)] = minimum;
  values[MeanAt(c)] = 0.0;
  for (int a = 0; a < species; ++a) values[SpeciesAt(c, a)] = 0.0;
  for (int a = 0; a < species; ++a)
    for (int b = a; b < species; ++b) {
      Pair(c, sums, VmRadialPair(&c->sums, a, b), values);
      const double around_a = Coordination(c, c->raw, c->sums.density[b], radius);
      const double around_b = Coordination(c, c->raw, c->sums.density[a], radius);
      values[CoordinationAt(c, a, b)] = isnan(radius) ? NAN : around_a;
      values[CoordinationAt(c, b, a)] = isnan(radius) ? NAN : around_b;
    }
  for (int a = 0; a < species; ++a) {
    for (int b = 0; b < species; ++b) values[SpeciesAt(c, a)] += values[CoordinationAt(c, a, b)];
    values[MeanAt(c)] += values[SpeciesAt(c, a)] * c->sums.density[a] / density;
  }
  for (int q = 0; q < c->nk; ++q) {
    double sum = 0.0;
    for (int p = 0; p < c->sums.pairs; ++p)
      sum += c->weight[q * c->sums.pairs + p] * values[FactorAt(c, 2 + p) + (size_t)q];
    values[FactorAt(c, 1) + (size_t)q] = sum;
  }
  values[FactorPeakAt(c)] = VmRadialPeak(c->nk, K_STEP, values + FactorAt(c, 0));
}

/* Faber and Ziman: weights c_a c_b f_a f_b/<f>^2 of the partial structure factors. */
static void Weights(Context *c)
{
  const double density = Density(c);
  for (int q = 0; q < c->nk; ++q) {
    double f[VM_MAX_SPECIES], mean = 0.0;
    for (int a = 0; a < c->sums.species; ++a) {
      f[a] = c->sums.density[a] / density * VmScatteringFactor(c->atoms->number[a], (q + 0.5) * K_STEP);
      mean += f[a];
    }
    for (int a = 0; a < c->sums.species; ++a)
      for (int b = a; b < c->sums.species; ++b)
        c->weight[q * c->sums.pairs + VmRadialPair(&c->sums, a, b)] =
            (a == b ? 1.0 : 2.0) * f[a] * f[b] / (mean * mean);
  }
}

static void Waves(Context *c)
{
  for (int q = 0; q < c->nk; ++q)
    for (int i = 0; i < c->bins; ++i) {
      const double r = Radius(c, i), phase = 2.0 * VM_PI * (q + 0.5) * K_STEP * r,
                   lorch = VM_PI * r / (c->bins * c->sums.bin);
      c->wave[(size_t)q * (size_t)c->bins + (size_t)i] =
          4.0 * VM_PI * r * r * c->sums.bin * sin(phase) / phase * sin(lorch) / lorch;
    }
}

static PetscErrorCode ContextCreate(const Params *p, const VmStructure *structure, Context *c)
{
  const int bins = (int)ceil(p->r_max / p->bin - 1e-9), margin = (int)ceil(4.0 * p->smoothing / p->bin);
  PetscFunctionBegin;
  *c = (Context){.params = p, .atoms = structure->atoms, .bins = bins, .nk = (int)(p->k_max / K_STEP)};
  PetscCall(VmRadialSumsCreate(structure, p->bin, bins + margin, &c->sums));
  PetscCall(PetscMalloc1((size_t)c->nk * (size_t)bins, &c->wave));
  PetscCall(PetscMalloc1((size_t)c->nk * (size_t)c->sums.pairs, &c->weight));
  PetscCall(PetscMalloc2((size_t)c->sums.bins, &c->raw, (size_t)c->sums.bins, &c->smooth));
  Waves(c);
  Weights(c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ContextDestroy(Context *c)
{
  PetscFunctionBegin;
  PetscCall(VmRadialSumsDestroy(&c->sums));
  PetscCall(PetscFree(c->wave));
  PetscCall(PetscFree(c->weight));
  PetscCall(PetscFree2(c->raw, c->smooth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "Cu-Zr": the lower atomic number first; all atoms: "total". */
static void PairName(const Context *c, int pair, char name[16])
{
  snprintf(name, 16, "total");
  for (int a = 0; a < c->sums.species; ++a)
    for (int b = a; b < c->sums.species; ++b) {
      const int low = PetscMin(c->atoms->number[a], c->atoms->number[b]);
      const int high = PetscMax(c->atoms->number[a], c->atoms->number[b]);
      if (VmRadialPair(&c->sums, a, b) == pair)
        snprintf(name, 16, "%s-%s", VmElementSymbol(low), VmElementSymbol(high));
    }
}

static PetscErrorCode AddCurve(VmStatResult result, const char *prefix, const char *name, int n, const double *values,
                               const double *errors, const char *what, const char *axis)
{
  char full[64], full_error[80];
  const int64_t dims[1] = {n};
  PetscFunctionBegin;
  snprintf(full, sizeof full, "%s%s", prefix, name);
  snprintf(full_error, sizeof full_error, "%s_error", full);
  PetscCall(VmStatResultAdd(result, full, VM_F64, 1, dims, values, (VmMeta){"1", what, axis}, NULL));
  PetscCall(VmStatResultAdd(result, full_error, VM_F64, 1, dims, errors,
                            (VmMeta){"1", "standard error (bootstrap over 16 blocks of space)", axis}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lowest value from i in steps until the curve is higher than at i, or ends. */
static double Valley(int n, const double *g, int i, int step)
{
  double lowest = g[i];
  for (int j = i + step; j >= 0 && j < n && g[j] <= g[i]; j += step) lowest = fmin(lowest, g[j]);
  return lowest;
}

static PetscErrorCode AddPeaks(const Context *c, VmStatResult result, const char *name, const double *g)
{
  enum { MOST = 32 };
  char full[64];
  double peak[MOST];
  int64_t count = 0;
  PetscFunctionBegin;
  for (int i = 1; i + 1 < c->bins && count < MOST; ++i) {
    if (!(g[i] >= g[i - 1] && g[i] > g[i + 1])) continue;
    if (g[i] - fmax(Valley(c->bins, g, i, -1), Valley(c->bins, g, i, 1)) < c->params->prominence) continue;
    peak[count++] = Radius(c, i) + 0.5 * c->sums.bin * (g[i - 1] - g[i + 1]) / (g[i - 1] - 2.0 * g[i] + g[i + 1]);
  }
  snprintf(full, sizeof full, "peaks_%s", name);
  PetscCall(VmStatResultAdd(result, full, VM_F64, 1, &count, peak, (VmMeta){"nm", "maxima of g(r)", "peak"},
                            "maxima that stand out by `prominence`, parabola through three bins"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddPair(const Context *c, VmStatResult result, int pair, const double *values,
                              const double *errors)
{
  char name[16], label[40];
  PetscFunctionBegin;
  PairName(c, pair, name);
  PetscCall(AddCurve(result, "", name, c->bins, values + CurveAt(c, pair), errors + CurveAt(c, pair),
                     "pair distribution function g(r)", "r"));
  const size_t factor = FactorAt(c, pair < 0 ? 0 : 2 + pair);
  PetscCall(AddCurve(result, "structure_factor_", name, c->nk, values + factor, errors + factor,
                     pair < 0 ? "number-number structure factor" : "partial structure factor (Faber-Ziman)", "k"));
  PetscCall(AddPeaks(c, result, name, values + CurveAt(c, pair)));
  snprintf(label, sizeof label, pair < 0 ? "first_peak" : "first_peak_%s", name);
  PetscCall(
      VmStatResultEstimate(result, label, values[PeakAt(c, pair)], errors[PeakAt(c, pair)], "nm",
                           "position of the first strong peak of g(r)",
                           "first maximum not below half the highest, parabola through three bins of the smoothed "
                           "curve"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddCoordination(const Context *c, VmStatResult result, const double *values, const double *errors)
{
  const int species = c->sums.species;
  const int64_t square[2] = {species, species}, count = species;
  int64_t numbers[VM_MAX_SPECIES];
  PetscFunctionBegin;
  for (int a = 0; a < species; ++a) numbers[a] = c->atoms->number[a];
  PetscCall(
      VmStatResultAdd(result, "species", VM_I64, 1, &count, numbers, (VmMeta){"1", "atomic numbers", "species"}, NULL));
  PetscCall(VmStatResultEstimate(result, "first_minimum", values[MinimumAt(c)], errors[MinimumAt(c)], "nm",
                                 "first minimum of g(r) of all atoms",
                                 "lowest value beyond the first peak and below 1.7 times it"));
  PetscCall(VmStatResultEstimate(result, "coordination", values[MeanAt(c)], errors[MeanAt(c)], "1",
                                 "mean coordination number",
                                 "integral of 4 pi r^2 rho g(r) to `cutoff` or the first minimum"));
  for (int a = 0; a < species; ++a) {
    char name[40];
    snprintf(name, sizeof name, "coordination_%s", VmElementSymbol(c->atoms->number[a]));
    PetscCall(VmStatResultEstimate(result, name, values[SpeciesAt(c, a)], errors[SpeciesAt(c, a)], "1",
                                   "mean coordination number of the species", NULL));
  }
  PetscCall(VmStatResultAdd(result, "coordination_partial", VM_F64, 2, square, values + CoordinationAt(c, 0, 0),
                            (VmMeta){"1", "neighbours of the second species about the first", "species,species"},
                            NULL));
  PetscCall(VmStatResultAdd(result, "coordination_partial_error", VM_F64, 2, square, errors + CoordinationAt(c, 0, 0),
                            (VmMeta){"1", "standard error", "species,species"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddAll(const Context *c, const double *values, const double *errors, VmStatResult result)
{
  const int64_t bins = c->bins, nk = c->nk;
  double *axis;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)PetscMax(bins, nk), &axis));
  for (int i = 0; i < c->bins; ++i) axis[i] = Radius(c, i);
  PetscCall(
      VmStatResultAdd(result, "r", VM_F64, 1, &bins, axis, (VmMeta){"nm", "distance, middle of the bin", "r"}, NULL));
  for (int q = 0; q < c->nk; ++q) axis[q] = (q + 0.5) * K_STEP;
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &nk, axis,
                            (VmMeta){"1/nm", "scattering vector 1/d = q/(2 pi)", "k"}, NULL));
  PetscCall(PetscFree(axis));
  for (int pair = -1; pair < c->sums.pairs; ++pair) PetscCall(AddPair(c, result, pair, values, errors));
  PetscCall(AddCurve(result, "structure_factor_", "electrons", c->nk, values + FactorAt(c, 1), errors + FactorAt(c, 1),
                     "structure factor weighted by electron scattering factors", "k"));
  PetscCall(AddCoordination(c, result, values, errors));
  PetscCall(VmStatResultEstimate(result, "structure_factor_peak", values[FactorPeakAt(c)], errors[FactorPeakAt(c)],
                                 "1/nm", "position of the first strong peak of the number-number structure factor, k",
                                 NULL));
  PetscCall(VmStatResultScalar(result, "number_density", Density(c), "1/nm^3", "number density",
                               "atoms over the volume of the cell, or of what Gibbs's dividing surface encloses"));
  PetscCall(VmStatResultScalar(result, "volume", c->sums.volume, "nm^3", "volume of the atoms", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  int rank;
  double *total, *values, *errors;
  Context c;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(ContextCreate(params, structure, &c));
  if (rank == 0) {
    PetscCall(PetscMalloc3(c.sums.size, &total, Values(&c), &values, Values(&c), &errors));
    VmGroupTotal(c.sums.size, c.sums.groups, total);
    Everything(&c, total, values);
    PetscCall(VmGroupErrors(c.sums.size, c.sums.groups, Values(&c), Everything, &c, errors));
    PetscCall(AddAll(&c, values, errors, result));
    PetscCall(PetscFree3(total, values, errors));
  }
  PetscCall(ContextDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmAtomOps vm_atom_rdf = {
    .head = {"rdf", "pair distribution functions g(r), total and partial, coordination numbers, structure factors",
             "T. E. Faber & J. M. Ziman, Phil. Mag. 11 (1965) 153; E. Lorch, J. Phys. C 2 (1969) 229", &table},
    .apply = Apply};
