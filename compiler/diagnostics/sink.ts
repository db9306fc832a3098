import type { Span } from "../source/source-file.ts";
import { type Code, catalog, type ParamsOf } from "./catalog.ts";
import type { CatalogEntry, Diagnostic, Label } from "./diagnostic.ts";

export interface ReportOptions {
  /** Text under the carets of the primary span. */
  readonly label?: string;
  readonly related?: readonly Label[];
  readonly notes?: readonly string[];
  /** Replaces the hint of the catalog. */
  readonly hint?: string;
}

/** Collects diagnostics; at most one per code and place. */
export class DiagnosticSink {
  readonly #found = new Map<string, Diagnostic>();

  report<C extends Code>(
    code: C,
    span: Span,
    params: ParamsOf<C>,
    options: ReportOptions = {},
  ): void {
    const key = `${code}|${span.file.path}|${span.start}|${span.end}`;
    if (this.#found.has(key)) return;
    const entry = catalog[code] as unknown as CatalogEntry<ParamsOf<C>>;
    this.#found.set(key, {
      code,
      severity: entry.severity,
      message: entry.message(params),
      primary: { span, text: options.label ?? "" },
      related: options.related ?? [],
      notes: options.notes ?? [],
      hint: options.hint ?? entry.hint?.(params),
    });
  }

  get hasErrors(): boolean {
    return this.errorCount > 0;
  }

  /** Grows with every new error: tells whether a step of the work went well. */
  get errorCount(): number {
    let count = 0;
    for (const found of this.#found.values()) if (found.severity === "error") count++;
    return count;
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
