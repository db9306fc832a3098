import { placeOf, type Span } from "../source/source-file.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";

/** A diagnostic as `--json` prints it: plain data, lines and columns from 1, the end exclusive. */
export interface DiagnosticJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: PlaceJson;
  /** What is said at the place. */
  readonly label: string;
  readonly related: readonly { readonly place: PlaceJson; readonly text: string }[];
  readonly notes: readonly string[];
  readonly hint: string | null;
}

interface PlaceJson {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function toJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, severity, message, primary, related, notes, hint } = diagnostic;
  return {
    code,
    severity,
    message,
    place: placeJson(primary.span),
    label: primary.text,
    related: related.map(({ span, text }) => ({ place: placeJson(span), text })),
    notes,
    hint: hint ?? null,
  };
}

function placeJson({ file, start, end }: Span): PlaceJson {
  const [from, to] = [placeOf(file, start), placeOf(file, end)];
  return {
    file: file.path,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}
