"""Figures of laws: spectra of steady oscillation, master curves, relaxation, fits."""
import numpy

import style
from figure import Figure
from read import estimate


def draw(sources):
    figures = []
    for file in sources.files:
        for name, group in sorted(file.statistics.items()):
            makers = MAKERS.get(group.attrs.get("statistic"), ())
            figures += [figure for figure in (maker(name, group) for maker in makers) if figure]
    return figures


def shades(count):
    """Colours from cold to warm."""
    return style.plt.get_cmap("viridis")(numpy.linspace(0.0, 0.88, max(count, 2)))[:count]


def modulus_name(group):
    return "E" if group.attrs["component"] in ("xx", "yy", "zz") else "G"


def parameters(group):
    """'beta = 0.57 ± 0.01, ...' of a fit."""
    words = []
    for name in group:
        if name.startswith("parameter_"):
            value, error = group[name][:2]
            unit = group.attribute(name, "unit")
            words.append(f"{name[10:]} = {estimate(value, error)}" + ("" if unit == "1" else f" {unit}"))
    return ", ".join(words)


def spread(count, most=8):
    """Indices of at most `most` of `count` curves, the first and the last among them."""
    return sorted({round(i * (count - 1) / max(min(count, most) - 1, 1)) for i in range(min(count, most))})


def spectrum(name, group):
    """Over the longer of the two axes, with one colour for each point of the shorter."""
    if "frequency" not in group:
        return None  # the stage is not over
    frequency, temperature = group["frequency"], group["temperature"]
    storage, loss, tan_delta = group["storage"], group["loss"], group["tan_delta"]
    over_frequency = len(frequency) >= len(temperature)
    x, curves, label = (frequency, temperature, "{:g} K") if over_frequency else (temperature, frequency, "{:.3g} Hz")
    pick = (lambda field, i: field[i]) if over_frequency else (lambda field, i: field[:, i])
    symbol, mark = modulus_name(group), "o" if len(x) < 3 else ""
    chosen = spread(len(curves))
    figure, (moduli, ratio) = style.curves(2)
    for colour, i in zip(shades(len(chosen)), chosen):
        e2 = pick(loss, i)
        look = {"color": colour, "marker": mark, "markersize": 4}
        moduli.plot(x, pick(storage, i), **look)
        moduli.plot(x, numpy.where(e2 > 0, e2, numpy.nan), "--", **look)
        ratio.plot(x, numpy.where(e2 > 0, pick(tan_delta, i), numpy.nan), **look, label=label.format(curves[i]))
    moduli.set(yscale="log", ylabel=f"{symbol}′ (solid), {symbol}″ (dashed) (GPa)")
    least = min(storage.min(), loss[loss > 0].min(initial=storage.min()))
    moduli.set_ylim(bottom=0.7 * max(least, storage.max() * 1e-5))
    ratio.set_ylabel("tan δ")
    if not over_frequency:
        ratio.set_yscale("log")
        ratio.set_ylim(bottom=0.7 * max(tan_delta.max() * 1e-4, tan_delta[tan_delta > 0].min(initial=tan_delta.max())))
    for axis in (moduli, ratio):
        axis.set(xscale="log" if over_frequency else "linear", xlabel="frequency (Hz)" if over_frequency else "temperature (K)")
    ratio.legend()
    peak = numpy.unravel_index(tan_delta.argmax(), tan_delta.shape)
    caption = (f"Storage and loss modulus of component {group.attrs['component']} (left) and their ratio (right). "
               f"Largest tan δ {tan_delta[peak]:.4g} at {frequency[peak[1]]:.3g} Hz and {temperature[peak[0]]:.4g} K.")
    f, t = numpy.meshgrid(frequency, temperature)
    return Figure(name, "Storage and loss modulus", caption, figure,
                  {"temperature [K]": t.ravel(), "frequency [Hz]": f.ravel(), "storage [GPa]": storage.ravel(),
                   "loss [GPa]": loss.ravel(), "tan delta [1]": tan_delta.ravel()})


