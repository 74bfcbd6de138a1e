"""Figures of heterogeneity: maps, angular power, regions, autocorrelation."""
import numpy

import style
from figure import Figure, map_columns
from figures_pattern import band
from read import estimate, estimate_of

SHOWN_ORDERS = (2, 4, 6, 8, 10)


def draw(sources):
    makers = (measured_maps, variance_map, symmetry_maps, power_spectrum)
    figures = [figure for figure in (maker(sources) for maker in makers) if figure]
    for file, where in ((sources.analysis, "maps of the scan"), (sources.run, "fields of the run")):
        for maker in (region_sizes, autocorrelation):
            figure = maker(sources, file, where)
            if figure:
                figures.append(figure)
    return figures


def robust_limits(data):
    """Limits that one hot pixel does not rule."""
    finite = data[numpy.isfinite(data)]
    low, high = numpy.percentile(finite, [1.0, 99.7])
    return (low, high) if high > low else (low, low + 1.0)


def length_unit(nanometres):
    """A length in nm in the unit that suits it: (factor, name)."""
    return (1e-3, "µm") if nanometres >= 2000.0 else (1.0, "nm")


def measured_maps(sources):
    """Maps that are analysed as they are (`section`), above their distributions."""
    groups = [g for g in sources.all(sources.analysis, "section") if numpy.ndim(g["map"]) == 2 and min(g["map"].shape) > 1]
    if not groups:
        return None
    figure, axes = style.grid(2, len(groups), width=3.4 * len(groups), height=5.6)
    columns, captions = {}, []
    for (above, below), group in zip(axes.T, groups):
        of, data, unit = group.attrs.get("of", group.name), group["map"], group.attribute("map", "unit", "")
        unit = "" if unit == "1" else unit
        name = f"{short(of.removesuffix('_' + unit))} ({unit})" if unit else short(of)
        pitch = float(group["pitch"])
        known = group.attribute("pitch", "unit", "nm") == "nm"
        factor, length = length_unit(pitch * max(data.shape)) if known else (1.0, "px")
        extent = (0.0, data.shape[0] * pitch * factor, 0.0, data.shape[1] * pitch * factor)
        style.image(above, data, extent, length, name, style.MAP, robust_limits(data))
        values = data[numpy.isfinite(data)]
        low, high = numpy.percentile(values, [0.5, 99.5]) + numpy.array([-0.15, 0.15]) * values.std()
        below.hist(values, bins=numpy.linspace(low, high, max(10, int(2 * len(values) ** (1 / 3)) + 1)), density=True,
                   color=style.LINES[0], edgecolor="white", linewidth=0.5)
        x = numpy.linspace(low, high, 200)
        normal = numpy.exp(-0.5 * ((x - values.mean()) / values.std()) ** 2) / (values.std() * numpy.sqrt(2.0 * numpy.pi))
        below.plot(x, normal, color=style.LINES[1])
        below.set(xlabel=name, ylabel="density")
        below.ticklabel_format(axis="y", scilimits=(-2, 3), useMathText=True)
        distribution = sources.find("distribution", of)
        if distribution is not None:
            captions.append(f" {name}: mean {estimate_of(distribution, 'mean')}, standard deviation "
                            f"{estimate_of(distribution, 'standard_deviation')}, skewness {estimate_of(distribution, 'skewness')}.")
        columns.update(map_columns({name: data}, extent, length))
    caption = ("Maps (above) and how their values are distributed (below; line: normal distribution of the same mean and standard "
               "deviation). Standard errors by jackknife over blocks of the map." + "".join(captions))
    return Figure("measured_maps", "Maps and distributions", caption, figure, columns)


