/* Writing that goes on where it was stopped or killed. What has been written is told by one byte for each unit of work,
 * which is set only after the unit's frames have reached the disk: all room is allocated when the file is made, so that
 * between two flushes nothing but frames and these bytes changes. */
#include "writer.h"
#include <vitromech/checkpoint.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS "/progress"
#define DONE PROGRESS "/done"

/* The input of the file that was left; NULL: there is none that can be used. On one rank. */
static char *InputLeft(const char *path)
{
  char *input = NULL, *text = NULL;
  VmH5 file;

  if (access(path, R_OK) != 0 || !VmH5Trial(path)) return NULL;
  H5E_BEGIN_TRY
  {
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const bool usable = id >= 0 && H5Lexists(id, PROGRESS, H5P_DEFAULT) > 0 && H5Lexists(id, DONE, H5P_DEFAULT) > 0;
    if (id >= 0) H5Fclose(id);
    if (!usable) return NULL;
  }
  H5E_END_TRY;
  if (VmH5Open(PETSC_COMM_SELF, path, VM_H5_READ, &file)) return NULL;
  if (!VmH5AttrReadText(file, DONE, "input", &text) && text) input = text;
  (void)VmH5Close(&file);
  return input;
}

/* 0: nothing to go on with, 1: a file of this input, 2: of another one. */
static PetscErrorCode Judge(MPI_Comm comm, const char *path, const char *input, int *verdict)
{
  char part[PETSC_MAX_PATH_LEN];
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  *verdict = 0;
  if (rank == 0) {
    snprintf(part, sizeof part, "%s.part", path);
    char *left = InputLeft(part);
    if (left) *verdict = strcmp(left, input) == 0 ? 1 : 2;
    PetscCall(PetscFree(left));
  }
  PetscCallMPI(MPI_Bcast(verdict, 1, MPI_INT, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenData(VmCubeWriter w)
{
  PetscFunctionBegin;
  VmCallH5(w->data = H5Dopen2(VmH5Id(w->file), w->format->data, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterContinue(MPI_Comm comm, const char *path, const VmCubeInfo *info, const char *input,
                                    int64_t units, uint8_t *done, bool *resumed, VmCubeWriter *writer)
{
  int verdict;

  PetscFunctionBegin;
  PetscCall(Judge(comm, path, input, &verdict));
  if (verdict == 2) {
    VmThrow(comm, VM_ERR_INPUT,
            "%s.part was begun with other atoms, another microscope block or seed, or by another version of the "
            "program: remove it to begin anew, or write to another file",
            path);
  }
  *resumed = verdict == 1;
  memset(done, 0, (size_t)units);
  if (*resumed) {
    PetscCall(VmCubeWriterNew(comm, path, info, VM_H5_UPDATE, writer));
    PetscCall(VmAgree(comm, OpenData(*writer)));
    PetscCall(VmH5Read((*writer)->file, DONE, VM_U8, done));
  } else {
    PetscCall(VmCubeWriterCreate(comm, path, info, writer));
    PetscCall(
        VmH5Write((*writer)->file, DONE, VM_U8, 1, &units, done, (VmMeta){.long_name = "units of work in the file"}));
    PetscCall(VmH5AttrText((*writer)->file, DONE, "input", input));
  }
  (*writer)->resumable = true;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MarkLocal(VmCubeWriter w, int64_t n, const int64_t *units)
{
  const hsize_t count = (hsize_t)n;
  hsize_t *place;
  uint8_t *ones;
  hid_t data, space, memory, transfer;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n + 1, &place, (size_t)n + 1, &ones));
  memset(ones, 1, (size_t)n + 1);
  for (int64_t i = 0; i < n; ++i) place[i] = (hsize_t)units[i];
  VmCallH5(data = H5Dopen2(VmH5Id(w->file), DONE, H5P_DEFAULT));
  VmCallH5(space = H5Dget_space(data));
  VmCallH5(memory = H5Screate_simple(1, &count, NULL));
  if (n) VmCallH5(H5Sselect_elements(space, H5S_SELECT_SET, (size_t)n, place));
  else {
    VmCallH5(H5Sselect_none(space));
    VmCallH5(H5Sselect_none(memory));
  }
  PetscCall(VmH5Transfer(w->file, &transfer));
  VmCallH5(H5Dwrite(data, H5T_NATIVE_UINT8, memory, space, transfer, ones));
  VmCallH5(H5Pclose(transfer));
  VmCallH5(H5Sclose(memory));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Dclose(data));
  PetscCall(PetscFree2(place, ones));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterMark(VmCubeWriter writer, int64_t n, const int64_t *units)
{
  PetscFunctionBegin;
  PetscCall(VmH5Flush(writer->file));
  PetscCall(VmFileSync(writer->comm, writer->temporary));
  PetscCall(VmAgree(writer->comm, MarkLocal(writer, n, units)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterSuspend(VmCubeWriter *writer)
{
  PetscFunctionBegin;
  VmCallH5(H5Dclose((*writer)->data));
  PetscCall(VmH5Close(&(*writer)->file));
  PetscCall(VmCubeWriterFree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterProgressRemove(VmCubeWriter writer)
{
  PetscFunctionBegin;
  if (writer->resumable) VmCallH5(H5Ldelete(VmH5Id(writer->file), PROGRESS, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}
