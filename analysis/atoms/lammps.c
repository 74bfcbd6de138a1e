#include "lammps.h"
#include "cell.h"
#include "frame.h"
#include <stdlib.h>

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

static int ById(const void *a, const void *b)
{
  const VmLammpsAtom *first = a, *second = b;
  if (first->id != second->id) return first->id < second->id ? -1 : 1;
  return first->line < second->line ? -1 : first->line > second->line;
}

PetscErrorCode VmLammpsFill(const VmText *text, int64_t n, VmLammpsAtom *atom, const int *number, VmAtoms *atoms)
{
  VmText at = *text;
  double inverse[3][3], s[3];

  PetscErrorCode code = VmAtomsReserve(atoms, n);
  if (code) return code;
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  qsort(atom, (size_t)n, sizeof *atom, ById);
  for (int64_t i = 0; i < n && !code; ++i) {
    at.line = atom[i].line;
    if (i > 0 && atom[i].id == atom[i - 1].id) {
      return VmTextBad(&at, "the id %lld is that of line %lld already", (long long)atom[i].id,
                       (long long)atom[i - 1].line);
    }
    VmRowTimes(atom[i].r, (const double(*)[3])inverse, s);
    if (!(fmax(fmax(fabs(s[0]), fabs(s[1])), fabs(s[2])) < MOST_IMAGES)) {
      return VmTextBad(&at, "the atom is %g box edges away from the box",
                       fmax(fmax(fabs(s[0]), fabs(s[1])), fabs(s[2])));
    }
    const int species = VmAtomsSpecies(atoms, number[atom[i].type - 1]);
    if (species < 0) return VmTextBad(&at, "more than %d elements", VM_MAX_SPECIES);
    code = VmAtomsAppend(atoms, species, atom[i].r, i);
  }
  if (!code) VmFrameWrap(atoms->periodic, atoms);
  return code;
}
