#include "scalars.h"

void VmScalar(VmScalars *s, double *value)
{
  if (s->count < VM_MOST_SCALARS) {
    if (s->loading) *value = s->values[s->count];
    else s->values[s->count] = *value;
  }
  ++s->count;
}

void VmScalarSix(VmScalars *s, double values[6])
{
  for (int c = 0; c < 6; ++c) VmScalar(s, &values[c]);
}

void VmScalarInteger(VmScalars *s, int64_t *value)
{
  double real = (double)*value;
  VmScalar(s, &real);
  *value = (int64_t)real;
}

void VmScalarFlag(VmScalars *s, bool *value)
{
  double real = *value;
  VmScalar(s, &real);
  *value = real != 0.0;
}
