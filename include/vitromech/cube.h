/* L2. 4D-STEM cubes: reading any format, writing EMD 1.0 as py4DSTEM reads it, and hspy. */
#ifndef VITROMECH_CUBE_H
#define VITROMECH_CUBE_H

#include <vitromech/h5.h>

/* Shape [scan0][scan1][det0][det1] = [Rx][Ry][Qx][Qy] of py4DSTEM; frames are numbered scan0*scan[1] + scan1. */
typedef struct {
  int64_t scan[2], det[2];
  VmType type;          /* on disk */
  double scan_pitch[2]; /* nm; 0 if unknown */
  double det_pitch[2];  /* nm^-1 (k = 1/d, no 2 pi); 0 if unknown */
  double gain;          /* counts per electron; 0 if unknown */
  double centre[2];     /* pixel coordinates of the direct beam in det0, det1; NAN if unknown */
  double energy;        /* keV; 0 if unknown */
} VmCubeInfo;

/* What to do with a file that holds more frames than the scan has points. */
typedef enum {
  VM_EXTRA_ERROR,
  VM_EXTRA_DROP_TAIL,    /* those after the last point are left out */
  VM_EXTRA_SKIP_PER_LINE /* every line ends with the same number of frames of the flyback: they are left out */
} VmExtraFrames;

typedef struct { /* from the user, override what the file says; 0 / NAN / NULL: not given */
  int64_t scan[2], det[2];
  double scan_pitch, det_pitch, gain, centre[2];
  const char *format; /* name of a VmCubeFormat, instead of recognition by content */
  const char *sample; /* of files without any header: "uint16", "float32", ..., "uint16be" */
  VmExtraFrames extra_frames;
} VmCubeHints;

typedef struct VmCubeFormat_s {
  const char *name, *extensions, *doc;
  int (*probe)(const uint8_t *head, size_t n, const char *path); /* > 0 if it is this format */
  PetscErrorCode (*open)(MPI_Comm, const char *path, const VmCubeHints *, void **handle, VmCubeInfo *); /* collective */
  PetscErrorCode (*read)(void *handle, int64_t first, int64_t n, float *frames); /* not collective, [n][det0][det1] */
  PetscErrorCode (*close)(void **handle);                                        /* collective */
  /* of formats that are written, else NULL: all of a new file but the frames (collective), and the path of these */
  PetscErrorCode (*structure)(MPI_Comm, VmH5 file, const VmCubeInfo *);
  const char *data;
} VmCubeFormat;

extern const VmCubeFormat *const vm_cube_formats[]; /* NULL-terminated */

typedef struct VmCube_s *VmCube;

/** Recognises the format by content and opens it. Unknown or damaged file: VM_ERR_INPUT with the reason. Collective. */
PetscErrorCode VmCubeOpen(MPI_Comm comm, const char *path, const VmCubeHints *hints, VmCube *cube);
const VmCubeInfo *VmCubeGetInfo(VmCube cube);
/** Frames [first, first+n) as float. Not collective. */
PetscErrorCode VmCubeRead(VmCube cube, int64_t first, int64_t n, float *frames);
PetscErrorCode VmCubeClose(VmCube *cube);

/** The format in which a file of that name is written, by its ending; NULL if there is none. Not collective. */
const VmCubeFormat *VmCubeWritten(const char *path);

/* Streaming writer of the format VmCubeWritten, else of EMD 1.0: chunked by pattern, marked complete on close. */
typedef struct VmCubeWriter_s *VmCubeWriter;

/** type VM_F32 or VM_U16 or VM_U32. Collective. */
PetscErrorCode VmCubeWriterCreate(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmCubeWriter *writer);
/** Writes frames [first, first+n) of this rank ([n][det0][det1], converted to the file's type; n may be 0). Collective.
 */
PetscErrorCode VmCubeWriterPut(VmCubeWriter writer, int64_t first, int64_t n, const float *frames);
/** The open HDF5 file, for attributes and provenance. Not collective. */
VmH5 VmCubeWriterFile(VmCubeWriter writer);
/** Marks the file whole and gives it its name (until then it is <path>.part). Collective. */
PetscErrorCode VmCubeWriterClose(VmCubeWriter *writer);
/**
 * A writer of work that comes in units (e.g. lines of a scan) and may be stopped or killed: goes on with <path>.part if
 * a writer of the same input left it.
 *
 * \param[in]  input    what the frames follow from (a checksum); a file of another input: VM_ERR_INPUT
 * \param[out] done     [units] 1 for each unit whose frames are in the file already
 * \param[out] resumed  whether a file was found
 * After what else belongs into a new file, VmCubeWriterMark with n = 0 makes it one that can be resumed. Collective.
 */
PetscErrorCode VmCubeWriterContinue(MPI_Comm comm, const char *path, const VmCubeInfo *info, const char *input,
                                    int64_t units, uint8_t *done, bool *resumed, VmCubeWriter *writer);
/** Brings all frames put so far to the disk, then marks these units of this rank (n may be 0). Collective. */
PetscErrorCode VmCubeWriterMark(VmCubeWriter writer, int64_t n, const int64_t *units);
/** Closes the file as it is, to be resumed. Collective. */
PetscErrorCode VmCubeWriterSuspend(VmCubeWriter *writer);
/** Gives up: what was written is removed. Collective. */
PetscErrorCode VmCubeWriterAbort(VmCubeWriter *writer);

#endif
