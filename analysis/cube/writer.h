/* The writer of cubes, shared by its parts. */
#ifndef VM_CUBE_WRITER_H
#define VM_CUBE_WRITER_H

#include <vitromech/cube.h>

/* Groups of the cube. */
#define VM_EMD_CUBE "/datacube_root/datacube"
#define VM_HSPY_CUBE "/Experiments/__unnamed__"

extern const VmCubeFormat vm_cube_format_emd;

struct VmCubeWriter_s {
  MPI_Comm comm;
  const VmCubeFormat *format;
  VmH5 file;
  VmCubeInfo info;
  char *path, *temporary;
  hid_t data;
  void *buffer; /* [batch] frames of the file's type */
  int64_t batch;
  bool resumable;
};

/** A writer with its file created, or opened for update, and nothing else. Collective. */
PetscErrorCode VmCubeWriterNew(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmH5Mode mode,
                               VmCubeWriter *writer);

/** Not collective. */
PetscErrorCode VmCubeWriterFree(VmCubeWriter *writer);

/** A whole cube has no units of work. Collective. */
PetscErrorCode VmCubeWriterProgressRemove(VmCubeWriter writer);

/** Everything of a new file but the frames and what all formats share. Collective. */
PetscErrorCode VmEmdStructure(MPI_Comm comm, VmH5 file, const VmCubeInfo *info);
PetscErrorCode VmHspyStructure(MPI_Comm comm, VmH5 file, const VmCubeInfo *info);

#endif
