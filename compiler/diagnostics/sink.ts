import type { Span } from "../source/source-file.ts";
import { type Code, catalog, type ParamsOf } from "./catalog.ts";
import type { CatalogEntry, Diagnostic, Label } from "./diagnostic.ts";

export interface ReportOptions {
  /** Text under the carets of the primary span. */
  readonly label?: string | undefined;
  readonly related?: readonly Label[];
  readonly notes?: readonly string[];
  /** Replaces the hint of the catalog. */
  readonly hint?: string | undefined;
}

/** Collects diagnostics; at most one per code and place. */
export class DiagnosticSink {
  readonly #found = new Map<string, Diagnostic>();
  readonly #ignored = new Set<Code>();
  #errorCount = 0;
  /** How one got where the work is now, outermost first. */
  readonly #reasons: Label[] = [];

  report<C extends Code>(
    code: C,
    span: Span,
    params: ParamsOf<C>,
    options: ReportOptions = {},
  ): void {
    if (this.#ignored.has(code)) return;
    const key = `${code}|${span.file.path}|${span.start}|${span.end}`;
    if (this.#found.has(key)) return;
    const entry = catalog[code] as unknown as CatalogEntry<ParamsOf<C>>;
    if (entry.severity === "error") this.#errorCount++;
    this.#found.set(key, {
      code,
      severity: entry.severity,
      message: entry.message(params),
      primary: { span, text: options.label ?? "" },
      related: this.#withReasons(span, options.related ?? []),
      notes: options.notes ?? [],
      hint: options.hint ?? entry.hint?.(params),
    });
  }

  /** What `run` reports under this code says nothing here: it is told elsewhere, where it is a mistake. */
  ignoring<T>(code: Code, run: () => T): T {
    if (this.#ignored.has(code)) return run();
    this.#ignored.add(code);
    try {
      return run();
    } finally {
      this.#ignored.delete(code);
    }
  }

  ignores(code: Code): boolean {
    return this.#ignored.has(code);
  }

  /** What `run` reports also shows this place: "`Inner` is made here". */
  within<T>(reason: Label, run: () => T): T {
    this.#reasons.push(reason);
    try {
      return run();
    } finally {
      this.#reasons.pop();
    }
  }

  /** The two innermost reasons are enough to find the way, unless they are in sight already. */
  #withReasons(span: Span, related: readonly Label[]): readonly Label[] {
    const seen = [span, ...related.map((label) => label.span)];
    const isSeen = (reason: Label) => seen.some((one) => contains(reason.span, one));
    const reasons = this.#reasons.filter((reason, n, all) => {
      const again = all.findIndex((one) => contains(one.span, reason.span));
      return again === n && !isSeen(reason);
    });
    return [...related, ...reasons.slice(-2)];
  }

  get hasErrors(): boolean {
    return this.#errorCount > 0;
  }

  /** Grows with every new error: tells whether a step of the work went well. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** In order of file and place. */
  get diagnostics(): readonly Diagnostic[] {
    return [...this.#found.values()].sort(
      (a, b) =>
        a.primary.span.file.path.localeCompare(b.primary.span.file.path) ||
        a.primary.span.start - b.primary.span.start,
    );
  }
}

function contains(outer: Span, inner: Span): boolean {
  return outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;
}
