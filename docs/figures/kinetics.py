"""Figures and tables of docs/studies.md, from the files of the studies in inputs/kinetics:

    /usr/bin/python3 docs/figures/kinetics.py yield out/yield_temperature/table.csv  [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py trend out/annealing/table.csv          [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py treat out/treatment/table.csv          [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py sizes out/avalanche_cutoff/table.csv   [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py flow  out/homogeneous_flow/table.csv   [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py map   out/deformation_map/table.csv    [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py strength out/strength_asymmetry/table.csv [FIGURE.png]
    /usr/bin/python3 docs/figures/kinetics.py band  out/shear_band/result.h5         [FIGURE.png]
"""
import csv
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis" / "report"))
import style  # noqa: E402

XY = 5


def table(path):
    """Columns of a sweep's table (complete points only), texts of parameters from the manifest beside it."""
    with open(path) as file, open(pathlib.Path(path).with_name("manifest.csv")) as manifest:
        texts = {row["id"]: row for row in csv.DictReader(manifest)}
        rows = [row | {"text": texts[row["id"]]} for row in csv.DictReader(file) if row["state"] == "complete"]
    parameters = [name for name in rows[0]["text"] if name not in ("point", "id", "seed")]
    values = {name: numpy.array([float(row[name]) for row in rows]) for name in rows[0]
              if name not in ("id", "state", "text") and all(is_number(row[name]) for row in rows)}
    return parameters, [row["text"] for row in rows], values


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def mean_and_error(values):
    return values.mean(), values.std(ddof=1) / numpy.sqrt(len(values)) if len(values) > 1 else numpy.nan


def yield_stress(path):
    """Yield stress against T (law linear) and T^(2/3) (law cooperative): least squares, residuals."""
    _, texts, values = table(path)
    law = numpy.array(["cooperative" if "cooperative" in text["kinetics.barrier"] else "linear" for text in texts])
    figure, axes = style.curves(2)
    laws = (("linear", 1.0, "T (K)"), ("cooperative", 2 / 3, "T$^{2/3}$ (K$^{2/3}$)"))
    for axis, (name, power, label) in zip(axes, laws):
        temperatures = numpy.unique(values["temperature"][law == name])
        stress = [mean_and_error(values["yield_stress"][(law == name) & (values["temperature"] == t)]) for t in temperatures]
        mean, error = numpy.array(stress).T
        x = temperatures**power
        fit = numpy.polyfit(x, mean, 1)
        left = mean - numpy.polyval(fit, x)
        r2 = 1 - (left**2).sum() / ((mean - mean.mean()) ** 2).sum()
        # the exponent of T that fits best, tau = a - b T^n
        powers = numpy.linspace(0.3, 1.6, 261)
        best = min(powers, key=lambda n: numpy.polyfit(temperatures**n, mean, 1, full=True)[1].sum())
        print(f"{name}: yield stress = {fit[1]:.4f} GPa - {-fit[0]:.4g} GPa/K^{power:.3g} T^{power:.3g}, R^2 = {r2:.5f}; "
              f"best exponent {best:.2f}")
        for t, m, e, d in zip(temperatures, mean, error, left):
            print(f"  {t:4.0f} K  {m:.4f} +- {e:.4f} GPa, residual {d:+.4f}")
        axis.errorbar(x, mean, error, fmt="o", color=style.LINES[0], markersize=4)
        axis.plot(x, numpy.polyval(fit, x), color=style.INK, linewidth=1)
        axis.set(xlabel=label, ylabel="yield stress (GPa)", title=f"{name}: $R^2$ = {r2:.4f}")
    return figure


SITE_PERCOLATION = 0.3116  # of independent voxels, neighbours by faces


