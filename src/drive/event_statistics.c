#include "event_statistics.h"
#include <math.h>

enum { BLOCKS = 10 };

typedef struct {
  double count, sum, squares;
} Moments;

static double Mean(Moments m) { return m.sum / m.count; }

static double Variation(Moments m)
{
  const double mean = Mean(m);
  return mean > 0.0 ? sqrt(fmax(m.squares / m.count - mean * mean, 0.0)) / mean : 0.0;
}

/* Standard error of a function of moments, leaving out one block after the other. */
static double Jackknife(const Moments *block, Moments all, double (*value)(Moments))
{
  double left_out[BLOCKS], mean = 0.0, sum = 0.0;
  for (int b = 0; b < BLOCKS; ++b) {
    left_out[b] = value((Moments){all.count - block[b].count, all.sum - block[b].sum, all.squares - block[b].squares});
    mean += left_out[b] / BLOCKS;
  }
  for (int b = 0; b < BLOCKS; ++b) sum += (left_out[b] - mean) * (left_out[b] - mean);
  return sqrt(sum * (BLOCKS - 1) / BLOCKS);
}

static double BinEdge(double least, int bin) { return least * pow(10.0, (double)bin / VM_WAITING_PER_DECADE); }

static void Histogram(int64_t n, const double *time, VmWaiting *w)
{
  double least = HUGE_VAL;
  int64_t members[VM_MOST_WAITING_BINS] = {0};
  for (int64_t i = 1; i < n; ++i)
    if (time[i] > time[i - 1]) least = fmin(least, time[i] - time[i - 1]);
  if (!(least < HUGE_VAL)) return;
  least = pow(10.0, floor(VM_WAITING_PER_DECADE * log10(least)) / VM_WAITING_PER_DECADE); /* edges at round numbers */
  for (int64_t i = 1; i < n; ++i) {
    const double wait = time[i] - time[i - 1];
    if (!(wait > 0.0)) continue;
    const int bin = (int)(VM_WAITING_PER_DECADE * log10(wait / least));
    ++members[PetscMin(PetscMax(bin, 0), VM_MOST_WAITING_BINS - 1)];
  }
  for (int bin = 0; bin < VM_MOST_WAITING_BINS; ++bin) {
    if (!members[bin]) continue;
    const double low = BinEdge(least, bin), high = BinEdge(least, bin + 1), unit = (double)w->count * (high - low);
    w->time[w->bins] = sqrt(low * high);
    w->density[w->bins] = (double)members[bin] / unit, w->error[w->bins++] = sqrt((double)members[bin]) / unit;
  }
}

void VmWaitingMeasure(int64_t n, const double *time, VmWaiting *w)
{
  Moments block[BLOCKS], all = {.count = 0.0};
  w->count = n - 1, w->at_once = 0, w->bins = 0;
  for (int b = 0; b < BLOCKS; ++b) block[b] = all;
  for (int64_t i = 1; i < n; ++i) {
    const double wait = time[i] - time[i - 1];
    Moments *m = &block[(i - 1) * BLOCKS / w->count];
    m->count += 1.0, m->sum += wait, m->squares += wait * wait;
    w->at_once += wait == 0.0;
  }
  for (int b = 0; b < BLOCKS; ++b)
    all.count += block[b].count, all.sum += block[b].sum, all.squares += block[b].squares;
  w->mean = Mean(all), w->mean_error = Jackknife(block, all, Mean);
  w->variation = Variation(all), w->variation_error = Jackknife(block, all, Variation);
  Histogram(n, time, w);
}

/* Squared modulus of a windowed segment at harmonic k, over the window's power. */
static double Periodogram(const double *segment, int k, const double *window, const double *cosine, double power)
{
  double re = 0.0, im = 0.0;
  for (int j = 0; j < VM_SPECTRUM_SEGMENT; ++j) {
    const int turn = j * k % VM_SPECTRUM_SEGMENT, quarter = VM_SPECTRUM_SEGMENT / 4;
    re += window[j] * segment[j] * cosine[turn];
    im += window[j] * segment[j] * cosine[(turn + 3 * quarter) % VM_SPECTRUM_SEGMENT];
  }
  return (re * re + im * im) / power;
}

void VmEventSpectrumMeasure(int64_t n, const double *time, double start, double duration, VmEventSpectrum *spectrum)
{
  enum { STEP = VM_SPECTRUM_SEGMENT / 2, SEGMENTS = VM_SPECTRUM_BINS / STEP - 1 };
  double counts[VM_SPECTRUM_BINS] = {0.0}, window[VM_SPECTRUM_SEGMENT], cosine[VM_SPECTRUM_SEGMENT], power = 0.0;
  const double mean = (double)n / VM_SPECTRUM_BINS;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t bin = (int64_t)((time[i] - start) / duration * VM_SPECTRUM_BINS);
    counts[PetscMin(PetscMax(bin, 0), VM_SPECTRUM_BINS - 1)] += 1.0;
  }
  for (int j = 0; j < VM_SPECTRUM_BINS; ++j) counts[j] -= mean;
  for (int j = 0; j < VM_SPECTRUM_SEGMENT; ++j) {
    cosine[j] = cos(2.0 * VM_PI * j / VM_SPECTRUM_SEGMENT);
    window[j] = 0.5 - 0.5 * cos(2.0 * VM_PI * (j + 0.5) / VM_SPECTRUM_SEGMENT);
    power += window[j] * window[j];
  }
  for (int k = 1; k <= VM_SPECTRUM_POINTS; ++k) {
    double sum = 0.0, squares = 0.0;
    for (int s = 0; s < SEGMENTS; ++s) {
      const double p = Periodogram(counts + s * STEP, k, window, cosine, power * mean);
      sum += p, squares += p * p;
    }
    sum /= SEGMENTS, squares /= SEGMENTS;
    spectrum->frequency[k - 1] = (double)k * VM_SPECTRUM_BINS / (VM_SPECTRUM_SEGMENT * duration);
    spectrum->power[k - 1] = sum;
    /* neighbours that share half of a Hann window have correlation 1/36 */
    spectrum->error[k - 1] = sqrt((squares - sum * sum) / (SEGMENTS - 1) * (1.0 + 2.0 / 36.0));
  }
}
