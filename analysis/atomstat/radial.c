#include "radial.h"
#include "../stat/groups.h"
#include "blocks.h"
#include "surroundings.h"
#include "share.h"
#include "window.h"
#include <math.h>

enum { DIRECTIONS = 96 };
#define COVERAGE_STEP 0.05 /* nm */

int VmRadialPair(const VmRadialSums *s, int a, int b)
{
  const int low = PetscMin(a, b), high = PetscMax(a, b);
  return low * s->species - low * (low - 1) / 2 + high - low;
}

typedef struct {
  int64_t *centres;  /* [VM_GROUPS][species] */
  int64_t *pairs;    /* [VM_GROUPS][pairs][bins] */
  int64_t *coverage; /* [VM_GROUPS][species][radii] directions that stay inside */
  size_t ncentres, npairs, ncoverage;
  int radii;
} Counts;

static void CountNeighbours(const VmRadialSums *s, const VmAtoms *atoms, const VmNeighbourhood *near, int64_t i,
                            int block, Counts *c)
{
  for (int64_t k = 0; k < near->n; ++k) {
    const int bin = (int)(sqrt(near->of[k].square) / s->bin);
    const int pair = VmRadialPair(s, atoms->species[i], atoms->species[near->of[k].atom]);
    if (bin < s->bins) ++c->pairs[((size_t)block * (size_t)s->pairs + (size_t)pair) * (size_t)s->bins + (size_t)bin];
  }
}

/* Points on a sphere of nearly equal areas along a spiral. */
static void Directions(double direction[DIRECTIONS][3])
{
  const double golden = VM_PI * (3.0 - sqrt(5.0));
  for (int i = 0; i < DIRECTIONS; ++i) {
    const double z = 1.0 - (2.0 * i + 1.0) / DIRECTIONS, radius = sqrt(1.0 - z * z);
    direction[i][0] = radius * cos(golden * i);
    direction[i][1] = radius * sin(golden * i);
    direction[i][2] = z;
  }
}

static void CountCoverage(const VmWindow *w, double direction[DIRECTIONS][3], const double r[3], int radii,
                          int64_t *coverage)
{
  for (int k = 0; k < radii; ++k)
    for (int i = 0; i < DIRECTIONS; ++i) {
      double place[3];
      for (int c = 0; c < 3; ++c) place[c] = r[c] + k * COVERAGE_STEP * direction[i][c];
      coverage[k] += VmWindowHolds(w, place);
    }
}

