"""Figures of diffraction: patterns, I(k), V(k)."""
import numpy

import style
from figure import Figure
from read import cube_data, estimate_of

FORMS = (("omega", "Ω: variance of the annular mean"), ("ring", "mean of ring variances"),
         ("ring_ensemble", "variance of the ensemble of rings"), ("image", "annular mean of the variance image"),
         ("ratio", "ratio of ring means"))


def draw(sources):
    makers = (patterns, radial_intensity, angular_correlation, pair_distribution, variance)
    return [figure for figure in (maker(sources) for maker in makers) if figure]


def pair_distribution(sources):
    statistic = sources.find("pdf")
    if statistic is None:
        return None
    figure, (left, right) = style.curves(2)
    band(left, statistic["k"], statistic["F"], statistic["F_error"], color=style.LINES[0])
    left.set(xlabel="k (nm⁻¹)", ylabel="F(k) (nm⁻¹)")
    band(right, 10.0 * statistic["r"], 0.01 * statistic["G"], 0.01 * statistic["G_error"], color=style.LINES[1])
    right.set(xlabel="r (Å)", ylabel="G(r) (Å⁻²)")
    caption = ("Reduced intensity (left) and its sine transform, the reduced pair distribution function (right); first peak "
               f"{estimate_of(statistic, 'first_peak')} nm.")
    return Figure("diffraction_pdf", "Pair distribution function of the diffraction", caption, figure,
                  {"k [1/nm]": statistic["k"], "F [1/nm]": statistic["F"], "r [nm]": statistic["r"], "G [1/nm2]": statistic["G"],
                   "error of G [1/nm2]": statistic["G_error"]})


