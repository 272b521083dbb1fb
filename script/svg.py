"""A drawing as SVG text, with its own background: for script/draw-demo and bench/draw."""

from xml.sax.saxutils import escape, quoteattr

INK, MUTED, GRID = "#1f2328", "#59636e", "#e4e8ec"


def number(value):
    """To a tenth of a pixel: the same text on every machine."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>"]
        self.rect(0.5, 0.5, width - 1, height - 1, "#ffffff", rx=8, stroke="#d0d7de")

    def element(self, name, content=None, **attributes):
        text = "".join(
            f" {key.replace('_', '-')}={quoteattr(number(value) if isinstance(value, (int, float)) else value)}"
            for key, value in attributes.items())
        self.parts.append(f"<{name}{text}/>" if content is None
                          else f"<{name}{text}>{escape(content)}</{name}>")

    def rect(self, x, y, width, height, fill, **more):
        self.element("rect", x=x, y=y, width=width, height=height, fill=fill, **more)

    def line(self, x1, y1, x2, y2, stroke=GRID, **more):
        self.element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **more)

    def polygon(self, points, fill, **more):
        self.element("polygon", points=" ".join(f"{number(x)},{number(y)}" for x, y in points),
                     fill=fill, **more)

    def text(self, x, y, content, size=12, fill=INK, anchor="start", **more):
        self.element("text", content, x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, **more)

    def svg(self):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" '
            'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, DejaVu Sans, sans-serif">',
            *self.parts, "</svg>", ""])
