import type { TopLevelSpec } from "vega-lite";
import type { FigureSpec, FigureView, FigureWidth } from "./figure.ts";
import { pixelsOf } from "./figure.ts";
import { textWidth } from "./letter-widths.ts";

/** Draws views of figures as SVG. */
export interface Painter {
  /** One view, as wide as asked for. The same numbers give the same text. `id` keeps the names inside it apart from others'. */
  readonly svg: (view: FigureView, width: FigureWidth, id: string) => Promise<string>;
}

/** Vega is large, so that it is loaded when the first figure is drawn. */
export async function openPainter(): Promise<Painter> {
  const [vega, lite] = await Promise.all([import("vega"), import("vega-lite")]);
  // Else it would measure texts by a canvas where somebody has installed one, and guess otherwise.
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = (item, text) => textWidth(`${text ?? item.text ?? ""}`, item.fontSize ?? 11);

  const paint = async (spec: FigureSpec): Promise<string> => {
    vega.resetSVGDefIds();
    const { spec: compiled } = lite.compile(spec as unknown as TopLevelSpec);
    const drawn = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
    try {
      return await drawn.toSVG();
    } finally {
      drawn.finalize();
    }
  };

  return {
    async svg(view, width, id) {
      const svg = await fitted(view, width, paint);
      return svg.replaceAll(/(id="|url\(#|href="#)((?:clip|gradient_)\d+)/g, `$1${id}-$2`);
    },
  };
}

interface TextMetrics {
  width: (item: { readonly text?: unknown; readonly fontSize?: number }, text?: unknown) => number;
}

/** Axes and legends take a room that is known when they are drawn: what is left for the panels is found in a few tries. */
async function fitted(
  view: FigureView,
  width: FigureWidth,
  paint: (spec: FigureSpec) => Promise<string>,
): Promise<string> {
  const wanted = pixelsOf[width];
  const columns = width === "page" ? 3 : 2;
  let panel = Math.floor(wanted * 0.85);
  let svg = "";
  for (let tries = 0; tries < 4; tries += 1) {
    const spec = view.draw({ width, columns, panel });
    svg = await paint(spec);
    const excess = widthIn(svg) - wanted;
    if (excess <= 0 && excess > -columns - 1) break;
    const side = "facet" in spec ? columns : 1;
    panel = Math.max(40, panel - Math.ceil(excess / side));
  }
  return width === "paper" ? svg.replace(/ width="[\d.]+"/, ' width="85mm"').replace(/ height="[\d.]+"/, "") : svg;
}

function widthIn(svg: string): number {
  return Number(/<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1] ?? "0");
}
