#include "tree_impl.h"

#include <string.h>

VmNode *VmTreeGet(const VmNode *mapping, const char *key)
{
  if (!mapping || mapping->kind != VM_NODE_MAPPING) return NULL;
  for (int i = 0; i < mapping->count; ++i)
    if (!strcmp(mapping->keys[i], key)) return mapping->items[i];
  return NULL;
}

PetscErrorCode VmTreeDestroy(VmNode **root)
{
  VmNode *node = *root;
  PetscFunctionBegin;
  if (!node) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < node->count; ++i) {
    PetscCall(VmTreeDestroy(&node->items[i]));
    if (node->keys) PetscCall(PetscFree(node->keys[i]));
  }
  PetscCall(PetscFree(node->text));
  PetscCall(PetscFree(node->keys));
  PetscCall(PetscFree(node->key_lines));
  PetscCall(PetscFree(node->key_columns));
  PetscCall(PetscFree(node->items));
  PetscCall(PetscFree(*root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTreeNodeCreate(VmNodeKind kind, int line, int column, VmNode **node)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(1, node));
  (*node)->kind = kind;
  (*node)->line = line;
  (*node)->column = column;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Capacities are powers of two: memory grows when the count is one. */
PetscErrorCode VmTreeAppend(VmNode *parent, const char *key, int key_line, int key_column, VmNode *item)
{
  const size_t n = (size_t)parent->count;
  PetscFunctionBegin;
  if ((n & (n - 1)) == 0) {
    const size_t capacity = n ? 2 * n : 1;
    PetscCall(PetscRealloc(capacity * sizeof *parent->items, &parent->items));
    if (key) {
      PetscCall(PetscRealloc(capacity * sizeof *parent->keys, &parent->keys));
      PetscCall(PetscRealloc(capacity * sizeof *parent->key_lines, &parent->key_lines));
      PetscCall(PetscRealloc(capacity * sizeof *parent->key_columns, &parent->key_columns));
    }
  }
  if (key) {
    PetscCall(PetscStrallocpy(key, &parent->keys[n]));
    parent->key_lines[n] = key_line;
    parent->key_columns[n] = key_column;
  }
  parent->items[n] = item;
  ++parent->count;
  PetscFunctionReturn(PETSC_SUCCESS);
}
