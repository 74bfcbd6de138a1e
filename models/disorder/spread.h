/* What distributions made from a Gaussian random field share. */
#ifndef VM_DISORDER_SPREAD_H
#define VM_DISORDER_SPREAD_H

#include <vitromech/disorder.h>

typedef struct {
  double spread, correlation_length;
} VmSpreadParams;

#define VM_CORRELATION_LENGTH_ROW                                                                                      \
  {                                                                                                                    \
    .key = "correlation_length", .type = VM_REAL, .offset = offsetof(VmSpreadParams, correlation_length),              \
    .unit = "nm", .default_text = "0 nm", .max = 1e6,                                                                  \
    .doc = "xi of the Gaussian field the values are made from, of covariance exp(-r^2/(2 xi^2)); 0: independent "      \
           "voxels"                                                                                                    \
  }

#endif
