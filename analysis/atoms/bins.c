#include "bins.h"
#include <float.h>
#include <math.h>

/* Bin along one axis; points outside count to the next bin outside, -1 or count. */
static int64_t Along(const VmBins *bins, int axis, double value)
{
  const double t = floor((value - bins->origin[axis]) / bins->edge);
  return t < 0 ? -1 : t >= (double)bins->count[axis] ? bins->count[axis] : (int64_t)t;
}

/* Enlarges the bins until there are not many more of them than points. */
static void ChooseBins(int64_t n, const double *const r[3], VmBins *bins)
{
  double extent[3];
  for (int d = 0; d < 3; ++d) {
    double lo = DBL_MAX, hi = -DBL_MAX;
    for (int64_t i = 0; i < n; ++i) {
      if (r[d][i] < lo) lo = r[d][i];
      if (r[d][i] > hi) hi = r[d][i];
    }
    bins->origin[d] = n ? lo : 0.0;
    extent[d] = n ? hi - lo : 0.0;
  }
  double total;
  do {
    total = 1.0;
    for (int d = 0; d < 3; ++d) total *= floor(extent[d] / bins->edge) + 1.0;
    if (total > 2.0 * (double)n + 1000.0) bins->edge *= 1.26;
  } while (total > 2.0 * (double)n + 1000.0);
  for (int d = 0; d < 3; ++d) bins->count[d] = (int64_t)floor(extent[d] / bins->edge) + 1;
}

PetscErrorCode VmBinsCreate(int64_t n, const double *x, const double *y, const double *z, double edge, VmBins *bins)
{
  const double *const r[3] = {x, y, z};
  int64_t *bin;

  PetscFunctionBegin;
  *bins = (VmBins){.n = n, .edge = edge};
  ChooseBins(n, r, bins);
  const int64_t total = bins->count[0] * bins->count[1] * bins->count[2];
  PetscCall(PetscCalloc1((size_t)total + 2, &bins->start));
  PetscCall(PetscMalloc1((size_t)n, &bins->point));
  PetscCall(PetscMalloc1((size_t)n * 3, &bins->r));
  PetscCall(PetscMalloc1((size_t)n, &bin));
  for (int64_t i = 0; i < n; ++i) {
    bin[i] = (Along(bins, 0, x[i]) * bins->count[1] + Along(bins, 1, y[i])) * bins->count[2] + Along(bins, 2, z[i]);
    ++bins->start[bin[i] + 2];
  }
  for (int64_t b = 0; b < total; ++b) bins->start[b + 2] += bins->start[b + 1];
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = bins->start[bin[i] + 1]++;
    bins->point[at] = i;
    for (int d = 0; d < 3; ++d) bins->r[3 * at + d] = r[d][i];
  }
  PetscCall(PetscFree(bin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBinsDestroy(VmBins *bins)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(bins->start));
  PetscCall(PetscFree(bins->point));
  PetscCall(PetscFree(bins->r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmBinsNear(const VmBins *bins, const double r[3], int64_t begin[9], int64_t end[9])
{
  const int64_t *n = bins->count;
  const int64_t x = Along(bins, 0, r[0]), y = Along(bins, 1, r[1]), z = Along(bins, 2, r[2]);
  const int64_t z0 = PetscMax(z - 1, 0), z1 = PetscMin(z + 1, n[2] - 1);
  for (int i = 0; i < 9; ++i) {
    const int64_t bx = x + i / 3 - 1, by = y + i % 3 - 1;
    const bool outside = bx < 0 || bx >= n[0] || by < 0 || by >= n[1] || z0 > z1;
    const int64_t row = (bx * n[1] + by) * n[2];
    begin[i] = outside ? 0 : bins->start[row + z0];
    end[i] = outside ? 0 : bins->start[row + z1 + 1];
  }
}

bool VmBinsAnyWithin(const VmBins *bins, const double r[3], double distance)
{
  int64_t begin[9], end[9];
  VmBinsNear(bins, r, begin, end);
  for (int i = 0; i < 9; ++i) {
    for (int64_t j = begin[i]; j < end[i]; ++j) {
      const double *p = bins->r + 3 * j;
      const double dx = p[0] - r[0], dy = p[1] - r[1], dz = p[2] - r[2];
      if (dx * dx + dy * dy + dz * dz < distance * distance) return true;
    }
  }
  return false;
}
