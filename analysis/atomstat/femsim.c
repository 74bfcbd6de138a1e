/* Variance V(k) of a model of a glass seen by a probe from many directions: what reverse Monte Carlo fits to
 * fluctuation electron microscopy. */
#include "share.h"
#include "../atoms/cell.h"
#include "../stat/groups.h"
#include <vitromech/atom_stat.h>
#include <vitromech/rng.h>
#include <vitromech/scatter.h>
#include <math.h>
#include <string.h>

#define BIN 0.0005 /* nm; shared linearly: relative error below (2 pi k bin)^2/8 = 8e-5 up to k = 8/nm */

typedef enum { GRID, RANDOM } Orientations;
static const char *const orientation_names[] = {[GRID] = "femsim", [RANDOM] = "random", NULL};

typedef struct {
  double resolution, k_min, k_max, k_step, thickness;
  int orientations;
  int64_t count, seed;
} Params;

#define AT(member) offsetof(Params, member)

static const VmParam rows[] = {
    {.key = "resolution",
     .type = VM_REAL,
     .offset = AT(resolution),
     .unit = "nm",
     .min = 0.1,
     .max = 100,
     .doc = "0.61/Q, Q the radius of the aperture in 1/d: the first zero of the probe's amplitude"},
    {.key = "k_min",
     .type = VM_REAL,
     .offset = AT(k_min),
     .unit = "1/nm",
     .default_text = "2 1/nm",
     .min = 0.01,
     .max = 100,
     .doc = "first k = 1/d"},
    {.key = "k_max",
     .type = VM_REAL,
     .offset = AT(k_max),
     .unit = "1/nm",
     .default_text = "9 1/nm",
     .min = 0.01,
     .max = 100,
     .doc = "last k"},
    {.key = "k_step",
     .type = VM_REAL,
     .offset = AT(k_step),
     .unit = "1/nm",
     .default_text = "0.05 1/nm",
     .min = 1e-4,
     .max = 10,
     .doc = "step of k"},
    {.key = "orientations",
     .type = VM_ENUM,
     .offset = AT(orientations),
     .choices = orientation_names,
     .default_text = "random",
     .doc = "random: uniform over all rotations. femsim: the grid of rotations of that program, for which models "
            "were refined"},
    {.key = "count",
     .type = VM_INT,
     .offset = AT(count),
     .default_text = "500",
     .min = 2,
     .max = 1000000,
     .doc = "number of random orientations"},
    {.key = "seed",
     .type = VM_INT,
     .offset = AT(seed),
     .default_text = "1",
     .min = 0,
     .max = 1e15,
     .doc = "of random orientations"},
    {.key = "thickness",
     .type = VM_REAL,
     .offset = AT(thickness),
     .unit = "nm",
     .default_text = "none",
     .min = 0.1,
     .max = 1e4,
     .doc = "of a measured foil: scaled_variance is V times edge/(3 thickness), since independent layers divide V by "
            "their number. "
            "none: not scaled",
     .source = "J. Hwang et al., Phys. Rev. Lett. 108 (2012) 195505"},
    {0}};

