/* L0. The YAML tree of an input: every node knows its line and column. */
#ifndef VITROMECH_TREE_H
#define VITROMECH_TREE_H

#include <vitromech/base.h>

typedef enum { VM_NODE_SCALAR, VM_NODE_SEQUENCE, VM_NODE_MAPPING } VmNodeKind;

typedef struct VmNode_s VmNode;
struct VmNode_s {
  VmNodeKind kind;
  char *text;       /* scalar: its text */
  bool quoted;      /* scalar: written in quotes */
  int line, column; /* 1-based; line 0 for values from --set */
  int count;        /* sequence, mapping: entries */
  char **keys;      /* mapping: [count] */
  int *key_lines, *key_columns;
  VmNode **items; /* [count] */
};

/* All problems of an input are collected, then shown at once: one line each, "file:line:column: message". */
typedef struct VmReport_s *VmReport;

PetscErrorCode VmReportCreate(MPI_Comm comm, const char *file, VmReport *report);
/** Adds a problem at a node (NULL: at the file). The message says what is wrong, the value and what to do.
 * Not collective, but every rank must add the same problems. */
PetscErrorCode VmReportAdd(VmReport report, const VmNode *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
PetscErrorCode VmReportAddAt(VmReport report, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int VmReportCount(VmReport report);
/** Shows all problems on rank 0 in order of line and column; returns VM_ERR_INPUT if there are any, else 0. Collective.
 */
PetscErrorCode VmReportFinish(VmReport report);
PetscErrorCode VmReportDestroy(VmReport *report);

/** Reads a file on rank 0 and broadcasts its bytes; *text is NUL-terminated, free with PetscFree.
 * A missing or unreadable file raises VM_ERR_INPUT with its name. Collective. */
PetscErrorCode VmFileBroadcast(MPI_Comm comm, const char *path, char **text, size_t *size);

/** Parses YAML text (one document). Syntax errors, duplicate keys, anchors and aliases go to the report; *root is then
 * NULL or partial. Not collective. */
PetscErrorCode VmTreeParse(const char *text, size_t size, VmReport report, VmNode **root);

/** Applies "path=value", e.g. `loading.0.rate="1e-3 1/s"`; value is YAML. Creates missing mappings along the way; list
 * indices must exist. Problems go to the report. Not collective. */
PetscErrorCode VmTreeSet(VmNode *root, const char *assignment, VmReport report);

PetscErrorCode VmTreeDestroy(VmNode **root);

/** Child of a mapping by key, or NULL. Not collective. */
VmNode *VmTreeGet(const VmNode *mapping, const char *key);

#endif
