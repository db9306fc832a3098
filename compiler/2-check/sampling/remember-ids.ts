import type { Graph, GraphOutput, GraphStored, Value } from "../../ir/graph/graph.ts";
import { constant, equal, greaterEqual, index, state, where } from "../../ops/build/build.ts";
import { expandTo, put } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";

/** No part of a model can have this path. */
const path = "std/sampling.said";

/**
 * Which ids a sequence has read so far, its prompt and what it answered: 1 or 0 for each id of the
 * vocabulary, as a state with the batch axes of the logits, so that beams take it along like their caches.
 * A step that reads the prompt begins anew, every other one adds the token that it was given.
 */
export function rememberIds(
  { build }: Checker,
  graph: Graph,
  logits: GraphOutput,
  { prompt, span }: { readonly prompt: string | undefined; readonly span: Span },
): GraphStored | undefined {
  const origin = { kind: "source", span, path: "" } as const;
  const { axes } = logits.value.type;
  const batch = axes.slice(0, -1);
  const vocab = axes.at(-1);
  if (vocab === undefined) return undefined;
  const none = expandTo(build, constant(build, 0, "i32", origin), axes, origin);
  const value = state(build, path, none.type, origin);
  const mark = (said: Value, ids: Value) => {
    const one = expandTo(build, constant(build, 1, "i32", origin), ids.type.axes, origin);
    return put(build, said, vocab, ids, one, origin);
  };
  const whole = graph.inputs.find(({ name }) => name === prompt)?.value;
  const lengths = graph.inputs.find(
    ({ reader }) => reader?.name === "length" && reader.args.of === prompt,
  )?.value;
  const single = graph.inputs.find(
    ({ value: { type }, reader }) =>
      reader?.name !== "length" &&
      type.element === "i32" &&
      type.axes.length === batch.length &&
      type.axes.every((axis) => batch.includes(axis)),
  )?.value;
  let next = value;
  if (whole !== undefined) {
    // Where nothing says how long the prompts are, padding is 0. A position that is none is dropped.
    const place = whole.type.axes.at(-1);
    const padding =
      lengths === undefined || place === undefined
        ? equal(build, whole, constant(build, 0, "i32", origin), origin)
        : greaterEqual(build, index(build, place, origin), lengths, origin);
    const nowhere = constant(build, -1, "i32", origin);
    const everywhere = expandTo(build, padding, whole.type.axes, origin);
    next = mark(none, where(build, everywhere, nowhere, whole, origin));
  } else if (single !== undefined) next = mark(value, single);
  return {
    kind: "state",
    path,
    value,
    next,
    lifetime: "generation",
    dimensions: logits.dimensions,
    free: batch.map((_, place) => place),
    init: none,
    span,
  };
}
