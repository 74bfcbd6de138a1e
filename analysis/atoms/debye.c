#include "debye.h"
#include "cell.h"
#include <vitromech/scatter.h>

#define CLUSTER_BIN 1e-4 /* nm; with linear sharing a relative error below (2 pi k bin)^2/8 = 2e-6 up to k = 6/nm */
#define BIN 0.0005       /* nm; phase error below 0.01 rad up to k = 6/nm */

VmComposition VmCompositionOf(const VmAtoms *whole)
{
  VmComposition composition = {.n = whole->nspecies};
  int64_t count[VM_MAX_SPECIES] = {0};
  for (int64_t i = 0; i < whole->n; ++i) ++count[whole->species[i]];
  for (int s = 0; s < whole->nspecies; ++s) {
    composition.number[s] = whole->number[s];
    composition.fraction[s] = (double)count[s] / (double)whole->n;
  }
  return composition;
}

static double Sinc(double x) { return x == 0.0 ? 1.0 : sin(x) / x; }

/* Pairs i < j by species pair and distance; ranks share the first atoms. counts [nspecies][nspecies][bins]. */
static void CountPairs(const VmAtoms *whole, int rank, int size, double reach, int64_t bins, int64_t *counts)
{
  const double edge[3] = {whole->cell[0][0], whole->cell[1][1], whole->cell[2][2]};
  const double *const r[3] = {whole->x, whole->y, whole->z};
  for (int64_t i = rank; i < whole->n; i += size) {
    int64_t *of_i = counts + whole->species[i] * whole->nspecies * bins;
    for (int64_t j = i + 1; j < whole->n; ++j) {
      double squared = 0.0;
      for (int d = 0; d < 3; ++d) {
        double x = r[d][i] - r[d][j];
        x -= edge[d] * nearbyint(x / edge[d]);
        squared += x * x;
      }
      if (squared >= reach * reach) continue;
      const int64_t bin = PetscMin((int64_t)(sqrt(squared) / BIN), bins - 1);
      ++of_i[whole->species[j] * bins + bin];
    }
  }
}

PetscErrorCode VmDebyeGlass(MPI_Comm comm, const VmAtoms *whole, int nk, const double *k, double *intensity)
{
  int rank, size;
  int64_t *counts;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int ns = whole->nspecies;
  const double volume = fabs(VmCellVolume((const double(*)[3])whole->cell));
  const double reach = 0.5 * fmin(whole->cell[0][0], fmin(whole->cell[1][1], whole->cell[2][2]));
  const int64_t bins = (int64_t)ceil(reach / BIN);
  const VmComposition composition = VmCompositionOf(whole);
  PetscCall(PetscCalloc1((size_t)(ns * ns) * (size_t)bins, &counts));
  CountPairs(whole, rank, size, reach, bins, counts);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, counts, (int)(ns * ns * bins), MPI_INT64_T, MPI_SUM, comm));
  for (int q = 0; q < nk; ++q) {
    double f[VM_MAX_SPECIES], sum = 0.0;
    for (int a = 0; a < ns; ++a) {
      f[a] = VmScatteringFactor(whole->number[a], k[q]);
      sum += composition.fraction[a] * f[a] * f[a];
    }
    for (int64_t bin = 0; bin < bins; ++bin) {
      const double r = ((double)bin + 0.5) * BIN;
      const double uniform = 4.0 * VM_PI * r * r * BIN * (double)whole->n / volume;
      const double weight = Sinc(VM_PI * r / reach) * Sinc(2.0 * VM_PI * k[q] * r);
      for (int a = 0; a < ns; ++a) {
        for (int b = 0; b < ns; ++b) {
          const double found = 2.0 * (double)counts[(a * ns + b) * bins + bin] / (double)whole->n;
          sum += f[a] * f[b] * (found - composition.fraction[a] * composition.fraction[b] * uniform) * weight;
        }
      }
    }
    intensity[q] = sum;
  }
  PetscCall(PetscFree(counts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Number of pairs j < i by distance, each shared between the two nearest bins. */
static PetscErrorCode ClusterDistances(int64_t n, const double (*r)[3], int64_t *bins, double **pairs)
{
  double farthest = 0.0;

  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) farthest = fmax(farthest, sqrt(VmDot3(r[i], r[i])));
  *bins = (int64_t)(2.0 * farthest / CLUSTER_BIN) + 2;
  PetscCall(PetscCalloc1((size_t)*bins, pairs));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const double d[3] = {r[i][0] - r[j][0], r[i][1] - r[j][1], r[i][2] - r[j][2]};
      const double place = sqrt(VmDot3(d, d)) / CLUSTER_BIN;
      const int64_t bin = (int64_t)place;
      (*pairs)[bin] += (double)(bin + 1) - place;
      (*pairs)[bin + 1] += place - (double)bin;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDebyeCluster(int64_t n, const double (*r)[3], const VmComposition *composition, int nk,
                              const double *k, double *intensity)
{
  int64_t bins;
  double *pairs;

  PetscFunctionBegin;
  PetscCall(ClusterDistances(n, r, &bins, &pairs));
  for (int q = 0; q < nk; ++q) {
    double mean = 0.0, square = 0.0, sum = 0.0;
    for (int s = 0; s < composition->n; ++s) {
      const double f = VmScatteringFactor(composition->number[s], k[q]);
      mean += composition->fraction[s] * f;
      square += composition->fraction[s] * f * f;
    }
    for (int64_t bin = 0; bin < bins; ++bin) {
      if (pairs[bin] > 0.0) sum += pairs[bin] * Sinc(2.0 * VM_PI * k[q] * (double)bin * CLUSTER_BIN);
    }
    intensity[q] = square + 2.0 * mean * mean * sum / (double)n;
  }
  PetscCall(PetscFree(pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsMaximum(const double *v, int i) { return v[i] >= v[i - 1] && v[i] > v[i + 1]; }

double VmFirstPeak(int nk, const double *k, const double *intensity)
{
  double largest = 0.0;
  for (int i = 1; i + 1 < nk; ++i) {
    if (IsMaximum(intensity, i)) largest = fmax(largest, intensity[i]);
  }
  for (int i = 1; i + 1 < nk; ++i) {
    const double *v = intensity + i;
    if (!IsMaximum(intensity, i) || v[0] < 0.5 * largest) continue;
    return k[i] + 0.5 * (k[1] - k[0]) * (v[-1] - v[1]) / (v[-1] - 2.0 * v[0] + v[1]);
  }
  return NAN;
}

PetscErrorCode VmGlassPeak(MPI_Comm comm, const VmAtoms *whole, double *peak)
{
  enum { SAMPLES = 201 };
  double k[SAMPLES], intensity[SAMPLES];

  PetscFunctionBegin;
  for (int i = 0; i < SAMPLES; ++i) k[i] = 1.0 + 0.04 * i;
  PetscCall(VmDebyeGlass(comm, whole, SAMPLES, k, intensity));
  *peak = VmFirstPeak(SAMPLES, k, intensity);
  PetscFunctionReturn(PETSC_SUCCESS);
}
