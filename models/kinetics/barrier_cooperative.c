#include <vitromech/kinetics.h>
#include <vitromech/simd.h>
#include <math.h>

typedef struct {
  double critical_stress; /* GPa */
} Params;

static const VmParam rows[] = {{.key = "critical_stress",
                                .type = VM_REAL,
                                .offset = offsetof(Params, critical_stress),
                                .unit = "GPa",
                                .min = 1e-3,
                                .max = 1e3,
                                .doc = "resolved shear stress tau_c at which the barrier vanishes",
                                .source = "0.036 G: Johnson & Samwer, Phys. Rev. Lett. 95 (2005) 195501"},
                               {0}};
static const VmTable table = {
    .name = "cooperative", .doc = "cooperative shear model", .size = sizeof(Params), .rows = rows};

/* The resolved stress over the critical one is the work over that at the critical stress. */
VM_SIMD_CLONES
static void Cooperative(int64_t n, double critical_work, const double *restrict barrier, const double *restrict work,
                        double *restrict left, double *restrict slope)
{
  const double inverse = 1.0 / critical_work;
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    const double reserve = 1.0 - work[i] * inverse, root = sqrt(reserve > 0.0 ? reserve : 0.0);
    left[i] = reserve > 0.0 ? barrier[i] * reserve * root : critical_work - work[i];
    slope[i] = reserve > 0.0 ? 1.5 * inverse * barrier[i] * root : 1.0;
  }
}

/* Without a saddle strain the stress does no work, and the barrier stays. */
static double CriticalWork(const Params *p, double per_stress)
{
  return per_stress > 0.0 ? p->critical_stress * per_stress : HUGE_VAL;
}

static void Evaluate(const void *params, double per_stress, int64_t n, const double *barrier, const double *work,
                     double *left, double *slope)
{
  Cooperative(n, CriticalWork(params, per_stress), barrier, work, left, slope);
}

static void Vanishing(const void *params, double per_stress, int64_t n, const double *barrier, double *work)
{
  (void)barrier;
  for (int64_t i = 0; i < n; ++i) work[i] = CriticalWork(params, per_stress);
}

const VmBarrierOps vm_barrier_cooperative = {
    .head = {.name = "cooperative",
             .doc = "barrier of cooperative shear: Q (1 - tau/tau_c)^(3/2) of the resolved shear stress tau",
             .source = "Johnson & Samwer, Phys. Rev. Lett. 95 (2005) 195501; Qiao et al., Prog. Mater. Sci. 104 (2019) "
                       "250, Eq. 5.3",
             .params = &table},
    .evaluate = Evaluate,
    .vanishing = Vanishing};
