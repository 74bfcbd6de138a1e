/* L4. Published values to compare with. */
#ifndef VM_COMPARE_REFERENCES_H
#define VM_COMPARE_REFERENCES_H

#include "quantities.h"

/* How a value is to be read. */
typedef enum {
  VM_RELATION_VALUE, /* value +- error */
  VM_RELATION_ABOVE, /* more than value */
  VM_RELATION_RANGE  /* from value - error to value + error */
} VmRelation;

typedef struct {
  const char *quantity, *unit;
  VmRelation relation;
  double value, error; /* error NAN: none given */
  VmMeasure measure;   /* how ours is got from an analysis file */
  int n;               /* symmetry the quantity is about, or 0 */
  const char *source;  /* where in the publication, and what else one must know */
} VmReferenceValue;

typedef struct {
  const char *name, *title;
  VmConditions conditions;
  const VmReferenceValue *values; /* ends with quantity NULL */
} VmReference;

extern const VmReference *const vm_references[]; /* in the order of the names; NULL-terminated */
extern const char *const vm_reference_names[];   /* NULL-terminated */

/** NULL if there is none of that name. Not collective. */
const VmReference *VmReferenceFind(const char *name);

#endif
