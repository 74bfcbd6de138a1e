"""The HTML page: one file, no script, no external address."""
import re
from html import escape

CSS = """
:root{--ink:#1d2733;--soft:#5b6876;--line:#e3e7ec;--accent:#1f6f8b;--paper:#fff;--back:#f5f7f9}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.55 "DejaVu Sans","Helvetica Neue",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:0 24px 60px}
header{background:var(--ink);color:#fff;padding:34px 24px 30px;margin-bottom:26px}
header div{max-width:1072px;margin:0 auto}
h1{font-size:25px;line-height:1.3;margin:0 0 6px;font-weight:600}
header p{margin:0;color:#b9c4cf;font-size:13.5px}
h2{font-size:19px;margin:38px 0 14px;padding-bottom:6px;border-bottom:2px solid var(--accent);font-weight:600}
nav{font-size:13.5px;margin-bottom:18px}nav a{color:var(--accent);text-decoration:none;margin-right:20px}
.numbers{display:grid;grid-template-columns:repeat(auto-fill,minmax(205px,1fr));gap:12px}
.numbers div{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:12px 14px}
.numbers b{display:block;white-space:nowrap;font-size:16px;font-weight:600;line-height:1.3}.numbers span{color:var(--soft);font-size:12.5px}
figure{background:var(--paper);border:1px solid var(--line);border-radius:6px;margin:0 0 20px;padding:16px 20px 14px}
figure h3,.card h3{font-size:15px;margin:0 0 8px;font-weight:600}
figure img{display:block;max-width:100%;height:auto;margin:0 auto}
figcaption{color:var(--soft);font-size:13px;margin-top:10px;max-width:96ch}
figcaption a{color:var(--accent)}
.card{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:16px 20px;margin-bottom:20px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:2px solid var(--line);padding:5px 10px 5px 0}
td{border-bottom:1px solid var(--line);padding:5px 10px 5px 0;vertical-align:top}
td.number{white-space:nowrap;font-variant-numeric:tabular-nums}
td.near{color:#2f7d4f}td.far{color:#b4532a}td.none{color:#94a0ac}td.note{color:var(--soft);font-size:12px}
pre{background:var(--back);padding:12px;overflow-x:auto;font-size:12px;line-height:1.45;margin:8px 0 0}
details{margin-bottom:12px}summary{cursor:pointer;color:var(--accent);font-size:13.5px;margin-top:10px}
"""


def figure(item, uri, width, csv):
    return (f'<figure id="{escape(item.name)}"><h3>{escape(item.title)}</h3><img alt="{escape(item.title)}" src="{uri}" style="width:{width}px">'
            f'<figcaption>{escape(item.caption)} <a href="{escape(csv)}">data (CSV)</a></figcaption></figure>')


def numbers(pairs):
    """Cards of (value, what it is)."""
    return '<div class="numbers">' + "".join(f"<div><b>{escape(v)}</b><span>{escape(w)}</span></div>" for v, w in pairs) + "</div>"


def rows(pairs):
    """A card with a table of two columns."""
    body = "".join(f"<tr><td>{escape(str(k))}</td><td>{escape(str(v))}</td></tr>" for k, v in pairs)
    return f'<div class="card"><table>{body}</table></div>'


def mark(ours, theirs):
    """Class of a cell with a condition: equal to two per cent (compositions: half an atomic per cent), unknown, or different."""
    if "unknown" in (ours, theirs):
        return "" if ours == theirs else ' class="none"'
    number = r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?"
    same = sorted(re.findall("[A-Z][a-z]?", ours)) == sorted(re.findall("[A-Z][a-z]?", theirs))
    pairs = list(zip(re.findall(number, ours), re.findall(number, theirs)))
    limit = 0.5 if re.search("[A-Z]", ours) else None
    same = same and all(abs(float(a) - float(b)) <= (limit or 0.02 * abs(float(b))) for a, b in pairs)
    return "" if same else ' class="far"'


def comparison(title, table, conditions):
    """A card with the conditions of both sides (label, ours, theirs) and the values of both."""
    body = "".join(f'<tr><td>{escape(label)}</td><td>{escape(ours)}</td><td{mark(ours, theirs)}>{escape(theirs)}</td></tr>'
                   for label, ours, theirs in conditions)
    above = f"<table><tr><th>conditions</th><th>here</th><th>reference</th></tr>{body}</table><br>"
    head = "".join(f"<th>{h}</th>" for h in ("quantity", "here", "reference", "unit", "difference", "note"))
    body = ""
    for quantity, unit, ours, reference, (difference, kind), note in table:
        body += (f'<tr><td>{escape(quantity)}</td><td class="number">{ours}</td><td class="number">{reference}</td>'
                 f'<td>{escape(unit)}</td><td class="number {kind}">{escape(difference)}</td><td class="note">{escape(note)}</td></tr>')
    return f'<div class="card"><h3>{escape(title)}</h3>{above}<table><tr>{head}</tr>{body}</table></div>'


def text_block(title, content):
    return f"<details><summary>{escape(title)}</summary><pre>{escape(content)}</pre></details>"


def page(title, subtitle, sections):
    """sections: (anchor, heading, HTML) in order; empty ones are left out."""
    sections = [section for section in sections if section[2]]
    links = "".join(f'<a href="#{anchor}">{escape(heading)}</a>' for anchor, heading, _ in sections)
    body = "".join(f'<section id="{anchor}"><h2>{escape(heading)}</h2>{content}</section>' for anchor, heading, content in sections)
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{escape(title)}</title><style>{CSS}</style></head><body><header><div><h1>{escape(title)}</h1>"
            f"<p>{escape(subtitle)}</p></div></header><main><nav>{links}</nav>{body}</main></body></html>\n")