def trend(path):
    """Columns of a sweep against its first parameter, mean and standard error over the seeds."""
    parameters, _, values = table(path)
    name = parameters[0]
    x = numpy.unique(values[name])
    if {"peak", "last"} <= set(values):
        values["overshoot"] = values["peak"] / values["last"] - 1
    wanted = [c for c in ("peak", "last", "overshoot", "participation", "band_share", "band_width", "percolating_axes")
              if c in values]
    print(name, *wanted, sep="  ")
    rows = numpy.array([[mean_and_error(values[c][values[name] == v]) for c in wanted] for v in x])
    for v, row in zip(x, rows):
        print(f"{v:g}", *(f"{m:.3f}+-{e:.3f}" for m, e in row), f"({(values[name] == v).sum()} runs)", sep="  ")
    shown = [c for c in ("peak", "overshoot", "participation", "band_share") if c in wanted]
    figure, axes = style.curves(len(shown), width=2.9 * len(shown), height=2.7)
    for axis, column in zip(axes, shown):
        mean, error = rows[:, wanted.index(column)].T
        axis.errorbar(x, mean, error, fmt="o-", color=style.LINES[0], markersize=4)
        axis.set(xlabel=name.split(".", 1)[1].replace("_", " "),
                 title=column.replace("_", " ") + (" (GPa)" if column == "peak" else ""))
        if "percolating_axes" in wanted:
            axis.axvline(SITE_PERCOLATION, color=style.INK, linestyle=":", linewidth=1)
    return figure


def last_stage(path):
    """Shear strain and stress of the last stage, state of the memory at its start, band measures at its end."""
    with h5py.File(path) as file:
        h = {name: file["history"][name][:] for name in ("stage", "strain", "stress", "plastic_strain", "memory_state",
                                                         "participation_ratio", "band_share")}
    rows = numpy.flatnonzero(h["stage"] == h["stage"].max())
    strain = 2 * (h["strain"][rows, XY] - h["strain"][rows[0], XY])
    return strain, h["stress"][rows, XY], h["memory_state"][rows[0]], h["participation_ratio"][rows[-1]], h["band_share"][rows[-1]]


def treatments(path):
    """The last stage, one test, after each list of stages of `loading`: mean stress-strain curves; peak against the state."""
    _, texts, values = table(path)
    runs = {}
    for text in texts:
        runs.setdefault(text["loading"], []).append(
            last_stage(pathlib.Path(path).parent / "points" / text["id"] / "result.h5"))
    figure, (left, right) = style.curves(2)
    print("stages before the test; state, peak [GPa], overshoot, participation, band share at its end")
    for i, (loading, results) in enumerate(runs.items()):
        stages = [part.split("}")[0] for part in loading.split("{")[1:-1]]
        before = ", ".join(part.replace("programme: ", "") for part in stages) or "none"
        aged = [word.split()[0] for part in stages for word in part.split("duration: ")[1:] if "annealing" in part]
        label = " + ".join(([f"aged {aged[0]} s"] if aged else []) + (["sheared"] if "shear_rate" in before else [])) or "as cast"
        strain = numpy.linspace(0, min(r[0][-1] for r in results), 200)
        curve = numpy.mean([numpy.interp(strain, r[0], r[1]) for r in results], axis=0)
        peak, last = (numpy.array([f(r[1]) for r in results]) for f in (numpy.max, lambda s: s[-1]))
        state, participation, share = (numpy.array([r[k] for r in results]) for k in (2, 3, 4))
        print(f"{before}:", *(f"{m:.3f}+-{e:.3f}" for m, e in map(mean_and_error, (state, peak, peak / last - 1,
                                                                                 participation, share))), sep="  ")
        left.plot(100 * strain, curve, color=style.LINES[i], label=label)
        right.errorbar(*numpy.array([mean_and_error(state), mean_and_error(peak)]).T.ravel()[[0, 1]],
                       yerr=mean_and_error(peak)[1], fmt="s" if "sheared" in label else "o", color=style.LINES[i])
    left.set(xlabel="shear strain of the test (%)", ylabel="shear stress (GPa)")
    left.legend()
    right.set(xlabel="flow units before the test", ylabel="peak (GPa)")
    return figure


