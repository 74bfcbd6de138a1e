/* Sums over moments in double precision, four lanes. */
#include "lanes_double.h"

#include "lanes_moments.h"

const VmMomentPrecision vm_moments_double = {
    .lanes = LANES, .bytes = sizeof(Point), .create = Create, .sum = Sum, .fill = Fill, .destroy = Destroy};
