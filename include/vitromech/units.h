/* L0. Quantities with units, by udunits2 and strtod. */
#ifndef VITROMECH_UNITS_H
#define VITROMECH_UNITS_H

#include <vitromech/base.h>

/**
 * Parses "35 GPa" into the wanted unit.
 *
 * \param[in]  text   number by strtod (nan, inf, trailing characters refused), then a unit; a bare number is accepted
 *                    only if unit is "1"
 * \param[in]  unit   wanted unit, udunits2 syntax ("GPa", "nm", "1/s", "nm^3", "eV", "K", "1")
 * \param[out] value  in the wanted unit
 * \param[out] why    on failure a static or caller-buffered explanation ("a length in nm is needed, e.g. \"1.7 nm\"")
 * \return true if the text is a valid quantity. Not collective.
 */
bool VmUnitParse(const char *text, const char *unit, double *value, char why[256]);

#endif
