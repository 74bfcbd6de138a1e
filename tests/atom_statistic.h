/* Statistics of atoms from YAML, and structures to apply them to, for tests. */
#ifndef VM_TEST_ATOM_STATISTIC_H
#define VM_TEST_ATOM_STATISTIC_H

#include "vm_test.h"
#include <vitromech/atom_stat.h>
#include <vitromech/rng.h>

/* With the parameters of `yaml`; the result on rank 0 of comm. An error of the statistic is returned. */
static inline PetscErrorCode AtomMeasureFile(MPI_Comm comm, const char *name, const char *yaml, const VmAtoms *atoms,
                                             const char *path, VmStatResult *result)
{
  const VmAtomOps *ops = NULL;
  void *params = NULL;
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  for (int i = 0; vm_atom_table[i]; ++i)
    if (strcmp(vm_atom_table[i]->head.name, name) == 0) ops = vm_atom_table[i];
  PetscCheck(ops, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "there is no statistic %s of atoms", name);
  PetscCall(VmReportCreate(comm, "test", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  if (ops->head.params) {
    PetscCall(PetscCalloc(ops->head.params->size, &params));
    PetscCall(VmParamsRead(ops->head.params, root, report, params));
  }
  PetscCall(VmReportFinish(report));
  const VmStructure structure = {.comm = comm, .atoms = atoms, .path = path};
  PetscCall(VmStatResultCreate(result));
  const PetscErrorCode code = ops->apply(params, &structure, *result);
  if (ops->head.params) PetscCall(VmParamsFree(ops->head.params, params));
  PetscCall(PetscFree(params));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  return code;
}

static inline PetscErrorCode AtomMeasure(const char *name, const char *yaml, const VmAtoms *atoms, VmStatResult *result)
{
  return AtomMeasureFile(PETSC_COMM_SELF, name, yaml, atoms, NULL, result);
}

static inline double AtomScalar(VmStatResult result, const char *name)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  VmExpect(d != NULL && d->rank == 0, "there is no number %s", name);
  if (!d) return NAN;
  return d->type == VM_I64 ? (double)*(const int64_t *)d->data : *(const double *)d->data;
}

/* Values of a dataset of numbers; NULL if there is none. */
static inline const double *AtomValues(VmStatResult result, const char *name, int64_t *n)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  VmExpect(d != NULL && d->type == VM_F64, "there are no numbers %s", name);
  if (!d) return NULL;
  if (n) *n = VmStatDatasetSize(d);
  return d->data;
}

static inline void AtomCell(double a, double b, double c, bool periodic, VmAtoms *atoms)
{
  *atoms = (VmAtoms){.nspecies = 1, .number = {29}, .cell = {{a, 0, 0}, {0, b, 0}, {0, 0, c}}};
  for (int d = 0; d < 3; ++d) atoms->periodic[d] = periodic;
}

/* n[0] x n[1] x n[2] rectangular cells of edges a with a basis in fractions of them. */
static inline PetscErrorCode AtomCrystal(const double a[3], const int n[3], int nbasis, const double (*basis)[3],
                                         VmAtoms *atoms)
{
  PetscFunctionBegin;
  AtomCell(n[0] * a[0], n[1] * a[1], n[2] * a[2], true, atoms);
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k)
        for (int b = 0; b < nbasis; ++b) {
          const double r[3] = {(i + basis[b][0]) * a[0], (j + basis[b][1]) * a[1], (k + basis[b][2]) * a[2]};
          PetscCall(VmAtomsAppend(atoms, 0, r, atoms->n));
        }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const double atom_fcc[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
static const double atom_bcc[2][3] = {{0, 0, 0}, {0.5, 0.5, 0.5}};
/* of a cell of edges 1, sqrt 3, sqrt(8/3) */
static const double atom_hcp[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 5.0 / 6.0, 0.5}, {0, 1.0 / 3.0, 0.5}};

/* n points anywhere in a cubic periodic box. */
static inline PetscErrorCode AtomGas(int64_t n, double edge, uint64_t seed, VmAtoms *atoms)
{
  const VmRngKey key = {seed, VM_STREAM_TEST};
  PetscFunctionBegin;
  AtomCell(edge, edge, edge, true, atoms);
  for (int64_t i = 0; i < n; ++i) {
    double u[2], v[2];
    VmRngUniform2(key, (uint64_t)i, 0, u);
    VmRngUniform2(key, (uint64_t)i, 1, v);
    const double r[3] = {u[0] * edge, u[1] * edge, v[0] * edge};
    PetscCall(VmAtomsAppend(atoms, 0, r, i));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A structure from a file of the tests' data, wrapped; false if it is absent. */
static inline PetscErrorCode AtomData(const char *name, VmAtoms *atoms, bool *there)
{
  const char *path = VmTestData(name);
  PetscFunctionBegin;
  *there = path != NULL;
  *atoms = (VmAtoms){0};
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmAtomsRead(PETSC_COMM_WORLD, path, atoms));
  VmStructureWrap(atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms of a periodic structure within a radius of the middle of its cell, as a particle in vacuum. */
static inline PetscErrorCode AtomCarve(const VmAtoms *whole, double radius, VmAtoms *part)
{
  double middle[3];
  PetscFunctionBegin;
  *part = (VmAtoms){.nspecies = whole->nspecies};
  memcpy(part->number, whole->number, sizeof part->number);
  memcpy(part->cell, whole->cell, sizeof part->cell);
  for (int c = 0; c < 3; ++c) middle[c] = 0.5 * (whole->cell[0][c] + whole->cell[1][c] + whole->cell[2][c]);
  for (int64_t i = 0; i < whole->n; ++i) {
    const double r[3] = {whole->x[i], whole->y[i], whole->z[i]};
    const double d[3] = {r[0] - middle[0], r[1] - middle[1], r[2] - middle[2]};
    if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < radius * radius)
      PetscCall(VmAtomsAppend(part, whole->species[i], r, part->n));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