def cut_power_law(sizes):
    """Maximum-likelihood fit of p(s) ~ s^-tau exp(-s/s_c), s = 1, 2, ...: (tau, 1/s_c) and their standard errors."""
    s = numpy.arange(1, 20 * sizes.max() + 1, dtype=float)
    features = numpy.stack([numpy.log(s), s])
    measured = numpy.array([numpy.log(sizes).mean(), sizes.mean()])
    fit = numpy.array([1.3, 1 / sizes.max()])
    for _ in range(100):
        logs = -fit @ features
        p = numpy.exp(logs - logs.max())
        p /= p.sum()
        expected = features @ p
        spread = (features * p) @ features.T - numpy.outer(expected, expected)
        step = numpy.linalg.solve(spread, expected - measured)
        fit = fit + step * min(1.0, 0.5 * fit[1] / max(abs(step[1]), 1e-300))
        if numpy.abs(step / fit).max() < 1e-10:
            break
    return fit, numpy.sqrt(numpy.diag(numpy.linalg.inv(spread)) / len(sizes))


STEADY = 0.1  # strain xy from which on avalanches count


def sizes(path):
    """Avalanches of steady flow: distribution of their sizes in each box, its cutoff against the length of the box."""
    _, texts, _ = table(path)
    boxes = {}
    for text in texts:
        with h5py.File(pathlib.Path(path).parent / "points" / text["id"] / "result.h5") as file:
            time, strain = file["history/time"][:], file["history/strain"][:, XY]
            inside = numpy.interp(file["statistics/avalanches/time"][:], time, strain) > STEADY
            boxes.setdefault(file["grid"].attrs["cells"][0], []).append(file["statistics/avalanches/size"][:][inside])
    figure, (left, right) = style.curves(2)
    rows, random = [], numpy.random.default_rng(1)
    for i, length in enumerate(sorted(boxes)):
        size = numpy.concatenate(boxes[length]).astype(float)
        (tau, cut), (tau_error, cut_error) = cut_power_law(size)
        rows.append((length, 1 / cut, cut_error / cut**2))
        moments = numpy.array([(draw**2).mean() / draw.mean() for draw in random.choice(size, (200, len(size)))])
        print(f"{length}^3 voxels: {len(size)} avalanches, mean {size.mean():.2f}, largest {size.max():.0f}, tau "
              f"{tau:.3f}+-{tau_error:.3f}, cutoff {1 / cut:.1f}+-{cut_error / cut**2:.1f}, "
              f"<s^2>/<s> {(size**2).mean() / size.mean():.1f}+-{moments.std():.1f}")
        edges = numpy.unique(numpy.floor(numpy.geomspace(1, size.max() + 1, 16)))
        count, widths = numpy.histogram(size, edges)[0], numpy.diff(edges)
        shown = count > 0
        middle = numpy.sqrt(edges[:-1] * (edges[1:] - 1).clip(1))
        left.errorbar(middle[shown], (count / widths / len(size))[shown], (numpy.sqrt(count) / widths / len(size))[shown],
                      fmt="o", markersize=4, color=style.LINES[i], label=f"{length}$^3$ voxels")
        s = numpy.arange(1, size.max() + 1)
        p = s**-tau * numpy.exp(-cut * s)
        left.plot(s, p / p.sum(), color=style.LINES[i], linewidth=1)
    left.set(xscale="log", yscale="log", xlabel="size s (events)", ylabel="p(s)")
    left.legend()
    length, cutoff, error = numpy.array(rows).T
    right.errorbar(length, cutoff, error, fmt="o", markersize=4, color=style.LINES[0])
    if len(rows) > 1:
        (slope, level), covariance = numpy.polyfit(numpy.log(length), numpy.log(cutoff), 1, w=cutoff / error, cov="unscaled")
        print(f"cutoff ~ L^({slope:.2f}+-{covariance[0, 0] ** 0.5:.2f})")
        x = numpy.array([length.min(), length.max()])
        right.plot(x, numpy.exp(level) * x**slope, color=style.LINES[0], linewidth=1, label=f"L$^{{{slope:.2f}}}$")
        right.plot(x, cutoff[0] * (x / length[0]) ** 1.5, color=style.INK, linewidth=1, linestyle="--",
                   label="L$^{1.5}$ (Lin et al. 2014)")
        right.legend()
    right.set(xscale="log", yscale="log", xlabel="length of the box (voxels)", ylabel="cutoff s$_c$ (events)")
    ticks = (round(cutoff.min(), -1), round(cutoff.max(), -1))
    right.set_xticks(length, [f"{x:.0f}" for x in length], minor=False)
    right.set_yticks(ticks, [f"{y:.0f}" for y in ticks], minor=False)
    right.minorticks_off()
    return figure