static PetscErrorCode CountShare(const VmStructure *structure, const VmRadialSums *s, const VmWindow *w, Counts *c)
{
  const VmAtoms *atoms = structure->atoms;
  double direction[DIRECTIONS][3];
  int *blocks;
  VmSurroundings around;
  VmNeighbourhood near = {0};
  VmShare share;
  PetscFunctionBegin;
  PetscCall(VmAtomBlocks(atoms, &blocks));
  Directions(direction);
  PetscCall(VmShareOf(structure->comm, atoms->n, &share));
  PetscCall(VmSurroundingsCreate(atoms, s->bins * s->bin, &around));
  for (int64_t i = share.begin; i < share.end; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    const int block = blocks[i];
    const size_t centre = (size_t)block * (size_t)s->species + atoms->species[i];
    ++c->centres[centre];
    PetscCall(VmNeighbourhoodFind(&around, i, &near));
    CountNeighbours(s, atoms, &near, i, block, c);
    if (!w->everywhere) CountCoverage(w, direction, r, c->radii, c->coverage + centre * (size_t)c->radii);
  }
  PetscCall(PetscFree(blocks));
  PetscCall(VmNeighbourhoodFree(&near));
  PetscCall(VmSurroundingsDestroy(&around));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centres weighted by the part of a shell at distance r that is inside. */
static double Weighted(const VmWindow *w, const Counts *c, size_t centre, double r)
{
  const double place = r / COVERAGE_STEP;
  const int k = PetscMin((int)place, c->radii - 2);
  const int64_t *at = c->coverage + centre * (size_t)c->radii + k;
  if (w->everywhere) return (double)c->centres[centre];
  return ((double)at[0] + (place - k) * (double)(at[1] - at[0])) / DIRECTIONS;
}

static void FillGroups(const VmRadialSums *s, const VmWindow *w, const Counts *c)
{
  const size_t bins = (size_t)s->bins, pairs = (size_t)s->pairs, species = (size_t)s->species;
  for (size_t g = 0; g < VM_GROUPS; ++g) {
    double *group = s->groups + g * s->size;
    for (size_t a = 0; a < species; ++a) group[0] += (double)c->centres[g * species + a];
    for (size_t p = 0; p < pairs * bins; ++p) group[1 + p] = (double)c->pairs[g * pairs * bins + p];
    for (size_t a = 0; a < species; ++a)
      for (size_t b = 0; b < bins; ++b)
        group[1 + (pairs + a) * bins + b] = Weighted(w, c, g * species + a, ((double)b + 0.5) * s->bin);
  }
}

PetscErrorCode VmRadialSumsCreate(const VmStructure *structure, double bin, int bins, VmRadialSums *s)
{
  const VmAtoms *atoms = structure->atoms;
  VmWindow window;
  Counts c = {.radii = (int)ceil(bins * bin / COVERAGE_STEP) + 2};
  int64_t *all;
  PetscFunctionBegin;
  *s = (VmRadialSums){
      .species = atoms->nspecies, .pairs = atoms->nspecies * (atoms->nspecies + 1) / 2, .bins = bins, .bin = bin};
  s->size = 1 + (size_t)(s->pairs + s->species) * (size_t)bins;
  PetscCall(VmWindowCreate(atoms, &window));
  s->volume = window.volume;
  for (int64_t i = 0; i < atoms->n; ++i) s->density[atoms->species[i]] += 1.0;
  for (int a = 0; a < s->species; ++a) s->density[a] /= s->volume;
  c.ncentres = (size_t)(VM_GROUPS * s->species);
  c.npairs = (size_t)(VM_GROUPS * s->pairs * bins);
  c.ncoverage = (size_t)(VM_GROUPS * s->species * c.radii);
  const size_t total = c.ncentres + c.npairs + c.ncoverage;
  PetscCall(PetscCalloc1(total, &all));
  c.centres = all;
  c.pairs = all + c.ncentres;
  c.coverage = c.pairs + c.npairs;
  PetscCall(CountShare(structure, s, &window, &c));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, (int)total, MPI_INT64_T, MPI_SUM, structure->comm));
  PetscCall(PetscCalloc1(VM_GROUPS * s->size, &s->groups));
  FillGroups(s, &window, &c);
  PetscCall(PetscFree(all));
  PetscCall(VmWindowDestroy(&window));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRadialSumsDestroy(VmRadialSums *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Ordered pairs of two species in a shell of volume `shell` of a structure without correlations. */
static double Expected(const VmRadialSums *s, const double *weights, int a, int b, int bin, double shell)
{
  const double *of_a = weights + (size_t)a * (size_t)s->bins, *of_b = weights + (size_t)b * (size_t)s->bins;
  if (a == b) return shell * s->density[a] * of_a[bin];
  return shell * (s->density[b] * of_a[bin] + s->density[a] * of_b[bin]);
}

void VmRadialCurve(const VmRadialSums *s, const double *values, int pair, double *g)
{
  const double *counts = values + 1, *weights = counts + (size_t)s->pairs * (size_t)s->bins;
  for (int i = 0; i < s->bins; ++i) {
    const double shell = 4.0 / 3.0 * VM_PI * (pow((i + 1) * s->bin, 3) - pow(i * s->bin, 3));
    double found = 0.0, expected = 0.0;
    for (int a = 0; a < s->species; ++a)
      for (int b = a; b < s->species; ++b) {
        const int p = VmRadialPair(s, a, b);
        if (pair >= 0 && p != pair) continue;
        found += counts[(size_t)p * (size_t)s->bins + (size_t)i];
        expected += Expected(s, weights, a, b, i, shell);
      }
    g[i] = expected > 0.0 ? found / expected : 0.0;
  }
}

static double Gauss(int offset, double sigma)
{
  const double x = sigma > 0.0 ? offset / sigma : 0.0;
  return exp(-0.5 * x * x);
}

void VmRadialSmooth(int bins, double sigma, const double *curve, double *smooth)
{
  const int reach = (int)ceil(4.0 * sigma);
  double whole = 0.0;
  for (int i = 0; i < bins; ++i) smooth[i] = 0.0;
  for (int d = -reach; d <= reach; ++d) {
    const double w = Gauss(d, sigma);
    whole += w;
    for (int i = PetscMax(0, -d); i < PetscMin(bins, bins - d); ++i) smooth[i] += w * curve[i + d];
  }
  for (int i = 0; i < bins; ++i) {
    double weight = whole;
    for (int d = -reach; d < -i; ++d) weight -= Gauss(d, sigma);
    for (int d = bins - i; d <= reach; ++d) weight -= Gauss(d, sigma);
    smooth[i] /= weight;
  }
}

double VmRadialPeak(int bins, double bin, const double *g)
{
  const double r[2] = {0.5 * bin, 1.5 * bin};
  double largest = 0.0;
  for (int i = 1; i + 1 < bins; ++i)
    if (g[i] >= g[i - 1] && g[i] > g[i + 1]) largest = fmax(largest, g[i]);
  for (int i = 1; i + 1 < bins; ++i) {
    if (!(g[i] >= g[i - 1] && g[i] > g[i + 1]) || g[i] < 0.5 * largest) continue;
    return r[0] + bin * (i + 0.5 * (g[i - 1] - g[i + 1]) / (g[i - 1] - 2.0 * g[i] + g[i + 1]));
  }
  return NAN;
}

double VmRadialMinimum(int bins, double bin, const double *g)
{
  const double peak = VmRadialPeak(bins, bin, g);
  if (isnan(peak) || 1.7 * peak > bins * bin) return NAN;
  const int first = (int)(peak / bin), last = PetscMin(bins - 1, (int)(1.7 * peak / bin));
  int begin = first, end;
  for (int i = first; i <= last; ++i)
    if (g[i] < g[begin]) begin = i;
  for (end = begin; end < last && g[end + 1] == g[begin];) ++end;
  return (0.5 * (begin + end) + 0.5) * bin;
}

PetscErrorCode VmRadialCutoff(const VmStructure *structure, double *cutoff)
{
  enum { BINS = 400 };
  const double bin = 0.002;
  double g[BINS], smooth[BINS], *total;
  VmRadialSums sums;
  PetscFunctionBegin;
  if (!isnan(*cutoff)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmRadialSumsCreate(structure, bin, BINS, &sums));
  PetscCall(PetscMalloc1(sums.size, &total));
  VmGroupTotal(sums.size, sums.groups, total);
  VmRadialCurve(&sums, total, -1, g);
  VmRadialSmooth(BINS, 0.01 / bin, g, smooth);
  *cutoff = VmRadialMinimum(BINS, bin, smooth);
  PetscCall(PetscFree(total));
  PetscCall(VmRadialSumsDestroy(&sums));
  if (isnan(*cutoff))
    VmThrow(structure->comm, VM_ERR_INPUT, "g(r) has no first minimum below %g nm: give a cutoff", BINS * bin);
  PetscFunctionReturn(PETSC_SUCCESS);
}
