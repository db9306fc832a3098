import { invariant } from "../../diagnostics/internal-error.ts";
import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { BracesSyntax } from "../../ir/syntax/syntax.ts";
import { constant, convert, immediate, less } from "../../ops/build/build.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker, PipedArgument } from "../core/checker.ts";
import type { GraphMaking } from "../core/contexts.ts";
import type { Entity, EntityOf, LoadedFile } from "../core/entity.ts";
import { fileEnv } from "../core/root-frame.ts";
import { Scope } from "../core/scope.ts";
import type { LoadedProgram } from "../load/load-files.ts";

/** The file of the standard library that is loaded beside the entry. */
export const samplingFile = "std/sampling";

export type SamplingSettings = Readonly<Record<string, number | Value>>;

/** Calls fns of `std/sampling` as if they were written behind the result of the step. */
export class SamplingCaller {
  readonly #program: LoadedProgram;
  readonly #on: Checker;
  readonly #vocab: Axis;
  readonly #span: Span;

  constructor(program: LoadedProgram, checker: Checker, vocab: Axis, span: Span) {
    this.#program = program;
    this.#on = checker;
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

  call(name: string, logits: Value, settings: SamplingSettings, to?: Axis): readonly Value[] {
    const checker = this.#on;
    const span = this.#span;
    const { fn, file } = this.#fn(name);
    const scope = new Scope("fn", file.scope);
    const declare = (axis: string, axes: readonly Axis[]) =>
      scope.declare(axis, { entity: { kind: "axes", axes }, span: undefined, role: "axis" });
    declare("Vocab", [this.#vocab]);
    if (to !== undefined) declare("P", [to]);
    const args: readonly PipedArgument[] = [
      { name: undefined, entity: { kind: "tensor", value: logits }, span },
      ...Object.entries(settings).map(([setting, value]) => ({
        name: { text: setting, span },
        entity: settingOf(checker, fn, setting, value),
        span,
      })),
    ];
    const braces: BracesSyntax = {
      items: [this.#item("Vocab")],
      to: to === undefined ? undefined : [this.#item("P")],
      span,
    };
    const found = checker.callFn(checker, { ...fileEnv(file), scope }, fn, {
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

  #fn(name: string): { readonly fn: EntityOf<"fn">; readonly file: LoadedFile } {
    const file = this.#program.standard.get(samplingFile);
    const fn = file?.scope.own(name)?.entity;
    invariant(file !== undefined && fn?.kind === "fn", `${samplingFile} has no fn ${name}`);
    return { fn, file };
  }
}

/** A setting as the fn declares it: a tensor, a whole number or a float. */
function settingOf(
  context: GraphMaking,
  { callable }: EntityOf<"fn">,
  name: string,
  value: number | Value,
): Entity {
  if (typeof value !== "number") return { kind: "tensor", value };
  const param = callable.signature.params.find((one) => one.name.text === name);
  const isWhole = param?.type.element?.text === "int";
  return isWhole
    ? { kind: "static", value: { type: "int", value: context.sizes.constant(value) } }
    : { kind: "static", value: { type: "float", value } };
}
