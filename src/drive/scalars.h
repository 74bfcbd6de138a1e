/* Scalars of a state in one row of a checkpoint: the same list of calls saves and loads them. */
#ifndef VM_SCALARS_H
#define VM_SCALARS_H

#include <vitromech/base.h>

enum { VM_MOST_SCALARS = 256 };
typedef struct {
  double values[VM_MOST_SCALARS];
  int count; /* beyond the room: counted, not kept */
  bool loading;
} VmScalars;

/* Not collective. Integers stay exact below 2^53. */
void VmScalar(VmScalars *s, double *value);
void VmScalarSix(VmScalars *s, double values[6]);
void VmScalarInteger(VmScalars *s, int64_t *value);
void VmScalarFlag(VmScalars *s, bool *value);

#endif
