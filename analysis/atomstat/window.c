#include "window.h"
#include "../atoms/cell.h"
#include "surroundings.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

#define PROBE 0.35   /* nm; voids inside a glass of atoms are smaller */
#define DEEPEST 2.0  /* nm; depths are not told apart beyond */
#define INTERIOR 0.3 /* part of the atoms that gives the density */
#define MOST_VOXELS 2e6
#define SMALLEST_VOXEL 0.05 /* nm */

static int64_t Size(const VmWindow *w) { return w->n[0] * w->n[1] * w->n[2]; }

/* Voxels over all points of the surroundings, wide enough that the probe passes around them. */
static void Layout(const VmSurroundings *s, VmWindow *w)
{
  const double *const r[3] = {s->x, s->y, s->z};
  double length[3], volume = 1.0;
  for (int d = 0; d < 3; ++d) {
    double lo = DBL_MAX, hi = -DBL_MAX;
    for (int64_t i = 0; i < s->n; ++i) {
      lo = fmin(lo, r[d][i]);
      hi = fmax(hi, r[d][i]);
    }
    w->origin[d] = lo - 1.5 * PROBE;
    length[d] = hi - lo + 3.0 * PROBE;
    volume *= length[d];
  }
  w->voxel = fmax(SMALLEST_VOXEL, cbrt(volume / MOST_VOXELS));
  for (int d = 0; d < 3; ++d) w->n[d] = (int64_t)ceil(length[d] / w->voxel) + 1;
}

static int64_t VoxelOf(const VmWindow *w, int axis, double value)
{
  return (int64_t)floor((value - w->origin[axis]) / w->voxel);
}

static double Middle(const VmWindow *w, int axis, int64_t i) { return w->origin[axis] + ((double)i + 0.5) * w->voxel; }

/* Sets mark to 1 where the centre of a voxel is within the probe's radius of an atom. */
static void MarkAtoms(const VmSurroundings *s, const VmWindow *w, uint8_t *mark)
{
  for (int64_t a = 0; a < s->n; ++a) {
    const double r[3] = {s->x[a], s->y[a], s->z[a]};
    int64_t lo[3], hi[3];
    for (int d = 0; d < 3; ++d) {
      lo[d] = VoxelOf(w, d, r[d] - PROBE);
      hi[d] = VoxelOf(w, d, r[d] + PROBE);
    }
    for (int64_t i = lo[0]; i <= hi[0]; ++i)
      for (int64_t j = lo[1]; j <= hi[1]; ++j)
        for (int64_t k = lo[2]; k <= hi[2]; ++k) {
          const double x = Middle(w, 0, i) - r[0], y = Middle(w, 1, j) - r[1], z = Middle(w, 2, k) - r[2];
          if (x * x + y * y + z * z < PROBE * PROBE) mark[(i * w->n[1] + j) * w->n[2] + k] = 1;
        }
  }
}

/* Sets mark to 2 in all that is connected with the corner of the grid without touching a 1. */
static PetscErrorCode FloodOutside(const VmWindow *w, uint8_t *mark)
{
  const int64_t stride[3] = {w->n[1] * w->n[2], w->n[2], 1};
  int64_t *stack, depth = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)Size(w), &stack));
  stack[depth++] = 0;
  mark[0] = 2;
  while (depth > 0) {
    const int64_t v = stack[--depth];
    for (int d = 0; d < 3; ++d) {
      const int64_t at = v / stride[d] % w->n[d];
      for (int step = -1; step <= 1; step += 2) {
        const int64_t next = v + step * stride[d];
        if (at + step < 0 || at + step >= w->n[d] || mark[next]) continue;
        mark[next] = 2;
        stack[depth++] = next;
      }
    }
  }
  PetscCall(PetscFree(stack));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out_i = min_j (i - j)^2 + f_j: the lower envelope of parabolas. hull [n], edge [n + 1] are room to work in. Source:
 * Felzenszwalb & Huttenlocher, Theory Comput. 8 (2012) 415. */
