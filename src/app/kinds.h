/* L5. The kinds of plug-ins a case can name, found by walking its tables. */
#ifndef VM_APP_KINDS_H
#define VM_APP_KINDS_H

#include "case.h"

#define VM_MAX_KINDS 32

/** All kinds reachable from a table, in the order they are met, and the laws of `fit`; NULL-terminated. Not collective.
 */
void VmKindsFind(const VmTable *table, const VmPluginKind *kinds[VM_MAX_KINDS + 1]);

/** Rows of a table by a path of keys such as "kinetics.barrier" ("" is the table itself); the rows of a plug-in are
 * found behind its kind, not here. NULL if there is no such block. Not collective. */
const VmTable *VmTableFind(const VmTable *table, const char *path);

#endif
