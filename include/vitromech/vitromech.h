/* vitromech: mesoscale deformation of metallic glasses and synthetic 4D-STEM. Public headers in reading order. */
#ifndef VITROMECH_VITROMECH_H
#define VITROMECH_VITROMECH_H

/* L0 */
#include <vitromech/base.h>
#include <vitromech/log.h>
#include <vitromech/timer.h>
#include <vitromech/tree.h>
#include <vitromech/units.h>
#include <vitromech/params.h>
#include <vitromech/rng.h>
#include <vitromech/probability.h>
/* L1 */
#include <vitromech/tensor.h>
#include <vitromech/grid.h>
#include <vitromech/fft.h>
#include <vitromech/clusters.h>
/* L2 */
#include <vitromech/h5.h>
#include <vitromech/history.h>
#include <vitromech/csv.h>
#include <vitromech/provenance.h>
#include <vitromech/checkpoint.h>
#include <vitromech/xdmf.h>
#include <vitromech/schema.h>
#include <vitromech/cube.h>
#include <vitromech/conditions.h>
/* L3 */
#include <vitromech/disorder.h>
#include <vitromech/law.h>
#include <vitromech/atoms.h>
#include <vitromech/glass.h>
#include <vitromech/specimen.h>
#include <vitromech/microscope.h>
#include <vitromech/analyze.h>
/* L4 */
#include <vitromech/equilibrium.h>
#include <vitromech/harmonic.h>
#include <vitromech/body.h>
#include <vitromech/sim.h>
#include <vitromech/compare.h>
#include <vitromech/infer.h>

#endif
