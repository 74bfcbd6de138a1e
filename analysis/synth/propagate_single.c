/* Waves in single precision, eight lanes. */
#include "lanes_single.h"

#include "lanes.h"

const VmPrecision vm_precision_single = {.name = "single",
                                         .lanes = LANES,
                                         .bytes = 2 * sizeof(REAL),
                                         .create = Create,
                                         .propagate = Propagate,
                                         .fill = Fill,
                                         .slices = VmSlicesFillSingle,
                                         .destroy = Destroy};
