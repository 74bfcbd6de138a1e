/* L0. What reading, writing and explaining a parameter table have in common. */
#ifndef VM_BASE_PARAMS_IMPL_H
#define VM_BASE_PARAMS_IMPL_H

#include <vitromech/params.h>

#define VmField(type, params, row) ((type *)((char *)(params) + (row)->offset))

/* Longest list of names, example or range in a message. */
enum { VM_TEXT_SIZE = 512 };

typedef struct {
  VmReport report;
  const VmNode *where; /* innermost mapping of the input around the present place; NULL: none */
  char path[256];      /* "loading.0.rate" */
} VmReader;

bool VmRowIsEnd(const VmParam *row);
bool VmRowIsScalar(const VmParam *row);       /* BOOL, INT, REAL, STRING, ENUM */
bool VmRowDefaultIsNone(const VmParam *row);  /* an absent value is allowed and written "none" */
bool VmRowIsRequired(const VmParam *row);     /* the key, or a key inside the block, has no default */
bool VmRowIsBare(const VmParam *row);         /* numbers without unit */
size_t VmRowElementSize(const VmParam *row);  /* of a scalar in the struct */
bool VmTableNeedsInput(const VmTable *table); /* has a required row */
int VmTableKeys(const VmTable *table,
                const char **keys); /* counts the keys of all levels of INCLUDE; keys may be NULL */

/** Which limits the row has; those at the end of the range of the type are none. */
void VmRowLimits(const VmParam *row, bool *low, bool *high);
/** "between 0 and 1 GPa", "at least 0 GPa" ...; empty if the row has no limit. */
void VmRowRange(const VmParam *row, char text[VM_TEXT_SIZE]);
/** A valid value, as a user may write it. */
void VmRowExample(const VmParam *row, char text[VM_TEXT_SIZE]);
/** "a, b, c", cut if it is too long. */
void VmJoin(const char *const *words, char text[VM_TEXT_SIZE]);
/** Names of a kind as a NULL-terminated list, to be freed with PetscFree. */
PetscErrorCode VmPluginNames(const VmPluginKind *kind, const char ***names);

/** Shortest decimal that reads back to the same double. */
void VmRealText(double value, char text[32]);

/** Adds "path: message" at a node. */
PetscErrorCode VmReaderProblem(const VmReader *reader, const VmNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Reads a scalar row or an array of `count` from its node. */
PetscErrorCode VmReadScalars(const VmReader *reader, const VmParam *row, const VmNode *node, void *field);

/** True for an empty value, `~` and `null`. */
bool VmNodeIsNull(const VmNode *node);

#endif