def variance_map(sources):
    statistic = sources.find("v2d")
    if statistic is None:
        return None
    data = statistic["map"]
    extent = sources.scan_extent(data.shape)
    figure, (axis,) = style.panels(1, 1, size=4.2)
    style.image(axis, data, extent, "nm", "", style.MAP, robust_limits(data), bar_label=r"$V_{2D}$")
    caption = (f"Variance over the dark-field images around the ring at k = {float(statistic['k']):.3g} nm⁻¹, for each probe. "
               "Bright: few strong speckles, an ordered region in Bragg condition.")
    return Figure("v2d", "Variance map V₂D", caption, figure, map_columns({"V2D [1]": data}, extent, "nm"))


def symmetry_maps(sources):
    statistic = sources.find("nfold")
    if statistic is None:
        return None
    names = [f"n_{n}" for n in SHOWN_ORDERS if f"n_{n}" in statistic] + (["total"] if "total" in statistic else [])
    if not names:
        return None
    extent = sources.scan_extent(statistic[names[0]].shape)
    figure, axes = style.panels(len(names), 3)
    for axis, name in zip(axes, names):
        title = statistic.attribute("total", "long_name", "sum") if name == "total" else f"n = {name[2:]}"
        style.image(axis, statistic[name], extent, "nm", title.replace("S_n", "$S_n$"), style.MAP, robust_limits(statistic[name]),
                    bar_label="$S_n$" if name != "total" else r"$\sum S_n$")
        outline(axis, sources.find("clusters", f"nfold/{name}"), extent)
    k = float(statistic.get("k", numpy.nan))
    caption = (f"Maps of the n-fold angular power S_n = |I_n|²/|I_0|² of the ring at k = {k:.3g} nm⁻¹; each has its own colour "
               "scale. Bright: regions whose pattern has n-fold symmetry; white lines: regions that are counted.")
    return Figure("nfold_maps", "Maps of rotational symmetry", caption, figure,
                  map_columns({f"{name} [1]": statistic[name] for name in names}, extent, "nm"))


def outline(axis, regions, extent):
    """White lines around the regions counted in a map."""
    if regions is None or "mask" not in regions or not numpy.any(regions["mask"]):
        return
    mask = numpy.pad(numpy.asarray(regions["mask"], dtype=float), 1)
    left, right, bottom, top = extent if extent else (0, mask.shape[0] - 2, 0, mask.shape[1] - 2)
    step = ((right - left) / (mask.shape[0] - 2), (top - bottom) / (mask.shape[1] - 2))
    x = left + step[0] * (numpy.arange(mask.shape[0]) - 0.5)
    y = bottom + step[1] * (numpy.arange(mask.shape[1]) - 0.5)
    axis.contour(x, y, mask.T, levels=[0.5], colors="white", linewidths=0.7)


def power_spectrum(sources):
    statistic = sources.find("nfold")
    if statistic is None or "mean_power" not in statistic:
        return None
    power, error = statistic["mean_power"], statistic.get("mean_power_error")
    orders = numpy.arange(len(power))[1:]
    figure, (axis,) = style.curves(1, width=6.4)
    colours = [style.LINES[0] if n % 2 == 0 else style.LINES[1] for n in orders]
    axis.bar(orders, power[1:], yerr=None if error is None else error[1:], color=colours, width=0.65,
             error_kw={"elinewidth": 1, "ecolor": style.INK, "capsize": 2})
    for colour, label in ((style.LINES[0], "even n"), (style.LINES[1], "odd n")):
        axis.bar([0], [0], color=colour, label=label)
    axis.set(xlabel="n", ylabel="mean of $S_n$", xticks=orders, xlim=(orders[0] - 0.7, orders[-1] + 0.7))
    axis.ticklabel_format(axis="y", scilimits=(-2, 3), useMathText=True)
    axis.grid(axis="x", visible=False)
    axis.legend()
    ratio = power[2:11:2].sum() / power[1:10:2].sum() if len(power) > 10 else numpy.nan
    caption = ("Angular power averaged over all probes. In a thin foil Friedel's law favours even n; odd n grow with thickness."
               + (f" Even over odd (n ≤ 10): {ratio:.3g}." if numpy.isfinite(ratio) else ""))
    return Figure("power_spectrum", "Mean angular power", caption, figure,
                  {"n": orders, "mean power [1]": power[1:], **({} if error is None else {"standard error": error[1:]})})


