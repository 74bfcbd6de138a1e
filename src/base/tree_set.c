#include "tree_impl.h"

#include <stdlib.h>
#include <string.h>

/* Index of a child by key or by number; -1 if the mapping lacks the key; otherwise a problem and *found = false. */
static PetscErrorCode FindChild(const VmNode *parent, const char *name, const char *assignment, VmReport report,
                                int *index, bool *found)
{
  char *end;
  PetscFunctionBegin;
  *index = -1;
  *found = true;
  if (parent->kind == VM_NODE_MAPPING) {
    for (int i = 0; i < parent->count; ++i)
      if (!strcmp(parent->keys[i], name)) *index = i;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *found = false;
  if (parent->kind == VM_NODE_SCALAR) {
    PetscCall(VmReportAddAt(report, 0, 0,
                            "%.200s: there is no \"%.80s\": the key before it holds the single value "
                            "\"%.80s\"",
                            assignment, name, parent->text));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const long number = strtol(name, &end, 10);
  if (*end || end == name || number < 0 || number >= parent->count)
    PetscCall(VmReportAddAt(report, 0, 0, "%.200s: \"%.80s\" is no entry of this list of %d; the first is 0",
                            assignment, name, parent->count));
  else {
    *index = (int)number;
    *found = true;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Walks to the parent of the last name of path (which is cut up), making missing mappings; *parent NULL: a problem. */
static PetscErrorCode FindParent(VmNode *root, char *path, const char *assignment, VmReport report, VmNode **parent,
                                 char **last)
{
  PetscFunctionBegin;
  *parent = root;
  for (*last = path;;) {
    char *dot = strchr(*last, '.');
    if (dot) *dot = '\0';
    if (!**last) {
      PetscCall(VmReportAddAt(report, 0, 0, "%.200s: a name is missing; write path=value, e.g. grid.spacing=\"2 nm\"",
                              assignment));
      *parent = NULL;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    if (!dot) PetscFunctionReturn(PETSC_SUCCESS);
    int index;
    bool found;
    PetscCall(FindChild(*parent, *last, assignment, report, &index, &found));
    if (!found) {
      *parent = NULL;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    if (index < 0) {
      VmNode *made;
      PetscCall(VmTreeNodeCreate(VM_NODE_MAPPING, 0, 0, &made));
      index = (*parent)->count;
      PetscCall(VmTreeAppend(*parent, *last, 0, 0, made));
    }
    *parent = (*parent)->items[index];
    *last = dot + 1;
  }
}

static PetscErrorCode SetChild(VmNode *parent, const char *name, const char *assignment, VmReport report,
                               VmNode **value)
{
  int index;
  bool found;
  PetscFunctionBegin;
  PetscCall(FindChild(parent, name, assignment, report, &index, &found));
  if (!found) PetscFunctionReturn(PETSC_SUCCESS);
  if (index < 0) PetscCall(VmTreeAppend(parent, name, 0, 0, *value));
  else {
    PetscCall(VmTreeDestroy(&parent->items[index]));
    parent->items[index] = *value;
  }
  *value = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTreeSet(VmNode *root, const char *assignment, VmReport report)
{
  const char *equals = strchr(assignment, '=');
  const int problems = VmReportCount(report);
  VmNode *value, *parent;
  char *path, *last;
  PetscFunctionBegin;
  if (!equals) {
    PetscCall(
        VmReportAddAt(report, 0, 0, "%.200s: no \"=\"; write path=value, e.g. grid.spacing=\"2 nm\"", assignment));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!root) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmTreeParseText(equals + 1, strlen(equals + 1), assignment, report, &value));
  PetscCall(PetscStrallocpy(assignment, &path));
  path[equals - assignment] = '\0';
  if (VmReportCount(report) == problems) PetscCall(FindParent(root, path, assignment, report, &parent, &last));
  if (VmReportCount(report) == problems) PetscCall(SetChild(parent, last, assignment, report, &value));
  PetscCall(VmTreeDestroy(&value));
  PetscCall(PetscFree(path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
