import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ItemSyntax } from "../../ir/syntax/file-syntax.ts";
import type {
  BlockSyntax,
  ExprSyntax,
  LetSyntax,
  Named,
  ParamSyntax,
  StatementSyntax,
} from "../../ir/syntax/syntax.ts";
import type { LoadedFile } from "../core/entity.ts";

type ForSyntax = Extract<StatementSyntax, { kind: "for" }>;

/** Statements of which nothing reaches a result or a state. */
export type DeadStatements = ReadonlySet<object>;

interface UnusedValues {
  readonly lets: readonly UnusedLet[];
  /** These, and the loops of which nothing is left without them. */
  readonly statements: DeadStatements;
}

interface UnusedLet {
  readonly syntax: LetSyntax;
  /** The local around the loop that a `let` inside it hides, which `=` would have replaced. */
  readonly hidden: string | undefined;
}

/**
 * Every `let` whose value reaches nothing: neither the result of its fn, nor a state, nor what a stage
 * watches. Reached is what flows on, through other names and from turn to turn of a `for`; being named is not
 * enough.
 */
export function findUnusedValues(files: readonly LoadedFile[]): UnusedValues {
  const statements = new Set<object>();
  const lets: UnusedLet[] = [];
  for (const file of files) {
    for (const { syntax } of file.items.values()) {
      for (const { body, params, watched } of bodiesOf(syntax)) {
        const flow = flowOf(body, params, watched);
        const reached = reachedFrom(flow.roots);
        for (const loop of flow.loops) if (!reached.has(loop)) statements.add(loop.syntax);
        const unused = flow.lets.filter((one) => !one.names.some((name) => reached.has(name)));
        for (const one of unused) statements.add(one.syntax);
        lets.push(...unused);
      }
    }
  }
  return { lets, statements };
}

export function reportUnusedValues({ lets }: UnusedValues, sink: DiagnosticSink): void {
  for (const { syntax, hidden } of lets) {
    const names = syntax.names.map(({ text }) => text).filter((text) => text !== "_");
    sink.report("unused-value", syntax.span, { names, hidden });
  }
}

interface Body {
  readonly body: BlockSyntax;
  readonly params: readonly ParamSyntax[];
  /** Names at its top that are used although nothing below reads them. */
  readonly watched: readonly string[];
}

function bodiesOf(item: ItemSyntax): readonly Body[] {
  if (item.kind === "fn") return [{ body: item.body, params: item.signature.params, watched: [] }];
  if (item.kind === "module") {
    return item.members.flatMap((member): readonly Body[] => {
      const callables =
        member.kind === "mode" ? member.steps : member.kind === "fn" ? [member] : [];
      return callables.map(({ body, signature }) => ({
        body,
        params: signature.params,
        watched: [],
      }));
    });
  }
  if (item.kind !== "stage") return [];
  const entries = item.entries.flatMap((one) => (one.kind === "phase" ? one.entries : [one]));
  const watched = entries.flatMap((one) =>
    one.kind === "watch" ? one.names.map(({ text }) => text) : [],
  );
  return entries.flatMap((one) =>
    one.kind === "loss" ? [{ body: one.body, params: item.params, watched }] : [],
  );
}

/** Something that takes values in: a name, or a loop, which everything that it does depends on. */
interface Taker {
  readonly reads: Set<Taker>;
}
interface Let extends UnusedLet {
  readonly names: readonly Taker[];
}
interface Loop extends Taker {
  readonly syntax: ForSyntax;
}
interface Flow {
  readonly roots: Taker;
  readonly lets: Let[];
  readonly loops: Loop[];
}

/** Where a statement stands. */
interface Place {
  readonly names: Map<string, Taker>;
  /** Names of the fn outside of the innermost loop. */
  readonly outside: ReadonlyMap<string, Taker>;
  readonly loops: readonly Loop[];
}

function flowOf(
  body: BlockSyntax,
  params: readonly ParamSyntax[],
  watched: readonly string[],
): Flow {
  const flow: Flow = { roots: { reads: new Set() }, lets: [], loops: [] };
  const names = new Map(params.map(({ name }) => [name.text, { reads: new Set<Taker>() }]));
  const place: Place = { names, outside: new Map(), loops: [] };
  runBlock(flow, place, body, flow.roots);
  for (const name of watched) {
    const taker = place.names.get(name);
    if (taker !== undefined) flow.roots.reads.add(taker);
  }
  return flow;
}

/** The statements in order; `into` takes the value of the last one. */
function runBlock(flow: Flow, place: Place, block: BlockSyntax, into: Taker): void {
  for (const [n, statement] of block.statements.entries()) {
    switch (statement.kind) {
      case "axis":
        readInto(flow, place, statement.axis, flow.roots);
        break;
      case "let":
        runLet(flow, place, statement);
        break;
      case "for":
        runFor(flow, place, statement);
        break;
      case "assign": {
        const target = place.names.get(statement.target.text) ?? flow.roots;
        takeIn(flow, place, statement.value, target);
        break;
      }
      case "store":
        takeIn(flow, place, statement.value, flow.roots);
        break;
      case "expr": {
        const isLast = n === block.statements.length - 1;
        readInto(flow, place, statement.value, isLast ? into : flow.roots);
      }
    }
  }
}

/** What a statement inside loops does hangs on them too. */
function takeIn(flow: Flow, place: Place, value: ExprSyntax, taker: Taker): void {
  for (const loop of place.loops) taker.reads.add(loop);
  readInto(flow, place, value, taker);
}

function runLet(flow: Flow, place: Place, syntax: LetSyntax): void {
  const value: Taker = { reads: new Set() };
  takeIn(flow, place, syntax.value, value);
  const isNamed = ({ text }: Named) => text !== "_";
  const made = syntax.names
    .filter(isNamed)
    .map(({ text }): readonly [string, Taker] => [text, { reads: new Set([value]) }]);
  if (made.length === 0) flow.roots.reads.add(value);
  else {
    const hidden = made.map(([text]) => text).find((text) => place.outside.has(text));
    flow.lets.push({ syntax, names: made.map(([, taker]) => taker), hidden });
  }
  for (const [text, taker] of made) place.names.set(text, taker);
}

function runFor(flow: Flow, place: Place, syntax: ForSyntax): void {
  const loop: Loop = { syntax, reads: new Set(place.loops) };
  flow.loops.push(loop);
  readInto(flow, place, syntax.from, loop);
  if (syntax.to !== undefined) readInto(flow, place, syntax.to, loop);
  const names = new Map(place.names).set(syntax.variable.text, loop);
  const inner = { names, outside: place.names, loops: [...place.loops, loop] };
  // The value of the body itself goes nowhere.
  runBlock(flow, inner, syntax.body, { reads: new Set() });
}

/** Everything that an expression or an axis names is read by `taker`; blocks in it have names of their own. */
function readInto(flow: Flow, place: Place, node: unknown, taker: Taker): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const one of node) readInto(flow, place, one, taker);
    return;
  }
  if ("statements" in node) {
    const inner = { ...place, names: new Map(place.names) };
    runBlock(flow, inner, node as BlockSyntax, taker);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    // Spans lead out of the tree, to the file's text.
    if (key === "span" || key === "opSpan") continue;
    if ((key === "text" || key === "name") && typeof value === "string") {
      const named = place.names.get(value);
      if (named !== undefined) taker.reads.add(named);
    } else if (key !== "name") readInto(flow, place, value, taker);
  }
}

function reachedFrom(roots: Taker): ReadonlySet<Taker> {
  const reached = new Set<Taker>();
  const waiting = [roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...next.reads);
  }
  return reached;
}
