/* A file of frames at equal distances: opened on every rank, read frame by frame with pread. */
#ifndef VM_CUBE_STACK_H
#define VM_CUBE_STACK_H

#include "sample.h"

typedef struct VmStack_s *VmStack;

struct VmStack_s {
  MPI_Comm comm;
  char *path;
  int file;
  int64_t size;           /* of the file, bytes */
  int64_t offset, stride; /* bytes: where the record of frame 0 begins, from record to record */
  int64_t skip;           /* bytes of a record before its pixels */
  int64_t pixels;         /* of a frame */
  int64_t line[2];        /* frames of a scan line: used, stored */
  VmSample sample;
  void (*decode)(VmStack, const uint8_t *pixels, float *frame); /* NULL: `pixels` samples */
  /* What is wrong with the record of a stored frame, NULL if nothing; may be NULL. */
  const char *(*check)(VmStack, const uint8_t *record, int64_t frame);
  void *context; /* PetscMalloc'd, of the format; or NULL */
  uint8_t *record;
};

/** Opens the file; one that cannot be read or is empty: VM_ERR_INPUT. The layout is for the caller to fill in.
 * Collective. */
PetscErrorCode VmStackOpen(MPI_Comm comm, const char *path, VmStack *stack);

/**
 * VmStackOpen, then `layout` fills in the stack and the info; if it fails the file is closed again. Errors: those of
 * layout. Collective.
 */
PetscErrorCode VmStackOpenAs(MPI_Comm comm, const char *path, const VmCubeHints *hints,
                             PetscErrorCode (*layout)(VmStack, const VmCubeHints *, VmCubeInfo *), void **handle,
                             VmCubeInfo *info);

/** The first bytes of the file, at most n, on every rank; *got is how many. Collective. */
PetscErrorCode VmStackHead(VmStack stack, size_t n, void *head, size_t *got);

/**
 * The number of records that stand from `offset` to the end of the file, exactly; a part of a record, or none:
 * VM_ERR_INPUT. Collective.
 */
PetscErrorCode VmStackCount(VmStack stack, int64_t *frames);

/**
 * Scan of the file's frames: that of the hints, else `known` (0 x 0: not known), with the hints' policy for frames that
 * are too many. Not known, or another number of frames: VM_ERR_INPUT with the shapes that would fit. Collective.
 */
PetscErrorCode VmStackScan(VmStack stack, const VmCubeHints *hints, int64_t frames, const int64_t known[2],
                           int64_t scan[2]);

/** Detector of the hints must be that of the file, if it is given: else VM_ERR_INPUT. Collective. */
PetscErrorCode VmStackDetector(VmStack stack, const VmCubeHints *hints, const int64_t det[2]);

/** VmCubeFormat.read and .close of a handle that is a VmStack. */
PetscErrorCode VmStackRead(void *handle, int64_t first, int64_t n, float *frames);
PetscErrorCode VmStackClose(void **handle);

#endif
