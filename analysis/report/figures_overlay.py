"""Two analyses over each other: curves with residuals in units of the combined error, distribution functions."""
import numpy

import style
from figure import Figure
from figures_pattern import band

COLUMNS = 3
NAMES = (("a", "A", style.LINES[0]), ("b", "B", style.LINES[1]))


def draw(sources):
    if sources.overlay is None:
        return []
    overlay = sources.overlay.group("overlay")
    files = f"A: {overlay.attrs['a']}, B: {overlay.attrs['b']}."
    figures = []
    for name, pairs in by_statistic(overlay.get("curves")):
        pairs = [(path, group) for path, group in pairs if not numpy.array_equal(group["a"], group["b"], equal_nan=True)]
        if pairs:
            figures.append(curves(name, pairs, files))
    for name, pairs in by_statistic(overlay.get("distributions")):
        pairs = [(path, group) for path, group in pairs if numpy.unique([group["a"], group["b"]]).size > 2]
        if pairs:
            figures.append(distributions(name, pairs, files))
    return figures


def by_statistic(group):
    """(statistic, [(path, group of a and b)]) for each statistic."""
    return [(name, list(leaves(group[name], name))) for name in group or []]


def leaves(group, path):
    if "a" in group and not hasattr(group["a"], "attrs"):
        yield path, group
        return
    for name in group:
        if hasattr(group[name], "attrs"):
            yield from leaves(group[name], f"{path}/{name}")


def residual_axes(count, columns=COLUMNS, width=3.9, height=3.4):
    """Pairs of axes, a wide one and a narrow one below it."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = style.plt.figure(figsize=(width * columns if columns > 1 else 6.8, height * rows))
    parts = figure.subfigures(rows, columns, squeeze=False).flat
    pairs = []
    for part in list(parts)[:count]:
        upper, lower = part.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1.15]})
        pairs.append((upper, lower))
    return figure, pairs


def residuals(axis, x, residual, label="A − B (σ)"):
    """Residuals with the band of two standard errors; those beyond the limits stand as triangles at the edge."""
    finite = residual[numpy.isfinite(residual)]
    limit = max(3.5, min(1.15 * numpy.abs(finite).max(initial=0.0), 12.0))
    outside = numpy.abs(residual) > limit
    axis.axhspan(-2, 2, color=style.INK, alpha=0.08, linewidth=0)
    axis.axhline(0, color=style.INK, linewidth=0.8)
    axis.plot(x, numpy.where(outside, numpy.nan, residual), ".", color=style.LINES[3], markersize=3.5)
    for sign, marker in ((1, "^"), (-1, "v")):
        far = outside & (sign * residual > 0)
        axis.plot(x[far], numpy.full(far.sum(), sign * 0.93 * limit), marker, color=style.LINES[3], markersize=3.5)
    axis.set(ylim=(-limit, limit), ylabel=label)


def quantity(name, unit):
    label = name.replace("_", " ")
    return f"{label} ({unit})" if unit not in ("", "1") else label


def curves(statistic, pairs, files):
    figure, axes = residual_axes(len(pairs))
    data = {}
    for (path, group), (upper, lower) in zip(pairs, axes):
        x, residual = group["x"], group["residual"]
        name = path.split("/", 1)[-1]
        inside = numpy.isfinite(group["a"]) & numpy.isfinite(group["b"])
        for key, label, colour in NAMES:
            error = group.get(key + "_error")
            band(upper, x[inside], group[key][inside], None if error is None else error[inside], color=colour, label=label,
                 linewidth=1.2)
        values = numpy.concatenate([group["a"][inside], group["b"][inside]])
        if values.min() > 0 and values.max() > 30 * numpy.median(values):
            upper.set_yscale("log")
        chi, probability = (float(numpy.atleast_1d(group.attrs[key])[0]) for key in ("chi_square", "probability"))
        verdict = f"\nχ² per point {chi:.3g}, p = {probability:.2g}" if numpy.isfinite(chi) else "\nno error is known"
        upper.set(title=quantity(name, group.attribute("a", "unit")) + verdict)
        upper.legend(loc="best")
        if numpy.isfinite(residual).any():
            residuals(lower, x[inside], residual[inside])
        else:
            lower.axhline(0, color=style.INK, linewidth=0.8)
            lower.plot(x[inside], (group["a"] - group["b"])[inside], ".", color=style.LINES[5], markersize=3.5)
            lower.set(ylabel="A − B")
        lower.set(xlabel=quantity(group.attrs["x_name"], group.attribute("x", "unit")))
        for key, heading in (("x", group.attrs["x_name"]), ("a", "A"), ("b", "B"), ("a_error", "error of A"),
                             ("b_error", "error of B"), ("residual", "residual [combined errors]")):
            if key in group:
                data[f"{name}: {heading}"] = group[key]
    caption = (f"{files} Bands: standard errors. Below: the residual A − B in units σ of the combined standard error, shaded within "
               "two, triangles beyond the scale; the plain difference where no error is known.")
    return Figure(f"overlay_{statistic}", f"{statistic.replace('_', ' ')}: A and B", caption, figure, data)


def distributions(statistic, pairs, files):
    columns = min(COLUMNS, len(pairs))
    figure, axes = style.panels(len(pairs), columns, size=3.0)
    data = {}
    for (path, group), axis in zip(pairs, axes):
        name, probability = path.split("/", 1)[-1], group["probability"]
        for key, label, colour in NAMES:
            axis.plot(group[key], probability, color=colour, label=label, linewidth=1.3)
        place = float(numpy.atleast_1d(group.attrs["place"])[0])
        low, high = sorted(group.attrs["at_place"])
        distance, _, _, p = group.attrs["kolmogorov_smirnov"]
        axis.plot([place, place], [low, high], color=style.INK, linewidth=2.2, solid_capstyle="butt", label="largest distance")
        axis.axvline(place, color=style.INK, linewidth=0.6, linestyle=":")
        known = f", p = {p:.2g}" if numpy.isfinite(p) else ""
        axis.set(title=f"KS {distance:.3g}{known}", xlabel=quantity(name, group.attribute("a", "unit")),
                 ylabel="part of values below", ylim=(0, 1.02))
        axis.legend(loc="lower right")
        for key, heading in (("a", "A"), ("b", "B")):
            data[f"{name}: {heading}"] = group[key]
        data["part below"] = probability
    caption = (f"{files} Distribution functions of the values; the bar marks where they are furthest apart, which is the distance of "
               "Kolmogorov and Smirnov.")
    return Figure(f"overlay_values_{statistic}", f"{statistic.replace('_', ' ')}: how values are distributed in A and B", caption,
                  figure, data)
