/* Statistics of the train of events of a loading stage: waiting times and power spectrum. */
#ifndef VM_EVENT_STATISTICS_H
#define VM_EVENT_STATISTICS_H

#include <vitromech/base.h>

/* Distribution of the times between successive events. */
enum { VM_WAITING_PER_DECADE = 5, VM_MOST_WAITING_BINS = 400, VM_LEAST_WAITS = 20 };
typedef struct {
  int64_t count, at_once; /* waiting times; those of them that are 0 */
  double mean, mean_error;
  double variation, variation_error; /* standard deviation over mean; 1 for a Poisson process */
  int bins;
  double time[VM_MOST_WAITING_BINS];    /* geometric middle [s] of the bins that are not empty */
  double density[VM_MOST_WAITING_BINS]; /* probability per time [1/s]; those at once are counted in its norm */
  double error[VM_MOST_WAITING_BINS];   /* of as many Poisson counts */
} VmWaiting;

/** Of n >= VM_LEAST_WAITS + 1 event times [s] in their order; errors of mean and variation by a jackknife of ten
 * blocks. Not collective. */
void VmWaitingMeasure(int64_t n, const double *time, VmWaiting *waiting);

/* Power spectrum of the number of events in short equal times. */
enum { VM_SPECTRUM_BINS = 4096, VM_SPECTRUM_SEGMENT = 512, VM_SPECTRUM_POINTS = VM_SPECTRUM_SEGMENT / 2 };
typedef struct {
  double frequency[VM_SPECTRUM_POINTS]; /* Hz */
  double power[VM_SPECTRUM_POINTS];     /* over that of a Poisson process of the same mean rate, which is 1 */
  double error[VM_SPECTRUM_POINTS];     /* standard error, from the spread of the segments */
} VmEventSpectrum;

/** Of n > 0 event times in [start, start + duration]: counts in VM_SPECTRUM_BINS bins less their mean, in segments that
 * overlap by half, under Hann windows. Not collective. Source: Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70;
 * normalised as Bartlett, J. R. Stat. Soc. B 25 (1963) 264. */
void VmEventSpectrumMeasure(int64_t n, const double *time, double start, double duration, VmEventSpectrum *spectrum);

#endif