static PetscErrorCode CheckRange(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (!(p->k_max > p->k_min)) PetscCall(VmReportAdd(report, node, "k_max must be above k_min"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"femsim", "fluctuation microscopy of a model", sizeof(Params), rows, CheckRange};

/* Rows are the axes of the turned frame. */
typedef double Rotation[3][3];

static void Turn(double psi, double theta, Rotation r)
{
  const double a = cos(psi), b = sin(psi), c = cos(theta), d = sin(theta);
  const Rotation turned = {{a, b, 0.0}, {-c * b, c * a, d}, {d * b, -d * a, c}};
  memcpy(r, turned, sizeof turned);
}

/* Steps of psi of pi/20 over half a turn, as many of theta as leave them equally dense: 211 in all. */
static int64_t GridRotations(Rotation *rotations)
{
  enum { STEPS = 20 };
  int64_t n = 0;
  for (int j = 0; j < STEPS; ++j) {
    const double psi = j * VM_PI / STEPS;
    const int w = (int)(STEPS * sin(psi));
    if (w == 0 && rotations) Turn(psi, 0.0, rotations[n]);
    n += w == 0;
    for (int l = 1; l <= w - 2; ++l, ++n) {
      if (rotations) Turn(psi, l * VM_PI / (w - 1), rotations[n]);
    }
  }
  return n;
}

static PetscErrorCode GetRotations(const Params *p, int64_t *n, Rotation **rotations)
{
  const VmRngKey key = {(uint64_t)p->seed, VM_STREAM_CLUSTER};
  PetscFunctionBegin;
  *n = p->orientations == GRID ? GridRotations(NULL) : p->count;
  PetscCall(PetscMalloc1((size_t)*n, rotations));
  if (p->orientations == GRID) GridRotations(*rotations);
  else
    for (int64_t i = 0; i < *n; ++i) VmRngRotation(key, (uint64_t)i, 0, (*rotations)[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms under the probe. */
typedef struct {
  int64_t n, capacity;
  double *x, *y, *amplitude;
  int *species;
} Column;

static PetscErrorCode AddAtom(double x, double y, double amplitude, int species, Column *c)
{
  PetscFunctionBegin;
  if (c->n == c->capacity) {
    c->capacity += c->capacity / 2 + 4096;
    PetscCall(PetscRealloc((size_t)c->capacity * sizeof *c->x, &c->x));
    PetscCall(PetscRealloc((size_t)c->capacity * sizeof *c->y, &c->y));
    PetscCall(PetscRealloc((size_t)c->capacity * sizeof *c->amplitude, &c->amplitude));
    PetscCall(PetscRealloc((size_t)c->capacity * sizeof *c->species, &c->species));
  }
  c->x[c->n] = x;
  c->y[c->n] = y;
  c->amplitude[c->n] = amplitude;
  c->species[c->n++] = species;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The model, continued periodically and turned about its origin, inside a cube of its edge; the probe at the origin. */
static PetscErrorCode CutColumn(const VmAtoms *atoms, double edge, double q, Rotation rotation, Column *column)
{
  const double *const r[3] = {atoms->x, atoms->y, atoms->z};
  int image[3];

  PetscFunctionBegin;
  column->n = 0;
  for (image[0] = -1; image[0] <= 0; ++image[0]) {
    for (image[1] = -1; image[1] <= 0; ++image[1]) {
      for (image[2] = -1; image[2] <= 0; ++image[2]) {
        for (int64_t i = 0; i < atoms->n; ++i) {
          double p[3], t[3];
          for (int d = 0; d < 3; ++d) p[d] = r[d][i] + image[d] * edge;
          bool inside = true;
          for (int d = 0; d < 3; ++d) {
            t[d] = VmDot3(rotation[d], p);
            inside = inside && fabs(t[d]) <= 0.5 * edge;
          }
          if (!inside) continue;
          const double u = 2.0 * VM_PI * q * hypot(t[0], t[1]);
          PetscCall(AddAtom(t[0], t[1], u > 0.0 ? 2.0 * j1(u) / u : 1.0, atoms->species[i], column));
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* pairs [species][species][bins]: sum of A_i A_j over j < i by distance across the beam, each shared between two bins;
 * self [species]: sum of A_i^2. */
static void CountPairs(const Column *c, int ns, int64_t bins, double *pairs, double *self)
{
  memset(pairs, 0, (size_t)(ns * ns * bins) * sizeof *pairs);
  memset(self, 0, (size_t)ns * sizeof *self);
  for (int64_t i = 0; i < c->n; ++i) {
    self[c->species[i]] += c->amplitude[i] * c->amplitude[i];
    for (int64_t j = 0; j < i; ++j) {
      const double dx = c->x[i] - c->x[j], dy = c->y[i] - c->y[j], place = sqrt(dx * dx + dy * dy) / BIN;
      const int64_t bin = (int64_t)place;
      const double product = c->amplitude[i] * c->amplitude[j];
      double *of = pairs + (c->species[i] * ns + c->species[j]) * bins + bin;
      of[0] += ((double)(bin + 1) - place) * product;
      of[1] += (place - (double)bin) * product;
    }
  }
}

/* I(k) = sum_ij f_i f_j A_i A_j J_0(2 pi k r_ij). bessel [nk][bins], f [nk][species]. */
static void Intensity(int ns, int64_t bins, const double *pairs, const double *self, int64_t nk, const double *bessel,
                      const double *f, double *intensity)
{
  for (int64_t i = 0; i < nk; ++i) {
    intensity[i] = 0.0;
    for (int a = 0; a < ns; ++a) {
      intensity[i] += f[i * ns + a] * f[i * ns + a] * self[a];
      for (int b = 0; b < ns; ++b) {
        const double *of = pairs + (a * ns + b) * bins, *j = bessel + i * bins;
        double sum = 0.0;
        for (int64_t bin = 0; bin < bins; ++bin) sum += of[bin] * j[bin];
        intensity[i] += 2.0 * f[i * ns + a] * f[i * ns + b] * sum;
      }
    }
  }
}

/* intensity [rotations][nk] on every rank, which share the rotations. */
static PetscErrorCode Turned(const VmStructure *structure, double q, int64_t nk, const double *k, int64_t n,
                             Rotation *rotations, double *intensity)
{
  const VmAtoms *atoms = structure->atoms;
  const int ns = atoms->nspecies;
  const double edge = atoms->cell[0][0];
  const int64_t bins = (int64_t)(1.4143 * edge / BIN) + 2;
  double *pairs, *self, *bessel, *f, *mine;
  Column column = {0};
  VmShare share;

  PetscFunctionBegin;
  PetscCall(VmShareOf(structure->comm, n, &share));
  PetscCall(PetscMalloc3((size_t)(ns * ns * bins), &pairs, (size_t)ns, &self, (size_t)(nk * bins), &bessel));
  PetscCall(PetscMalloc2((size_t)(nk * ns), &f, (size_t)((share.end - share.begin) * nk), &mine));
  for (int64_t i = 0; i < nk; ++i) {
    for (int64_t bin = 0; bin < bins; ++bin) bessel[i * bins + bin] = j0(2.0 * VM_PI * k[i] * (double)bin * BIN);
    for (int s = 0; s < ns; ++s) f[i * ns + s] = VmScatteringFactor(atoms->number[s], k[i]);
  }
  for (int64_t r = share.begin; r < share.end; ++r) {
    PetscCall(CutColumn(atoms, edge, q, rotations[r], &column));
    CountPairs(&column, ns, bins, pairs, self);
    Intensity(ns, bins, pairs, self, nk, bessel, f, mine + (r - share.begin) * nk);
  }
  PetscCall(VmShareGather(structure->comm, n, (int)nk, mine, intensity));
  PetscCall(PetscFree(column.x));
  PetscCall(PetscFree(column.y));
  PetscCall(PetscFree(column.amplitude));
  PetscCall(PetscFree(column.species));
  PetscCall(PetscFree2(f, mine));
  PetscCall(PetscFree3(pairs, self, bessel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* values: [nk] V(k), [nk] mean I(k) of the model, the largest V(k), and where. sums: rotations, [nk] I, [nk] I^2 */
typedef struct {
  int64_t nk;
  const double *k;
} Curve;

static void CurveOf(const void *context, const double *sums, double *values)
{
  const Curve *c = context;
  int64_t best = 0;
  for (int64_t i = 0; i < c->nk; ++i) {
    const double mean = sums[1 + i] / sums[0];
    values[i] = sums[1 + c->nk + i] / sums[0] / (mean * mean) - 1.0;
    values[c->nk + i] = mean;
    if (values[i] > values[best]) best = i;
  }
  values[2 * c->nk] = values[best];
  values[2 * c->nk + 1] = c->k[best];
}

/* Means over rotations, [2 nk + 2] of Curve, and their errors by bootstrap over 16 parts of the rotations. */
static PetscErrorCode Means(const Curve *c, int64_t n, const double *intensity, double *values, double *errors)
{
  const size_t nsum = 1 + 2 * (size_t)c->nk;
  double *groups, *total;
  PetscFunctionBegin;
  PetscCall(PetscCalloc2(VM_GROUPS * nsum, &groups, nsum, &total));
  for (int64_t r = 0; r < n; ++r) {
    double *group = groups + (size_t)VmGroupOf(r, n) * nsum;
    group[0] += 1.0;
    for (int64_t i = 0; i < c->nk; ++i) {
      group[1 + i] += intensity[r * c->nk + i];
      group[1 + c->nk + i] += intensity[r * c->nk + i] * intensity[r * c->nk + i];
    }
  }
  VmGroupTotal(nsum, groups, total);
  CurveOf(c, total, values);
  PetscCall(VmGroupErrors(nsum, groups, 2 * (size_t)c->nk + 2, CurveOf, c, errors));
  PetscCall(PetscFree2(groups, total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A curve times a factor, and its error. */
static PetscErrorCode AddCurve(VmStatResult result, const char *name, int64_t n, const double *values,
                               const double *errors, double factor, VmMeta meta, const char *definition)
{
  char error[64];
  double *scaled;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &scaled));
  for (int64_t i = 0; i < n; ++i) scaled[i] = factor * values[i];
  PetscCall(VmStatResultAdd(result, name, VM_F64, 1, &n, scaled, meta, definition));
  for (int64_t i = 0; i < n; ++i) scaled[i] = factor * errors[i];
  snprintf(error, sizeof error, "%s_error", name);
  meta.long_name = "standard error (bootstrap over 16 parts of the orientations)";
  PetscCall(VmStatResultAdd(result, error, VM_F64, 1, &n, scaled, meta, NULL));
  PetscCall(PetscFree(scaled));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddCurves(const Params *p, const VmAtoms *atoms, int64_t nk, const double *k, int64_t n,
                                const double *intensity, VmStatResult result)
{
  const Curve curve = {nk, k};
  double *values, *errors;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(2 * (size_t)nk + 2, &values, 2 * (size_t)nk + 2, &errors));
  PetscCall(Means(&curve, n, intensity, values, errors));
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &nk, k, (VmMeta){"1/nm", "k = 1/d", "k"}, NULL));
  PetscCall(AddCurve(result, "variance", nk, values, errors, 1.0, (VmMeta){"1", "V(k)", "k"},
                     "<I^2>/<I>^2 - 1 over orientations, I = sum_ij f_i f_j A_i A_j J_0(2 pi k r_ij), r_ij across the "
                     "beam, A = 2 J_1(u)/u, u = 2 pi Q r"));
  PetscCall(AddCurve(result, "intensity", nk, values + nk, errors + nk, 1.0 / (double)atoms->n,
                     (VmMeta){"nm^2", "mean I(k) over the atoms of the model", "k"}, NULL));
  if (!isnan(p->thickness))
    PetscCall(AddCurve(result, "scaled_variance", nk, values, errors, atoms->cell[0][0] / (3.0 * p->thickness),
                       (VmMeta){"1", "V(k) for the thickness of a foil", "k"}, "V edge/(3 thickness)"));
  PetscCall(VmStatResultEstimate(result, "peak", values[2 * nk], errors[2 * nk], "1", "largest V(k)", NULL));
  PetscCall(VmStatResultEstimate(result, "peak_k", values[2 * nk + 1], errors[2 * nk + 1], "1/nm",
                                 "where V(k) is largest", NULL));
  PetscCall(VmStatResultScalar(result, "orientations", (double)n, "1", "number of orientations", NULL));
  PetscCall(PetscFree2(values, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckModel(const VmStructure *structure)
{
  const VmAtoms *atoms = structure->atoms;
  bool fits = atoms->periodic[0] && atoms->periodic[1] && atoms->periodic[2];
  for (int d = 0; d < 3; ++d) {
    for (int c = 0; c < 3; ++c) {
      fits = fits && fabs(atoms->cell[d][c] - (c == d ? atoms->cell[0][0] : 0.0)) < 1e-6 * atoms->cell[0][0];
    }
  }
  if (fits) return PETSC_SUCCESS;
  VmThrow(structure->comm, VM_ERR_INPUT, "%s: femsim needs a model in a cubic cell, periodic in x, y and z",
          structure->path ? structure->path : "the model");
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  const Params *p = params;
  const int64_t nk = (int64_t)floor((p->k_max - p->k_min) / p->k_step + 1e-9) + 1;
  int64_t n;
  double *k, *intensity;
  Rotation *rotations;
  int rank;

  PetscFunctionBegin;
  PetscCall(CheckModel(structure));
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(GetRotations(p, &n, &rotations));
  PetscCall(PetscMalloc2((size_t)nk, &k, (size_t)(n * nk), &intensity));
  for (int64_t i = 0; i < nk; ++i) k[i] = p->k_min + (double)i * p->k_step;
  PetscCall(Turned(structure, 0.61 / p->resolution, nk, k, n, rotations, intensity));
  if (rank == 0) PetscCall(AddCurves(p, structure->atoms, nk, k, n, intensity, result));
  PetscCall(PetscFree2(k, intensity));
  PetscCall(PetscFree(rotations));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmAtomOps vm_atom_femsim = {
    .head = {"femsim", "V(k) of a model of a glass turned under a probe, kinematic, flat Ewald sphere",
             "M. M. J. Treacy & J. M. Gibson, Acta Cryst. A52 (1996) 212; J. Hwang et al., Phys. Rev. Lett. 108 (2012) "
             "195505",
             &table},
    .apply = Apply};
