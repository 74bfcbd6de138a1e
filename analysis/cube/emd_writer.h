/* The writer of EMD files, shared by its parts. */
#ifndef VM_CUBE_EMD_WRITER_H
#define VM_CUBE_EMD_WRITER_H

#include <vitromech/cube.h>

#define VM_EMD_CUBE "/datacube_root/datacube"

struct VmCubeWriter_s {
  MPI_Comm comm;
  VmH5 file;
  VmCubeInfo info;
  char *path, *temporary;
  hid_t data;
  void *buffer; /* [batch] frames of the file's type */
  int64_t batch;
  bool resumable;
};

/** A writer with its file created, or opened for update, and nothing else. Collective. */
PetscErrorCode VmEmdWriterNew(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmH5Mode mode,
                              VmCubeWriter *writer);

/** Not collective. */
PetscErrorCode VmEmdWriterFree(VmCubeWriter *writer);

/** A whole cube has no units of work. Collective. */
PetscErrorCode VmEmdProgressRemove(VmCubeWriter writer);

#endif
