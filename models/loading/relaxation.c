#include "prescribed.h"

typedef struct {
  char *fit;
} Params;

static const char *const laws[] = {"kww", "kww_flow_unit", NULL};
static const VmParam rows[] = {{.key = "fit",
                                .type = VM_STRING,
                                .offset = offsetof(Params, fit),
                                .choices = laws,
                                .default_text = "none",
                                .doc = "law fitted to the stress against the time since the start of the stage, by the "
                                       "rows of the history (output.every); its exponent is beta_KWW"},
                               {0}};
static const VmTable params_table = {
    .name = "relaxation", .doc = "stress relaxation", .size = sizeof(Params), .rows = rows};

static const char *Fit(const void *params) { return ((const Params *)params)->fit; }

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c])
      return "programme relaxation holds all strains; leave `control` out, or use strain_rate or creep";
  return VmEndless(stage);
}

const VmLoadingOps vm_loading_relaxation = {.head = {.name = "relaxation",
                                                     .doc = "all strains held; the stress relaxes",
                                                     .source = "stress relaxation test",
                                                     .params = &params_table},
                                            .segment = VmPrescribedSegment,
                                            .complaint = Complaint,
                                            .fit = Fit};
