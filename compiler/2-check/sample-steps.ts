import { invariant } from "../diagnostics/internal-error.ts";
import type { Axis, Graph, GraphOutput, Origin, Value } from "../ir/graph.ts";
import type { BracesSyntax } from "../ir/syntax.ts";
import { constant, convert, immediate, less } from "../ops/build.ts";
import type { Span } from "../source/source-file.ts";
import type { CheckedProgram } from "./check-files.ts";
import type { ElaboratedMode } from "./elaborate-mode.ts";
import type { Elaboration, PipedArgument } from "./elaboration.ts";
import type { LoadedFile, Meaning, MeaningOf } from "./meaning.ts";
import { fileEnv } from "./root-frame.ts";
import { wrongSetting } from "./sampling-settings.ts";
import { Scope } from "./scope.ts";

/** How the next token is chosen on the device, so that a step reads back a few bytes. */
export interface Sampling {
  /** A fn of `std/sampling`. */
  readonly choose: "greedy" | "sample" | "candidates";
  readonly temperature?: number;
  /** 0 leaves all. */
  readonly topK?: number;
  readonly topP?: number;
  /** How many `candidates` gives. */
  readonly candidates?: number;
  /** Tokens that end a text, which the first `minNewTokens` must not be. */
  readonly ends?: readonly number[];
  readonly minNewTokens?: number;
  /** Results also in the logits, for who wants to see them. */
  readonly keepLogits?: boolean;
}

/** The file of the standard library that is loaded beside the entry. */
export const samplingFile = "std/sampling";

/**
 * The steps with the choice of a token behind their logits: `token: i32[B]`, or with `candidates` the
 * best `ids` and their `logp`. Settings are part of the program; `seed` and `step` (the number of tokens
 * before this one) are immediates. Undefined after a report.
 */
export function sampleSteps(
  program: CheckedProgram,
  elaborated: ElaboratedMode,
  mode: string,
  sampling: Sampling,
): ElaboratedMode | undefined {
  const { on, instance } = elaborated;
  const before = on.sink.errorCount;
  const written = instance.modes.get(mode);
  const steps = elaborated.steps.map((step, n) => {
    const result = written?.steps[n]?.signature.result.span ?? instance.syntax.span;
    const chosen = chooseToken(program, on, step.graph, sampling, result);
    return chosen === undefined ? step : { ...step, graph: chosen };
  });
  const [first] = steps;
  if (first === undefined || on.sink.errorCount > before) return undefined;
  return { ...elaborated, steps, graph: first.graph };
}

function chooseToken(
  program: CheckedProgram,
  on: Elaboration,
  graph: Graph,
  sampling: Sampling,
  span: Span,
): Graph | undefined {
  const [logits] = graph.outputs;
  const vocab = logits?.value.type.axes.at(-1);
  const isReal = logits !== undefined && /^(real|f32|f16|bf16)$/.test(logits.value.type.element);
  if (graph.outputs.length !== 1 || !isReal || vocab === undefined) {
    on.sink.report("not-logits", span, { step: graph.name });
    return undefined;
  }
  const size = on.sizes.valueOf(vocab.size);
  const wrong = wrongSetting(sampling, size);
  if (wrong !== undefined) {
    on.sink.report("sampling-setting", span, wrong);
    return undefined;
  }
  const caller = new Caller(program, on, vocab, span);
  let masked: Value | undefined = logits.value;
  for (const end of (sampling.minNewTokens ?? 0) > 0 ? (sampling.ends ?? []) : []) {
    const when = caller.isEarly(sampling.minNewTokens ?? 0);
    masked = masked && caller.suppress(masked, end, when);
  }
  const outputs = masked && outputsOf(caller, logits, masked, sampling);
  if (outputs === undefined) return undefined;
  const kept = sampling.keepLogits === true ? [{ ...logits, name: "logits" }] : [];
  return { ...graph, outputs: [...outputs, ...kept, ...lengthOf(graph)] };
}

/**
 * How many positions each sequence has taken: the one state of whole numbers that has no axes but the free
 * ones. Who decodes asks it once, and knows then when the caches are full.
 */
function lengthOf({ states }: Graph): readonly GraphOutput[] {
  const counts = states.filter(
    ({ value, dimensions, free }) =>
      value.type.element === "i32" && dimensions.length === free.length,
  );
  const [only] = counts;
  return only !== undefined && counts.length === 1
    ? [{ name: "length", value: only.next, dimensions: only.dimensions }]
    : [];
}

