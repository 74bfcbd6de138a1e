/* Sums over moments in single precision, eight lanes. */
#include "lanes_single.h"

#include "lanes_moments.h"

const VmMomentPrecision vm_moments_single = {
    .lanes = LANES, .bytes = sizeof(Point), .create = Create, .sum = Sum, .fill = Fill, .destroy = Destroy};
