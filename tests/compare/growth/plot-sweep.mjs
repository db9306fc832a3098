import { parse, View } from "vega";
import { compile } from "vega-lite";

const blue = "#2563a8";
const orange = "#c2571a";

/** Time with its fitted curve on the left, planned memory on the right. */
export async function plotSweep(sweep, points, fit) {
  const last = points.at(-1).at;
  const curve = Array.from({ length: 61 }, (_, step) => {
    const at = (last * step) / 60;
    return { at, seconds: fit.time.predict(at) / 1000 };
  });
  const x = { field: "at", type: "quantitative", title: sweep.axis };
  const time = {
    title: `time of one run (R\u00b2 = ${fit.time.rSquared.toFixed(4)})`,
    width: 300,
    height: 220,
    layer: [
      {
        data: { values: curve.filter(({ seconds }) => seconds >= 0) },
        mark: { type: "line", color: blue, opacity: 0.5 },
        encoding: { x, y: { field: "seconds", type: "quantitative", title: "seconds" } },
      },
      {
        data: { values: points.map(({ at, leastMs }) => ({ at, seconds: leastMs / 1000 })) },
        mark: { type: "point", color: blue, filled: true, size: 50 },
        encoding: { x, y: { field: "seconds", type: "quantitative" } },
      },
    ],
  };
  const amounts = points.flatMap(({ at, arenaBytes, weightBytes }) => [
    { at, mebibytes: arenaBytes / 2 ** 20, what: "activations" },
    { at, mebibytes: weightBytes / 2 ** 20, what: "weights" },
  ]);
  const memory = {
    title: "planned memory",
    width: 300,
    height: 220,
    data: { values: amounts },
    mark: { type: "line", point: true },
    encoding: {
      x,
      y: { field: "mebibytes", type: "quantitative", title: "MiB" },
      color: {
        field: "what",
        type: "nominal",
        scale: { domain: ["activations", "weights"], range: [blue, orange] },
        legend: { title: null, orient: "bottom" },
      },
    },
  };
  const { spec } = compile({
    title: { text: sweep.title, anchor: "middle" },
    background: "white",
    hconcat: [time, memory],
    config: { font: "sans-serif", view: { stroke: null } },
  });
  const view = new View(parse(spec), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}
