#include <vitromech/kinetics.h>

static void Evaluate(const void *params, double per_stress, int64_t n, const double *barrier, const double *work,
                     double *left, double *slope)
{
  (void)params, (void)per_stress;
  for (int64_t i = 0; i < n; ++i) left[i] = barrier[i] - work[i];
  for (int64_t i = 0; i < n; ++i) slope[i] = 1.0;
}

static void Vanishing(const void *params, double per_stress, int64_t n, const double *barrier, double *work)
{
  (void)params, (void)per_stress;
  for (int64_t i = 0; i < n; ++i) work[i] = barrier[i];
}

const VmBarrierOps vm_barrier_linear = {
    .head = {.name = "linear",
             .doc = "barrier falls linearly with the work of the stress: Q - saddle Omega sig:eps",
             .source = "Bulatov & Argon, Modelling Simul. Mater. Sci. Eng. 2 (1994) 167"},
    .evaluate = Evaluate,
    .vanishing = Vanishing,
    .linear = true};
