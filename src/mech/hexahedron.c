/* Trilinear hexahedra of isotropic material, row by row.
 *
 * On an element, u = sum over subsets S of {x,y,z} of M[S] phi_S / 8, phi_S the product of the coordinates in S (each
 * in
 * [-1,1]) and M[S] the sum of u over the corners with the sign of phi_S. Products of derivatives of the phi_S are
 * orthogonal, with 1/3 for each coordinate left, so that the integral over the element is a short sum over S. One
 * integration point sees x, y and z only. */
#include "hexahedron.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

enum { IN_ROWS = 3 * COMBINATIONS, OUT_ROWS = 3 * MODES, ROWS = IN_ROWS + OUT_ROWS };

/* Mode and component in which the six stresses are found. */
static const int stress_row[6] = {0 * MODES + MX, 1 * MODES + MY, 2 * MODES + MZ,
                                  1 * MODES + MZ, 0 * MODES + MZ, 0 * MODES + MY};

PetscErrorCode VmHexCreate(VmEquilibrium e)
{
  const size_t plane = 3 * (size_t)e->grid->plane;
  PetscFunctionBegin;
  PetscCall(PetscCalloc4((size_t)(ROWS * VmHexRowStride(e->grid)), &e->rows, plane, &e->upper[0], plane, &e->upper[1],
                         plane, &e->halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHexDestroy(VmEquilibrium e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(e->rows, e->upper[0], e->upper[1], e->halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Corner sums over x and y of four rows of nodes, for one component: in [COMBINATIONS][stride]. */
VM_SIMD_CLONES static void Combine(int64_t n, int64_t stride, const double *a, const double *b, const double *c,
                                   const double *d, double *in)
{
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    const double ab = a[z] + b[z], cd = c[z] + d[z], ba = b[z] - a[z], dc = d[z] - c[z];
    in[NONE * stride + z] = ab + cd;
    in[X * stride + z] = ba + dc;
    in[Y * stride + z] = cd - ab;
    in[XY * stride + z] = dc - ba;
  }
  for (int k = 0; k < COMBINATIONS; ++k) in[k * stride + n] = in[k * stride];
}

/* Four times the displacement gradient at the centre of element z: h[i][j] = du_i/dx_j. */
static inline __attribute__((always_inline)) void CentreGradient(int64_t s, const double *in, int64_t z, double h[3][3])
{
  for (int i = 0; i < 3; ++i) {
    const double *row = in + i * COMBINATIONS * s + z;
    h[i][0] = row[X * s] + row[X * s + 1];
    h[i][1] = row[Y * s] + row[Y * s + 1];
    h[i][2] = row[NONE * s + 1] - row[NONE * s];
  }
}

/* A quarter of the stress at the centre, out[i][MX..MZ] = sig_ij/4; strain is four times the uniform strain. */
VM_SIMD_CLONES static void CentreStress(int64_t n, int64_t s, const double *shear, const double *bulk,
                                        const double strain[6], const double *in, double *out)
{
  const double xx = strain[0], yy = strain[1], zz = strain[2], yz = 2.0 * strain[3], xz = 2.0 * strain[4],
               xy = 2.0 * strain[5];
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    const double g = shear[z] * 0.0625, lame = bulk[z] * 0.0625 - g * (2.0 / 3.0);
    double h[3][3];
    CentreGradient(s, in, z, h);
    h[0][0] += xx, h[1][1] += yy, h[2][2] += zz;
    const double trace = lame * (h[0][0] + h[1][1] + h[2][2]);
    const double s_yz = g * (h[1][2] + h[2][1] + yz), s_xz = g * (h[0][2] + h[2][0] + xz),
                 s_xy = g * (h[0][1] + h[1][0] + xy);
    out[(0 * MODES + MX) * s + z] = 2.0 * g * h[0][0] + trace;
    out[(1 * MODES + MY) * s + z] = 2.0 * g * h[1][1] + trace;
    out[(2 * MODES + MZ) * s + z] = 2.0 * g * h[2][2] + trace;
    out[(1 * MODES + MZ) * s + z] = out[(2 * MODES + MY) * s + z] = s_yz;
    out[(0 * MODES + MZ) * s + z] = out[(2 * MODES + MX) * s + z] = s_xz;
    out[(0 * MODES + MY) * s + z] = out[(1 * MODES + MX) * s + z] = s_xy;
  }
}

/* Forces of the modes that one integration point does not see. */
VM_SIMD_CLONES static void HourglassStress(int64_t n, int64_t s, const double *shear, const double *bulk,
                                           const double *in, double *out)
{
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    const double g = shear[z] * (0.0625 / 3.0), lame = bulk[z] * (0.0625 / 3.0) - g * (2.0 / 3.0);
    const double own = 3.0 * g + lame, all = (4.0 * g + lame) / 3.0;
    double xy[3], xz[3], yz[3];
    for (int i = 0; i < 3; ++i) {
      const double *row = in + i * COMBINATIONS * s + z;
      xy[i] = row[XY * s] + row[XY * s + 1];
      xz[i] = row[X * s + 1] - row[X * s];
      yz[i] = row[Y * s + 1] - row[Y * s];
      out[(i * MODES + MXYZ) * s + z] = all * (row[XY * s + 1] - row[XY * s]);
    }
    const double twist = xy[2] + xz[1] + yz[0];
    out[(0 * MODES + MXY) * s + z] = own * xy[0] + lame * yz[2];
    out[(1 * MODES + MXY) * s + z] = own * xy[1] + lame * xz[2];
    out[(2 * MODES + MXY) * s + z] = g * (twist + xy[2]);
    out[(0 * MODES + MXZ) * s + z] = own * xz[0] + lame * yz[1];
    out[(2 * MODES + MXZ) * s + z] = own * xz[2] + lame * xy[1];
    out[(1 * MODES + MXZ) * s + z] = g * (twist + xz[1]);
    out[(1 * MODES + MYZ) * s + z] = own * yz[1] + lame * xz[0];
    out[(2 * MODES + MYZ) * s + z] = own * yz[2] + lame * xy[0];
    out[(0 * MODES + MYZ) * s + z] = g * (twist + yz[0]);
  }
}

/* Adds a quarter of internal - C:eigenstrain of row `first` to the stress at the centre. */
static void AddLoad(const VmEquilibrium e, int64_t first, double *out)
{
  static const int mirror[6] = {-1, -1, -1, 2 * MODES + MY, 2 * MODES + MX, 1 * MODES + MX};
  const VmMedium *m = &e->medium;
  const int64_t np = e->grid->np, s = VmHexRowStride(e->grid);
  for (int64_t z = 0; z < e->grid->n[2]; ++z) {
    double sig[6] = {0.0};
    if (m->eigenstrain) {
      double eps[6];
      for (int c = 0; c < 6; ++c) eps[c] = -m->eigenstrain[c * np + first + z];
      VmHooke(m->shear[first + z], m->bulk[first + z], eps, sig);
    }
    for (int c = 0; c < 6; ++c) {
      if (m->internal) sig[c] += m->internal[c * np + first + z];
      out[stress_row[c] * s + z] += 0.25 * sig[c];
      if (c >= 3) out[mirror[c] * s + z] += 0.25 * sig[c];
    }
  }
}

/* Value at node z of what the elements z and z-1 add to it: the mode without z and the mode with z. */
#define ALONG_Z(flat, with)                                                                                            \
  ((out[(flat)*s + z] - out[(with)*s + z]) + (out[(flat)*s + before] + out[(with)*s + before]))
#define ALONG_Z_FLAT(flat) (out[(flat)*s + z] + out[(flat)*s + before])
#define ALONG_Z_WITH(with) (out[(with)*s + before] - out[(with)*s + z])

static inline __attribute__((always_inline)) void ScatterNode(int64_t s, bool reduced, const double *out, int64_t z,
                                                              int64_t before, double *a, double *b, double *c,
                                                              double *d)
{
  const double none = ALONG_Z_WITH(MZ);
  const double x = reduced ? ALONG_Z_FLAT(MX) : ALONG_Z(MX, MXZ);
  const double y = reduced ? ALONG_Z_FLAT(MY) : ALONG_Z(MY, MYZ);
  const double xy = reduced ? 0.0 : ALONG_Z(MXY, MXYZ);
  a[z] += (none - x) - (y - xy);
  b[z] += (none + x) - (y + xy);
  c[z] += (none - x) + (y - xy);
  d[z] += (none + x) + (y + xy);
}

/* Adds the forces of one component of a row of elements, out [MODES][s], to the four rows of nodes around it; c, d may
 * be a, b. */
VM_SIMD_CLONES static void ScatterFull(int64_t n, int64_t s, const double *out, double *a, double *b, double *c,
                                       double *d)
{
  ScatterNode(s, false, out, 0, n - 1, a, b, c, d);
  VM_NO_OVERLAP
  for (int64_t z = 1; z < n; ++z) ScatterNode(s, false, out, z, z - 1, a, b, c, d);
}

VM_SIMD_CLONES static void ScatterReduced(int64_t n, int64_t s, const double *out, double *a, double *b, double *c,
                                          double *d)
{
  ScatterNode(s, true, out, 0, n - 1, a, b, c, d);
  VM_NO_OVERLAP
  for (int64_t z = 1; z < n; ++z) ScatterNode(s, true, out, z, z - 1, a, b, c, d);
}

/* Components of two neighbouring planes of nodes: component i of the first at low + i*low_stride. */
typedef struct {
  const double *low, *high;
  int64_t low_stride, high_stride;
} NodePlanes;

static NodePlanes Nodes(VmEquilibrium e, const double *u, int64_t x)
{
  const VmGrid grid = e->grid;
  if (x + 1 < grid->nx) return (NodePlanes){u + x * grid->plane, u + (x + 1) * grid->plane, grid->np, grid->np};
  return (NodePlanes){u + x * grid->plane, e->halo, grid->np, grid->plane};
}

/* The medium's answer to a row. */
typedef struct {
  VmEquilibrium e;
  VmStressPart part;
} Medium;

static void MediumRow(void *context, int64_t first, const double strain[6], const double *in, double *out)
{
  const Medium *medium = context;
  const VmEquilibrium e = medium->e;
  const int64_t n = e->grid->n[2], s = VmHexRowStride(e->grid);
  const double *shear = e->medium.shear + first, *bulk = e->medium.bulk + first;
  double four[6];

  for (int c = 0; c < 6; ++c) four[c] = 4.0 * strain[c];
  CentreStress(n, s, shear, bulk, four, in, out);
  if (medium->part == VM_WHOLE_STRESS && (e->medium.eigenstrain || e->medium.internal)) AddLoad(e, first, out);
  if (e->options.element == VM_ELEMENT_FULL) HourglassStress(n, s, shear, bulk, in, out);
}

/* Stress of the row of elements (x, y): corner sums to e->rows, forces of the modes behind them. */
static void Row(VmEquilibrium e, const NodePlanes *nodes, int64_t x, int64_t y, const double strain[6],
                const VmRowLaw *law)
{
  const VmGrid grid = e->grid;
  const int64_t n = grid->n[2], s = VmHexRowStride(grid), low = y * n, high = (y + 1) % grid->n[1] * n;
  double *in = e->rows;

  for (int i = 0; i < 3; ++i) {
    const double *below = nodes->low + i * nodes->low_stride, *above = nodes->high + i * nodes->high_stride;
    Combine(n, s, below + low, above + low, below + high, above + high, in + i * COMBINATIONS * s);
  }
  law->row(law->context, x * grid->plane + low, strain, in, in + IN_ROWS * s);
}

/* Plane exchange between slabs: sends `out` to the owner of plane `to`, receives [3][plane] from that of plane `from`.
 */
static PetscErrorCode Exchange(VmGrid grid, const double *out, int64_t to, int64_t from, double *in)
{
  const int64_t n0 = grid->n[0];
  const int count = (int)(3 * grid->plane);
  PetscFunctionBegin;
  if (grid->nx == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Sendrecv(out, count, MPI_DOUBLE, VmGridOwner(grid, (to + n0) % n0), 0, in, count, MPI_DOUBLE,
                            VmGridOwner(grid, (from + n0) % n0), 0, grid->comm, MPI_STATUS_IGNORE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first plane of the next slab to e->halo. */
static PetscErrorCode FetchHalo(VmEquilibrium e, const double *u)
{
  const VmGrid grid = e->grid;
  PetscFunctionBegin;
  for (int i = 0; i < 3 && grid->nx > 0; ++i)
    memcpy(e->upper[0] + i * grid->plane, u + i * grid->np, (size_t)grid->plane * sizeof(double));
  PetscCall(Exchange(grid, e->upper[0], grid->x0 - 1, grid->x0 + grid->nx, e->halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Forces of the elements of plane x on their lower nodes, to f, and on their upper nodes, to upper [3][plane]. */
static void PlaneForces(VmEquilibrium e, const double *u, int64_t x, const double strain[6], const VmRowLaw *law,
                        double *f, double *upper, double stress[6])
{
  const VmGrid grid = e->grid;
  const NodePlanes nodes = Nodes(e, u, x);
  const int64_t n = grid->n[2], s = VmHexRowStride(grid);
  const double *out = e->rows + IN_ROWS * s;
  void (*scatter)(int64_t, int64_t, const double *, double *, double *, double *, double *) =
      e->options.element == VM_ELEMENT_FULL ? ScatterFull : ScatterReduced;

  for (int i = 0; i < 3; ++i) memset(f + i * grid->np + x * grid->plane, 0, (size_t)grid->plane * sizeof(double));
  memset(upper, 0, 3 * (size_t)grid->plane * sizeof(double));
  for (int64_t y = 0; y < grid->n[1]; ++y) {
    const int64_t low = y * n, high = (y + 1) % grid->n[1] * n;
    Row(e, &nodes, x, y, strain, law);
    for (int i = 0; i < 3; ++i) {
      double *below = f + i * grid->np + x * grid->plane, *above = upper + i * grid->plane;
      scatter(n, s, out + i * MODES * s, below + low, above + low, below + high, above + high);
    }
    for (int c = 0; c < 6 && stress; ++c) stress[c] += 4.0 * VmSumRun(n, out + stress_row[c] * s);
  }
}

/* Adds the forces from below to plane x of f; u.f of the plane. */
VM_SIMD_CLONES static double ClosePlane(int64_t n, int64_t np, const double *u, const double *from_below, double *f)
{
  double lane[8] = {0.0};
  for (int i = 0; i < 3; ++i) {
    const double *a = u + i * np, *b = from_below + i * n;
    double *c = f + i * np;
    const int64_t whole = n - n % 8;
    for (int64_t k = 0; k < whole; k += 8)
      for (int j = 0; j < 8; ++j) {
        c[k + j] += b[k + j];
        lane[j] += a[k + j] * c[k + j];
      }
    for (int64_t k = whole; k < n; ++k) {
      c[k] += b[k];
      lane[k - whole] += a[k] * c[k];
    }
  }
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

PetscErrorCode VmHexLawForces(VmEquilibrium e, const double *u, const double strain[6], const VmRowLaw *law, double *f,
                              double *work, double *stress)
{
  const VmGrid grid = e->grid;
  const int64_t plane = grid->plane;
  double(*partial)[7], total[7];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)grid->nx, &partial));
  PetscCall(FetchHalo(e, u));
  for (int64_t x = 0; x < grid->nx; ++x) {
    PlaneForces(e, u, x, strain, law, f, e->upper[x % 2], stress ? partial[x] + 1 : NULL);
    if (x > 0) partial[x][0] = ClosePlane(plane, grid->np, u + x * plane, e->upper[(x - 1) % 2], f + x * plane);
  }
  if (grid->nx > 0) {
    PetscCall(Exchange(grid, e->upper[(grid->nx - 1) % 2], grid->x0 + grid->nx, grid->x0 - 1, e->halo));
    partial[0][0] = ClosePlane(plane, grid->np, u, e->halo, f);
  }
  if (work || stress) {
    PetscCall(VmSumPlanes(grid, 7, (const double *)partial, total));
    if (work) *work = total[0];
    for (int c = 0; c < 6 && stress; ++c) stress[c] = total[1 + c];
  }
  PetscCall(PetscFree(partial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHexForces(VmEquilibrium e, const double *u, const double strain[6], VmStressPart part, double *f,
                           double *work, double *stress)
{
  Medium medium = {e, part};
  PetscFunctionBegin;
  PetscCall(VmHexLawForces(e, u, strain, &(VmRowLaw){MediumRow, &medium}, f, work, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHexFields(VmEquilibrium e, const double *u, const double strain[6], double *strains, double *stresses)
{
  const VmGrid grid = e->grid;
  const int64_t n = grid->n[2], np = grid->np, s = VmHexRowStride(grid);
  const double *in = e->rows, *out = e->rows + IN_ROWS * s;
  Medium medium = {e, VM_WHOLE_STRESS};

  PetscFunctionBegin;
  PetscCall(FetchHalo(e, u));
  for (int64_t x = 0; x < grid->nx; ++x) {
    const NodePlanes nodes = Nodes(e, u, x);
    for (int64_t y = 0; y < grid->n[1]; ++y) {
      const int64_t first = x * grid->plane + y * n;
      Row(e, &nodes, x, y, strain, &(VmRowLaw){MediumRow, &medium});
      for (int64_t z = 0; z < n && strains; ++z) {
        double h[3][3];
        CentreGradient(s, in, z, h);
        for (int c = 0; c < 6; ++c) {
          const int i = vm_voigt_pair[c][0], j = vm_voigt_pair[c][1];
          strains[c * np + first + z] = strain[c] + 0.125 * (h[i][j] + h[j][i]);
        }
      }
      for (int c = 0; c < 6 && stresses; ++c)
        for (int64_t z = 0; z < n; ++z) stresses[c * np + first + z] = 4.0 * out[stress_row[c] * s + z];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
