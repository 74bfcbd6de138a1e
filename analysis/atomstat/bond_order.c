/* Bond-orientational order: q4, q6, w4, w6 of each atom, and those of Lechner & Dellago. */
#include "blocks.h"
#include "orientation.h"
#include "share.h"
#include <math.h>

typedef struct {
  VmShellParams shell;
} Params;

static const VmParam rows[] = {
    {.type = VM_INCLUDE, .offset = offsetof(Params, shell), .subtable = &vm_shell_table, .doc = "first shell"}, {0}};
static const VmTable table = {"bond_order", "bond-orientational order", sizeof(Params), rows, NULL};

enum { Q4, Q6, W4, W6, Q4_AVERAGE, Q6_AVERAGE, W4_AVERAGE, W6_AVERAGE, NVALUE };
static const struct {
  const char *name, *long_name, *definition;
} what[NVALUE] = {
    {"q4", "bond-orientational order q4", "sqrt(4 pi/9 sum_m |q_4m|^2), q_4m the mean of Y_4m over the neighbours"},
    {"q6", "bond-orientational order q6", "sqrt(4 pi/13 sum_m |q_6m|^2), q_6m the mean of Y_6m over the neighbours"},
    {"w4", "third-order invariant of q_4m", "sum of 3j symbols times q_4m q_4m' q_4m'' over (sum_m |q_4m|^2)^(3/2)"},
    {"w6", "third-order invariant of q_6m", "sum of 3j symbols times q_6m q_6m' q_6m'' over (sum_m |q_6m|^2)^(3/2)"},
    {"q4_average", "averaged q4", "of q_4m averaged over the atom and its neighbours"},
    {"q6_average", "averaged q6", "of q_6m averaged over the atom and its neighbours"},
    {"w4_average", "w4 of averaged q_4m", NULL},
    {"w6_average", "w6 of averaged q_6m", NULL}};

/* values [NVALUE][n] on every rank; NAN for atoms without neighbours */
static PetscErrorCode Measure(const VmStructure *structure, VmShell *shell, double *values)
{
  const int64_t n = structure->atoms->n;
  double *q, *average;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n * 2 * (VM_HARMONIC_MOST + 1), &q, (size_t)n * 2 * (VM_HARMONIC_MOST + 1), &average));
  for (int l = 4; l <= 6; l += 2) {
    const int width = 2 * (l + 1), at = l == 4 ? Q4 : Q6;
    VmWigner wigner;
    VmWignerSet(l, &wigner);
    PetscCall(VmOrderParameters(structure, shell, l, q, average));
    for (int64_t i = 0; i < n; ++i) {
      const double *of = q + i * width, *mean = average + i * width;
      const bool alone = VmOrderQ(l, of) == 0.0;
      values[(at)*n + i] = alone ? NAN : VmOrderQ(l, of);
      values[(at + W4) * n + i] = alone ? NAN : VmOrderW(&wigner, of);
      values[(at + Q4_AVERAGE) * n + i] = alone ? NAN : VmOrderQ(l, mean);
      values[(at + W4_AVERAGE) * n + i] = alone ? NAN : VmOrderW(&wigner, mean);
    }
  }
  PetscCall(PetscFree2(q, average));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddAll(const VmAtoms *atoms, const double *values, VmStatResult result)
{
  const int64_t n = atoms->n;
  double largest = -INFINITY;
  int *block;
  char name[32];
  PetscFunctionBegin;
  PetscCall(VmAtomBlocks(atoms, &block));
  for (int v = 0; v < NVALUE; ++v) {
    PetscCall(VmStatResultAdd(result, what[v].name, VM_F64, 1, &n, values + v * n,
                              (VmMeta){"1", what[v].long_name, "atom"}, what[v].definition));
    snprintf(name, sizeof name, "mean_%s", what[v].name);
    PetscCall(VmAtomMeansAdd(atoms, block, values + v * n, result, name, "1", what[v].long_name, NULL));
  }
  for (int64_t i = 0; i < n; ++i) largest = fmax(largest, values[Q6_AVERAGE * n + i]);
  PetscCall(VmStatResultScalar(result, "largest_q6_average", largest, "1", "largest averaged q6", NULL));
  PetscCall(PetscFree(block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  VmShell shell = {0};
  double *values;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(VmShellCreate(structure, &((const Params *)params)->shell, &shell));
  PetscCall(PetscMalloc1((size_t)(NVALUE * structure->atoms->n), &values));
  PetscCall(Measure(structure, &shell, values));
  if (rank == 0) {
    PetscCall(VmShellDescribe(&shell, result));
    PetscCall(AddAll(structure->atoms, values, result));
  }
  PetscCall(PetscFree(values));
  PetscCall(VmShellDestroy(&shell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmAtomOps vm_atom_bond_order = {
    .head =
        {"bond_order", "bond-orientational order of each atom: q4, q6, w4, w6, also averaged over the first shell",
         "P. J. Steinhardt, D. R. Nelson & M. Ronchetti, Phys. Rev. B 28 (1983) 784; W. Lechner & C. Dellago, J. Chem. "
         "Phys. 129 (2008) 114707; W. Mickel et al., J. Chem. Phys. 138 (2013) 044501",
         &table},
    .apply = Apply};
