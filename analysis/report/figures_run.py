"""Figures of a mesoscale run: stress and strain, events, slices of fields."""
import numpy

import style
from figure import Figure
from read import loaded_component, von_mises_strain

STAGE_STYLES = ("-", "--", ":", "-.")


def draw(sources):
    if sources.run is None:
        return []
    makers = (stress_strain, events, plastic_strain, flow_units)
    return [figure for figure in (maker(sources.run) for maker in makers) if figure]


def stages(history):
    """(number, slice of rows) of each loading stage; the rows meet at their ends."""
    stage = history.get("stage", numpy.zeros(len(history["time"])))
    edges = [0, *(numpy.flatnonzero(numpy.diff(stage)) + 1), len(stage)]
    return [(int(stage[a]), slice(max(a - 1, 0), b)) for a, b in zip(edges, edges[1:]) if b > a]


def stress_strain(run):
    history = run.history
    if len(history["time"]) < 2 or history["time"][-1] == history["time"][0]:
        return None
    component, stress_label, strain_label, factor = loaded_component(history)
    strain, stress = factor * history["strain"][:, component], history["stress"][:, component]
    if not numpy.any(stress):
        return None
    parts = stages(history)
    figure, (axis, over_time) = style.curves(2)
    for number, rows in parts:
        label = f"stage {number}"
        axis.plot(100 * strain[rows], stress[rows], STAGE_STYLES[number % 4], color=style.LINES[number % 6], label=label)
        over_time.plot(history["time"][rows], stress[rows], STAGE_STYLES[number % 4], color=style.LINES[number % 6], label=label)
    top = int(numpy.argmax(numpy.abs(stress)))
    left = strain[top] < 0.5 * (strain.min() + strain.max())
    axis.plot(100 * strain[top], stress[top], "o", color=style.INK, markersize=4)
    axis.annotate(f"{stress[top]:.3g} GPa at {100 * strain[top]:.3g} %", (100 * strain[top], stress[top]),
                  textcoords="offset points", xytext=(6 if left else -6, 7), ha="left" if left else "right", fontsize=8.5)
    axis.set(xlabel=strain_label + " (%)", ylabel=stress_label)
    axis.margins(y=0.12)
    over_time.set(xlabel="time (s)", ylabel=stress_label)
    if len(parts) > 1:
        over_time.legend()
    caption = ("Mean stress against mean strain of the loaded component (left) and against time (right). The dot marks the "
               "largest stress." + (" Shear strain is γ = 2ε." if factor == 2 else ""))
    return Figure("stress_strain", "Stress and strain", caption, figure,
                  {"time [s]": history["time"], "strain [1]": strain, "stress [GPa]": stress})


def events(run):
    history = run.history
    if "events" not in history or len(history["time"]) < 2 or history["events"][-1] == 0:
        return None
    component, _, strain_label, factor = loaded_component(history)
    strain, count = factor * history["strain"][:, component], history["events"]
    figure, (total, rate) = style.curves(2)
    steps = numpy.diff(history["time"])
    moving = steps > 0
    middle = 0.5 * (history["time"][1:] + history["time"][:-1])[moving]
    mean_rate = numpy.diff(count)[moving] / steps[moving]
    for number, rows in stages(history):
        total.plot(100 * strain[rows], count[rows], STAGE_STYLES[number % 4], color=style.LINES[number % 6])
    total.set(xlabel=strain_label + " (%)", ylabel="shear transformations")
    rate.set(xlabel="time (s)", ylabel="events per second (1/s)")
    if mean_rate.size and mean_rate.max() > 300 * max(mean_rate[mean_rate > 0].min(initial=mean_rate.max()), 1e-300):
        rate.set_yscale("log")
        mean_rate = numpy.where(mean_rate > 0, mean_rate, numpy.nan)
    rate.plot(middle, mean_rate, color=style.LINES[1])
    rate.locator_params(axis="x", nbins=6)
    caption = "Shear transformations so far (left) and their rate between two rows of the history (right)."
    return Figure("events", "Shear transformations", caption, figure,
                  {"time [s]": history["time"], "strain [1]": strain, "events [1]": count, "middle of interval [s]": middle,
                   "rate [1/s]": mean_rate})


def last_field(run, name):
    """Field of the last step that has it, and its step."""
    for step in reversed(run.steps):
        fields = run.fields(step)
        if name in fields:
            return fields[name], fields
    return None, None


def middle_planes(field):
    """(title, plane, axes of the plane) of the three planes through the middle."""
    n = field.shape
    return [("x-y, middle of z", field[:, :, n[2] // 2], (0, 1)), ("x-z, middle of y", field[:, n[1] // 2, :], (0, 2)),
            ("y-z, middle of x", field[n[0] // 2, :, :], (1, 2))]


def slices(run, field, label, colour_map, limits, bar=True, bar_colour="white"):
    spacing = float(numpy.atleast_1d(run.group("grid").attrs["spacing"])[0])
    figure, axes = style.panels(3, 3)
    columns = {}
    for axis, (title, plane, (first, second)) in zip(axes, middle_planes(field)):
        extent = (0, plane.shape[0] * spacing, 0, plane.shape[1] * spacing)
        style.image(axis, plane, extent, "nm", title, colour_map, limits, bar and axis is axes[-1], label, bar_colour)
        axis.set_xlabel("xyz"[first] + r" $\rightarrow$")
        axis.set_ylabel("xyz"[second] + r" $\rightarrow$")
        x, y = numpy.indices(plane.shape)
        plane_name = "xyz"[first] + "xyz"[second]
        columns.update({f"{plane_name}: {'xyz'[first]} [nm]": (x.ravel() + 0.5) * spacing,
                        f"{plane_name}: {'xyz'[second]} [nm]": (y.ravel() + 0.5) * spacing,
                        f"{plane_name}: value": plane.ravel()})
    return figure, columns


def plastic_strain(run):
    tensor, group = last_field(run, "plastic_strain")
    if tensor is None:
        return None
    strain = von_mises_strain(tensor)
    figure, columns = slices(run, 100 * strain, "plastic strain (%)", style.MAP, (0, 100 * max(strain.max(), 1e-12)))
    time = float(numpy.atleast_1d(group.attrs.get("time", numpy.nan))[0])
    caption = (f"Equivalent (von Mises) plastic strain √(⅔ ε′:ε′) at t = {time:.4g} s in the three planes through the middle "
               f"of the box. Mean {100 * strain.mean():.3g} %, largest {100 * strain.max():.3g} %."
               + (f" {100 * (strain > 0).mean():.3g} % of the voxels have been transformed." if "events" in run.history else ""))
    return Figure("plastic_strain", "Plastic strain", caption, figure, columns)


def flow_units(run):
    units, _ = last_field(run, "flow_unit")
    if units is None:
        return None
    units = numpy.asarray(units, dtype=float)
    figure, columns = slices(run, units, "", style.TWO_PHASES, (0, 1), bar=False, bar_colour="black")
    caption = (f"Flow units (dark) in the glassy matrix (light), same planes. They fill {100 * units.mean():.3g} % of the "
               "volume.")
    return Figure("flow_units", "Flow units", caption, figure, columns)
