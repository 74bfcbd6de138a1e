"""Comparison with references: measured curves, and tables."""
import numpy

import style
from figure import Figure
from figures_overlay import residuals
from figures_pattern import band
from read import estimate


def draw(sources):
    comparisons = sources.analysis.comparisons if sources.analysis else {}
    return [curve(name, group) for name, group in comparisons.items() if "curve" in group]


def curve(name, group):
    data = group["curve"]
    k, ours, theirs = data["k"], data["ours"], data["reference"]
    figure, (axis, lower) = style.plt.subplots(2, 1, sharex=True, figsize=(6.8, 4.6), gridspec_kw={"height_ratios": [3, 1.1]})
    scale = dict(zip(group["quantity"], group["ours"])).get("scale of ours", numpy.nan)
    far_apart = numpy.isfinite(scale) and not 1 / 3 < scale < 3
    band(axis, k, theirs, data["reference_error"], color=style.INK, label="measured")
    other = axis.twinx() if far_apart else axis
    band(other, k, ours, data["ours_error"], color=style.LINES[1], label="here" + (" (right scale)" if far_apart else ""))
    if far_apart:
        other.set_ylabel("V(k) here", color=style.LINES[1])
        other.spines["right"].set_visible(True)
        other.grid(False)
        other.set_ylim(numpy.array(axis.get_ylim()) / scale)
    elif numpy.isfinite(scale):
        axis.plot(k, scale * ours, "--", color=style.LINES[1], linewidth=1.1, label=f"here × {scale:.3g}")
    axis.set(ylabel="V(k) measured" if far_apart else "V(k)")
    axis.legend(handles=[*axis.get_lines(), *(other.get_lines() if far_apart else [])], loc="upper center")
    factor = scale if numpy.isfinite(scale) else 1.0
    both = numpy.hypot(numpy.nan_to_num(data["reference_error"]), factor * numpy.nan_to_num(data["ours_error"]))
    residual = numpy.divide(factor * ours - theirs, both, out=numpy.full_like(ours, numpy.nan), where=both > 0)
    residuals(lower, k, residual, "residual (σ)")
    lower.set(xlabel="k = 1/d (nm$^{-1}$)")
    title = group.attrs.get("title", name)
    caption = (f"{title[:1].upper()}{title[1:]}. Bands: standard errors. Below: {f'{factor:.3g} × ' if factor != 1 else ''}here less measured in "
               "units of the combined error. The conditions differ as the table says.")
    return Figure(f"comparison_{name}", f"V(k) beside {name}", caption, figure,
                  {"k [1/nm]": k, "measured [1]": theirs, "measured error": data["reference_error"], "here [1]": ours,
                   "here error": data["ours_error"], "residual [combined errors]": residual})


def reference(relation, value, error):
    if relation == "above":
        return f"&gt; {value:.4g}"
    if relation == "range":
        return f"{value - error:.4g} … {value + error:.4g}"
    return estimate(value, error)


def verdict(relation, ours, value, error, ours_error):
    """(text, class) of a difference."""
    if not numpy.isfinite(ours):
        return "not measured", "none"
    if relation == "above":
        return ("above", "near") if ours > value else ("not above", "far")
    if relation == "range":
        return ("inside", "near") if abs(ours - value) <= error else ("outside", "far")
    if not numpy.isfinite(value):
        return "", "plain"
    total, difference = numpy.hypot(error, ours_error), ours - value
    if total > 0:
        return f"{difference:+.3g} ({abs(difference) / total:.1f} σ)", "near" if abs(difference) <= 2 * total else "far"
    return f"{difference:+.3g}", "plain"


def tables(sources):
    """(name, title, rows of cells, conditions) of every comparison."""
    comparisons = sources.analysis.comparisons if sources.analysis else {}
    result = []
    for name, group in comparisons.items():
        rows = []
        for i, quantity in enumerate(group["quantity"]):
            relation = group["relation"][i]
            ours, ours_error = group["ours"][i], group["ours_error"][i]
            value, error = group["reference"][i], group["reference_error"][i]
            unit = group["unit"][i]
            rows.append((quantity, "" if unit == "1" else unit, estimate(ours, ours_error), reference(relation, value, error),
                         verdict(relation, ours, value, error, ours_error), group["note"][i]))
        conditions = group["conditions"].attrs if "conditions" in group else {}
        result.append((name, group.attrs.get("title", ""), rows, conditions))
    return result
