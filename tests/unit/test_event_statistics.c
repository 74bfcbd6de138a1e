/* timeout: 30; links: vm_solvers
 * Waiting times and power spectra of made-up trains of events: a Poisson process (exponential, variation 1, power 1), a
 * regular one (variation 0, power at its frequency), bursts (more power at low frequencies). */
#include "vm_test.h"
#include "src/drive/event_statistics.h"
#include <vitromech/rng.h>

enum { EVENTS = 40000 };
static const double rate = 250.0;
static double at[EVENTS];
static VmWaiting waiting;
static VmEventSpectrum spectrum;

static double Exponential(int64_t i)
{
  const VmRngKey key = {.seed = 11, .stream = VM_STREAM_EVENT};
  return -log(VmRngUniform(key, (uint64_t)i, 0));
}

/* Chi-squared per frequency of the spectrum against 1, and the mean power. */
static double Misfit(double *mean)
{
  double sum = 0.0;
  *mean = 0.0;
  for (int k = 0; k < VM_SPECTRUM_POINTS; ++k) {
    *mean += spectrum.power[k] / VM_SPECTRUM_POINTS;
    sum += pow((spectrum.power[k] - 1.0) / spectrum.error[k], 2) / VM_SPECTRUM_POINTS;
  }
  return sum;
}

static void TestPoisson(void)
{
  double time = 0.0, mean, norm = 0.0, chi = 0.0;
  int used = 0;
  for (int i = 0; i < EVENTS; ++i) at[i] = time += Exponential(i) / rate;
  VmWaitingMeasure(EVENTS, at, &waiting);
  VmExpectInt(waiting.count, EVENTS - 1);
  VmExpectInt(waiting.at_once, 0);
  VmExpect(fabs(waiting.mean - 1.0 / rate) < 4.0 * waiting.mean_error, "mean %g +- %g", waiting.mean,
           waiting.mean_error);
  VmExpect(fabs(waiting.mean_error * rate * sqrt(EVENTS) - 1.0) < 0.8, "error of the mean: %g", waiting.mean_error);
  VmExpect(fabs(waiting.variation - 1.0) < 4.0 * waiting.variation_error && waiting.variation_error < 0.02,
           "variation %g +- %g", waiting.variation, waiting.variation_error);
  const double half = pow(10.0, 0.5 / VM_WAITING_PER_DECADE);
  for (int b = 0; b < waiting.bins; ++b) {
    const double low = waiting.time[b] / half, high = waiting.time[b] * half;
    norm += waiting.density[b] * (high - low);
    if (waiting.density[b] < 5.0 * waiting.error[b]) continue; /* fewer than 25 members */
    chi += pow((waiting.density[b] - (exp(-rate * low) - exp(-rate * high)) / (high - low)) / waiting.error[b], 2);
    ++used;
  }
  VmExpectNear(norm, 1.0, 1e-9);
  VmFigure("poisson: chi-squared per bin of the waiting times", chi / used);
  VmExpect(used > 10 && chi / used < 2.0, "%d bins, chi-squared %g", used, chi);
  VmEventSpectrumMeasure(EVENTS, at, 0.0, time, &spectrum);
  const double misfit = Misfit(&mean);
  VmFigure("poisson: mean power", mean);
  VmExpectNear(mean, 1.0, 0.05); /* 15 segments of 256 frequencies, neighbours not independent: 0.02 */
  VmExpect(misfit > 0.5 && misfit < 2.5, "chi-squared per frequency %g", misfit);
}

static void TestRegular(void)
{
  const double length = EVENTS / rate;
  for (int i = 0; i < EVENTS; ++i) at[i] = i / 2 * 2.0 / rate; /* two at once */
  VmWaitingMeasure(EVENTS, at, &waiting);
  VmExpectInt(waiting.at_once, EVENTS / 2);
  VmExpectNear(waiting.mean, 1.0 / rate, 1e-6);
  VmExpectNear(waiting.variation, 1.0, 1e-3);                             /* of 0 and 2/rate by turns */
  for (int i = 0; i < 64 * 8; ++i) at[i] = length * (i + 0.5) / (64 * 8); /* one in each eighth bin */
  VmEventSpectrumMeasure(64 * 8, at, 0.0, length, &spectrum);
  int highest = 0;
  for (int k = 1; k < VM_SPECTRUM_POINTS; ++k)
    if (spectrum.power[k] > spectrum.power[highest]) highest = k;
  VmExpect((highest + 1) % (VM_SPECTRUM_SEGMENT / 8) == 0, "peak at harmonic %d", highest + 1);
  VmExpectNear(remainder(spectrum.frequency[highest] * length, 512.0), 0.0, 1e-6);
  VmExpect(spectrum.power[20] < 1e-3, "nothing elsewhere: %g", spectrum.power[20]);
}

/* Poisson bursts of m events at once: power m at all frequencies (Campbell). */
static void TestBursts(void)
{
  enum { BURST = 5 };
  double time = 0.0, mean;
  for (int i = 0; i < EVENTS; ++i) at[i] = time += i % BURST ? 0.0 : Exponential(i) / rate;
  VmEventSpectrumMeasure(EVENTS, at, 0.0, time, &spectrum);
  (void)Misfit(&mean);
  VmFigure("bursts of 5: mean power", mean);
  VmExpectNear(mean, BURST, 0.3);
  VmWaitingMeasure(EVENTS, at, &waiting);
  VmExpectInt(waiting.at_once, EVENTS - EVENTS / BURST);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  TestPoisson();
  TestRegular();
  TestBursts();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