def single_pattern(sources):
    """Pattern of the probe in the middle of the scan, and its indices."""
    if sources.cube is None:
        return None, None
    data = cube_data(sources.cube)
    probe = (data.shape[0] // 2, data.shape[1] // 2)
    return numpy.asarray(data[probe[0], probe[1]], dtype=float), probe


def patterns(sources):
    average = sources.find("average_pattern")
    shown = []
    if average is not None:
        shown.append(("mean of all probes", average["mean"]))
    single, probe = single_pattern(sources)
    if single is not None:
        shown.append((f"probe ({probe[0]}, {probe[1]})", single))
    elif average is not None and "maximum" in average and not numpy.array_equal(average["maximum"], average["mean"]):
        shown.append(("maximum over all probes", average["maximum"]))
    if not shown:
        return None
    figure, axes = style.panels(len(shown), 2, size=3.5)
    found = False
    for axis, (title, pattern) in zip(axes, shown):
        logarithm, limits = log_intensity(pattern)
        style.image(axis, logarithm, sources.detector_extent(pattern.shape), "nm$^{-1}$", title, style.PATTERN, limits,
                    bar_label=r"$\log_{10}$ intensity")
        if average is not None and pattern is shown[0][1]:
            found = overlay(axis, sources, pattern.shape)
    caption = ("Diffraction patterns, logarithm of the intensity, origin at the direct beam; the scale bar is in k = 1/d. "
               "A single pattern shows speckle, the mean the rings of the glass."
               + (" Dashed: the first ring with its ellipse, about the centre (cross); dotted: edge of masked pixels." if found else ""))
    extent = sources.detector_extent(shown[0][1].shape)
    columns = pattern_columns(shown, extent)
    return Figure("patterns", "Diffraction patterns", caption, figure, columns)


def overlay(axis, sources, shape):
    """Centre and first ring with its ellipse, and the edge of the mask; whether they are drawn."""
    geometry = sources.find("geometry")
    if geometry is None or "first_ring" not in geometry or not numpy.isfinite(geometry["first_ring"]):
        return False
    extent = sources.detector_extent(shape)
    xx, yy, xy = geometry["ellipse"] if "ellipse" in geometry else (0.0, 0.0, 0.0)
    angle = numpy.linspace(0.0, 2.0 * numpy.pi, 181)
    circle = float(geometry["first_ring"]) * numpy.array([numpy.cos(angle), numpy.sin(angle)])
    ring = numpy.linalg.solve(numpy.array([[1.0 + xx, xy], [xy, 1.0 + yy]]), circle)
    axis.plot(*ring, color="white", linewidth=0.9, linestyle="--")
    axis.plot([0.0], [0.0], marker="+", color="white", markersize=7, markeredgewidth=1.0)
    valid = geometry.get("valid")
    if valid is not None and not numpy.all(valid):
        places = [extent[2 * d] + (extent[2 * d + 1] - extent[2 * d]) * (numpy.arange(shape[d]) + 0.5) / shape[d] for d in range(2)]
        axis.contour(*places, numpy.asarray(valid, dtype=float).T, levels=[0.5], colors="white", linewidths=0.7, linestyles=":")
    return True


def log_intensity(pattern):
    """log10 of a pattern and limits from its ring region, so that neither direct beam nor empty corners rule the scale."""
    positive = pattern[pattern > 0]
    if positive.size == 0:
        return numpy.zeros_like(pattern, dtype=float), (0.0, 1.0)
    low, high = numpy.percentile(positive, [2.0, 99.5])
    floor = max(low, high * 1e-5)
    return numpy.log10(numpy.maximum(pattern, floor)), (numpy.log10(floor), numpy.log10(max(high, floor * 10)))


def pattern_columns(shown, extent):
    from figure import map_columns

    return map_columns({title: pattern for title, pattern in shown}, extent, "1/nm")


def band(axis, k, value, error, **how):
    """A curve and the band of its standard error."""
    line, = axis.plot(k, value, **how)
    if error is not None:
        axis.fill_between(k, value - error, value + error, color=line.get_color(), alpha=0.2, linewidth=0)


def beyond_beam(k, intensity, peak):
    """First index behind the direct beam: the minimum before the first ring, or 1.5 nm-1 if there is none."""
    before = numpy.flatnonzero((k > 0.25 * peak) & (k < peak))
    if before.size == 0:
        return min(int(numpy.searchsorted(k, 1.5)), len(k) - 1)
    return int(before[numpy.nanargmin(intensity[before])])


def radial_intensity(sources):
    statistic = sources.find("radial_intensity")
    if statistic is None:
        return None
    k, intensity, error = statistic["k"], statistic["intensity"], statistic.get("intensity_error")
    figure, (axis, near) = style.curves(2)
    band(axis, k, intensity, error)
    axis.set_yscale("log")
    peak = float(statistic.get("first_peak", numpy.nan))
    start = beyond_beam(k, intensity, peak)
    band(near, k[start:], intensity[start:], None if error is None else error[start:])
    if numpy.isfinite(peak):
        for a in (axis, near):
            a.axvline(peak, color=style.LINES[1], linewidth=1, linestyle="--")
        near.annotate(f"{peak:.3f} nm$^{{-1}}$", (peak, numpy.interp(peak, k, intensity)), textcoords="offset points",
                      xytext=(8, -10), fontsize=8.5)
    unit = statistic.attribute("intensity", "unit", "count")
    for a, title in ((axis, "whole range, logarithmic"), (near, "beyond the direct beam")):
        a.set(xlabel="k = 1/d (nm$^{-1}$)", ylabel=f"I(k) ({unit} per pixel)", title=title)
    near.ticklabel_format(axis="y", scilimits=(-2, 3), useMathText=True)
    caption = ("Azimuthal mean of the intensity, averaged over all probes. " + (
        f"The first ring lies at {estimate_of(statistic, 'first_peak')} nm⁻¹ (dashed)." if numpy.isfinite(peak)
        else "No ring was found."))
    columns = {"k [1/nm]": k, f"I(k) [{unit}]": intensity}
    if error is not None:
        columns["standard error"] = error
    return Figure("radial_intensity", "Radial intensity", caption, figure, columns)


def angular_correlation(sources):
    statistic = sources.find("angular_correlation")
    if statistic is None:
        return None
    k, phi, correlation, power = (statistic[name] for name in ("k", "phi", "correlation", "power"))
    geometry = sources.find("geometry")
    ring = float(geometry["first_ring"]) if geometry is not None and "first_ring" in geometry else numpy.nan
    at = int(numpy.nanargmin(numpy.abs(k - ring))) if numpy.isfinite(ring) else len(k) // 2
    degrees, half = numpy.degrees(phi), len(phi) // 2 + 1
    orders = numpy.arange(power.shape[1])[1:]
    figure, (whole, curve, bars) = style.curves(3, width=11.4)
    error = statistic.get("correlation_error")
    shown = numpy.ma.masked_invalid(correlation[:, 1:half])
    limit = numpy.percentile(numpy.abs(shown.compressed()), 98.0) if shown.count() else 1.0
    picture = whole.pcolormesh(degrees[1:half], k, shown, cmap="RdBu_r", vmin=-limit, vmax=limit, rasterized=True)
    bar = figure.colorbar(picture, ax=whole, label="$C_k(\\phi)$")
    bar.ax.ticklabel_format(scilimits=(-2, 3), useMathText=True)
    whole.axhline(k[at], color=style.INK, linewidth=0.8, linestyle="--")
    whole.set(xlabel="φ (degree)", ylabel="k = 1/d (nm$^{-1}$)", title="all rings")
    whole.grid(False)
    band(curve, degrees[1:half], correlation[at, 1:half], None if error is None else error[at, 1:half])
    curve.axhline(0, color=style.INK, linewidth=0.7)
    curve.set(xlabel="φ (degree)", ylabel="$C_k(\\phi)$", title=f"k = {k[at]:.3g} nm$^{{-1}}$", xticks=range(0, 181, 30))
    bars.bar(orders, power[at, 1:], color=[style.LINES[n % 2] for n in orders], width=0.65,
             yerr=None if not numpy.isfinite(statistic["power_error"][at, 1:]).all() else statistic["power_error"][at, 1:])
    bars.set(xlabel="n", ylabel="$S_n$", title=f"k = {k[at]:.3g} nm$^{{-1}}$", xticks=orders)
    for axis in (curve, bars):
        axis.ticklabel_format(axis="y", scilimits=(-2, 3), useMathText=True)
    caption = ("Angular correlation C_k(φ) = (⟨I(θ)I(θ+φ)⟩ − ⟨I⟩²)/⟨I⟩² of all rings, without φ = 0, where shot noise stands "
               "(left), and at the first ring (middle; band: standard error), and its angular power S_n (right). "
               "An uneven ring shows n = 2; with masked angles S_n comes from averages over pairs and may be negative.")
    columns = {"phi [degree]": degrees, f"C(phi), k = {k[at]:.4g} 1/nm": correlation[at], "n": orders, "S_n": power[at, 1:]}
    return Figure("angular_correlation", "Angular correlation", caption, figure, columns)


def variance(sources):
    statistic = sources.find("fem")
    if statistic is None:
        return None
    k = statistic["k"]
    forms = [(name, label) for name, label in FORMS if name in statistic]
    figure, (pattern_axis, mean_axis) = style.curves(2, width=9.6, height=3.4)
    columns = {"k [1/nm]": k}
    for i, (name, label) in enumerate(forms):
        axis = mean_axis if name == "omega" else pattern_axis
        band(axis, k, statistic[name], statistic.get(name + "_error"), color=style.LINES[i], label=label)
        columns[f"V(k) {name} [1]"] = statistic[name]
    peak = float(statistic.get("peak_k", numpy.nan))
    peak_of = (statistic.attribute("peak_k", "definition").split("`") + ["omega"])[1]
    for axis in (pattern_axis, mean_axis):
        if numpy.isfinite(peak) and (peak_of == "omega") == (axis is mean_axis):
            axis.axvline(peak, color=style.INK, linewidth=0.9, linestyle=":")
        axis.set(xlabel="k = 1/d (nm$^{-1}$)", ylabel="V(k)")
        limit_to_rings(axis, k, peak, 1.2 if axis is mean_axis else 1.5)
        axis.legend(loc="upper right")
    noise = " Shot noise has not been subtracted: the gain is unknown." if "NOT subtracted" in statistic.attribute(
        "omega", "definition") else " Shot noise is subtracted where electrons were counted."
    caption = ("Normalised variance by the definitions of Daulton, Bondi and Hart (2010), which differ by powers of the "
               "averaging: speckle within patterns (left) and the variance of the annular mean from probe to probe (right)."
               + noise + (f" The dotted line is the peak of {dict(FORMS)[peak_of]} near the first ring, {estimate_of(statistic, 'peak_k')} nm⁻¹." if numpy.isfinite(peak) else "")
               + " Bands: standard error.")
    return Figure("variance", "Fluctuation microscopy V(k)", caption, figure, columns)


def limit_to_rings(axis, k, peak, room):
    """Scales the ordinate by what lies about and beyond the first ring; the tail of the direct beam may leave the frame."""
    if not numpy.isfinite(peak):
        return
    beyond = k > 0.6 * peak
    values = numpy.concatenate([line.get_ydata()[beyond] for line in axis.lines if len(line.get_ydata()) == len(k)] or [[1.0]])
    values = values[numpy.isfinite(values)]
    if values.size and values.max() > 0:
        low = min(0.0, values.min())
        axis.set_ylim(low * 1.1, room * values.max())
