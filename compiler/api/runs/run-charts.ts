import { lineCharts, type Panel } from "../charts/line-charts.ts";
import type { Point } from "../charts/smooth.ts";
import type { MetricsLine } from "./read-metrics.ts";
import { type RunFacts, titleOf } from "./run-facts.ts";

/** The charts of a run: loss, learning rate, gradient norm, samples a second, memory, and what is watched. */
export function runCharts(facts: RunFacts, lines: readonly MetricsLine[]): string {
  const trained = lines.filter(({ isHeldOut }) => !isHeldOut);
  const heldOut = lines.filter(({ isHeldOut }) => isHeldOut);
  const pick = (from: readonly MetricsLine[], name: string, scale = 1): readonly Point[] =>
    from.flatMap(({ step, numbers: { [name]: value } }): Point[] =>
      value === undefined ? [] : [[step, value * scale]],
    );
  const watched = (from: readonly MetricsLine[], name: string): readonly Point[] =>
    from.flatMap(({ step, watches: { [name]: value } }): Point[] =>
      value === undefined ? [] : [[step, value]],
    );
  const panel = (title: string, points: readonly Point[], held: readonly Point[] = []): Panel => ({
    title,
    series: [
      { name: "training", points },
      ...(held.length > 0 ? [{ name: "held out", points: held, look: "dots" as const }] : []),
    ],
  });
  const names = [...new Set(lines.flatMap(({ watches }) => Object.keys(watches)))];
  const panels = [
    panel("loss", pick(trained, "loss"), pick(heldOut, "loss")),
    panel("learning rate, of its peak", pick(trained, "lr")),
    panel("norm of the gradient", pick(trained, "norm")),
    panel("samples a second", pick(trained, "samplesPerSecond")),
    panel("memory of the process, MiB", pick(trained, "memory", 2 ** -20)),
    panel("waiting for data, % of the time", pick(trained, "idle", 100)),
    panel("scale of the loss", pick(trained, "loss_scale")),
    ...names.map((name) => panel(name, watched(trained, name), watched(heldOut, name))),
  ];
  return lineCharts({
    title: titleOf(facts),
    axis: "step",
    panels: panels.filter(({ series }) => series.some(({ points }) => points.length > 0)),
    marks: facts.phases.flatMap(({ stage: { phase }, from }) =>
      phase === undefined || facts.phases.length === 1 ? [] : [{ x: from, name: phase }],
    ),
  });
}
