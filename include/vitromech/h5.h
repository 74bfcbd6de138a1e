/* L2. HDF5 files, collective and, on several ranks, parallel; each dataset describes itself (unit, long_name, axes). */
#ifndef VITROMECH_H5_H
#define VITROMECH_H5_H

#include <vitromech/grid.h>
#include <hdf5.h>

/* Wraps a call of the HDF5 library: a negative result raises VM_ERR_FILE with HDF5's own message on this rank. */
#define VmCallH5(...)                                                                                                  \
  do {                                                                                                                 \
    if ((__VA_ARGS__) < 0) return VmH5Failed(#__VA_ARGS__, __FILE__, __LINE__);                                        \
  } while (0)
PetscErrorCode VmH5Failed(const char *call, const char *file, int line);

typedef struct VmH5_s *VmH5;

typedef enum { VM_H5_CREATE, VM_H5_READ, VM_H5_UPDATE } VmH5Mode;
typedef enum { VM_F64, VM_F32, VM_I64, VM_I32, VM_U8, VM_U16, VM_U32 } VmType; /* in memory and on disk */

typedef struct {
  const char *unit, *long_name, *axes; /* NULL: not written; axes e.g. "x,y,z" */
} VmMeta;

/** VM_H5_CREATE truncates. Missing file: VM_ERR_INPUT; not HDF5 or truncated: VM_ERR_FILE. Collective. */
PetscErrorCode VmH5Open(MPI_Comm comm, const char *path, VmH5Mode mode, VmH5 *file);
/**
 * False if a process that goes through all attributes and datasets of a file (of large ones: the ends) is stopped by a
 * signal: the file is damaged and must not be opened, since the library would take this process with it. True also for
 * what is no HDF5 file. Forks; with the serial driver; at most 20 s. Not collective: call it on one rank.
 */
bool VmH5Trial(const char *path);
/** Makes the file whole for whoever opens it now; on several ranks also on the disk (milliseconds). Collective. */
PetscErrorCode VmH5Flush(VmH5 file);
PetscErrorCode VmH5Close(VmH5 *file);
hid_t VmH5Id(VmH5 file);
/** Properties of a transfer in which all ranks of the file take part (H5Pclose). Not collective. */
PetscErrorCode VmH5Transfer(VmH5 file, hid_t *properties);
size_t VmTypeSize(VmType type);
hid_t VmTypeH5(VmType type);

/** True on all ranks if the path names an existing object. Collective. */
PetscErrorCode VmH5Exists(VmH5 file, const char *path, bool *exists);

enum { VM_H5_NAME = 192 }; /* room for the path of a dataset in tables */

/* Names in a group, in order. */
typedef struct {
  int count;
  char **name;
} VmH5Names;
PetscErrorCode VmH5NamesFree(VmH5Names *names);

/** Paths of all datasets of numbers below a group, relative to it and shorter than VM_H5_NAME; none if there is no such
 * group. Free with VmH5NamesFree. Collective. */
PetscErrorCode VmH5Datasets(VmH5 file, const char *group, VmH5Names *names);

/** Path of the group of /fields with the largest number: the last step whose fields were written; "" if there is none.
 * Collective. */
PetscErrorCode VmH5LastStep(VmH5 file, char path[VM_H5_NAME]);

/* What is made of a dataset along its first axis. */
typedef enum {
  VM_REDUCE_LAST,
  VM_REDUCE_FIRST,
  VM_REDUCE_MAXIMUM,
  VM_REDUCE_MINIMUM,
  VM_REDUCE_MEAN,
  VM_REDUCE_OVERSHOOT /* maximum less last */
} VmReduction;
extern const char *const vm_reductions[]; /* their names, NULL-terminated */

/** One number of a number or a dataset of one axis (component -1), or of component 0, 1, ... of its second one. *fits =
 * false if the dataset has other axes; *value = NAN then, and where it is empty. Collective. */
PetscErrorCode VmH5Reduce(VmH5 file, const char *path, int64_t component, VmReduction how, double *value, bool *fits);

/** Creates a group and its parents if missing. Collective. */
PetscErrorCode VmH5Group(VmH5 file, const char *path);

/** Attributes of an existing object ("/" for the root); replaced if present. Values must be equal on all ranks.
 * Collective. */
PetscErrorCode VmH5AttrText(VmH5 file, const char *object, const char *name, const char *text);
PetscErrorCode VmH5AttrReal(VmH5 file, const char *object, const char *name, int count, const double *values);
PetscErrorCode VmH5AttrInt(VmH5 file, const char *object, const char *name, int count, const int64_t *values);
/** Reads into PetscMalloc'd text; *text = NULL if absent. Collective. */
PetscErrorCode VmH5AttrReadText(VmH5 file, const char *object, const char *name, char **text);
/** Reads up to max values; *count = 0 if absent. Collective. */
PetscErrorCode VmH5AttrReadReal(VmH5 file, const char *object, const char *name, int max, int *count, double *values);

/** Writes a dataset whose whole content rank 0 holds (parents created, an existing dataset replaced). Collective. */
PetscErrorCode VmH5Write(VmH5 file, const char *path, VmType type, int rank, const int64_t *dims, const void *data,
                         VmMeta meta);
/** Writes a text dataset (scalar, UTF-8). Collective. */
PetscErrorCode VmH5WriteText(VmH5 file, const char *path, const char *text);

/** Writes a dataset distributed along its first axis: this rank holds rows [first, first+count). Collective. */
PetscErrorCode VmH5WriteRows(VmH5 file, const char *path, VmType type, int rank, const int64_t *dims, int64_t first,
                             int64_t count, const void *data, VmMeta meta);

/** Writes a grid field given as ncomp arrays [ncomp][np] as [nx,ny,nz] or, for ncomp > 1, [nx,ny,nz,ncomp] float64.
 * Collective. */
PetscErrorCode VmH5WriteField(VmH5 file, const char *path, VmGrid grid, int ncomp, const double *field, VmMeta meta);
PetscErrorCode VmH5ReadField(VmH5 file, const char *path, VmGrid grid, int ncomp, double *field);

/** Shape of a dataset; rank <= 8. Collective. */
PetscErrorCode VmH5Shape(VmH5 file, const char *path, int *rank, int64_t dims[8]);
/** Reads a whole dataset on every rank, converted to type. Collective. */
PetscErrorCode VmH5Read(VmH5 file, const char *path, VmType type, void *data);
PetscErrorCode VmH5ReadText(VmH5 file, const char *path, char **text);
/** Reads rows [first, first+count) of the first axis, each rank its own (count may be 0). Collective. */
PetscErrorCode VmH5ReadRows(VmH5 file, const char *path, VmType type, int64_t first, int64_t count, void *data);

/** Extendable datasets of rows: create [0, width...], append from rank 0, truncate to rows. width 0 means 1-D.
 * Collective. */
PetscErrorCode VmH5RowsCreate(VmH5 file, const char *path, VmType type, int64_t width, VmMeta meta);
PetscErrorCode VmH5RowsAppend(VmH5 file, const char *path, VmType type, int64_t rows, const void *data);
PetscErrorCode VmH5RowsTruncate(VmH5 file, const char *path, int64_t rows);

#endif
