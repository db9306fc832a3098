import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Span } from "../../source/source-file.ts";
import type { Callable, EntityOf, Env } from "../core/entity.ts";

interface Call {
  readonly to: Callable;
  readonly span: Span;
}

/**
 * Who calls whom, noted while bodies are checked one by one. The language is total: a fn that reaches
 * itself is an error, reported at the call that closes the circle.
 */
export class CallRecord {
  readonly #calls = new Map<object, { readonly from: Callable; readonly calls: Call[] }>();

  note(env: Env, callee: EntityOf<"fn">, span: Span): void {
    const from = env.frame.callable;
    if (from === undefined || callee.callable.body === undefined) return;
    const known = this.#calls.get(from.signature);
    const call = { to: callee.callable, span };
    if (known === undefined) this.#calls.set(from.signature, { from, calls: [call] });
    else known.calls.push(call);
  }

  reportRecursion(sink: DiagnosticSink): void {
    const done = new Set<object>();
    const visit = (fn: Callable, trail: readonly Callable[], spans: readonly Span[]): void => {
      if (done.has(fn.signature)) return;
      for (const { to, span } of this.#calls.get(fn.signature)?.calls ?? []) {
        const path = [...trail, fn];
        const start = path.findIndex((one) => one.signature === to.signature);
        if (start < 0) {
          visit(to, path, [...spans, span]);
          continue;
        }
        const circle = [...path.slice(start), to];
        const related = spans.slice(start).map((call, n) => ({
          span: call,
          text: `\`${circle[n]?.name}\` needs \`${circle[n + 1]?.name}\``,
        }));
        sink.report("recursion", span, { names: circle.map((one) => one.name) }, { related });
      }
      done.add(fn.signature);
    };
    for (const { from } of this.#calls.values()) visit(from, [], []);
  }
}
