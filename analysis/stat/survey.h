/* How the survey finds the centre. */
#ifndef VM_STAT_SURVEY_H
#define VM_STAT_SURVEY_H

#include <vitromech/stat.h>

enum { VM_CENTRING_AUTO, VM_CENTRING_BEAM, VM_CENTRING_RINGS };

/** Whether an unknown centre is found from the rings, else from the direct beam. Not collective. */
bool VmSurveyByRings(const VmGeometryParams *params);

/** The centre of the user or of the file, if it has one. Not collective. */
bool VmSurveyGivenCentre(VmSurvey survey, const VmGeometryParams *params, double centre[2]);

/** Whether the centre is that of the ring whose ellipse is fitted. Not collective. */
bool VmSurveyCentreOfEllipse(VmSurvey survey, const VmGeometryParams *params);

#endif