static void LowerEnvelope(int64_t n, const float *f, float *out, int64_t *hull, double *edge)
{
  int64_t k = 0;
  hull[0] = 0;
  edge[0] = -DBL_MAX;
  edge[1] = DBL_MAX;
  for (int64_t q = 1; q < n; ++q) {
    double cross;
    for (;; --k) {
      const int64_t p = hull[k];
      cross = ((double)f[q] - (double)f[p] + (double)(q * q - p * p)) / (2.0 * (double)(q - p));
      if (cross > edge[k]) break;
    }
    hull[++k] = q;
    edge[k] = cross;
    edge[k + 1] = DBL_MAX;
  }
  k = 0;
  for (int64_t q = 0; q < n; ++q) {
    while (edge[k + 1] < (double)q) ++k;
    out[q] = (float)((q - hull[k]) * (q - hull[k])) + f[hull[k]];
  }
}

/* depth [nm], at most DEEPEST: distance of the centre of each voxel from the nearest one marked 2. */
static PetscErrorCode Depths(const VmWindow *w, const uint8_t *mark, float *depth)
{
  const int64_t stride[3] = {w->n[1] * w->n[2], w->n[2], 1}, longest = PetscMax(w->n[0], PetscMax(w->n[1], w->n[2]));
  const float far = (float)pow(2.0 * DEEPEST / w->voxel, 2);
  float *line, *out;
  int64_t *hull;
  double *edge;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)longest, &line, (size_t)longest, &out));
  PetscCall(PetscMalloc2((size_t)longest, &hull, (size_t)longest + 1, &edge));
  for (int64_t v = 0; v < Size(w); ++v) depth[v] = mark[v] == 2 ? 0.0f : far;
  for (int d = 0; d < 3; ++d) {
    for (int64_t v = 0; v < Size(w); ++v) {
      if (v / stride[d] % w->n[d]) continue;
      for (int64_t i = 0; i < w->n[d]; ++i) line[i] = depth[v + i * stride[d]];
      LowerEnvelope(w->n[d], line, out, hull, edge);
      for (int64_t i = 0; i < w->n[d]; ++i) depth[v + i * stride[d]] = out[i];
    }
  }
  for (int64_t v = 0; v < Size(w); ++v) depth[v] = fminf(sqrtf(depth[v]) * (float)w->voxel, (float)DEEPEST);
  PetscCall(PetscFree2(line, out));
  PetscCall(PetscFree2(hull, edge));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Sorted depths of the voxels of one cell. */
static PetscErrorCode CellDepths(const VmWindow *w, const float *depth, int64_t *count, float **sorted)
{
  int64_t n = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)Size(w), sorted));
  for (int64_t i = 0; i < w->n[0]; ++i)
    for (int64_t j = 0; j < w->n[1]; ++j)
      for (int64_t k = 0; k < w->n[2]; ++k) {
        const float value = depth[(i * w->n[1] + j) * w->n[2] + k];
        const double r[3] = {Middle(w, 0, i), Middle(w, 1, j), Middle(w, 2, k)};
        double fraction[3];
        if (value == 0.0f) continue;
        VmRowTimes(r, w->inverse, fraction);
        bool own = true;
        for (int d = 0; d < 3; ++d) own &= !w->atoms->periodic[d] || floor(fraction[d]) == 0.0;
        if (own) (*sorted)[n++] = value;
      }
  qsort(*sorted, (size_t)n, sizeof **sorted, Ascending);
  *count = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* First of sorted values above a limit. */
