/* A format of atom files. A new one is one file and one line in list.h. */
#ifndef VM_ATOMS_FORMAT_H
#define VM_ATOMS_FORMAT_H

#include "text.h"
#include <vitromech/atoms.h>

typedef struct {
  const char *name;
  bool frames; /* a file may hold several */
  bool (*recognise)(VmText text);
  /** Reads a whole structure into empty `atoms`, in nm, ids from 0. On failure the caller frees `atoms`.
   * Not collective. */
  PetscErrorCode (*read)(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms);
} VmAtomsFormat;

#define VM_NM_PER_ANGSTROM 0.1

#endif
