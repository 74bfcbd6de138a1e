/* Bessel functions of the first kind of many orders at once. */
#ifndef VM_SYNTH_BESSEL_H
#define VM_SYNTH_BESSEL_H

/** J_0(x) ... J_(n-1)(x), x >= 0, by Miller's downward recurrence; absolute error below 1e-14. Not collective.
 * Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), 9.12. */
void VmBesselSeries(double x, int n, double *value);

#endif
