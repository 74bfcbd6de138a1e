/* ranks: 1 2 3; timeout: 60; links: vm_analysis */
#include "vm_test.h"
#include <vitromech/specimen.h>
#include "analysis/atoms/overlap.h"

static int rank, size;

static PetscErrorCode Prepare(MPI_Comm comm, const char *yaml, VmAtoms *atoms)
{
  VmReport report;
  VmNode *root;
  void *params;

  PetscFunctionBegin;
  PetscCall(VmReportCreate(comm, "test", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(PetscCalloc(vm_specimen_table.size, &params));
  PetscCall(VmParamsRead(&vm_specimen_table, root, report, params));
  PetscErrorCode code = VmReportFinish(report);
  if (!code) code = VmSpecimenPrepare(comm, params, 3, atoms);
  PetscCall(VmParamsFree(&vm_specimen_table, params));
  PetscCall(PetscFree(params));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(code);
}

#define EDGE 0.4

/* fcc, n cells along each axis, aluminium at the corners and copper on the faces; `share` of `shares`. */
static PetscErrorCode Crystal(int n, bool periodic, int share, int shares, VmAtoms *atoms)
{
  static const double basis[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};

  PetscFunctionBegin;
  *atoms = (VmAtoms){0};
  VmAtomsSpecies(atoms, 13);
  VmAtomsSpecies(atoms, 29);
  for (int d = 0; d < 3; ++d) {
    atoms->cell[d][d] = n * EDGE;
    atoms->periodic[d] = periodic;
  }
  for (int i = 0; i < 4 * n * n * n; ++i) {
    const int cell[3] = {i / 4 / (n * n), i / 4 / n % n, i / 4 % n};
    double r[3];
    for (int d = 0; d < 3; ++d) r[d] = (cell[d] + basis[i % 4][d]) * EDGE;
    if (i % shares == share) PetscCall(VmAtomsAppend(atoms, i % 4 > 0, r, i));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Gather(MPI_Comm comm, const VmAtoms *mine, VmAtoms *whole)
{
  const bool none[3] = {false, false, false};
  const double lo[3] = {-1e30, -1e30, -1e30}, hi[3] = {1e30, 1e30, 1e30};
  PetscFunctionBegin;
  PetscCall(VmAtomsExtract(comm, mine, lo, hi, none, whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whole periods stay periodic; others do not. */
static PetscErrorCode Replicate(void)
{
  VmAtoms atoms;
  int64_t n;

  PetscFunctionBegin;
  PetscCall(Crystal(1, true, rank, size, &atoms));
  PetscCall(Prepare(PETSC_COMM_WORLD, "{box: [1.2 nm, 0.8 nm, 2.1 nm]}", &atoms));
  PetscCall(VmAtomsCount(PETSC_COMM_WORLD, &atoms, &n));
  VmExpect(atoms.periodic[0] && atoms.periodic[1] && !atoms.periodic[2], "periodicity");
  VmExpectNear((double)n, 3 * 2 * 2 * 5.25 * 2, 3 * 2 * 2 + 0.1); /* a layer more or less in z */
  double least;
  PetscCall(VmAtomsMinimumDistance(PETSC_COMM_WORLD, &atoms, EDGE, &least));
  VmExpectNear(least, EDGE * sqrt(0.5), 1e-9);
  VmAtomsFree(&atoms);
  PetscCall(Crystal(2, true, rank, size, &atoms));
  PetscCall(Prepare(PETSC_COMM_WORLD, "{elements: [Al], box: [1.6 nm, 1.6 nm, 1.6 nm]}", &atoms));
  PetscCall(VmAtomsCount(PETSC_COMM_WORLD, &atoms, &n));
  VmExpectInt(n, 4 * 4 * 4);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A crystal along 111: the layers lie a/sqrt(3) apart along z. */
static PetscErrorCode Layers(void)
{
  const double spacing = EDGE / sqrt(3.0);
  double worst = 0.0;
  VmAtoms atoms;
  int64_t n;

  PetscFunctionBegin;
  PetscCall(Crystal(1, true, rank, size, &atoms));
  PetscCall(Prepare(PETSC_COMM_WORLD,
                    "{rotation: [45 degree, 54.735610317245346 degree, 0 degree], box: [4 nm, 4 nm, 4 nm]}", &atoms));
  PetscCall(VmAtomsCount(PETSC_COMM_WORLD, &atoms, &n));
  for (int64_t i = 0; i < atoms.n; ++i) {
    const double layer = (atoms.z[i] - atoms.z[0]) / spacing;
    worst = fmax(worst, fabs(layer - round(layer)));
  }
  VmExpect(worst < 1e-9, "an atom is %g layers off", worst);
  VmExpectNear((double)n / (4.0 / pow(EDGE, 3) * 64.0), 1.0, 0.08); /* faces may hold a layer more or less */
  VmExpect(!atoms.periodic[0] && !atoms.periodic[2], "a turned crystal is not periodic");
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rotations by right angles against permuted coordinates; tilts; distances under a random rotation; any ranks. */
static PetscErrorCode Turned(void)
{
  static const char *const cases[] = {"{rotation: [90 degree, 0 degree, 0 degree]}", "{tilt: [90 degree, 0 degree]}",
                                      "{tilt: [0 degree, 90 degree]}",
                                      "{random_rotation: true, tilt: [5 degree, -3 degree]}"};
  static const int source[3][3] = {{1, 0, 2}, {0, 2, 1}, {2, 1, 0}}, sign[3][3] = {{-1, 1, 1}, {1, -1, 1}, {1, 1, -1}};

  PetscFunctionBegin;
  for (int c = 0; c < 4; ++c) {
    VmAtoms mine, whole = {0}, alone, before;
    PetscCall(Crystal(2, false, rank, size, &mine));
    PetscCall(Crystal(2, false, 0, 1, &alone));
    PetscCall(Crystal(2, false, 0, 1, &before));
    PetscCall(Prepare(PETSC_COMM_WORLD, cases[c], &mine));
    PetscCall(Prepare(PETSC_COMM_SELF, cases[c], &alone));
    PetscCall(Gather(PETSC_COMM_WORLD, &mine, &whole));
    VmExpectInt(whole.n, before.n);
    for (int64_t i = 0; i < whole.n && whole.n == before.n; ++i) {
      VmExpect(whole.id[i] == alone.id[i] && whole.x[i] == alone.x[i] && whole.z[i] == alone.z[i],
               "case %d: atom %lld depends on the number of ranks", c, (long long)i);
      const double from[3] = {before.x[i] - before.x[0], before.y[i] - before.y[0], before.z[i] - before.z[0]};
      const double to[3] = {whole.x[i] - whole.x[0], whole.y[i] - whole.y[0], whole.z[i] - whole.z[0]};
      double a = 0.0, b = 0.0;
      for (int d = 0; d < 3; ++d) {
        a += from[d] * from[d];
        b += to[d] * to[d];
        if (c < 3) VmExpectNear(to[d], sign[c][d] * from[source[c][d]], 1e-12);
      }
      VmExpectNear(sqrt(a), sqrt(b), 1e-12);
    }
    VmAtomsFree(&mine);
    VmAtomsFree(&whole);
    VmAtomsFree(&alone);
    VmAtomsFree(&before);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Refused(void)
{
  static const char *const cases[] = {"{elements: [Zr]}", "{elements: [Xx]}", "{tilt: [5 degree, 0 degree]}",
                                      "{box: [1 nm, 1 nm]}", "{rotate: [1 degree]}"};
  PetscFunctionBegin;
  for (int c = 0; c < 5; ++c) {
    VmAtoms atoms;
    PetscCall(Crystal(1, true, rank, size, &atoms));
    VmExpectInt(Prepare(PETSC_COMM_WORLD, cases[c], &atoms), VM_ERR_INPUT);
    VmAtomsFree(&atoms);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PetscCall(Replicate());
  PetscCall(Layers());
  PetscCall(Turned());
  PetscCall(Refused());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
