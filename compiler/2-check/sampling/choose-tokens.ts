import type { Graph, GraphOutput, Value } from "../../ir/graph/graph.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { LoadedProgram } from "../load/load-files.ts";
import type { StepExtension } from "../modes/elaborate-mode.ts";
import { rememberIds } from "./remember-ids.ts";
import { SamplingCaller, type SamplingSettings } from "./sampling-caller.ts";
import { type Sampling, wrongSetting } from "./sampling-settings.ts";

/**
 * What puts the choice of a token behind the logits of a step: `token: i32[B]`, or with `candidates` the
 * best `ids` and their `logp`, with `draws` ids that were drawn, and the `key` by which. Settings are part of
 * the program; `seed` and `step` (the number of tokens before this one) are immediates.
 */
export function chooseTokens(program: LoadedProgram, sampling: Sampling): StepExtension {
  return (checker, graph, result) => chooseToken(program, checker, graph, sampling, result);
}

function chooseToken(
  program: LoadedProgram,
  checker: Checker,
  graph: Graph,
  sampling: Sampling,
  span: Span,
): Graph | undefined {
  const [logits] = graph.outputs;
  const vocab = logits?.value.type.axes.at(-1);
  const isReal = logits !== undefined && /^(real|f32|f16|bf16)$/.test(logits.value.type.element);
  if (graph.outputs.length !== 1 || !isReal || vocab === undefined) {
    checker.sink.report("not-logits", span, { step: graph.name });
    return undefined;
  }
  const size = checker.sizes.valueOf(vocab.size);
  const wrong = wrongSetting(sampling, size);
  if (wrong !== undefined) {
    checker.sink.report("sampling-setting", span, wrong);
    return undefined;
  }
  const caller = new SamplingCaller(program, checker, vocab, span);
  const { repetitionPenalty: penalty = 1, prompt } = sampling;
  const said = penalty === 1 ? undefined : rememberIds(checker, graph, logits, { prompt, span });
  let masked: Value | undefined = logits.value;
  // As in Hugging Face, beams are penalised in their log-probabilities, single sequences in their logits.
  if (sampling.choose === "draws" || (said !== undefined && sampling.choose === "candidates"))
    [masked] = caller.call("log_probabilities", masked, {});
  if (said !== undefined && masked !== undefined)
    [masked] = caller.call("penalize", masked, { said: said.next, penalty });
  for (const end of (sampling.minNewTokens ?? 0) > 0 ? (sampling.ends ?? []) : []) {
    const when = caller.isEarly(sampling.minNewTokens ?? 0);
    masked = masked && caller.suppress(masked, end, when);
  }
  const outputs = masked && outputsOf(caller, logits, masked, sampling);
  if (outputs === undefined) return undefined;
  const kept = sampling.keepLogits === true ? [{ ...logits, name: "logits" }] : [];
  const stored = said === undefined ? graph.stored : [...graph.stored, said];
  return { ...graph, stored, outputs: [...outputs, ...kept, ...lengthOf(graph)] };
}

/**
 * How many positions each sequence has taken: the one state of whole numbers that has no axes but the free
 * ones. Who decodes asks it once, and knows then when the caches are full.
 */
function lengthOf({ stored }: Graph): readonly GraphOutput[] {
  const counts = stored.filter(
    ({ lifetime, value, dimensions, free }) =>
      lifetime === "generation" &&
      value.type.element === "i32" &&
      dimensions.length === free.length,
  );
  const [only] = counts;
  return only !== undefined && counts.length === 1
    ? [{ name: "length", value: only.next, dimensions: only.dimensions }]
    : [];
}

function outputsOf(
  caller: SamplingCaller,
  logits: GraphOutput,
  masked: Value,
  sampling: Sampling,
): readonly GraphOutput[] | undefined {
  const { choose, temperature = 1, topK = 0, topP = 1, repetitionPenalty = 1 } = sampling;
  const { candidates = 1, ends = [] } = sampling;
  const settings = { temperature, top_k: topK, top_p: topP };
  const dimensions = logits.dimensions.slice(0, -1);
  const several = (fn: string, names: readonly string[], from: Value, more: SamplingSettings) => {
    const axis = caller.newAxis("Candidate", candidates);
    const values = caller.call(fn, from, more, axis);
    const wider = [...dimensions, { name: "Candidate", axes: [axis] }];
    const found = values.flatMap((value, n) => {
      const name = names[n];
      return name === undefined ? [] : [{ name, value, dimensions: wider }];
    });
    return found.length === names.length ? found : undefined;
  };
  switch (choose) {
    case "greedy": {
      const [value] = caller.call("greedy", masked, {});
      return value && [{ name: "token", value, dimensions }];
    }
    case "sample": {
      const [value] = caller.call("sample", masked, settings);
      return value && [{ name: "token", value, dimensions }];
    }
    case "candidates":
      return repetitionPenalty === 1
        ? several("candidates", ["logp", "ids"], logits.value, { open: masked })
        : several("best", ["logp", "ids"], masked, {});
    case "draws": {
      // More than there are ends, so that a beam can always go on.
      const least = Math.max(2, 1 + ends.length);
      return several("draws", ["logp", "ids", "key"], masked, { ...settings, least });
    }
  }
}