function outputsOf(
  caller: Caller,
  logits: GraphOutput,
  masked: Value,
  { choose, temperature = 1, topK = 0, topP = 1, candidates = 1 }: Sampling,
): readonly GraphOutput[] | undefined {
  const dimensions = logits.dimensions.slice(0, -1);
  switch (choose) {
    case "greedy": {
      const [value] = caller.call("greedy", masked, {});
      return value && [{ name: "token", value, dimensions }];
    }
    case "sample": {
      const settings = { temperature, top_k: topK, top_p: topP };
      const [value] = caller.call("sample", masked, settings);
      return value && [{ name: "token", value, dimensions }];
    }
    case "candidates": {
      const axis = caller.newAxis("Candidate", candidates);
      const [logp, id] = caller.call("candidates", logits.value, { open: masked }, axis);
      const wider = [...dimensions, { name: "Candidate", axes: [axis] }];
      if (logp === undefined || id === undefined) return undefined;
      return [
        { name: "logp", value: logp, dimensions: wider },
        { name: "ids", value: id, dimensions: wider },
      ];
    }
  }
}

/** Calls fns of `std/sampling` as if they were written behind the result of the step. */
class Caller {
  readonly #program: CheckedProgram;
  readonly #on: Elaboration;
  readonly #vocab: Axis;
  readonly #span: Span;

  constructor(program: CheckedProgram, on: Elaboration, vocab: Axis, span: Span) {
    this.#program = program;
    this.#on = on;
    this.#vocab = vocab;
    this.#span = span;
  }

  newAxis(name: string, size: number): Axis {
    return this.#on.build.axis(name, this.#on.sizes.constant(size), this.#span);
  }

  /** Whether fewer than `count` tokens stand before this one. */
  isEarly(count: number): Value {
    const { build } = this.#on;
    const step = convert(build, immediate(build, "step", this.#origin), "i32", this.#origin);
    return less(build, step, constant(build, count, "i32", this.#origin), this.#origin);
  }

  suppress(logits: Value, id: number, when: Value): Value | undefined {
    return this.call("suppress", logits, { id, when })[0];
  }

  call(
    name: string,
    logits: Value,
    settings: Readonly<Record<string, number | Value>>,
    to?: Axis,
  ): readonly Value[] {
    const on = this.#on;
    const span = this.#span;
    const { fn, file } = this.#fn(name);
    const scope = new Scope("fn", file.scope);
    const declare = (axis: string, axes: readonly Axis[]) =>
      scope.declare(axis, { meaning: { kind: "axes", axes }, span: undefined, role: "axis" });
    declare("Vocab", [this.#vocab]);
    if (to !== undefined) declare("P", [to]);
    const args: readonly PipedArgument[] = [
      { name: undefined, meaning: { kind: "tensor", value: logits }, span },
      ...Object.entries(settings).map(([setting, value]) => ({
        name: { text: setting, span },
        meaning: settingOf(on, fn, setting, value),
        span,
      })),
    ];
    const braces: BracesSyntax = {
      items: [this.#item("Vocab")],
      to: to === undefined ? undefined : [this.#item("P")],
      span,
    };
    const found = on.callFn(on, { ...fileEnv(file), scope }, fn, {
      braces,
      args,
      calleeSpan: span,
      span,
      initAxes: undefined,
    });
    const items = found.kind === "tuple" ? found.items : [found];
    return items.flatMap((item) => (item.kind === "tensor" ? [item.value] : []));
  }

  get #origin(): Origin {
    return { kind: "source", span: this.#span, path: "" };
  }

  #item(text: string): BracesSyntax["items"][number] {
    const span = this.#span;
    const path = { head: { text, span }, steps: [], span };
    return { kind: "axis", axis: { kind: "path", path, span }, at: undefined, span };
  }

  #fn(name: string): { readonly fn: MeaningOf<"fn">; readonly file: LoadedFile } {
    const file = this.#program.standard.get(samplingFile);
    const fn = file?.scope.own(name)?.meaning;
    invariant(file !== undefined && fn?.kind === "fn", `${samplingFile} has no fn ${name}`);
    return { fn, file };
  }
}

/** A setting as the fn declares it: a tensor, a whole number or a float. */
function settingOf(
  on: Elaboration,
  { callable }: MeaningOf<"fn">,
  name: string,
  value: number | Value,
): Meaning {
  if (typeof value !== "number") return { kind: "tensor", value };
  const param = callable.signature.params.find((one) => one.name.text === name);
  const isWhole = param?.type.element?.text === "int";
  return isWhole
    ? { kind: "static", value: { type: "int", value: on.sizes.constant(value) } }
    : { kind: "static", value: { type: "float", value } };
}
