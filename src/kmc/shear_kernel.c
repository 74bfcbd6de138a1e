#include "shear_kernel.h"
#include "kmc_private.h"
#include <vitromech/simd.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double basis[VM_SHEARS][6] = {
    {M_SQRT1_2, -M_SQRT1_2, 0.0, 0.0, 0.0, 0.0},
    {0.40824829046386302, 0.40824829046386302, -0.81649658092772603, 0.0, 0.0, 0.0},
    {0.0, 0.0, 0.0, M_SQRT1_2, 0.0, 0.0},
    {0.0, 0.0, 0.0, 0.0, M_SQRT1_2, 0.0},
    {0.0, 0.0, 0.0, 0.0, 0.0, M_SQRT1_2}};

void VmShears(const double tensor[6], double shears[VM_SHEARS])
{
  for (int i = 0; i < VM_SHEARS; ++i) shears[i] = VmDot6(basis[i], tensor);
}

void VmFromShears(const double shears[VM_SHEARS], double tensor[6])
{
  for (int c = 0; c < 6; ++c) {
    tensor[c] = 0.0;
    for (int i = 0; i < VM_SHEARS; ++i) tensor[c] += basis[i][c] * shears[i];
  }
}

typedef double Matrix[VM_SHEARS][VM_SHEARS];

static void Response(VmKernel kernel, const int64_t offset[3], Matrix k)
{
  for (int j = 0; j < VM_SHEARS; ++j) {
    double stress[6];
    VmKernelAt(kernel, offset, basis[j], stress);
    for (int i = 0; i < VM_SHEARS; ++i) k[i][j] = VmDot6(basis[i], stress);
  }
}

static void Pack(Matrix k, int64_t stride, double *row)
{
  for (int i = 0; i < VM_SHEARS; ++i)
    for (int j = i; j < VM_SHEARS; ++j, row += stride) *row = 0.5 * (k[i][j] + k[j][i]);
}

static void FillOctant(VmShearKernel shear, VmKernel kernel)
{
  const int64_t *half = shear->half;
  for (int64_t x = 0; x < half[0]; ++x)
    for (int64_t y = 0; y < half[1]; ++y)
      for (int64_t z = 0; z < half[2]; ++z) {
        Matrix k;
        Response(kernel, (const int64_t[3]){x, y, z}, k);
        VmShearKernelPack(k, shear->octant + ((x * half[1] + y) * half[2] + z) * VM_SHEAR_ROW);
      }
  memset(shear->octant + half[0] * half[1] * half[2] * VM_SHEAR_ROW, 0, VM_SHEAR_ROW * sizeof(float));
}

static VmInfluence PackInfluence(float value)
{
  const union {
    float value;
    uint32_t bits;
  } whole = {.value = value};
  return (VmInfluence)((whole.bits + 0xffff) >> 16);
}

/* Puts the influence [n0][n1][n2] into its order. */
static void FillInfluence(VmShearKernel shear, const float *influence)
{
  const int64_t *n = shear->grid->n;
  for (int64_t x = 0; x < n[0]; ++x) {
    for (int64_t y = 0; y < n[1]; ++y) {
      float *largest = &shear->row_influence[x * n[1] + y];
      for (int64_t z = 0; z < n[2]; ++z) {
        const VmInfluence value = PackInfluence(influence[(x * n[1] + y) * n[2] + z]);
        VmInfluence *entry = shear->influence + VmInfluenceIndex(shear, x, y, z); /* written twice if x has two signs */
        entry[0] = value;
        /* the second copy continues the first where the row of tiles passes the end of the box */
        if (n[2] % VM_TILE_Z == 0) entry[shear->columns] = value;
        *largest = fmaxf(*largest, VmInfluenceValue(value));
      }
      shear->plane_influence[x] = fmaxf(shear->plane_influence[x], *largest);
    }
  }
}

