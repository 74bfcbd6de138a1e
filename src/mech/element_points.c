/* With coordinates x, y, z = +-1/sqrt(3) of a point, du/dx is a quarter of M[x] + y M[xy] + z M[xz] + yz M[xyz], and so
 * on (hexahedron.c); the forces of the modes are the transpose, averaged over the points. */
#include "element_points.h"
#include <vitromech/simd.h>

/* Coordinates of point p; the centre if it is the only one. */
static void Coordinates(VmElement element, int p, double at[3])
{
  const double third = element == VM_ELEMENT_FULL ? 0.57735026918962576 : 0.0;
  for (int d = 0; d < 3; ++d) at[d] = p >> d & 1 ? third : -third;
}

/* Displacement gradient of one component, times four, from its corner sums at element z. */
static inline __attribute__((always_inline)) void Gradient(int64_t s, const double *row, const double at[3],
                                                           double slope[3])
{
  const double xy = row[XY * s] + row[XY * s + 1], xz = row[X * s + 1] - row[X * s], yz = row[Y * s + 1] - row[Y * s];
  const double xyz = row[XY * s + 1] - row[XY * s];
  slope[0] = row[X * s] + row[X * s + 1] + at[1] * xy + at[2] * (xz + at[1] * xyz);
  slope[1] = row[Y * s] + row[Y * s + 1] + at[0] * xy + at[2] * (yz + at[0] * xyz);
  slope[2] = row[NONE * s + 1] - row[NONE * s] + at[0] * xz + at[1] * (yz + at[0] * xyz);
}

VM_SIMD_CLONES static void StrainAt(int64_t n, int64_t stride, int64_t s, const double at[3], const double uniform[6],
                                    const double *in, double *strain)
{
  const double root = PETSC_SQRT2, shear = 0.25 / PETSC_SQRT2;
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    double u[3], v[3], w[3];
    Gradient(s, in + z, at, u);
    Gradient(s, in + COMBINATIONS * s + z, at, v);
    Gradient(s, in + 2 * COMBINATIONS * s + z, at, w);
    strain[z] = uniform[0] + 0.25 * u[0];
    strain[stride + z] = uniform[1] + 0.25 * v[1];
    strain[2 * stride + z] = uniform[2] + 0.25 * w[2];
    strain[3 * stride + z] = root * uniform[3] + shear * (v[2] + w[1]);
    strain[4 * stride + z] = root * uniform[4] + shear * (u[2] + w[0]);
    strain[5 * stride + z] = root * uniform[5] + shear * (u[1] + v[0]);
  }
}

void VmPointStrain(VmElement element, int64_t n, int64_t s, const double uniform[6], const double *in, double *strain)
{
  const int points = VmElementPoints(element);
  for (int p = 0; p < points; ++p) {
    double at[3];
    Coordinates(element, p, at);
    StrainAt(n, points * n, s, at, uniform, in, strain + p * n);
  }
}

/* Forces of one component of the displacement, whose tractions on planes across x, y, z are x, y, z; adds to out. */
VM_SIMD_CLONES static void ForcesAt(int64_t n, int64_t s, bool reduced, const double at[3], const double weight[3],
                                    const double *x, const double *y, const double *z, double *out)
{
  const double a = at[0], b = at[1], c = at[2];
  VM_NO_OVERLAP
  for (int64_t k = 0; k < n; ++k) {
    const double tx = weight[0] * x[k], ty = weight[1] * y[k], tz = weight[2] * z[k];
    out[MX * s + k] += tx;
    out[MY * s + k] += ty;
    out[MZ * s + k] += tz;
    if (reduced) continue;
    out[MXY * s + k] += b * tx + a * ty;
    out[MXZ * s + k] += c * tx + a * tz;
    out[MYZ * s + k] += c * ty + b * tz;
    out[MXYZ * s + k] += b * c * tx + a * c * ty + a * b * tz;
  }
}

void VmPointForces(VmElement element, int64_t n, int64_t s, const double *stress, double *out)
{
  static const int component[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
  const int points = VmElementPoints(element);
  for (int64_t k = 0; k < 3 * MODES * s; ++k) out[k] = 0.0;
  for (int p = 0; p < points; ++p) {
    double at[3];
    Coordinates(element, p, at);
    for (int i = 0; i < 3; ++i) {
      double weight[3];
      const double *traction[3];
      for (int j = 0; j < 3; ++j) {
        weight[j] = 0.25 / points / (i == j ? 1.0 : PETSC_SQRT2);
        traction[j] = stress + (component[i][j] * points + p) * n;
      }
      ForcesAt(n, s, points == 1, at, weight, traction[0], traction[1], traction[2], out + i * MODES * s);
    }
  }
}
