/* L3. Closed-form laws y(x; parameters) that can be evaluated, and fitted to data (physics.md A). */
#ifndef VITROMECH_LAW_H
#define VITROMECH_LAW_H

#include <vitromech/h5.h>
#include <vitromech/params.h>

enum { VM_LAW_MOST_PARAMETERS = 8, VM_LAW_MOST_VALUES = 2 };

typedef struct {
  const char *name, *unit; /* unit NULL: any */
  const char *doc;
} VmLawColumn;

typedef struct {
  VmPluginHead head; /* params: rows of VM_REAL without default, whose struct is an array of doubles in their order; min
                        and max bound the fit */
  VmLawColumn argument;
  const VmLawColumn *values; /* one, or storage and loss; ends with {NULL} */
  unsigned logarithmic;      /* bit i: parameter i is positive, may span decades and is fitted by its logarithm */
  unsigned scaled;           /* bit i: parameter i is in the unit of the values, whatever that is */
  bool relative;             /* values are positive, may span decades and are fitted by their logarithms */
  /** Values [nvalues][n] at x [n]. Not collective. */
  PetscErrorCode (*evaluate)(const double *parameters, int64_t n, const double *x, double *values);
  /** Parameters to start a fit from, for rising x. Not collective. */
  void (*guess)(int64_t n, const double *x, const double *values, double *parameters);
} VmLawOps;

extern const VmPluginKind vm_law_kind; /* selector "law" */

/** Number of parameters, of values. Not collective. */
int VmLawParameters(const VmLawOps *law);
int VmLawValues(const VmLawOps *law);

/* Points of a fit; all x positive, rising. */
typedef struct {
  int64_t n;
  const double *x, *values; /* [n], [nvalues][n] */
  const double *errors; /* [nvalues][n] standard errors of the values, or NULL: unknown, but equal (of the logarithms
                           of the values where the law is relative) */
} VmLawData;

typedef struct {
  double held[VM_LAW_MOST_PARAMETERS];  /* NAN: free */
  double start[VM_LAW_MOST_PARAMETERS]; /* NAN: from the data */
  double confidence;                    /* of the intervals, e.g. 0.95 */
  int bootstrap;                        /* refits to resampled residuals; 0: none */
  uint64_t seed;
} VmLawFitOptions;

typedef struct {
  bool converged;
  char message[200]; /* why it did not converge, or what the data do not determine; "" if there is nothing to say */
  int iterations;
  int64_t degrees; /* values less free parameters */
  double rms;      /* root mean square of the residuals (of logarithms where the law is relative; over the errors where
                      given) */
  double value[VM_LAW_MOST_PARAMETERS];
  double error[VM_LAW_MOST_PARAMETERS];                                       /* standard error; NAN: not determined */
  double low[VM_LAW_MOST_PARAMETERS], high[VM_LAW_MOST_PARAMETERS];           /* interval of the confidence asked for */
  double boot_low[VM_LAW_MOST_PARAMETERS], boot_high[VM_LAW_MOST_PARAMETERS]; /* the same by bootstrap; NAN: none */
  bool held[VM_LAW_MOST_PARAMETERS], at_bound[VM_LAW_MOST_PARAMETERS];
} VmLawFit;

/** All parameters free, starts from the data, 95 %, no bootstrap, seed 1. Not collective. */
void VmLawFitOptionsInit(VmLawFitOptions *options);

/**
 * Least squares within the bounds of the parameters by PETSc TAO (BRGN: regularised Gauss-Newton). Standard errors from
 * the Jacobian at the minimum, intervals by Student's t (by the normal distribution if errors are given), in the
 * logarithm for logarithmic parameters; bootstrap: percentiles of fits to resampled residuals. A fit that does not
 * converge is a status. Every rank computes the same; no messages. Not collective.
 */
PetscErrorCode VmLawFitRun(const VmLawOps *law, const VmLawData *data, const VmLawFitOptions *options, VmLawFit *fit);

/** Writes a fit into a new group: attributes law, converged, rms, message; parameter_<name> [4]: value, error, low,
 * high; x [n], and <value>, <value>_fitted [n] of each value. value_unit: unit of the values. Collective. */
PetscErrorCode VmLawFitWrite(VmH5 file, const char *group, const VmLawOps *law, const VmLawData *data,
                             const VmLawFit *fit, const char *value_unit);

/**
 * Shift factors of time-temperature superposition: the horizontal shifts of log omega that bring the spectra of
 * neighbouring temperatures to coincide, by least squares of ln(storage) and ln(loss) where they overlap, with monotone
 * cubic interpolation.
 *
 * \param[in]  temperatures, n  number of spectra (at least 2), of frequencies
 * \param[in]  omega            [n] rising, angular frequency [1/s]
 * \param[in]  storage, loss    [temperatures][n] GPa; losses of 0 are left out
 * \param[in]  reference        the spectrum that is not shifted
 * \param[out] log_shift        [temperatures] ln a_T: omega a_T is the frequency at the reference temperature; NAN from
 * where on neighbours do not overlap \param[out] misfit           [temperatures] root mean square of the remaining
 * difference of the logarithms to the neighbour nearer the reference Not collective. Source: Ferry, Viscoelastic
 * Properties of Polymers (1980), chapter 11.
 */
PetscErrorCode VmMasterCurve(int64_t temperatures, int64_t n, const double *omega, const double *storage,
                             const double *loss, int64_t reference, double *log_shift, double *misfit);

/** Kohlrausch susceptibility chi(omega tau) = int_0^inf (-d phi/d t) exp(-i omega t) dt of phi = exp(-(t/tau)^beta),
 * real and imaginary part (<= 0), for 0 < beta <= 2. Not collective. */
void VmKwwSusceptibility(double omega_tau, double beta, double chi[2]);

#endif
