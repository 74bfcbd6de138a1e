/* Tables with one optional block for each component of a symmetric tensor. */
#ifndef VM_LOADING_COMPONENTS_H
#define VM_LOADING_COMPONENTS_H

#include <vitromech/params.h>

#define VM_COMPONENT(name, index, table, absent)                                                                       \
  {                                                                                                                    \
    .key = name, .type = VM_OPTIONAL, .offset = (index) * sizeof(void *), .subtable = &(table),                        \
    .default_text = "none", .doc = "component " name "; left out: " absent                                             \
  }

/* Rows of a table whose parameters are pointers [6] to those of `table`; NULL: the component is left out. */
#define VM_COMPONENTS(table, absent)                                                                                   \
  {                                                                                                                    \
    VM_COMPONENT("xx", VM_XX, table, absent), VM_COMPONENT("yy", VM_YY, table, absent),                                \
        VM_COMPONENT("zz", VM_ZZ, table, absent), VM_COMPONENT("yz", VM_YZ, table, absent),                            \
        VM_COMPONENT("xz", VM_XZ, table, absent), VM_COMPONENT("xy", VM_XY, table, absent),                            \
    {                                                                                                                  \
      0                                                                                                                \
    }                                                                                                                  \
  }

#endif
