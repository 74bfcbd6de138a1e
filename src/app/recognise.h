/* L5. What kind of file an input is, told by its content. */
#ifndef VM_APP_RECOGNISE_H
#define VM_APP_RECOGNISE_H

#include "command.h"

typedef enum { VM_CONTENT_ABSENT, VM_CONTENT_HDF5, VM_CONTENT_CUBE, VM_CONTENT_TEXT, VM_CONTENT_OTHER } VmContent;

/**
 * Content of a file; VM_CONTENT_TEXT (plain or gzipped) may be atoms.
 *
 * \param[in]  format   a format of cubes that is asked for, or NULL
 * \param[out] is_cube  a format is asked for, or a reader of cubes recognises the file (also if it is HDF5); or NULL
 * Collective.
 */
PetscErrorCode VmContentRecognise(MPI_Comm comm, const char *path, const char *format, VmContent *content,
                                  bool *is_cube);

#endif
