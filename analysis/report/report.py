#!/usr/bin/python3
"""One self-contained HTML file with the figures of vitromech results, and the data of each figure as CSV beside it."""
import argparse
import csv
import os
import re
import sys

PACKAGES = {"h5py": "python3-h5py", "numpy": "python3-numpy", "matplotlib": "python3-matplotlib"}


def require_packages(optional):
    for module, package in PACKAGES.items():
        try:
            __import__(module)
        except ImportError as error:
            print(f"vitromech report: {'warning: no report' if optional else 'error'}: the Python module {module} is missing "
                  f"({error}); install it: apt-get install {package}", file=sys.stderr)
            sys.exit(0 if optional else 1)


def write_csv(path, columns):
    heads = list(columns)
    values = [list(columns[head]) for head in heads]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for i in range(max(map(len, values), default=0)):
            writer.writerow([f"{v[i]:.10g}" if i < len(v) else "" for v in values])


def section(figures, directory, beside):
    """HTML of figures, written with their CSVs into `directory`; `beside` is its name in links."""
    import page
    import style

    parts = []
    for item in figures:
        write_csv(os.path.join(directory, item.name + ".csv"), item.columns)
        parts.append(page.figure(item, *style.data_uri(item.picture), f"{beside}/{item.name}.csv"))
    return "".join(parts)


def build(paths, output):
    import figures_atoms
    import figures_compare
    import figures_events
    import figures_field
    import figures_law
    import figures_map
    import figures_overlay
    import figures_pattern
    import figures_run
    import figures_sweep
    import page
    import summary
    from read import Sources

    sources = Sources(paths)
    stem = os.path.splitext(os.path.basename(output))[0]
    beside = re.sub(r"[^A-Za-z0-9._-]", "_", stem) + "_data"
    directory = os.path.join(os.path.dirname(output), beside)
    os.makedirs(directory, exist_ok=True)
    tables = "".join(page.comparison(f"{name}: {title}", rows, summary.conditions(sources.conditions, theirs))
                     for name, title, rows, theirs in figures_compare.tables(sources))
    sections = [
        ("numbers", "Numbers that matter", page.numbers(summary.numbers(sources)) if summary.numbers(sources) else ""),
        ("deformation", "Deformation", section(figures_run.draw(sources) + figures_events.draw(sources) +
                                               figures_field.draw(sources), directory, beside)),
        ("laws", "Relaxation and oscillation", section(figures_law.draw(sources), directory, beside)),
        ("atoms", "Atoms", section(figures_atoms.draw(sources), directory, beside)),
        ("diffraction", "Diffraction", section(figures_pattern.draw(sources), directory, beside)),
        ("heterogeneity", "Heterogeneity", section(figures_map.draw(sources), directory, beside)),
        ("comparison", "Comparison", tables + section(figures_compare.draw(sources) +
                                                               figures_overlay.draw(sources), directory, beside)),
        ("sweep", "Sweep", section(figures_sweep.draw(sources), directory, beside)),
        ("provenance", "Provenance", summary.provenance(sources)),
    ]
    html = page.page(summary.title(sources), summary.subtitle(sources), sections)
    temporary = output + ".part"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(html)
    os.replace(temporary, output)
    return directory


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default="report.html", help="HTML file to write (default: %(default)s)")
    parser.add_argument("--optional", action="store_true", help="end with status 0 if a Python package is missing")
    parser.add_argument("files", nargs="+", help="result, analysis and cube files, in any order")
    arguments = parser.parse_args()
    require_packages(arguments.optional)
    try:
        directory = build(arguments.files, arguments.output)
    except OSError as error:
        print(f"vitromech report: error: {error}", file=sys.stderr)
        sys.exit(74)
    print(f"report: {arguments.output}\ndata:   {directory}/")


if __name__ == "__main__":
    main()
