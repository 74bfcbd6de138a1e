/* Waves in double precision, four lanes. */
#include "lanes_double.h"

#include "lanes.h"

const VmPrecision vm_precision_double = {.name = "double",
                                         .lanes = LANES,
                                         .bytes = 2 * sizeof(REAL),
                                         .create = Create,
                                         .propagate = Propagate,
                                         .fill = Fill,
                                         .slices = VmSlicesFillDouble,
                                         .destroy = Destroy};
