/* ranks: 1 2 3 4; timeout: 240; links: vm_analysis */
#include "atom_statistic.h"

/* Every statistic of atoms has a doc and a source, and gives the same bits on any number of ranks, of a periodic
 * structure, of a foil, and of fewer atoms than ranks. */

static bool SameBits(VmStatResult a, VmStatResult b)
{
  if (a->count != b->count || a->count == 0) return false;
  for (int i = 0; i < a->count; ++i) {
    const VmStatDataset *x = &a->datasets[i], *y = &b->datasets[i];
    const int64_t n = VmStatDatasetSize(x);
    if (strcmp(x->name, y->name) != 0 || n != VmStatDatasetSize(y)) return false;
    if (n > 0 && memcmp(x->data, y->data, (size_t)n * VmTypeSize(x->type)) != 0) {
      fprintf(stderr, "%s differs\n", x->name);
      return false;
    }
  }
  return true;
}

/* A configuration before, for those who compare two. */
static PetscErrorCode WriteBefore(const VmAtoms *atoms, const char *path)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) {
    atoms->x[0] += 0.01;
    PetscCall(VmAtomsWrite(PETSC_COMM_SELF, path, "before", atoms));
    atoms->x[0] -= 0.01;
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compare(const VmAtomOps *ops, const char *what, const char *yaml, const VmAtoms *atoms,
                              const char *path)
{
  VmStatResult alone, together;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(WriteBefore(atoms, path));
  PetscCall(AtomMeasureFile(PETSC_COMM_SELF, ops->head.name, yaml, atoms, path, &alone));
  PetscCall(AtomMeasureFile(PETSC_COMM_WORLD, ops->head.name, yaml, atoms, path, &together));
  if (rank == 0) VmExpect(SameBits(alone, together), "%s of %s on all ranks", ops->head.name, what);
  PetscCall(VmStatResultDestroy(&alone));
  PetscCall(VmStatResultDestroy(&together));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Points at least a distance apart: a glass of sorts, of two species, in a skew cell. */
static PetscErrorCode HardSpheres(int64_t n, VmAtoms *atoms)
{
  const VmRngKey key = {5, VM_STREAM_TEST};
  PetscFunctionBegin;
  AtomCell(1.7, 1.8, 1.9, true, atoms);
  atoms->cell[1][0] = 0.3;
  atoms->cell[2][1] = -0.2;
  (void)VmAtomsSpecies(atoms, 40);
  for (uint64_t trial = 0; atoms->n < n && trial < 200000; ++trial) {
    double u[2], v[2], r[3];
    bool free = true;
    VmRngUniform2(key, trial, 0, u);
    VmRngUniform2(key, trial, 1, v);
    for (int c = 0; c < 3; ++c) r[c] = u[0] * atoms->cell[0][c] + u[1] * atoms->cell[1][c] + v[0] * atoms->cell[2][c];
    for (int64_t i = 0; i < atoms->n && free; ++i)
      free = pow(atoms->x[i] - r[0], 2) + pow(atoms->y[i] - r[1], 2) + pow(atoms->z[i] - r[2], 2) > 0.2 * 0.2;
    if (free) PetscCall(VmAtomsAppend(atoms, (int)(trial % 2), r, atoms->n));
  }
  VmExpectInt(atoms->n, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  static const struct {
    const char *statistic, *yaml;
    bool cubic; /* looks at periodic cubes only */
  } others[] = {{"rdf", "{r_max: 0.5 nm, k_max: 5 1/nm}", false},
                {"voronoi", "{}", false},
                {"femsim", "{resolution: 0.8 nm, k_step: 0.5 1/nm, count: 12}", true},
                {NULL, NULL, false}};
  const double edges[3] = {0.4, 0.4, 0.4};
  VmAtoms glass, cell, gas;
  char path[4200];
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/before.xyz", VmTestScratch());
  PetscCall(HardSpheres(200, &glass));
  PetscCall(AtomCrystal(edges, (const int[]){1, 1, 1}, 1, atom_bcc, &cell));
  PetscCall(AtomGas(60, 1.5, 8, &gas));
  for (int i = 0; vm_atom_table[i]; ++i) {
    const VmAtomOps *ops = vm_atom_table[i];
    const char *yaml = "{cutoff: 0.4 nm}";
    bool cubic = false;
    for (int k = 0; others[k].statistic; ++k) {
      if (strcmp(others[k].statistic, ops->head.name) != 0) continue;
      yaml = others[k].yaml;
      cubic = others[k].cubic;
    }
    VmExpect(ops->head.doc && ops->head.source && ops->head.params, "%s has no doc, source or parameters",
             ops->head.name);
    PetscCall(Compare(ops, "a gas in a cube", yaml, &gas, path));
    if (cubic) continue;
    PetscCall(Compare(ops, "a periodic glass", yaml, &glass, path));
    glass.periodic[2] = false;
    PetscCall(Compare(ops, "a foil", yaml, &glass, path));
    glass.periodic[2] = true;
    PetscCall(Compare(ops, "a single atom", yaml, &cell, path));
  }
  VmAtomsFree(&glass);
  VmAtomsFree(&cell);
  VmAtomsFree(&gas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
