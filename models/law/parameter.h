/* Rows of the parameters of laws. */
#ifndef VM_LAW_PARAMETER_H
#define VM_LAW_PARAMETER_H

#include <vitromech/law.h>

/* Parameter `index` of a law. */
#define VM_LAW_PARAMETER(index, name, its_unit, least, most, what)                                                     \
  {                                                                                                                    \
    .key = name, .type = VM_REAL, .offset = (index) * sizeof(double), .unit = its_unit, .default_text = "none",        \
    .min = least, .max = most, .doc = what                                                                             \
  }

/* Table of a law whose rows stand in `list`. */
#define VM_LAW_TABLE(title, what, list)                                                                                \
  {                                                                                                                    \
    .name = title, .doc = what, .size = VM_LAW_MOST_PARAMETERS * sizeof(double), .rows = list                          \
  }

/** x where values fall, from the first to the last, through `fraction` of the way; the geometric middle of x if they
 * never do. Not collective. */
double VmLawCrossing(int64_t n, const double *x, const double *values, double fraction);

/** Where the loss (second half of complex values) is largest. Not collective. */
int64_t VmLawLossPeak(int64_t n, const double *values);

#endif
