/* ranks: 1 2 3 4; timeout: 120; links: vm_solvers
 * The voxel-averaged Green operator against theory: Eshelby's self stress, far field, uniform eigenstrain, a sphere. */
#include "vm_test.h"
#include <vitromech/mech.h>

#define G 35.0
static double nu = 0.35;
static double Bulk(void) { return 2.0 * G * (1.0 + nu) / (3.0 * (1.0 - 2.0 * nu)); }

/* Value of a field at one global voxel, on all ranks. */
static double At(VmGrid grid, const double *field, int64_t x, int64_t y, int64_t z)
{
  double value = 0.0;
  if (x >= grid->x0 && x < grid->x0 + grid->nx) value = field[(x - grid->x0) * grid->plane + y * grid->n[2] + z];
  MPI_Bcast(&value, 1, MPI_DOUBLE, VmGridOwner(grid, x), grid->comm);
  return value;
}

static void Set(VmGrid grid, double *field, int64_t x, int64_t y, int64_t z, double value)
{
  if (x >= grid->x0 && x < grid->x0 + grid->nx) field[(x - grid->x0) * grid->plane + y * grid->n[2] + z] = value;
}

static double *Zeros(VmGrid grid, int ncomp)
{
  double *field = calloc((size_t)(ncomp * grid->np + 1), sizeof(double));
  return field;
}

static PetscErrorCode UniformGivesNothing(VmGrid grid, VmGreen green)
{
  double *eps = Zeros(grid, 6), *sig = Zeros(grid, 6), most = 0.0;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c)
    for (int64_t i = 0; i < grid->np; ++i) eps[c * grid->np + i] = 0.01 * (c + 1);
  PetscCall(VmGreenStress(green, eps, sig));
  for (int64_t i = 0; i < 6 * grid->np; ++i) most = fmax(most, fabs(sig[i]));
  VmFigure("fluctuation of a uniform eigenstrain / G", most / G);
  VmExpect(most < 1e-12 * G, "fluctuation %g GPa", most);
  free(eps), free(sig);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Self stress of one voxel for each of five deviatoric directions; the missing mean makes it (1 - 1/N) of the infinite
 * body's. */
