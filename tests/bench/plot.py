# SPDX-License-Identifier: MIT
"""Bar charts as SVG, the same bytes for the same numbers."""
from xml.sax.saxutils import escape

COLOURS = ("#1b6ca8", "#f2a33a", "#7a9e3f", "#b5483a", "#7d5ba6", "#4fb0ae", "#8a8a8a")
BAR, GAP, LEFT, WIDTH = 11, 10, 230, 860


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bars(title, unit, groups, series, values):
    """values[group][series], horizontal bars from 0, grouped; None is left out."""
    top = 52
    height = top + len(groups) * (len(series) * BAR + GAP) + 8
    most = max(v for row in values for v in row if v is not None)
    scale = (WIDTH - LEFT - 80) / most
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
           ' font-size="11">', "<!-- SPDX-License-Identifier: MIT -->",
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="8" y="16" font-size="14">{escape(title)}</text>']
    x = 8
    for k, name in enumerate(series):
        out.append(f'<rect x="{x}" y="26" width="10" height="10" fill="{COLOURS[k]}"/>'
                   f'<text x="{x + 14}" y="35">{escape(name)}</text>')
        x += 30 + 7 * len(name)
    y = top
    for group, row in zip(groups, values, strict=True):
        middle = y + len(series) * BAR / 2 + 4
        out.append(f'<text x="{LEFT - 8}" y="{middle:.1f}" text-anchor="end">{escape(group)}</text>')
        for k, value in enumerate(row):
            if value is not None:
                out.append(f'<rect x="{LEFT}" y="{y + k * BAR}" width="{value * scale:.1f}" height="{BAR - 2}"'
                           f' fill="{COLOURS[k]}"/><text x="{LEFT + value * scale + 4:.1f}" y="{y + k * BAR + 8}"'
                           f' font-size="9">{number(value)}{escape(unit)}</text>')
        y += len(series) * BAR + GAP
    return "\n".join([*out, "</svg>"]) + "\n"