/* Periodic image of an offset in [0, n) that is nearest to 0. */
static int64_t Nearest(int64_t offset, int64_t n) { return 2 * offset > n ? offset - n : offset; }

static void FindReach(VmShearKernel shear)
{
  const int64_t *n = shear->grid->n;
  for (int64_t x = 0; x < n[0]; ++x)
    for (int64_t y = 0; y < n[1]; ++y)
      for (int64_t z = 0; z < n[2]; ++z) {
        if (VmInfluenceValue(shear->influence[VmInfluenceIndex(shear, x, y, z)]) <= shear->near) continue;
        const int64_t dy = Nearest(y, n[1]);
        shear->reach[0] = PetscMax(shear->reach[0], llabs(Nearest(x, n[0])));
        shear->reach[1] = PetscMax(shear->reach[1], PetscMax(-dy, dy + VM_TILE_Y - 1));
        shear->reach[2] = PetscMax(shear->reach[2], llabs(Nearest(z, n[2])));
      }
}

static PetscErrorCode FillSurround(VmShearKernel shear, VmKernel kernel)
{
  const int64_t *reach = shear->reach;
  PetscFunctionBegin;
  shear->width = 2 * reach[2] + VM_TILE_Z;
  PetscCall(PetscMalloc1((size_t)((reach[0] + 1) * (reach[1] + 1) * VM_SHEAR_PAIRS * shear->width), &shear->surround));
  for (int64_t x = 0; x <= reach[0]; ++x)
    for (int64_t y = 0; y <= reach[1]; ++y)
      for (int64_t z = 0; z < shear->width; ++z) {
        Matrix k;
        Response(kernel, (const int64_t[3]){x, y, z - reach[2]}, k);
        Pack(k, shear->width, shear->surround + (x * (reach[1] + 1) + y) * VM_SHEAR_PAIRS * shear->width + z);
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShearKernelCreate(VmGrid grid, VmKernel kernel, double near, double friction, VmShearKernel *out)
{
  const int64_t *n = grid->n;
  VmShearKernel shear;
  float *influence;
  PetscFunctionBegin;
  PetscCall(PetscNew(&shear));
  shear->grid = grid, shear->near = (float)near;
  shear->rows = (n[1] + VM_TILE_Y - 1) / VM_TILE_Y, shear->columns = (n[2] + VM_TILE_Z - 1) / VM_TILE_Z;
  for (int d = 0; d < 3; ++d) shear->half[d] = n[d] / 2 + 1;
  const size_t octant = (size_t)(shear->half[0] * shear->half[1] * shear->half[2] + 1) * VM_SHEAR_ROW * sizeof(float);
  shear->octant = aligned_alloc(VM_SHEAR_ROW * sizeof(float), octant);
  PetscCheck(shear->octant, grid->comm, PETSC_ERR_MEM, "no memory for the kernel");
  PetscCall(PetscCalloc3((size_t)(shear->half[0] * VM_TILE_Y * VM_TILE_Z * shear->rows * 2 * shear->columns),
                         &shear->influence, (size_t)(n[0] * n[1]), &shear->row_influence, (size_t)n[0],
                         &shear->plane_influence));
  FillOctant(shear, kernel);
  PetscCall(PetscMalloc1((size_t)grid->total, &influence));
  PetscCall(VmKmcInfluence(grid, kernel, friction, influence));
  FillInfluence(shear, influence);
  PetscCall(PetscFree(influence));
  FindReach(shear);
  PetscCall(FillSurround(shear, kernel));
  *out = shear;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShearKernelDestroy(VmShearKernel *shear)
{
  PetscFunctionBegin;
  if (!*shear) PetscFunctionReturn(PETSC_SUCCESS);
  free((*shear)->octant);
  PetscCall(PetscFree3((*shear)->influence, (*shear)->row_influence, (*shear)->plane_influence));
  PetscCall(PetscFree((*shear)->surround));
  PetscCall(PetscFree(*shear));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmShearKernelBytes(const int64_t n[3])
{
  const int64_t half = n[0] / 2 + 1, octant = half * (n[1] / 2 + 1) * (n[2] / 2 + 1);
  return (octant * VM_SHEAR_ROW + n[0] * n[1]) * (int64_t)sizeof(float) +
         half * n[1] * n[2] * 2 * (int64_t)sizeof(VmInfluence);
}

/* stress += K eps for the packed rows of K, a stride apart. */
static inline __attribute__((always_inline)) void Multiply(const double *k, int64_t s, const double e[VM_SHEARS],
                                                           double out[VM_SHEARS])
{
  const double k01 = k[s], k02 = k[2 * s], k03 = k[3 * s], k04 = k[4 * s], k12 = k[6 * s], k13 = k[7 * s],
               k14 = k[8 * s], k23 = k[10 * s], k24 = k[11 * s], k34 = k[13 * s];
  out[0] = ((k[0] * e[0] + k01 * e[1]) + (k02 * e[2] + k03 * e[3])) + k04 * e[4];
  out[1] = ((k01 * e[0] + k[5 * s] * e[1]) + (k12 * e[2] + k13 * e[3])) + k14 * e[4];
  out[2] = ((k02 * e[0] + k12 * e[1]) + (k[9 * s] * e[2] + k23 * e[3])) + k24 * e[4];
  out[3] = ((k03 * e[0] + k13 * e[1]) + (k23 * e[2] + k[12 * s] * e[3])) + k34 * e[4];
  out[4] = ((k04 * e[0] + k14 * e[1]) + (k24 * e[2] + k34 * e[3])) + k[14 * s] * e[4];
}

bool VmShearKernelNear(VmShearKernel shear, const int64_t tile[3], const int32_t source[3])
{
  const int64_t *n = shear->grid->n;
  const int64_t entry = VmInfluenceIndex(shear, VmOffset(tile[0], source[0], n[0]), VmOffset(tile[1], source[1], n[1]),
                                         VmOffset(tile[2], source[2], n[2]));
  return VmInfluenceValue(shear->influence[entry]) > shear->near;
}

/* One row of a tile: `sign` flips the shears yz, xz, xy. */
VM_SIMD_CLONES
static void AddRow(const double *restrict k, int64_t width, const double e[VM_SHEARS], const double sign[3],
                   double *restrict stress)
{
  VM_NO_OVERLAP
  for (int i = 0; i < VM_TILE_Z; ++i) {
    double out[VM_SHEARS];
    Multiply(k + i, width, e, out);
    stress[i] += out[0], stress[VM_TILE + i] += out[1];
    stress[2 * VM_TILE + i] += sign[0] * out[2], stress[3 * VM_TILE + i] += sign[1] * out[3];
    stress[4 * VM_TILE + i] += sign[2] * out[4];
  }
}

void VmShearKernelAddTile(VmShearKernel shear, const int64_t at[3], const int32_t source[3],
                          const double eps[VM_SHEARS], double *stress)
{
  const int64_t *n = shear->grid->n, *reach = shear->reach;
  const int64_t dx = Nearest(VmOffset(at[0], source[0], n[0]), n[0]),
                dy = Nearest(VmOffset(at[1], source[1], n[1]), n[1]),
                dz = Nearest(VmOffset(at[2], source[2], n[2]), n[2]);
  for (int64_t row = dy; row < dy + VM_TILE_Y; ++row) {
    const double x = dx < 0 ? -1.0 : 1.0, y = row < 0 ? -1.0 : 1.0, sign[3] = {y, x, x * y};
    const double e[VM_SHEARS] = {eps[0], eps[1], sign[0] * eps[2], sign[1] * eps[3], sign[2] * eps[4]};
    AddRow(shear->surround + (llabs(dx) * (reach[1] + 1) + llabs(row)) * VM_SHEAR_PAIRS * shear->width + dz + reach[2],
           shear->width, e, sign, stress + (row - dy) * VM_TILE_Z);
  }
}
