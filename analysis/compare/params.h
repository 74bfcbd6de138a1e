/* L4. The `compare` block. */
#ifndef VM_COMPARE_PARAMS_H
#define VM_COMPARE_PARAMS_H

#include <vitromech/compare.h>

typedef struct {
  char *file, *label, *composition;
  int definition; /* index into vm_variance_definitions */
  int k_unit;     /* 0: 1/nm, 1: 1/A */
  double scale, probe, thickness;
} VmMeasuredParams;

struct VmCompareParams_s {
  VmList references; /* of char *, names of references */
  VmList measured;   /* of VmMeasuredParams */
};

extern const char *const vm_variance_definitions[]; /* names of the datasets of statistic fem */

#endif
