#include "kmc_private.h"
#include <math.h>

/* Orthonormal basis of the symmetric traceless tensors. */
enum { SHEARS = 5 };
static const double basis[SHEARS][6] = {{M_SQRT1_2, -M_SQRT1_2, 0.0, 0.0, 0.0, 0.0},
                                        {0.40824829046386302, 0.40824829046386302, -0.81649658092772603, 0.0, 0.0, 0.0},
                                        {0.0, 0.0, 0.0, M_SQRT1_2, 0.0, 0.0},
                                        {0.0, 0.0, 0.0, 0.0, M_SQRT1_2, 0.0},
                                        {0.0, 0.0, 0.0, 0.0, 0.0, M_SQRT1_2}};

static void Square(double a[SHEARS][SHEARS])
{
  double product[SHEARS][SHEARS] = {{0.0}};
  for (int i = 0; i < SHEARS; ++i)
    for (int j = 0; j < SHEARS; ++j)
      for (int k = 0; k < SHEARS; ++k) product[i][j] += a[i][k] * a[k][j];
  for (int i = 0; i < SHEARS; ++i)
    for (int j = 0; j < SHEARS; ++j) a[i][j] = product[i][j];
}

/* Upper bound, at most 11 % too high, of the norm of the stress deviator per norm of a traceless eigenstrain: the
 * spectral norm of K is at most the eighth root of the Frobenius norm of (K'K)^4. */
static double NormBound(VmKernel kernel, const int64_t offset[3])
{
  double k[SHEARS][SHEARS], a[SHEARS][SHEARS] = {{0.0}}, scale = 0.0, sum = 0.0;
  for (int j = 0; j < SHEARS; ++j) {
    double stress[6];
    VmKernelAt(kernel, offset, basis[j], stress);
    for (int i = 0; i < SHEARS; ++i) {
      k[i][j] = 0.0;
      for (int c = 0; c < 6; ++c) k[i][j] += (c < 3 ? 1.0 : 2.0) * basis[i][c] * stress[c];
      scale = fmax(scale, fabs(k[i][j]));
    }
  }
  if (scale == 0.0) return 0.0;
  for (int i = 0; i < SHEARS; ++i)
    for (int j = 0; j < SHEARS; ++j)
      for (int l = 0; l < SHEARS; ++l) a[i][j] += k[l][i] / scale * (k[l][j] / scale);
  Square(a);
  Square(a);
  for (int i = 0; i < SHEARS; ++i)
    for (int j = 0; j < SHEARS; ++j) sum += a[i][j] * a[i][j];
  return scale * pow(sum, 1.0 / 16.0);
}

/* Largest of `width` periodic successors of each entry. */
static void WindowMaximum(int64_t n, int64_t stride, int64_t width, float *values, float *room)
{
  for (int64_t i = 0; i < n; ++i) {
    room[i] = values[i * stride];
    for (int64_t w = 1; w < width; ++w) room[i] = fmaxf(room[i], values[(i + w) % n * stride]);
  }
  for (int64_t i = 0; i < n; ++i) values[i * stride] = room[i];
}

/* Norm of the mean stress over that of a traceless eigenstrain. */
static double MeanNorm(VmKernel kernel, const int64_t offset[3])
{
  double sum = 0.0;
  for (int j = 0; j < SHEARS; ++j) {
    double stress[6];
    VmKernelAt(kernel, offset, basis[j], stress);
    const double mean = (stress[0] + stress[1] + stress[2]) / 3.0;
    sum += mean * mean;
  }
  return sqrt(sum);
}

PetscErrorCode VmKmcInfluence(VmGrid grid, VmKernel kernel, double friction, float *influence)
{
  const int64_t *n = grid->n;
  float *room;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)PetscMax(n[1], n[2]), &room));
  for (int64_t x = 0; x <= n[0] / 2; ++x)
    for (int64_t y = 0; y <= n[1] / 2; ++y)
      for (int64_t z = 0; z <= n[2] / 2; ++z) {
        /* the norm does not change under reflection; a float may round down, hence the factor */
        const int64_t offset[3] = {x, y, z};
        const double mean = friction != 0.0 ? M_SQRT2 * fabs(friction) * MeanNorm(kernel, offset) : 0.0;
        const float norm = (float)((NormBound(kernel, offset) + mean) * (1.0 + 1e-6));
        const int64_t xs[2] = {x, (n[0] - x) % n[0]}, ys[2] = {y, (n[1] - y) % n[1]}, zs[2] = {z, (n[2] - z) % n[2]};
        for (int s = 0; s < 8; ++s) influence[(xs[s & 1] * n[1] + ys[s >> 1 & 1]) * n[2] + zs[s >> 2]] = norm;
      }
  for (int64_t x = 0; x < n[0]; ++x) {
    float *plane = influence + x * grid->plane;
    for (int64_t y = 0; y < n[1]; ++y) WindowMaximum(n[2], 1, VM_TILE_Z, plane + y * n[2], room);
    for (int64_t z = 0; z < n[2]; ++z) WindowMaximum(n[1], n[2], VM_TILE_Y, plane + z, room);
  }
  PetscCall(PetscFree(room));
  PetscFunctionReturn(PETSC_SUCCESS);
}