def short(of):
    """'nfold/n_4' as 'n = 4', other names as they are."""
    name = of.rsplit("/", 1)[-1]
    return f"n = {name[2:]}" if name.startswith("n_") else name.replace("_", " ")


def region_sizes(sources, file, where):
    groups = [g for g in sources.all(file, "clusters") if "diameter" in g and len(numpy.atleast_1d(g["diameter"])) > 0]
    if not groups:
        return None
    unit = groups[0].attribute("diameter", "unit", "nm")
    sizes = [numpy.atleast_1d(g["diameter"]) for g in groups]
    edges = numpy.linspace(0, max(s.max() for s in sizes) * 1.0001, 25)
    figure, axes = style.panels(len(groups), 3, size=2.3) if len(groups) > 1 else style.curves(1)
    columns = {f"from [{unit}]": edges[:-1], f"to [{unit}]": edges[1:]}
    for axis, group, size in zip(axes, groups, sizes):
        counts, _ = numpy.histogram(size, edges)
        axis.bar(edges[:-1], counts, width=numpy.diff(edges), align="edge", color=style.LINES[0], edgecolor="white", linewidth=0.5)
        axis.axvline(size.mean(), color=style.LINES[1], linewidth=1.2, linestyle="--")
        label = short(group.attrs.get("of", group.name))
        axis.set(title=f"{label}: {len(size)} regions, mean {size.mean():.3g} {unit}", xlabel=f"diameter ({unit})",
                 ylabel="regions")
        axis.title.set_fontsize(9)
        columns[f"regions, {group.name}"] = counts
    shape = "sphere of the same volume" if file is sources.run else "circle of the same area"
    caption = f"Regions above a threshold in the {where}: diameter of the {shape}; dashed: mean."
    return Figure("region_sizes_" + ("run" if file is sources.run else "scan"), f"Sizes of regions in the {where}", caption,
                  figure, columns)


def autocorrelation(sources, file, where):
    groups = [g for g in sources.all(file, "autocorrelation") if "r" in g and "sigma" in g]
    if not groups:
        return None
    few = max(len(group["r"]) for group in groups) <= 12
    figure, axes = style.curves(1 if few else 2)
    factor, unit = length_unit(max(float(group["r"][-1]) for group in groups))
    columns = {}
    for i, group in enumerate(groups):
        r, sigma = factor * group["r"], group["sigma"] / group["sigma"][0]
        length = factor * float(group.get("correlation_length", numpy.nan))
        shown = estimate(length, factor * float(group.get("correlation_length_error", numpy.nan)), "{:.2g}")
        label = short(group.attrs.get("of", group.name)) + (f" ({shown} {unit})" if numpy.isfinite(length) else "")
        inner = r <= (numpy.inf if few else max(3.0 * factor, r[min(3, len(r) - 1)]))
        error = group.get("sigma_error")
        for axis, part, how in zip(axes, (inner, ~inner), ({"marker": "o", "markersize": 2.5, "label": label}, {})):
            band(axis, r[part], sigma[part], None if error is None else error[part], color=style.LINES[i % 6], **how)
        columns.update({f"r [{unit}], {group.name}": r, f"sigma/sigma(0), {group.name}": sigma})
    for axis in axes:
        axis.axhline(0, color=style.INK, linewidth=0.7)
        axis.set(xlabel=f"r ({unit})", ylabel=r"$\sigma(r)/\sigma(0)$")
    axes[0].legend(title="correlation length in brackets", title_fontsize=8)
    caption = (f"Autocorrelation of the {where}" + ("" if few else ", short distances (left) and long ones (right)") +
               ". A maximum at long r is a preferred distance between regions, where it stands out of the bands of standard error.")
    return Figure("autocorrelation_" + ("run" if file is sources.run else "scan"), f"Autocorrelation of the {where}", caption,
                  figure, columns)
