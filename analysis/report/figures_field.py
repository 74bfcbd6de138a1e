"""Figures of runs whose fields follow material laws: loops, relaxation, temperature, energies, growing flow units."""
import numpy

import style
from figure import Figure
from read import loaded_component

PERCOLATION = 0.25


def draw(sources):
    run = sources.run
    if run is None or len(run.history["time"]) < 2:
        return []
    makers = (loops, relaxation, temperature, energies, grown_fraction)
    return [figure for figure in (maker(run) for maker in makers) if figure]


def loops(run):
    """Stress and strain of cyclic stages, with the area of each loop."""
    cycles = run.group("statistics/cycles")
    if cycles is None or not len(cycles["area"]):
        return None
    history = run.history
    end, stage = cycles["time"][()], cycles["stage"][()]
    component, stress_label, strain_label, factor = loaded_component(
        {"strain": history["strain"][numpy.isin(history["stage"], stage)]})
    area, lag = cycles["area"][()], cycles["phase_lag"][:, component]
    figure, (loop, sizes) = style.curves(2)
    begin = numpy.where(numpy.diff(stage, prepend=-1) != 0, [history["time"][history["stage"] == s][0] for s in stage],
                        numpy.roll(end, 1))
    shown = range(len(end)) if len(end) <= 3 else (0, len(end) - 1)
    for colour, number in enumerate(shown):
        rows = ((history["stage"] == stage[number]) & (history["time"] >= begin[number] * (1 - 1e-9))
                & (history["time"] <= end[number] * (1 + 1e-9)))
        loop.plot(100 * factor * history["strain"][rows, component], history["stress"][rows, component],
                  color=style.LINES[colour], label=f"cycle {number + 1}")
    loop.set(xlabel=strain_label + " (%)", ylabel=stress_label)
    loop.legend()
    sizes.plot(numpy.arange(1, len(area) + 1), 1e3 * area, "o-", color=style.LINES[0])
    sizes.set(xlabel="cycle", ylabel="area of the loop (MJ/m³)", ylim=(0, 1.15e3 * max(area.max(), 1e-12)))
    sizes.xaxis.get_major_locator().set_params(integer=True)
    caption = ("Mean stress against mean strain of the loaded component (left) and the work lost in each cycle (right); the "
               f"last loop has {1e3 * area[-1]:.4g} MJ/m³ and its strain lags by {lag[-1]:.4g} rad behind the stress.")
    return Figure("loops", "Hysteresis loops", caption, figure,
                  {"cycle": numpy.arange(1, len(area) + 1), "area [GPa]": area, "lag [rad]": lag})


def relaxation(run):
    """Stress against the logarithm of time, in the longest stage in which the loaded strain is held."""
    history = run.history
    if "dissipated" not in history:
        return None
    component, stress_label, _, _ = loaded_component(history)
    fitted = {name for name in run.group("statistics") or () if name.startswith("relaxation_")}  # drawn with their laws
    held = [numpy.flatnonzero(history["stage"] == s) for s in numpy.unique(history["stage"])
            if f"relaxation_{int(s)}" not in fitted]
    held = [rows for rows in held if len(rows) > 10 and numpy.ptp(history["strain"][rows, component]) < 1e-12
            and numpy.ptp(history["temperature"][rows]) == 0 and history["stress"][rows[0], component] != 0]
    if not held:
        return None
    rows = max(held, key=lambda r: history["time"][r[-1]] - history["time"][r[0]])[1:]
    time, stress = history["time"][rows] - history["time"][rows[0] - 1], history["stress"][rows, component]
    figure, (axis,) = style.curves(1)
    axis.semilogx(time, stress, color=style.LINES[0])
    axis.set(xlabel="time since the strain is held (s)", ylabel=stress_label)
    caption = f"Stress relaxation at held strain, from {stress[0]:.3g} to {stress[-1]:.3g} GPa."
    return Figure("held_stress", "Stress relaxation", caption, figure, {"time [s]": time, "stress [GPa]": stress})


def temperature(run):
    history = run.history
    kelvin = history["temperature"]
    if numpy.ptp(kelvin) == 0:
        return None
    length = history["strain"][:, :3].mean(axis=1)
    figure, (over_time, dilatation) = style.curves(2)
    over_time.plot(history["time"], kelvin, color=style.LINES[1])
    over_time.set(xlabel="time (s)", ylabel="temperature (K)")
    dilatation.plot(kelvin, 100 * length, color=style.LINES[0])
    dilatation.set(xlabel="temperature (K)", ylabel="mean linear strain (%)")
    caption = "Temperature of the run (left) and change of length with it, a third of the mean volume strain (right)."
    return Figure("temperature", "Heating and cooling", caption, figure,
                  {"time [s]": history["time"], "temperature [K]": kelvin, "strain [1]": length})


def energies(run):
    history = run.history
    if "dissipated" not in history or not numpy.any(history["work"]):
        return None
    figure, (axis,) = style.curves(1)
    for colour, (name, label) in enumerate((("work", "work"), ("stored", "stored"), ("dissipated", "dissipated"))):
        axis.plot(history["time"], 1e3 * history[name], color=style.LINES[colour], label=label)
    axis.set(xlabel="time (s)", ylabel="energy per volume (MJ/m³)")
    if history["time"][-1] > 1e4 * history["time"][1] > 0:
        axis.set_xscale("log")
    axis.legend()
    rest = numpy.abs(history["work"] - history["stored"] - history["dissipated"]).max()
    caption = ("Work done on the glass by the local stress, what of it is stored elastically and what was dissipated; the "
               f"balance is kept to {rest / numpy.abs(history['work']).max():.1e} of the work.")
    return Figure("energies", "Energies", caption, figure,
                  {"time [s]": history["time"], **{f"{name} [GPa]": history[name] for name in ("work", "stored", "dissipated")}})


def grown_fraction(run):
    history = run.history
    if "grown_fraction" not in history or not numpy.any(history["grown_fraction"]):
        return None
    component, stress_label, strain_label, factor = loaded_component(history)
    strain, grown = 100 * factor * history["strain"][:, component], history["grown_fraction"]
    figure, (axis,) = style.curves(1)
    axis.plot(strain, grown, color=style.LINES[0])
    axis.set(xlabel=strain_label + " (%)", ylabel="grown fraction of flow units", ylim=(0, None))
    stress = axis.twinx()
    stress.plot(strain, history["stress"][:, component], color=style.LINES[1])
    stress.set_ylabel(stress_label, color=style.LINES[1])
    stress.grid(False)
    caption = ("Fraction of flow units grown since the start (blue; add the initial_fraction of the case, they percolate near "
               f"{PERCOLATION} in all) and mean stress (orange) against mean strain.")
    return Figure("grown_fraction", "Growing flow units", caption, figure,
                  {"strain [%]": strain, "grown_fraction [1]": grown, "stress [GPa]": history["stress"][:, component]})
