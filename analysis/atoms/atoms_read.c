/* Reading atoms of any format: ranks share a file where they can; else rank 0 reads and parses, and the arrays are
 * broadcast. */
#include "format.h"
#include <stdio.h>
#include <string.h>

#define VM_ATOMS_FORMAT(n) extern const VmAtomsFormat vm_atoms_format_##n;
#include "list.h"
#undef VM_ATOMS_FORMAT

#define VM_ATOMS_FORMAT(n) &vm_atoms_format_##n,
static const VmAtomsFormat *const formats[] = {
#include "list.h"
    NULL};
#undef VM_ATOMS_FORMAT

const VmAtomsFormat *VmAtomsFormatOf(const VmText *text)
{
  const VmAtomsFormat *const *format = formats;
  while (*format && !(*format)->recognise(*text)) ++format;
  return *format;
}

static PetscErrorCode Unknown(const VmText *text)
{
  char names[256] = "";
  if (text->at == text->end) return VmTextBad(text, "the file is empty");
  for (int i = 0; formats[i]; ++i) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", formats[i]->name);
  }
  return VmTextBad(text, "not the beginning of a file of atoms of a known format (%s)", names);
}

static PetscErrorCode Parse(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms)
{
  const VmAtomsFormat *format = VmAtomsFormatOf(text);
  if (!format) return Unknown(text);
  if (hints->frame > 1 && !format->frames) {
    return VmTextBad(text, "frame %lld is wanted, but a file of this format (%s) has only one", (long long)hints->frame,
                     format->name);
  }
  return format->read(text, hints, atoms);
}

static PetscErrorCode ReadOnRoot(const char *path, const VmAtomsHints *hints, VmAtoms *atoms)
{
  char *buffer;
  VmText text;

  PetscErrorCode code = VmTextLoad(path, &text, &buffer);
  if (code) return code;
  code = Parse(&text, hints, atoms);
  (void)PetscFree(buffer);
  return code;
}

PetscErrorCode VmAtomsReadHinted(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmAtoms *atoms)
{
  int rank;
  bool done;

  PetscFunctionBegin;
  VmAtomsFree(atoms);
  PetscCall(VmAtomsReadShared(comm, path, hints, atoms, &done));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscErrorCode code = VmAgree(comm, rank == 0 ? ReadOnRoot(path, hints, atoms) : PETSC_SUCCESS);
  if (code) VmAtomsFree(atoms);
  PetscCall(code);
  int64_t n = atoms->n;
  PetscCallMPI(MPI_Bcast(&n, 1, MPI_INT64_T, 0, comm));
  PetscCall(VmAtomsReserve(atoms, n));
  atoms->n = n;
  PetscCallMPI(MPI_Bcast(&atoms->nspecies, 1, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->number, VM_MAX_SPECIES, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->cell, 9, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->periodic, 3, MPI_C_BOOL, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->species, (int)n, MPI_UINT8_T, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->x, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->y, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->z, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->id, (int)n, MPI_INT64_T, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsRead(MPI_Comm comm, const char *path, VmAtoms *atoms)
{
  return VmAtomsReadHinted(comm, path, &(VmAtomsHints){0}, atoms);
}

static PetscErrorCode CountOnRoot(const char *path, int64_t *frames)
{
  char *buffer;
  VmText text;

  *frames = 1;
  PetscErrorCode code = VmTextLoad(path, &text, &buffer);
  if (code) return code;
  const VmAtomsFormat *format = VmAtomsFormatOf(&text);
  code = !format ? Unknown(&text) : format->frames ? format->frames(&text, frames) : PETSC_SUCCESS;
  (void)PetscFree(buffer);
  return code;
}

PetscErrorCode VmAtomsFrames(MPI_Comm comm, const char *path, int64_t *frames)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? CountOnRoot(path, frames) : PETSC_SUCCESS));
  PetscCallMPI(MPI_Bcast(frames, 1, MPI_INT64_T, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
