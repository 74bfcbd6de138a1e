"""What a report is about: the files given, sorted by what they hold."""
import re
import sys

import numpy

import vitromech


class Sources:
    """Files of one job: `run` (history, fields), `analysis` (statistics of a cube), `cube` (patterns), `sweep` (its table),
    `inference` from one, `overlay` (two analyses compared); None if not given."""

    def __init__(self, paths):
        self.run = self.analysis = self.cube = self.sweep = self.inference = self.overlay = None
        self.files = [vitromech.open(path) for path in paths]
        for file in self.files:
            if "points/id" in file.h5:
                self.sweep = self.sweep or file
            elif "inference" in file.h5:
                self.inference = self.inference or file
            elif "overlay" in file.h5:
                self.overlay = self.overlay or file
            elif file.history:
                self.run = self.run or file
            elif cube_data(file) is not None:
                self.cube = self.cube or file
            elif file.statistics:
                self.analysis = self.analysis or file
            else:
                print(f"vitromech report: warning: {file.path} holds nothing that is drawn", file=sys.stderr)
        for file in self.files:
            if self.analysis is None and file.statistics and file not in (self.run, self.sweep):
                self.analysis = file

    def find(self, kind, of=None):
        """First statistic of a kind, and of a map if `of` is given, in the analysis file."""
        groups = self.all(self.analysis, kind)
        return next((g for g in groups if of is None or g.attrs.get("of") == of), None)

    @staticmethod
    def all(file, kind):
        """All statistics of a kind in a file."""
        groups = [g for g in file.statistics.values() if g.attrs.get("statistic", g.name) == kind] if file else []
        return sorted(groups, key=lambda g: natural(g.attrs.get("of", g.name)))

    @property
    def conditions(self):
        return self.analysis.conditions if self.analysis else self.cube.conditions if self.cube else {}

    def scan_extent(self, shape):
        """(left, right, bottom, top) of a scanned map in nm, None if the pitch is unknown."""
        pitch = self.conditions.get("scan_pitch_nm")
        if pitch is None:
            return None
        pitch = float(numpy.atleast_1d(pitch)[0])
        return (0.0, shape[0] * pitch, 0.0, shape[1] * pitch)

    def detector_extent(self, shape):
        """(left, right, bottom, top) of a pattern in 1/nm about the direct beam, None if the calibration is unknown."""
        geometry = self.find("geometry")
        if geometry is None or "pitch" not in geometry:
            return None
        pitch, centre = geometry["pitch"], geometry["centre"]
        edge = [((-0.5 - centre[d]) * pitch[d], (shape[d] - 0.5 - centre[d]) * pitch[d]) for d in range(2)]
        return (*edge[0], *edge[1])


def natural(name):
    """Key that sorts n_10 behind n_2."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def cube_data(file):
    """The 4-D dataset of an EMD file, or None."""
    found = []
    file.h5.visititems(lambda name, item: found.append(item) if getattr(item, "ndim", 0) == 4 and name.endswith("/data") else None)
    return found[0] if found else None


def estimate(value, error, plain="{:.4g}"):
    """'4.118 ± 0.007': the error to one digit (two if it begins with 1 or 2), the value to as many decimals."""
    if not numpy.isfinite(value):
        return "–"
    if not (numpy.isfinite(error) and error > 0):
        return plain.format(value)
    power = int(numpy.floor(numpy.log10(max(abs(value), error))))
    if not -4 < power < 6:
        mantissa = estimate(value / 10.0**power, error / 10.0**power)
        return f"({mantissa})·10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    exponent = int(numpy.floor(numpy.log10(error)))
    digits = -exponent + (error / 10.0**exponent < 2.95)
    return f"{value:.{max(digits, 0)}f} ± {error:.{max(digits, 0)}f}"


def estimate_of(group, name):
    """The estimate of a scalar of a statistic, '' if it has none."""
    value = float(group.get(name, numpy.nan))
    return estimate(value, float(group.get(name + "_error", numpy.nan))) if numpy.isfinite(value) else ""


def von_mises_strain(tensor):
    """Equivalent strain sqrt(2/3 e':e') of [..., 6] tensor components xx, yy, zz, yz, xz, xy."""
    deviator = numpy.array(tensor, dtype=float)
    deviator[..., :3] -= deviator[..., :3].mean(axis=-1, keepdims=True)
    square = (deviator[..., :3] ** 2).sum(axis=-1) + 2.0 * (deviator[..., 3:] ** 2).sum(axis=-1)
    return numpy.sqrt(2.0 / 3.0 * square)


def loaded_component(history):
    """Index of the strain component that is driven furthest, as (index, label of stress, label of strain, factor on strain)."""
    strain = numpy.atleast_2d(history["strain"])
    weight = numpy.array([1, 1, 1, 2, 2, 2])
    index = int(numpy.argmax(numpy.ptp(strain, axis=0) * weight))
    name = vitromech.COMPONENTS[index]
    if index >= 3:
        return index, rf"shear stress $\sigma_{{{name}}}$ (GPa)", rf"shear strain $\gamma_{{{name}}}$", 2.0
    return index, rf"stress $\sigma_{{{name}}}$ (GPa)", rf"strain $\varepsilon_{{{name}}}$", 1.0