def master_curve(name, group):
    if "master_omega" not in group:
        return None
    omega, storage, loss = group["master_omega"], group["master_storage"], group["master_loss"]
    temperature, factor = group["temperature"], group["shift_factor"]
    symbol = modulus_name(group)
    figure, (curve, shift) = style.curves(2)
    curve.plot(omega, storage, "o", markersize=3, color=style.LINES[0], label=f"{symbol}′")
    curve.plot(omega, numpy.where(loss > 0, loss, numpy.nan), "s", markersize=3, color=style.LINES[1], label=f"{symbol}″")
    caption = f"Left: all spectra over ω a_T at {float(numpy.atleast_1d(group.attrs['reference_temperature'])[0]):g} K"
    if "fit" in group:
        fit = group["fit"]
        curve.plot(fit["x"], fit["storage_fitted"], color=style.INK, linewidth=1, label=fit.attrs["law"].replace("_", " "))
        curve.plot(fit["x"], fit["loss_fitted"], color=style.INK, linewidth=1)
        caption += f", with {fit.attrs['law']}: {parameters(fit)}"
    curve.set(xscale="log", yscale="log", xlabel=r"$\omega\, a_T$ (1/s)", ylabel="modulus (GPa)")
    curve.set_ylim(bottom=max(loss.max() * 1e-3, loss[loss > 0].min(initial=loss.max()) * 0.7))
    curve.legend()
    shift.plot(1000 / temperature, factor, "o", markersize=4, color=style.LINES[0])
    caption += ". Right: shift factors"
    for law, line in (("arrhenius", "-"), ("vft", "--")):
        if f"shift_{law}" not in group:
            continue
        fit = group[f"shift_{law}"]
        shift.plot(1000 / fit["x"], fit["value_fitted"], line, color=style.LINES[1 if law == "vft" else 0], linewidth=1, label=law)
        if law == "arrhenius":
            value, error = fit["parameter_activation_energy"][:2]
            caption += f"; Arrhenius activation energy {estimate(value, error)} eV"
    shift.set(yscale="log", xlabel="1000/T (1/K)", ylabel="shift factor $a_T$")
    shift.legend()
    return Figure(name + "_master", "Master curve", caption + ".", figure,
                  {"omega a_T [1/s]": omega, "storage [GPa]": storage, "loss [GPa]": loss, "temperature [K]": temperature,
                   "a_T [1]": factor})


def relaxation(name, group):
    time, stress, fitted = group["x"], group["stress"], group["stress_fitted"]
    figure, (axis,) = style.curves(1)
    axis.plot(time, stress, "o", markersize=3, color=style.LINES[0], label="mean stress")
    axis.plot(time, fitted, color=style.LINES[1], label=group.attrs["law"])
    axis.set(xscale="log", xlabel="time since the start of the stage (s)",
             ylabel=rf"$\sigma_{{{group.attrs['component']}}}$ (GPa)")
    axis.legend()
    return Figure(name, "Stress relaxation", f"Relaxing stress and the law {group.attrs['law']}: {parameters(group)}.", figure,
                  {"time [s]": time, "stress [GPa]": stress, "fitted [GPa]": fitted})


def fit(name, group):
    x = group["x"]
    values = [n for n in group if n + "_fitted" in group]
    figure, (axis,) = style.curves(1)
    for colour, value in zip(style.LINES, values):
        axis.plot(x, group[value], "o", markersize=3, color=colour, label=value)
        axis.plot(x, group[value + "_fitted"], color=colour)
    spans = x.min() > 0 and x.max() > 30 * x.min()
    both = [group[value] for value in values]
    tall = min(v.min() for v in both) > 0 and max(v.max() for v in both) > 30 * min(v.min() for v in both)
    unit = group.attribute(values[0], "unit")
    axis.set(xscale="log" if spans else "linear", yscale="log" if tall else "linear",
             xlabel=f"{group.attribute('x', 'long_name')} ({group.attribute('x', 'unit')})",
             ylabel=values[0] if len(values) == 1 else "modulus")
    if unit and unit != "1":
        axis.set_ylabel(f"{axis.get_ylabel()} ({unit})")
    axis.legend()
    columns = {f"{group.attribute('x', 'long_name')} [{group.attribute('x', 'unit')}]": x}
    for value in values:
        columns.update({f"{value} [{unit}]": group[value], f"{value} fitted [{unit}]": group[value + "_fitted"]})
    return Figure(name, f"Fit of {group.attrs['law']}", f"{group.attrs.get('of', '')}: {group.attrs['doc']}; {parameters(group)}.",
                  figure, columns)


MAKERS = {"harmonic": (spectrum, master_curve), "relaxation": (relaxation,), "fit": (fit,)}