static int64_t Above(int64_t n, const float *sorted, float limit)
{
  int64_t lo = 0, hi = n;
  while (lo < hi) {
    const int64_t middle = (lo + hi) / 2;
    if (sorted[middle] > limit) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

/* Depth of the dividing surface; sets the volume. */
static PetscErrorCode Divide(VmWindow *w, const float *depth, float *surface)
{
  const VmAtoms *atoms = w->atoms;
  int64_t voxels;
  float *sorted, *of_atom;
  PetscFunctionBegin;
  PetscCall(CellDepths(w, depth, &voxels, &sorted));
  PetscCall(PetscMalloc1((size_t)atoms->n, &of_atom));
  for (int64_t a = 0; a < atoms->n; ++a) {
    const int64_t i = VoxelOf(w, 0, atoms->x[a]), j = VoxelOf(w, 1, atoms->y[a]), k = VoxelOf(w, 2, atoms->z[a]);
    of_atom[a] = depth[(i * w->n[1] + j) * w->n[2] + k];
  }
  qsort(of_atom, (size_t)atoms->n, sizeof *of_atom, Ascending);
  const float limit = fminf(of_atom[(int64_t)((1.0 - INTERIOR) * (double)(atoms->n - 1))], 0.99f * (float)DEEPEST);
  const double deep = (double)(atoms->n - Above(atoms->n, of_atom, limit));
  const double voxels_deep = (double)(voxels - Above(voxels, sorted, limit));
  /* too few atoms for an interior: all that the probe cannot reach */
  const double wanted = deep > 0.0 && voxels_deep > 0.0 ? (double)atoms->n * voxels_deep / deep : (double)voxels;
  const int64_t kept = PetscMin((int64_t)llround(wanted), voxels);
  *surface = kept < voxels ? sorted[voxels - kept - 1] : 0.0f;
  w->volume = (double)(voxels - Above(voxels, sorted, *surface)) * pow(w->voxel, 3);
  PetscCall(PetscFree(sorted));
  PetscCall(PetscFree(of_atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmWindowCreate(const VmAtoms *atoms, VmWindow *w)
{
  VmSurroundings around;
  uint8_t *mark;
  float *depth, surface;
  PetscFunctionBegin;
  *w = (VmWindow){.atoms = atoms, .everywhere = atoms->periodic[0] && atoms->periodic[1] && atoms->periodic[2]};
  w->volume = fabs(VmCellVolume((const double(*)[3])atoms->cell));
  if (w->everywhere) PetscFunctionReturn(PETSC_SUCCESS);
  VmCellInverse((const double(*)[3])atoms->cell, w->inverse);
  PetscCall(VmSurroundingsCreate(atoms, DEEPEST + PROBE, &around));
  Layout(&around, w);
  PetscCall(PetscCalloc1((size_t)Size(w), &mark));
  PetscCall(PetscMalloc1((size_t)Size(w), &depth));
  MarkAtoms(&around, w, mark);
  PetscCall(FloodOutside(w, mark));
  PetscCall(Depths(w, mark, depth));
  PetscCall(Divide(w, depth, &surface));
  for (int64_t v = 0; v < Size(w); ++v) mark[v] = depth[v] > surface;
  w->inside = mark;
  PetscCall(PetscFree(depth));
  PetscCall(VmSurroundingsDestroy(&around));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmWindowDestroy(VmWindow *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(w->inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmWindowHolds(const VmWindow *w, const double place[3])
{
  double r[3] = {place[0], place[1], place[2]}, fraction[3];
  int image[3];
  int64_t at[3];
  if (w->everywhere) return true;
  VmRowTimes(r, w->inverse, fraction);
  for (int d = 0; d < 3; ++d) image[d] = w->atoms->periodic[d] ? -(int)floor(fraction[d]) : 0;
  VmCellShift((const double(*)[3])w->atoms->cell, image, r);
  for (int d = 0; d < 3; ++d) {
    at[d] = VoxelOf(w, d, r[d]);
    if (at[d] < 0 || at[d] >= w->n[d]) return false;
  }
  return w->inside[(at[0] * w->n[1] + at[1]) * w->n[2] + at[2]];
}
