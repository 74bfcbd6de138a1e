/* Nodes and weights of Gaussian quadrature. */
#ifndef VM_SYNTH_QUADRATURE_H
#define VM_SYNTH_QUADRATURE_H

/** Gauss-Legendre on [0, 1], the weights adding up to 1: exact for polynomials of degree 2n - 1. Not collective. */
void VmGaussLegendre(int n, double *node, double *weight);

/** Gauss-Hermite for the mean over a normal distribution of mean 0 and standard deviation 1: exact for polynomials of
 * degree 2n - 1. n <= 64. Not collective. Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions
 * (1964), 25.4.46. */
void VmGaussHermite(int n, double *node, double *weight);

#endif