WORK = 0.5 * 1.6 * 0.1 * 6.241509 / 8.617333e-5  # saddle Omega gamma_0/k [K/GPa] of the studies
NEWTONIAN = 0.06  # GPa, below which the flow is taken as Newtonian


def flow(path):
    """Shear rate and viscosity against stress, means over seeds: the slopes at low and at high stress against theory."""
    _, _, values = table(path)
    stresses = values["loading.0.control.xy.stress"]
    stress = numpy.unique(stresses)
    # the second half of each run, engineering shear rate
    rate, error = numpy.array([mean_and_error(numpy.sqrt(3) * values["strain_rate"][stresses == s]) for s in stress]).T
    viscosity, its_error = stress / rate, stress * error / rate**2
    print("stress [GPa]  shear rate [1/s]  viscosity [GPa s]  m  d stress/d ln(rate) [GPa]  participation")
    for i in range(len(stress)):
        steps = "" if i == 0 else numpy.log(rate[i] / rate[i - 1])
        if i:
            relative = numpy.hypot(error[i] / rate[i], error[i - 1] / rate[i - 1]) / abs(steps)
            m, per_log = numpy.log(stress[i] / stress[i - 1]) / steps, (stress[i] - stress[i - 1]) / steps
            steps = f"{m:.3f}+-{abs(m) * relative:.2g}  {per_log:.3f}+-{abs(per_log) * relative:.2g}"
        print(f"{stress[i]:.4g}  {rate[i]:.4g}+-{error[i]:.2g}  {viscosity[i]:.4g}+-{its_error[i]:.2g}  {steps or '-  -'}  "
              f"{values['participation'][stresses == stress[i]].mean():.3f}")
    figure, (left, right) = style.curves(2)
    left.errorbar(stress, rate, error, fmt="o", color=style.LINES[0], markersize=4)
    right.errorbar(stress, viscosity, its_error, fmt="o", color=style.LINES[0], markersize=4)
    low = stress < NEWTONIAN
    if low.sum() > 1 and (rate[low] > 0).all():
        slope, covariance = numpy.polyfit(numpy.log(stress[low]), numpy.log(rate[low]), 1, w=rate[low] / error[low], cov="unscaled")
        weight = (stress[low] / error[low]) ** 2
        plateau, its = weight.sum() / (weight * rate[low] / stress[low]).sum(), weight.sum() ** -0.5
        print(f"up to {stress[low][-1]:g} GPa: d ln(rate)/d ln(stress) = {slope[0]:.3f}+-{covariance[0, 0] ** 0.5:.3f}, "
              f"viscosity {plateau:.3f}+-{plateau**2 * its:.3f} GPa s")
        left.plot(stress, stress / plateau, color=style.INK, linewidth=1, label="Newtonian, slope 1")
        right.axhline(plateau, color=style.INK, linewidth=1)
    natural = 700 / WORK  # kT/(saddle Omega gamma_0)
    print(f"one aligned site at high stress: d stress/d ln(rate) = {natural:.3f} GPa")
    high = stress >= 0.3
    middle = numpy.flatnonzero(high)[len(stress[high]) // 2]
    x = numpy.linspace(stress[high].min(), stress[high].max(), 50)
    left.plot(x, rate[middle] * numpy.exp((x - stress[middle]) / natural), color=style.LINES[1], linewidth=1,
              label=f"e-fold in {natural:.3f} GPa")
    left.set(xscale="log", yscale="log", xlabel="shear stress (GPa)", ylabel="shear rate (1/s)")
    left.legend()
    right.set(xscale="log", yscale="log", xlabel="shear stress (GPa)", ylabel="viscosity (GPa s)")
    return figure


def deformation_map(path):
    """log10 of the shear rate, stress over viscosity, against temperature and stress."""
    _, _, values = table(path)
    stress = values["loading.0.control.xy.stress"]
    rate = stress / values["viscosity"]
    temperatures, stresses = numpy.unique(values["temperature"]), numpy.unique(stress)
    logs = numpy.full((len(stresses), len(temperatures)), numpy.nan)
    for t, s, r in zip(values["temperature"], stress, rate):
        logs[numpy.searchsorted(stresses, s), numpy.searchsorted(temperatures, t)] = numpy.log10(r) if r > 0 else numpy.nan
    print("log10 of the shear rate [1/s]; stress [GPa] \\ T [K]", *(f"{t:.0f}" for t in temperatures), sep="\t")
    for s, row in zip(stresses, logs):
        print(f"{s:g}", *(f"{v:.1f}" for v in row), sep="\t")
    figure, (axis,) = style.curves(1, height=3.8)
    levels = list(range(-20, 7, 2))  # slower than any test below
    filled = axis.contourf(temperatures, stresses, logs, levels=levels, cmap=style.MAP, extend="both")
    lines = axis.contour(temperatures, stresses, logs, levels=levels, colors="white", linestyles="solid",
                         linewidths=[1.8 if level == -4 else 0.6 for level in levels])
    # a label in the middle of each line
    middles = [max(paths, key=len) for paths in lines.allsegs if paths]
    axis.clabel(lines, fmt="%d", fontsize=7.5, manual=[tuple(path[len(path) // 2]) for path in middles])
    axis.grid(False)
    axis.set(xlabel="temperature (K)", ylabel="shear stress (GPa)")
    figure.colorbar(filled, label="log$_{10}$ of the shear rate (1/s)")
    return figure


def strength(path):
    """Largest axial stress in tension and in compression against the friction of barriers."""
    _, texts, values = table(path)
    friction, tensile = values["kinetics.barrier.friction"], numpy.array(["tension" in text["loading"] for text in texts])
    largest = numpy.where(tensile, values["highest"], -values["lowest"])
    f = numpy.unique(friction)
    means = {name: numpy.array([mean_and_error(largest[(friction == x) & which]) for x in f]).T
             for name, which in (("tension", tensile), ("compression", ~tensile))}
    figure, (axis, of_both) = style.curves(2)
    for i, (name, (mean, error)) in enumerate(means.items()):
        axis.errorbar(f, mean, error, fmt="o", markersize=4, color=style.LINES[i], label=name)
    (tension, tension_error), (compression, compression_error) = means.values()
    ratio = compression / tension
    error = ratio * numpy.hypot(tension_error / tension, compression_error / compression)
    x = numpy.linspace(0, f.max(), 50)
    of_both.errorbar(f, ratio, error, fmt="o", markersize=4, color=style.LINES[0])
    of_both.plot(x, (3 + 2 * x) / (3 - 2 * x), color=style.INK, linewidth=1, label="planes at 45\N{DEGREE SIGN}: (3 + 2f)/(3 - 2f)")
    axis.set(xlabel="friction f", ylabel="strength (GPa)")
    of_both.set(xlabel="friction f", ylabel="compression over tension")
    axis.legend()
    of_both.legend()
    for i, value in enumerate(f):
        print(f"friction {value:g}: tension {tension[i]:.3f}+-{tension_error[i]:.3f}, compression {compression[i]:.3f}+-"
              f"{compression_error[i]:.3f} GPa, ratio {ratio[i]:.3f}+-{error[i]:.3f}; (3 + 2f)/(3 - 2f) = "
              f"{(3 + 2 * value) / (3 - 2 * value):.3f}")
    return figure


def band(path):
    """Stress and strain; slices of the plastic shear strain across the band at up to four moments; its profile."""
    with h5py.File(path) as file:
        history = {name: file["history"][name][:] for name in ("time", "strain", "stress", "events", "participation_ratio",
                                                               "band_share", "band_width")}
        length = file["grid"].attrs["length"]
        steps = sorted((s for s in file["fields"] if "plastic_strain" in file["fields"][s]), key=int)
        last = file["fields"][steps[-1]]["plastic_strain"][..., XY]
        # of x and y, the axis along which the planes differ most is the normal of the band
        normal = int(numpy.argmax([last.mean(axis=tuple({0, 1, 2} - {d})).var() for d in (0, 1)]))
        times = {s: float(numpy.atleast_1d(file["fields"][s].attrs["time"])[0]) for s in steps}
        top = history["time"][numpy.argmax(history["stress"][:, XY])]
        after = [s for s in steps if times[s] > top] or steps[-1:]
        before = [s for s in steps if times[s] <= top and times[s] > 0]
        chosen = before[-1:] + [after[i] for i in sorted({0, (len(after) - 1) // 2, len(after) - 1})]
        fields = [2 * file["fields"][s]["plastic_strain"][..., XY] for s in chosen]
    strain = 2 * history["strain"][:, XY]
    figure, axes = style.plt.subplots(1, len(chosen) + 2, figsize=(2.7 * (len(chosen) + 2), 2.7))
    axes[0].plot(100 * strain, history["stress"][:, XY], color=style.INK)
    axes[0].set(xlabel="shear strain (%)", ylabel="shear stress (GPa)")
    limit = 100 * numpy.quantile(fields[-1], 0.995)
    for axis, step, field in zip(axes[1:], chosen, fields):
        at = numpy.interp(times[step], history["time"], strain)
        stress = numpy.interp(times[step], history["time"], history["stress"][:, XY])
        axes[0].plot(100 * at, stress, "o", color=style.LINES[1], markersize=4)
        plane = field[:, :, field.shape[2] // 2]
        style.image(axis, 100 * plane, (0, length[0], 0, length[1]), "nm", f"{100 * at:.2f} %", style.MAP, (0, limit),
                    axis is axes[len(chosen)], "plastic shear (%)", "white")
        profile = field.mean(axis=tuple({0, 1, 2} - {normal}))
        middle = (numpy.arange(len(profile)) + 0.5) * length[normal] / len(profile)
        axes[-1].plot(middle, 100 * profile, label=f"{100 * at:.2f} %")
        row = numpy.searchsorted(history["time"], times[step] * (1 - 1e-9)).clip(0, len(strain) - 1)
        print(f"strain {100 * at:.2f} %  stress {stress:.3f} GPa  mean plastic {100 * field.mean():.2f} %  "
              f"events {history['events'][row]:.0f}  participation {history['participation_ratio'][row]:.3f}  "
              f"band share {history['band_share'][row]:.2f}  width {history['band_width'][row]:.1f} nm  "
              f"normal {'xy'[normal]}, largest of a plane {100 * profile.max():.1f} %")
    axes[-1].set(xlabel=f"{'xy'[normal]} (nm)", ylabel="mean plastic shear of a plane (%)")
    axes[-1].yaxis.set_label_position("right")
    axes[-1].yaxis.tick_right()
    axes[-1].spines[["left", "right"]].set_visible(False)
    axes[-1].legend()
    return figure


MAKERS = {"yield": yield_stress, "trend": trend, "treat": treatments, "sizes": sizes, "flow": flow, "map": deformation_map,
          "strength": strength, "band": band}

if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in MAKERS:
        sys.exit(__doc__)
    drawn = MAKERS[sys.argv[1]](sys.argv[2])
    if len(sys.argv) == 4:
        drawn.savefig(sys.argv[3], dpi=110)
