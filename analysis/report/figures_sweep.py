"""Figures of a sweep (what the runs say against what was varied) and of an inference from it."""
import numpy

import style
from figure import Figure

MOST_PANELS = 9


def draw(sources):
    figures = []
    if sources.sweep:
        figures += trends(sources.sweep)
    if sources.inference:
        figures += [marginals(sources.inference), deviations(sources.inference)]
    return [figure for figure in figures if figure]


def numbers(group, prefix=""):
    """Path -> dataset of one number per point, below a group."""
    found = {}
    for name in group or []:
        item = group[name]
        if hasattr(item, "attrs"):
            found.update(numbers(item, f"{prefix}{name}/"))
        elif getattr(item, "ndim", 0) == 1 and not name.endswith("_error"):
            found[prefix + name] = (item, group.attribute(name, "unit"))
    return found


def varied(sweep):
    parameters = numbers(sweep.group("parameters"))
    return {name: pair for name, pair in parameters.items() if name != "seed" and numpy.unique(pair[0]).size > 1}


def tells(x, y):
    """Part of the variance of y that lies between different values of x."""
    inside = 0.0
    for value in numpy.unique(x):
        group = y[x == value]
        inside += group.size * group.var()
    total = y.size * y.var()
    return 1.0 - inside / total if total > 0 else 0.0


def trends(sweep):
    complete = sweep.h5["points/complete"][()].astype(bool)
    figures = []
    for name, (x, unit) in varied(sweep).items():
        chosen = {path: pair for path, pair in numbers(sweep.group("columns")).items()}
        rest = {path: pair for path, pair in numbers(sweep.group("statistics")).items() if path.rsplit("/", 1)[-1] != "threshold"}
        usable = {path: complete & numpy.isfinite(y) for path, (y, _) in {**chosen, **rest}.items()}
        rest = {path: pair for path, pair in rest.items() if usable[path].sum() > 3 and numpy.ptp(pair[0][usable[path]]) > 0}
        ranked = sorted(rest, key=lambda path: -tells(x[usable[path]], rest[path][0][usable[path]]))
        for path in ranked[:max(MOST_PANELS - len(chosen), 0)]:
            chosen[path] = rest[path]
        chosen = {path: pair for path, pair in chosen.items() if usable[path].any()}
        if not chosen:
            continue
        columns = min(3, len(chosen))
        figure, axes = style.panels(len(chosen), columns, size=2.5)
        data = {f"{name} [{unit}]": x}
        for axis, (path, (y, y_unit)) in zip(axes, chosen.items()):
            rows = usable[path]
            values = numpy.unique(x[rows])
            means = numpy.array([y[rows & (x == v)].mean() for v in values])
            axis.plot(x[rows], y[rows], "o", color=style.LINES[0], markersize=3, alpha=0.55)
            if values.size < rows.sum():
                axis.plot(values, means, "-", color=style.INK, linewidth=1.2)
            label = path.replace("_", " ")
            axis.set(title=f"{label} ({y_unit})" if y_unit not in ("", "1") else label,
                     xlabel=f"{name} ({unit})" if unit not in ("", "1") else name)
            data[f"{path} [{y_unit}]"] = y
        figures.append(Figure(f"sweep_{name.replace('.', '_')}", f"The runs against {name}",
                              "Each point is a run, lines join the means of equal values. Beside the columns of the plan, the "
                              "statistics that change most compared with the scatter of the runs.", figure, data))
    return figures


def marginals(inference):
    parameters = inference.group("inference/parameters")
    names = list(parameters)
    figure, axes = style.curves(len(names), height=3.0)
    data = {}
    for axis, name in zip(axes, names):
        group = parameters[name]
        value, probability, quantile = group["value"], group["probability"], group["quantile"]
        unit = group.attribute("value", "unit")
        density = probability / (value[1] - value[0])
        axis.plot(value, density, color=style.LINES[0])
        for low, high, alpha in ((0, 4, 0.18), (1, 3, 0.30)):
            inside = (value >= quantile[low]) & (value <= quantile[high])
            axis.fill_between(value, density, where=inside, color=style.LINES[0], alpha=alpha, linewidth=0)
        axis.axvline(quantile[2], color=style.INK, linewidth=1)
        axis.set(xlabel=f"{name} ({unit})" if unit not in ("", "1") else name, ylabel="probability density",
                 title=f"{quantile[2]:.4g}, 95 %: {quantile[0]:.4g} … {quantile[4]:.4g}")
        data[f"{name} [{unit}]"], data[f"density of {name}"] = value, density
    p = float(numpy.atleast_1d(inference.group("inference").attrs.get("p_value", numpy.nan))[0])
    fit = f"The best fit deviates as a glass of the sweep would with probability {p:.2g}." if numpy.isfinite(p) else ""
    return Figure("inference", "Which glass looks like the sample", f"Posterior; shades: 68 and 95 %, line: median. {fit}", figure, data)


def deviations(inference):
    rows = numbers(inference.group("inference/statistics"))
    if not rows:
        return None
    names = list(rows)
    sigma = numpy.array([(rows[n][0][0] - rows[n][0][1]) / rows[n][0][2] for n in names])
    figure, (axis,) = style.curves(1, width=6.8, height=0.9 + 0.34 * len(names))
    axis.barh(range(len(names)), sigma, color=[style.LINES[1] if abs(s) > 2 else style.LINES[0] for s in sigma], height=0.6)
    axis.set_yticks(range(len(names)), [n.replace("_", " ") for n in names])
    axis.set(xlabel="sample − best fit (standard deviations)", xlim=(-max(3.2, abs(sigma).max() * 1.1), max(3.2, abs(sigma).max() * 1.1)))
    axis.invert_yaxis()
    axis.axvline(0, color=style.INK, linewidth=0.8)
    return Figure("inference_deviations", "What the fit leaves", "Deviation of each statistic that was used at the best parameters.",
                  figure, {"deviation [standard deviations]": sigma, "sample": numpy.array([rows[n][0][0] for n in names]),
                           "best fit": numpy.array([rows[n][0][1] for n in names])})
