import type { Span } from "../source/source-file.ts";

export type Severity = "error" | "warning";

/** What a second span has to say: "`w` is declared here as [Out, In]". */
export interface Label {
  readonly span: Span;
  readonly text: string;
}

/** A mistake of the user as data. Text is made from it last, by `render.ts` or as JSON. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** One line: what was found and what was needed. */
  readonly message: string;
  readonly primary: Label;
  readonly related: readonly Label[];
  /** Chain of reasons and counter-examples, one sentence each. */
  readonly notes: readonly string[];
  /** One thing that can be typed in. */
  readonly hint: string | undefined;
}

/** One record per code: everything the code says, in one place. */
export interface CatalogEntry<Params> {
  readonly severity: Severity;
  /** The row of the error index. */
  readonly title: string;
  readonly message: (params: Params) => string;
  readonly hint?: (params: Params) => string | undefined;
  /** The long story of `weft explain`: Markdown with one wrong and one right example. */
  readonly explain: string;
}

export function defineDiagnostic<Params>(entry: CatalogEntry<Params>): CatalogEntry<Params> {
  return entry;
}
