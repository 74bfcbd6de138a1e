"""The words of the report: title, numbers that matter, conditions, provenance."""
import datetime
import os
import re

import numpy

import page
from read import estimate, estimate_of, loaded_component
from vitromech import Group


def inputs(file):
    """Name -> text of the inputs kept in a file."""
    group = file.group("provenance/inputs") if file else None
    return {name: group[name] for name in group if isinstance(group[name], str)} if group else {}


def title(sources):
    for file in sources.files:
        match = re.search(r"^name:\s*(.+?)\s*$", inputs(file).get("used.yaml", ""), re.MULTILINE)
        if match:
            return match.group(1).strip("\"'")
    return "vitromech report"


def subtitle(sources):
    provenance = next((file.group("provenance") for file in sources.files if file.group("provenance")), None)
    version = f"vitromech {provenance.attrs.get('version', '')} · " if provenance else ""
    files = ", ".join(os.path.basename(file.path) for file in sources.files)
    return f"{version}{files} · drawn {datetime.datetime.now():%Y-%m-%d %H:%M}"


def law_numbers(run):
    """beta_KWW of relaxation stages, largest tan δ and activation energy of spectra."""
    pairs = []
    for name, group in sorted(run.statistics.items()):
        kind = group.attrs.get("statistic")
        if kind == "relaxation":
            pairs.append((estimate(*group["parameter_beta"][:2]), "β of the stretched exponential"))
        if kind == "harmonic" and "tan_delta" in group:
            pairs.append((f"{numpy.max(group['tan_delta']):.4g}", "largest tan δ"))
        if kind == "harmonic" and "shift_arrhenius" in group:
            energy = group["shift_arrhenius"]["parameter_activation_energy"]
            pairs.append((f"{estimate(*energy[:2])} eV", "activation energy of the shift factors"))
    return pairs


def numbers(sources):
    """(value, what it is) for the head of the page."""
    pairs = []
    if sources.run:
        history = sources.run.history
        component, _, _, factor = loaded_component(history)
        stress = history["stress"][:, component]
        top = int(numpy.argmax(numpy.abs(stress)))
        strain = factor * history["strain"][top, component]
        if stress[top] != 0:
            pairs.append((f"{stress[top]:.3g} GPa", f"largest stress, at {100 * strain:.3g} % strain"))
        if "events" in history:
            pairs.append((f"{int(history['events'][-1]):,}".replace(",", "\u2009"), "shear transformations"))
        if "flow_unit_fraction" in history:
            pairs.append((f"{100 * history['flow_unit_fraction'][-1]:.3g} %", "flow units"))
        pairs += law_numbers(sources.run)
    for kind, name, unit, what in (("radial_intensity", "first_peak", "nm⁻¹", "first ring of I(k)"),
                                   ("fem", "peak_k", "nm⁻¹", "peak of V(k)"),
                                   ("rdf", "first_peak", "nm", "first peak of g(r)"),
                                   ("rdf", "coordination", "", "mean coordination number"),
                                   ("voronoi", "icosahedra", "", "part of the atoms in full icosahedra"),
                                   ("d2min", "mean_d2min", "nm²", "mean non-affine displacement D²min")):
        group = sources.find(kind)
        if group is not None and estimate_of(group, name):
            pairs.append((f"{estimate_of(group, name)} {unit}".rstrip(), what))
    total = sources.find("clusters", "nfold/total")
    if total is not None:
        pairs.append((f"{int(total['count'])}", "regions in the summed map"))
        pairs.append((f"{estimate_of(total, 'mean_diameter')} nm", "mean diameter of these regions"))
    return pairs


LABELS = {"composition": "composition (at. %)", "thickness_nm": "thickness (nm)", "probe_nm": "probe 0.61 λ/α (nm)",
          "semi_angle_mrad": "convergence semi-angle (mrad)", "energy_keV": "electron energy (keV)",
          "scan_points": "probe positions", "scan_pitch_nm": "distance of probes (nm)",
          "scanned_area_nm2": "scanned area (nm²)", "electrons_per_probe": "electrons per probe"}


def conditions(ours, theirs):
    """(label, ours, theirs) of every condition that either side knows."""
    def show(known, key):
        if key not in known:
            return "unknown"
        return known[key] if key == "composition" else " × ".join(f"{v:.4g}" for v in numpy.atleast_1d(known[key]))

    return [(label, show(ours, key), show(theirs, key)) for key, label in LABELS.items() if key in ours or key in theirs]


PROVENANCE = ("version", "git_hash", "build_type", "compiler", "command_line", "host", "ranks", "seed", "start", "end")


def provenance(sources):
    """A card for each job that wrote some of the files, and the inputs."""
    jobs, parts, shown = {}, [], set()
    for file in sources.files:
        group = file.group("provenance")
        if group is None:
            continue
        pairs = [(name.replace("_", " "), numpy.atleast_1d(group.attrs[name])[0]) for name in PROVENANCE if name in group.attrs]
        libraries = group["libraries"] if "libraries" in group else None
        if isinstance(libraries, Group):
            pairs.append(("libraries", "; ".join(f"{k}: {str(v).splitlines()[0]}" for k, v in libraries.attrs.items())))
        job = tuple(str(value) for name, value in pairs if name != "end")
        jobs.setdefault(job, ([], {}))
        jobs[job][0].append(file)
        jobs[job][1].update(pairs)
    for files, pairs in jobs.values():
        parts.append(page.rows([("files", ", ".join(file.path for file in files)), *pairs.items()]))
        for name, text in (item for file in files for item in inputs(file).items()):
            if text not in shown:
                parts.append(page.text_block(f"input {name}", text))
                shown.add(text)
    return "".join(parts)
