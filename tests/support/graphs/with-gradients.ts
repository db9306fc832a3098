import { reverseMode } from "../../../compiler/3-differentiate/reverse-mode.ts";
import type { Axis, Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { isFloat } from "../../../compiler/ops/build/type-rules.ts";
import { generator } from "./random-tensors.ts";
import type { Sketch } from "./sketch.ts";

/**
 * What the logarithm of a softmax misses, compared between all pairs of rows and divided by the weight of the pairs.
 * That weight is older than the logits and summed beside what is younger: the backward pass, which divides by it,
 * waits for the reduction of the logits through a value that is older than them.
 */
function pairwiseCrossEntropy(s: Sketch, logits: Value, weights: Value, classes: Axis): Value {
  const rows = weights.type.axes;
  const first = rows[0] as Axis;
  const others = s.twin("Other", first);
  const ofOther = (x: Value): Value => s.rename(x, first, others);
  const pairs = s.mul(weights, ofOther(weights));
  const all = [...rows, others];
  const scale = s.div(s.number(1), s.maximum(s.sum(pairs, ...all), 0.5));
  const top = s.max(logits, classes);
  const total = s.add(top, s.log(s.sum(s.exp(s.sub(logits, top)), classes)));
  const missed = s.sub(total, s.element(logits, classes, 0));
  const compared = s.mul(pairs, s.sub(missed, s.mul(ofOther(missed), 0.5)));
  return s.mul(scale, s.sum(compared, ...all));
}

/**
 * A graph of random operations with gradients as further outputs: those of some of its inputs and parameters,
 * from random gradients at its outputs. `undefined` where no output depends on what was drawn.
 */
export function withRandomGradients(
  { sketch, graph }: { readonly sketch: Sketch; readonly graph: Graph },
  seed: number,
): Graph | undefined {
  const next = generator(seed + 1000);
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const seeds = new Map<Value, Value>();
  for (const { value } of graph.outputs) {
    const { axes } = value.type;
    const classes = axes[Math.floor(next() * axes.length)];
    if (axes.length < 2 || classes === undefined || next() < 0.3) continue;
    const rows = axes.filter((axis) => axis !== classes);
    const weights = sketch.input(`weights ${outputs.size}`, rows);
    outputs.set(`loss ${outputs.size}`, pairwiseCrossEntropy(sketch, value, weights, classes));
  }
  for (const [name, value] of outputs)
    if (isFloat(value.type.element) && !seeds.has(value))
      seeds.set(value, sketch.input(`at ${name}`, value.type.axes, value.type.element));
  const sources = [...graph.inputs, ...graph.stored].map(({ value }) => value);
  const wanted = sources.filter(() => next() < 0.7);
  const gradients = reverseMode({ build: sketch.build, seeds, wanted });
  const found = wanted.flatMap((value) => gradients.get(value) ?? []);
  if (found.length === 0) return undefined;
  // Some programs store the values too, which keeps these from being made again.
  const kept = next() < 0.5 ? outputs : new Map<string, Value>();
  found.forEach((value, n) => {
    kept.set(`gradient ${n}`, value);
  });
  return sketch.graph(Object.fromEntries(kept));
}
