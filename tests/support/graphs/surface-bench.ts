import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { noFacts } from "../../../compiler/dims/facts.ts";
import type { Size } from "../../../compiler/dims/size.ts";
import { SizeTable } from "../../../compiler/dims/size-table.ts";
import type { Axis, Origin } from "../../../compiler/ir/graph/graph.ts";
import { GraphBuilder } from "../../../compiler/ir/graph/graph-builder.ts";
import { input } from "../../../compiler/ops/build/build.ts";
import { elementTypes } from "../../../compiler/ops/build/type-rules.ts";
import { formatType } from "../../../compiler/ops/surface/read/format-type.ts";
import type {
  BraceItem,
  Operand,
  StaticValue,
  SurfaceArgument,
  SurfaceCall,
} from "../../../compiler/ops/surface/surface.ts";
import { surfaceOps } from "../../../compiler/ops/surface/surface-registry.ts";
import type { Span } from "../../../compiler/source/source-file.ts";

/**
 * Calls of primitives without parser and checker. Axes and tensors are declared by lines of text
 * (`axis N = 5`, `join Tok = Cls ++ Row*Col`, `tensor x: f32[N]`), calls are written like
 * `take{N: p}(x)`; `Q'` is a new axis.
 */
export class SurfaceBench {
  readonly sizes = new SizeTable();
  readonly build = new GraphBuilder();
  readonly #axes = new Map<string, Axis>();
  readonly #operands = new Map<string, Operand>([
    ["true", { kind: "static", value: { type: "bool", value: true } }],
    ["false", { kind: "static", value: { type: "bool", value: false } }],
    ["unknown", { kind: "static", value: { type: "bool", value: undefined } }],
    ["lowest", { kind: "static", value: { type: "lowest" } }],
    ["error", { kind: "error" }],
  ]);
  #rest: readonly Axis[] | undefined;
  #streams = 0;

  /** Whether the line declares something. */
  declare(line: string): boolean {
    const [word = "", name = ""] = line.split(/[ :]+/);
    const value = line.slice(line.search(/[=:]/) + 1).trim();
    if (word === "axis") {
      const size =
        value === "?" ? this.sizes.variable(name, 0) : this.sizes.constant(Number(value));
      this.#axes.set(name, this.build.axis(name, size, undefined));
    } else if (word === "join") {
      const segments = value.split("++").map((segment) => this.#axesOf(segment));
      this.#axes.set(name, this.build.join(name, this.#sizeOf(segments), segments, undefined));
    } else if (word === "rest") {
      this.#rest = line
        .split(" ")
        .slice(1)
        .flatMap((axis) => this.#axesOf(axis));
    } else if (word === "tensor") {
      const [written, inner = ""] = value.replace("]", "").split("[");
      const element = elementTypes.find((type) => type === written) ?? "real";
      const axes = inner === "" ? [] : inner.split(",").flatMap((axis) => this.#axesOf(axis));
      const origin: Origin = { kind: "source", span: spanOf(line, 0, line.length), path: "" };
      const tensor = input(this.build, name, { element, axes }, origin);
      this.#operands.set(name, { kind: "tensor", value: tensor });
    } else {
      return false;
    }
    return true;
  }

  /** What the surface says of the call: the type of its result, or its diagnostics. */
  call(line: string): { readonly operand: Operand; readonly lines: readonly string[] } {
    const text = line.replace(/^\?\?/, "");
    const [, callee = "", braces, args] = /^([^{(]+)(?:\{(.*?)\})?(?:\((.*)\))?$/.exec(text) ?? [];
    const op = surfaceOps.get(callee);
    if (op === undefined) throw new Error(`there is no primitive ${callee}`);
    const sink = new DiagnosticSink();
    const [items, to] = (braces ?? "").split("->");
    const operand = op.elaborate({
      span: spanOf(text, 0, text.length),
      braces:
        braces === undefined
          ? undefined
          : {
              items: this.#items(text, items ?? ""),
              to: to === undefined ? undefined : this.#items(text, to),
              span: spanAt(text, `{${braces}}`),
            },
      args: split(args ?? "").map((written) => this.#argument(text, written)),
      context: this.#context(text, sink, line.startsWith("??")),
    });
    const said = sink.diagnostics.flatMap(linesOf);
    return { operand, lines: said.length > 0 ? said : [this.#textOf(operand)] };
  }

  #context(text: string, sink: DiagnosticSink, isPartial: boolean): SurfaceCall["context"] {
    return {
      build: this.build,
      sizes: this.sizes,
      facts: noFacts,
      sink,
      origin: { kind: "source", span: spanOf(text, 0, text.length), path: "" },
      isPartial,
      restAxes: this.#rest,
      nameOf: (axis) => axis.name,
      nextStream: () => this.#streams++,
      samples: undefined,
    };
  }

  #items(text: string, list: string): readonly BraceItem[] {
    return split(list).map((written): BraceItem => {
      const span = spanAt(text, written);
      if (written === "..") return { kind: "rest", span };
      if (written.endsWith("'")) {
        const name = written.slice(0, -1);
        const define = (size: Size): Axis => this.build.axis(name, size, undefined);
        return { kind: "new", name, define, span };
      }
      const [named = "", at] = written.split(":").map((part) => part.trim());
      const axes = this.#axesOf(named);
      if (at === undefined) return { kind: "axes", axes, text: named, at: undefined, span };
      const place = spanAt(text, at);
      const position =
        at.split("*").every((name) => this.#axes.has(name)) && at !== "F"
          ? ({ kind: "axes", axes: this.#axesOf(at), text: at, span: place } as const)
          : ({ kind: "operand", operand: this.#operand(at), span: place } as const);
      return { kind: "axes", axes, text: named, at: position, span };
    });
  }

  #argument(text: string, written: string): SurfaceArgument {
    const [, name, value = ""] = /^(?:(\w+): *)?(.*)$/.exec(written) ?? [];
    return { name, operand: this.#operand(value), span: spanAt(text, value) };
  }

  #operand(text: string): Operand {
    const known = this.#operands.get(text);
    if (known !== undefined) return known;
    const axis = this.#axes.get(text);
    if (axis !== undefined) return staticOperand({ type: "int", value: axis.size });
    if (text === "tuple") return { kind: "tuple", items: [this.#operand("x"), this.#operand("x")] };
    if (text.startsWith('"')) return staticOperand({ type: "string", value: text });
    const number = Number(text);
    if (Number.isNaN(number)) throw new Error(`there is no operand ${text}`);
    if (text.includes(".")) return staticOperand({ type: "float", value: number });
    return staticOperand({ type: "int", value: this.sizes.constant(number) });
  }

  #axesOf(text: string): readonly Axis[] {
    return text.split("*").map((name) => {
      const axis = this.#axes.get(name.trim());
      if (axis === undefined) throw new Error(`there is no axis ${name}`);
      return axis;
    });
  }

  #sizeOf(segments: readonly (readonly Axis[])[]): Size {
    const product = (axes: readonly Axis[]): Size =>
      axes.reduce((size, axis) => this.sizes.multiply(size, axis.size), this.sizes.constant(1));
    return segments.map(product).reduce((a, b) => this.sizes.add(a, b));
  }

  #textOf(operand: Operand): string {
    switch (operand.kind) {
      case "tensor":
        return formatType({ nameOf: (axis) => axis.name }, operand.value.type);
      case "static":
        return this.#staticText(operand.value);
      case "tuple":
        return `(${operand.items.map((item) => this.#textOf(item)).join(", ")})`;
      default:
        return operand.kind;
    }
  }

  #staticText(value: StaticValue): string {
    if (value.type === "int") return `int ${this.sizes.format(value.value)}`;
    if (value.type === "list" || value.type === "lowest") return value.type;
    return `${value.type} ${value.value ?? "not known yet"}`;
  }
}

function staticOperand(value: StaticValue): Operand {
  return { kind: "static", value };
}

function split(list: string): readonly string[] {
  return list.trim() === "" ? [] : list.split(",").map((item) => item.trim());
}

function linesOf({ code, message, primary, notes, hint }: Diagnostic): readonly string[] {
  const { file, start, end } = primary.span;
  return [
    `error[${code}] at ${file.text.slice(start, end)}: ${message}`,
    ...notes.map((note) => `  note: ${note}`),
    ...(hint === undefined ? [] : [`  help: ${hint}`]),
  ];
}

function spanAt(text: string, part: string): Span {
  const start = Math.max(0, text.lastIndexOf(part));
  return spanOf(text, start, start + part.length);
}

function spanOf(text: string, start: number, end: number): Span {
  return { file: { path: "call.weft", text }, start, end };
}
