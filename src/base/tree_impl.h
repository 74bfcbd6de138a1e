/* L0. Building a tree: shared by the parser and by VmTreeSet. */
#ifndef VM_BASE_TREE_IMPL_H
#define VM_BASE_TREE_IMPL_H

#include <vitromech/tree.h>

PetscErrorCode VmTreeNodeCreate(VmNodeKind kind, int line, int column, VmNode **node);

/** Appends an item, which the parent then owns; key is copied, NULL in a sequence. Not collective. */
PetscErrorCode VmTreeAppend(VmNode *parent, const char *key, int key_line, int key_column, VmNode *item);

/**
 * VmTreeParse of the text of a file (assignment NULL) or of the value in the --set assignment, whose nodes get line 0.
 * Not collective.
 */
PetscErrorCode VmTreeParseText(const char *text, size_t size, const char *assignment, VmReport report, VmNode **root);

#endif
