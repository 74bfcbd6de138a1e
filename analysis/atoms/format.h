/* A format of atom files. A new one is one file and one line in list.h. */
#ifndef VM_ATOMS_FORMAT_H
#define VM_ATOMS_FORMAT_H

#include "text.h"
#include <vitromech/atoms.h>

typedef struct {
  int64_t id, line; /* of the file */
  double r[3];      /* nm */
  int type;         /* as the format counts them, from 1 */
} VmAtomRecord;

#define VM_ATOMS_LAYOUT 1024 /* bytes, most of what a format keeps of a head */

/* Formats of one line for each atom, below a head. Ranks can read parts of such a file. None is collective. */
typedef struct {
  size_t layout; /* bytes of what the head says of the lines, without pointers */
  /** Reads up to the first line of an atom; cell and periodic axes into `atoms`, *end: end of the last line. */
  PetscErrorCode (*head)(VmText *text, const VmAtomsHints *hints, void *layout, VmAtoms *atoms, int64_t *count,
                         const char **end);
  /** The atom of line `i` from 0. */
  PetscErrorCode (*line)(const VmText *text, const VmAtomsHints *hints, const void *layout, const VmAtoms *atoms,
                         int64_t i, VmToken line, VmAtomRecord *atom);
  /** All n atoms, in the order of the file, into `atoms` with its cell. */
  PetscErrorCode (*fill)(const VmText *text, const VmAtomsHints *hints, const void *layout, int64_t n,
                         const VmAtomRecord *atom, VmAtoms *atoms);
} VmAtomLines;

typedef struct {
  const char *name;
  /** Counts the frames of a file, NULL: it has only one. Not collective. */
  PetscErrorCode (*frames)(VmText *text, int64_t *frames);
  bool (*recognise)(VmText text);
  /** Reads a whole structure into empty `atoms`, in nm, ids from 0. On failure the caller frees `atoms`.
   * Not collective. */
  PetscErrorCode (*read)(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms);
  const VmAtomLines *lines; /* NULL: a file cannot be shared by ranks */
} VmAtomsFormat;

#define VM_NM_PER_ANGSTROM 0.1

/** The format of a text, NULL: none. Not collective. */
const VmAtomsFormat *VmAtomsFormatOf(const VmText *text);

/**
 * Reads a plain file of one line for each atom, every rank a range of its bytes; the result is that of `read`. *done is
 * false, and nothing is printed, where the file is compressed, its format is another, or anything is wrong with it.
 * Collective.
 */
PetscErrorCode VmAtomsReadShared(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmAtoms *atoms,
                                 bool *done);

#endif