static PetscErrorCode SelfStress(VmGrid grid, VmGreen green)
{
  const double shape[5][6] = {
      {0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 1}, {1, -1, 0, 0, 0, 0}, {1, 1, -2, 0, 0, 0}};
  double factor[5], mean = 0.0, energy = 0.0;
  PetscFunctionBegin;
  for (int s = 0; s < 5; ++s) {
    double *eps = Zeros(grid, 6), *sig = Zeros(grid, 6), self[6];
    for (int c = 0; c < 6; ++c) Set(grid, eps + c * grid->np, 3, 4, 5, shape[s][c]);
    PetscCall(VmGreenStress(green, eps, sig));
    for (int c = 0; c < 6; ++c) self[c] = At(grid, sig + c * grid->np, 3, 4, 5);
    factor[s] = -VmDot6(self, shape[s]) / (2.0 * G * VmDot6(shape[s], shape[s])) / (1.0 - 1.0 / (double)grid->total);
    /* energy of a zone of engineering strain gamma: eps:eps = gamma^2/2 */
    const double gamma = 0.1;
    energy += 0.2 * 0.5 * 2.0 * G * factor[s] * gamma * gamma / 2.0;
    mean += 0.2 * factor[s];
    free(eps), free(sig);
  }
  VmFigure("self stress, shear, over -2G eps", factor[2]);
  VmFigure("self stress, xx-yy, over -2G eps", factor[3]);
  VmFigure("self stress, mean of five", mean);
  VmExpectNear(factor[2], 0.506, 0.01 * 0.506);
  VmExpectNear(factor[3], 0.588, 0.01 * 0.588);
  for (int s = 0; s < 2; ++s) VmExpectNear(factor[s], factor[2], 1e-6);
  VmExpectNear(factor[4], factor[3], 1e-6);
  VmExpectNear(mean, (7.0 - 5.0 * nu) / (15.0 * (1.0 - nu)), 1e-6);
  VmFigure("energy of a zone / (G gamma^2 V)", energy / (G * 0.01));
  VmExpectNear(energy / (G * 0.01), (7.0 - 5.0 * nu) / (30.0 * (1.0 - nu)), 1e-6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress xy on the axes x and z, and on the diagonal of the plane, of a sheared voxel in a periodic box of n^3. */
static PetscErrorCode Profile(int64_t n, double on_x[16], double on_z[16])
{
  const int64_t cells[3] = {n, n, n};
  VmGrid grid;
  VmGreen green;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, cells, 1.0, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  double *eps = Zeros(grid, 6), *sig = Zeros(grid, 6), *xy = sig + VM_XY * grid->np;
  Set(grid, eps + VM_XY * grid->np, 0, 0, 0, 1.0);
  PetscCall(VmGreenStress(green, eps, sig));
  for (int r = 1; r < 16; ++r) on_x[r] = At(grid, xy, r, 0, 0), on_z[r] = At(grid, xy, 0, 0, r);
  for (int64_t r = 2; r < n / 2; ++r) {
    VmExpect(At(grid, xy, r, 0, 0) > At(grid, xy, r + 1, 0, 0), "no monotonous decay at %lld a", (long long)r);
    VmExpect(At(grid, xy, r, 0, 0) > 0.0, "sign alternates at %lld a", (long long)r);
    VmExpect(At(grid, xy, r, r, 0) < 0.0, "sign alternates on the diagonal at %lld a", (long long)r);
  }
  free(eps), free(sig);
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Far field of a shear eigenstrain against the infinite body. Images and the missing mean add a term that is constant
 * near the source and falls as 1/L^3: two boxes take it out. Voxels are cubes, which leaves terms of order (a/r)^2. */
static PetscErrorCode FarField(void)
{
  const double in_plane = G / (16.0 * VM_PI * (1.0 - nu)) * (15.0 - (7.0 - 8.0 * nu));
  const double normal = G * (1.0 - 2.0 * nu) / (2.0 * VM_PI * (1.0 - nu));
  double x32[16], z32[16], x64[16], z64[16];
  PetscFunctionBegin;
  PetscCall(Profile(32, x32, z32));
  PetscCall(Profile(64, x64, z64));
  VmFigure("sigma_xy at 8a on x, 32^3 box, GPa per unit strain", x32[8]);
  VmFigure("sigma_xy at 8a on x, 64^3 box", x64[8]);
  VmFigure("sigma_xy at 8a on x, extrapolated to the infinite body", (8.0 * x64[8] - x32[8]) / 7.0);
  VmFigure("sigma_xy at 8a on x, theory", in_plane / 512.0);
  VmExpectNear(in_plane / 512.0, 0.0226, 5e-5);
  VmExpectNear(x32[8], 0.0245, 0.015 * 0.0245);
  double ratio_x[16], ratio_z[16];
  for (int r = 4; r <= 8; ++r) {
    ratio_x[r] = (8.0 * x64[r] - x32[r]) / 7.0 * r * r * r / in_plane;
    ratio_z[r] = (8.0 * z64[r] - z32[r]) / 7.0 * r * r * r / normal;
    VmExpectNear(ratio_x[r], 1.0, 2.0 / (r * r));
    VmExpectNear(ratio_z[r], 1.0, 2.0 / (r * r));
  }
  VmFigure("far field on x over theory, (a/r)^2 term taken out", (64.0 * ratio_x[8] - 16.0 * ratio_x[4]) / 48.0);
  VmFigure("far field on z over theory, (a/r)^2 term taken out", (64.0 * ratio_z[8] - 16.0 * ratio_z[4]) / 48.0);
  VmExpectNear((64.0 * ratio_x[8] - 16.0 * ratio_x[4]) / 48.0, 1.0, 0.01);
  VmExpectNear((64.0 * ratio_z[8] - 16.0 * ratio_z[4]) / 48.0, 1.0, 0.01);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sphere(void)
{
  const int64_t n[3] = {48, 48, 48};
  const double shape[5][6] = {
      {0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 1}, {1, -1, 0, 0, 0, 0}, {1, 1, -2, 0, 0, 0}};
  VmGrid grid;
  VmGreen green;
  int64_t inside = 0;
  double mean = 0.0;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.0, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  for (int s = 0; s < 5; ++s) {
    double *eps = Zeros(grid, 6), *sig = Zeros(grid, 6), centre[6];
    inside = 0;
    for (int64_t x = 0; x < 48; ++x)
      for (int64_t y = 0; y < 48; ++y)
        for (int64_t z = 0; z < 48; ++z) {
          if ((x - 24) * (x - 24) + (y - 24) * (y - 24) + (z - 24) * (z - 24) > 64) continue;
          ++inside;
          for (int c = 0; c < 6; ++c) Set(grid, eps + c * grid->np, x, y, z, shape[s][c]);
        }
    PetscCall(VmGreenStress(green, eps, sig));
    for (int c = 0; c < 6; ++c) centre[c] = At(grid, sig + c * grid->np, 24, 24, 24);
    mean += 0.2 * -VmDot6(centre, shape[s]) / (2.0 * G * VmDot6(shape[s], shape[s]));
    free(eps), free(sig);
  }
  const double beta = 2.0 * (4.0 - 5.0 * nu) / (15.0 * (1.0 - nu)), f = (double)inside / (double)grid->total;
  VmFigure("sphere: mean centre stress / (-2G (1-beta)(1-f))", mean / ((1.0 - beta) * (1.0 - f)));
  VmFigure("sphere: mean centre stress / (-2G (1-beta))", mean / (1.0 - beta));
  VmExpectNear(mean, (1.0 - beta) * (1.0 - f), 2e-3);
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The real-space kernel is the operator: a few voxels transformed one by one and all at once. */
static PetscErrorCode KernelIsOperator(void)
{
  const int64_t n[3] = {10, 7, 9};
  VmGrid grid;
  VmGreen green;
  VmKernel kernel;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.3, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  PetscCall(VmKernelCreate(green, &kernel));
  double *eps = Zeros(grid, 6), *one = Zeros(grid, 6), *all = Zeros(grid, 6), most = 0.0;
  const int64_t source[3][3] = {{0, 0, 0}, {9, 3, 8}, {4, 6, 1}};
  for (int s = 0; s < 3; ++s) {
    double e[6];
    for (int c = 0; c < 6; ++c)
      e[c] = sin(1.0 + s * 7.0 + c * 3.0),
      Set(grid, eps + c * grid->np, source[s][0], source[s][1], source[s][2], e[c]);
    VmKernelAdd(kernel, source[s], e, one);
    if (s == 1) {
      const int64_t offset[3] = {4 - 9, 6 - 3, 1 - 8};
      double here[6], *alone = Zeros(grid, 6);
      VmKernelAt(kernel, offset, e, here);
      VmKernelAdd(kernel, source[s], e, alone);
      for (int c = 0; c < 6; ++c) VmExpectNear(here[c], At(grid, alone + c * grid->np, 4, 6, 1), 1e-12 * G);
      free(alone);
    }
  }
  PetscCall(VmGreenStress(green, eps, all));
  for (int64_t i = 0; i < 6 * grid->np; ++i) most = fmax(most, fabs(one[i] - all[i]));
  VmExpect(most < 1e-12 * G, "kernel and operator differ by %g GPa", most);
  free(eps), free(one), free(all);
  PetscCall(VmKernelDestroy(&kernel));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The deviator of a traceless eigenstrain is that of the whole stress. */
static PetscErrorCode DeviatorIsOfStress(void)
{
  const int64_t n[3] = {10, 7, 9};
  static const int component[5] = {VM_XX, VM_YY, VM_YZ, VM_XZ, VM_XY};
  VmGrid grid;
  VmGreen green;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.3, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  double *eps = Zeros(grid, 6), *sig = Zeros(grid, 6), *deviator = Zeros(grid, 5), most = 0.0;
  for (int64_t i = 0; i < grid->np; ++i) {
    for (int c = 0; c < 6; ++c) eps[c * grid->np + i] = cos(3.0 * (double)VmGridGlobal(grid, i) + 1.7 * c);
    eps[VM_ZZ * grid->np + i] = -eps[i] - eps[grid->np + i];
  }
  PetscCall(VmGreenStress(green, eps, sig));
  for (int64_t i = 0; i < grid->np; ++i) eps[VM_ZZ * grid->np + i] = NAN;
  PetscCall(VmGreenDeviator(green, eps, deviator));
  for (int64_t i = 0; i < grid->np; ++i) {
    const double pressure = (sig[i] + sig[grid->np + i] + sig[2 * grid->np + i]) / 3.0;
    for (int c = 0; c < 5; ++c) {
      const double wanted = sig[component[c] * grid->np + i] - (c < 2 ? pressure : 0.0);
      most = fmax(most, fabs(deviator[c * grid->np + i] - wanted));
    }
  }
  VmExpect(most < 1e-12 * G, "deviators differ by %g GPa", most);
  free(eps), free(sig), free(deviator);
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The displacement of a plane wave of eigenstrain exz = sin(kx): u_z' = 2 <exz> of the voxel average, shear only. */
static PetscErrorCode DisplacementOfWave(void)
{
  const int64_t n[3] = {16, 4, 4};
  VmGrid grid;
  VmGreen green;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 0.5, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  double *eps = Zeros(grid, 6), *u = Zeros(grid, 3);
  const double k = 2.0 * VM_PI / grid->length[0], average = sin(0.5 * k * 0.5) / (0.5 * k * 0.5);
  for (int64_t i = 0; i < grid->np; ++i)
    eps[VM_XZ * grid->np + i] = sin(k * 0.5 * (double)(grid->x0 + i / grid->plane));
  PetscCall(VmGreenDisplacement(green, eps, u));
  for (int64_t i = 0; i < grid->np; ++i) {
    const double x = 0.5 * (double)(grid->x0 + i / grid->plane);
    VmExpectNear(u[2 * grid->np + i], -2.0 * average * cos(k * x) / k, 1e-12);
    VmExpectNear(u[i], 0.0, 1e-12);
  }
  free(eps), free(u);
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {32, 32, 32};
  VmGrid grid;
  VmGreen green;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.0, &grid));
  PetscCall(VmGreenCreate(grid, G, Bulk(), &green));
  PetscCall(UniformGivesNothing(grid, green));
  PetscCall(SelfStress(grid, green));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscCall(FarField());
  PetscCall(Sphere());
  PetscCall(KernelIsOperator());
  PetscCall(DeviatorIsOfStress());
  PetscCall(DisplacementOfWave());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
