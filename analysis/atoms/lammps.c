#include "lammps.h"
#include "cell.h"
#include "exchange.h"
#include "frame.h"

#define MOST_IMAGES 1e6 /* an atom farther from the box than so many cells is an error of the file */

PetscErrorCode VmLammpsSetCell(const VmText *text, const VmLammpsBox *box, VmAtoms *atoms)
{
  const double *tilt = box->tilt;
  const double cell[3][3] = {{box->hi[0] - box->lo[0], 0.0, 0.0},
                             {tilt[0], box->hi[1] - box->lo[1], 0.0},
                             {tilt[1], tilt[2], box->hi[2] - box->lo[2]}};
  double product = 1.0;
  for (int d = 0; d < 3; ++d) {
    if (!(cell[d][d] > 0)) {
      return VmTextBad(text, "the box from %g to %g along %c has no volume", box->lo[d], box->hi[d], "xyz"[d]);
    }
    product *= sqrt(VmDot3(cell[d], cell[d]));
    for (int c = 0; c < 3; ++c) atoms->cell[d][c] = VM_NM_PER_ANGSTROM * cell[d][c];
  }
  if (!isfinite(product) || !(VmCellVolume(cell) > 1e-6 * product)) {
    return VmTextBad(text, "the box has no volume: tilt %g %g %g", tilt[0], tilt[1], tilt[2]);
  }
  return PETSC_SUCCESS;
}

PetscErrorCode VmLammpsUnits(const VmText *text, VmToken units)
{
  if (VmTokenIs(units, "metal") || VmTokenIs(units, "real")) return PETSC_SUCCESS;
  return VmTextBad(text, "units \"%.*s\" are not read, only metal and real (Angstrom)", VM_TOKEN(units));
}

static PetscErrorCode AddAtom(const VmText *at, const VmAtomRecord *atom, const double inverse[3][3], int number,
                              int64_t id, VmAtoms *atoms)
{
  double s[3];
  VmRowTimes(atom->r, inverse, s);
  const double away = fmax(fmax(fabs(s[0]), fabs(s[1])), fabs(s[2]));
  if (!(away < MOST_IMAGES)) return VmTextBad(at, "the atom is %g box edges away from the box", away);
  const int species = VmAtomsSpecies(atoms, number);
  if (species < 0) return VmTextBad(at, "more than %d elements", VM_MAX_SPECIES);
  return VmAtomsAppend(atoms, species, atom->r, id);
}

static PetscErrorCode OrderById(int64_t n, const VmAtomRecord *atom, int64_t **order)
{
  int64_t *ids;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &ids));
  for (int64_t i = 0; i < n; ++i) ids[i] = atom[i].id;
  PetscCall(VmSortOrder(n, ids, order));
  PetscCall(PetscFree(ids));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLammpsFill(const VmText *text, int64_t n, const VmAtomRecord *atom, const int *number, VmAtoms *atoms)
{
  VmText at = *text;
  double inverse[3][3];
  int64_t *order = NULL;

  PetscErrorCode code = VmAtomsReserve(atoms, n);
  if (!code) code = OrderById(n, atom, &order);
  if (code) return code;
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  for (int64_t i = 0; i < n && !code; ++i) {
    const VmAtomRecord *next = &atom[order[i]], *last = i > 0 ? &atom[order[i - 1]] : NULL;
    at.line = next->line;
    if (last && next->id == last->id) {
      code = VmTextBad(&at, "the id %lld is that of line %lld already", (long long)next->id, (long long)last->line);
    } else {
      code = AddAtom(&at, next, (const double(*)[3])inverse, number[next->type - 1], i, atoms);
    }
  }
  (void)PetscFree(order);
  if (!code) VmFrameWrap(atoms->periodic, atoms);
  return code;
}
