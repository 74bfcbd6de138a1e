"""Figures of what a run with events measures on its way: localisation, clusters, viscosity, waiting times, power spectrum."""
import numpy

import style
from figure import Figure
from read import Sources, estimate, loaded_component


def draw(sources):
    run = sources.run
    if run is None or "events" not in run.history or run.history["events"][-1] == 0:
        return []
    figures = (localisation(run), viscosity(run), waiting_times(Sources.all(run, "waiting_times")),
               spectra(Sources.all(run, "event_spectrum")), avalanches(run.group("statistics/avalanches")))
    return [figure for figure in figures if figure]


def stage_of(group):
    return int(numpy.atleast_1d(group.attrs["stage"])[0])


def along(run):
    """Strain of the loaded component in percent, or time if it hardly moves: (values, label, head of a CSV column)."""
    component, _, label, factor = loaded_component(run.history)
    strain = factor * run.history["strain"][:, component]
    if numpy.ptp(strain) > 1e-6:
        return 100 * strain, label + " (%)", "strain [%]"
    return run.history["time"], "time (s)", "time [s]"


def localisation(run):
    history = run.history
    if "band_share" not in history:
        return None
    x, label, head = along(run)
    figure, (share, length, cluster) = style.curves(3)
    for axis, names in ((share, {"participation_ratio": "participation ratio", "band_share": "share of the band", "persistence": "persistence"}),
                        (length, {"band_width": "width of the band", "correlation_length": "correlation length"}),
                        (cluster, {"active_fraction": "transformed voxels", "active_cluster": "their largest cluster",
                                   "flow_unit_fraction": "flow units", "flow_unit_cluster": "their largest cluster"})):
        for i, (name, text) in enumerate(names.items()):
            if name.startswith("flow_unit") and not numpy.any(history["flow_unit_fraction"]):
                continue
            axis.plot(x, history[name], color=style.LINES[i], label=text)
        axis.set(xlabel=label)
        axis.legend()
    share.set(ylabel="share, correlation")
    length.set(ylabel="nm")
    cluster.set(ylabel="volume fraction")
    normal = [history[f"band_normal_{axis}"][-1] for axis in "xyz"]
    around = int(history["active_percolation"][-1])
    caption = (f"Plastic strain: participation ratio, part of its variance in the planes of the shear band, correlation of the flow of "
               f"successive intervals (left); width of the band and correlation length (middle); clusters (right). At the end the "
               f"normal of the band is ({normal[0]:.3g}, {normal[1]:.3g}, {normal[2]:.3g}) and transformed voxels "
               f"percolate along {around} of 3 axes.")
    columns = {head: x, **{name: history[name] for name in (
        "participation_ratio", "band_share", "persistence", "band_width", "correlation_length", "band_normal_x", "band_normal_y",
        "band_normal_z", "active_fraction", "active_cluster", "active_percolation", "flow_unit_fraction", "flow_unit_cluster",
        "flow_unit_percolation")}}
    return Figure("localisation", "Localisation", caption, figure, columns)


def viscosity(run):
    values = run.history.get("viscosity", numpy.zeros(1))
    if not numpy.any(values > 0):
        return None
    x, label, head = along(run)
    flows = Sources.all(run, "flow")
    figure, (axis, *of_stages) = style.curves(2 if len(flows) > 1 else 1)
    axis.semilogy(x, numpy.where(values > 0, values, numpy.nan), color=style.LINES[0])
    axis.set(xlabel=label, ylabel="viscosity (GPa s)")
    columns = {head: x, "viscosity [GPa s]": values}
    if of_stages:
        stress, stress_error, rate, rate_error = (numpy.array([float(g[name]) for g in flows]) for name in (
            "stress", "stress_error", "strain_rate", "strain_rate_error"))
        of_stages[0].errorbar(stress, rate, numpy.nan_to_num(rate_error), numpy.nan_to_num(stress_error), fmt="o", color=style.LINES[0])
        of_stages[0].set(xscale="log", yscale="log", xlabel="equivalent stress (GPa)", ylabel="equivalent strain rate (1/s)")
        columns.update({"stage stress [GPa]": stress, "its error [GPa]": stress_error, "stage strain rate [1/s]": rate,
                        "its error [1/s]": rate_error})
    steady = [f"stage {stage_of(g)}: {estimate(float(g['viscosity']), float(g['viscosity_error']))} GPa s" for g in flows]
    jumps = [f"m = {estimate(float(g['m']), float(g['m_error']))} between {float(g['rate_before']):.3g} and {float(g['rate_after']):.3g} 1/s"
             for g in Sources.all(run, "strain_rate_sensitivity")]
    caption = ("Viscosity σ:ε̇ₚ/(2 ε̇ₚ:ε̇ₚ) by the mean stress and the rate of the mean plastic strain between two rows of the history."
               + (" Right: strain rate and stress in the second halves of stages." if of_stages else "")
               + (" Viscosity in the second half of " + "; ".join(steady) + "." if steady else "")
               + (" Strain-rate sensitivity " + "; ".join(jumps) + "." if jumps else ""))
    return Figure("viscosity", "Viscosity", caption, figure, columns)


def waiting_times(groups):
    groups = [group for group in groups if "time" in group]
    if not groups:
        return None
    figure, (axis,) = style.curves()
    columns, texts = {}, []
    for i, group in enumerate(groups):
        stage = stage_of(group)
        time, density, error, mean = (numpy.asarray(group[name]) for name in ("time", "density", "density_error", "mean"))
        below = numpy.minimum(error, 0.6 * density)  # a bar on a logarithmic axis does not end at 0
        axis.errorbar(time, density, (below, error), fmt="os^v"[i // 6 % 4], markersize=3, color=style.LINES[i % 6], label=f"stage {stage}")
        t = numpy.geomspace(time.min(), time.max(), 200)
        axis.plot(t, numpy.exp(-t / mean) / mean, "--", color=style.LINES[i % 6], linewidth=1)
        texts.append(f"stage {stage}: mean {estimate(float(mean), float(group['mean_error']))} s, coefficient of variation "
                     f"{estimate(float(group['variation']), float(group['variation_error']))}")
        columns.update({f"stage {stage}: time [s]": time, f"stage {stage}: density [1/s]": density,
                        f"stage {stage}: error [1/s]": error})
    axis.set(xscale="log", yscale="log", xlabel="waiting time (s)", ylabel="probability density (1/s)")
    shown = numpy.concatenate([numpy.asarray(group["density"]) for group in groups])
    axis.set_ylim(0.3 * shown.min(), 3 * shown.max())
    axis.legend()
    caption = "Times between successive events; dashed: exponential of the same mean (Poisson). " + "; ".join(texts) + "."
    return Figure("waiting_times", "Waiting times", caption, figure, columns)


def spectra(groups):
    if not groups:
        return None
    figure, (axis,) = style.curves()
    columns = {}
    for i, group in enumerate(groups):
        stage = stage_of(group)
        frequency, power, error = (numpy.asarray(group[name]) for name in ("frequency", "power", "power_error"))
        axis.fill_between(frequency, numpy.maximum(power - error, 0.1 * power), power + error, color=style.LINES[i % 6], alpha=0.3,
                          linewidth=0)
        axis.plot(frequency, power, color=style.LINES[i % 6], linewidth=1, linestyle=("-", "--")[i // 6 % 2], label=f"stage {stage}")
        columns.update({f"stage {stage}: frequency [Hz]": frequency, f"stage {stage}: power [1]": power,
                        f"stage {stage}: error [1]": error})
    axis.axhline(1, color=style.INK, linestyle=":", linewidth=1)
    axis.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="power / power of a Poisson process")
    axis.legend()
    caption = ("Power spectrum of the train of events over that of a Poisson process of the same mean rate (dotted: 1), with its standard "
               "error. Above 1 at low frequency: events come in bursts.")
    return Figure("event_spectrum", "Power spectrum of events", caption, figure, columns)


def avalanches(group):
    if group is None or "density" not in group:
        return None
    figure, axes = style.curves(2)
    columns, texts = {}, []
    for axis, (at, density, prefix, label, symbol) in zip(axes, (("density_size", "density", "", "size (events)", "s"),
                                                                 ("density_duration", "duration_density", "duration_", "duration (generations)", "T"))):
        x, p = numpy.asarray(group[at]), numpy.asarray(group[density])
        axis.loglog(x, p, "o", markersize=4, color=style.LINES[0])
        columns.update({label: x, f"p({symbol})": p})
        if prefix + "exponent" in group:
            tau, error, inverse = (float(group[prefix + name]) for name in ("exponent", "exponent_error", "inverse_cutoff"))
            all_of = numpy.arange(1, 10 * int(x.max()) + 1)
            law = all_of ** -tau * numpy.exp(-inverse * all_of)
            axis.loglog(all_of[all_of <= x.max()], law[all_of <= x.max()] / law.sum(), color=style.LINES[1])
            texts.append(f"p({symbol}) ∝ {symbol}^−({estimate(tau, error)})" + (f" exp(−{symbol}/{1 / inverse:.3g})" if inverse > 0 else ""))
        axis.set(xlabel=label, ylabel=f"p({symbol})")
    figure_caption = (f"{len(group['size'])} avalanches of the athermal limit: probability of sizes and of durations, the longest chain of an "
                      "event and what it set off." + (" Lines, by maximum likelihood: " + "; ".join(texts) + "." if texts else ""))
    return Figure("avalanches", "Avalanches", figure_caption, figure, columns)
