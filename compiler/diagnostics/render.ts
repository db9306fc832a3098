import { placeOf, type SourceFile } from "../source/source-file.ts";
import type { Diagnostic, Label } from "./diagnostic.ts";
import { type Palette, paint, plainPalette } from "./palette.ts";
import { count } from "./phrase.ts";
import { oneLine, type ShownLine, showLine } from "./text-width.ts";

interface RenderOptions {
  readonly palette?: Palette;
  /** How many are shown in full; the rest is counted. */
  readonly limit?: number;
}

/** The one text layout of a diagnostic: message, place, frame of source lines, notes, help. */
export function renderDiagnostic(diagnostic: Diagnostic, palette: Palette = plainPalette): string {
  const { severity, code, message, primary, related, notes, hint } = diagnostic;
  const { file, start } = primary.span;
  const title = `${paint(palette, severity, `${severity}[${code}]`)}${paint(palette, "message", `: ${oneLine(message)}`)}`;
  const marks = [primary, ...related].map((label, i) => markOf(label, i === 0));
  const gutter = Math.max(5, ...marks.map((mark) => `${mark.line}`.length + 1));
  const lines = [title, placeLine("-->", file, start, palette)];
  const files = [...new Set(marks.map((mark) => mark.file))];
  for (const other of files) {
    const here = marks.filter((mark) => mark.file === other);
    const first = here.reduce((least, mark) => (mark.offset < least.offset ? mark : least));
    if (other !== file) lines.push(placeLine(":::", other, first.offset, palette));
    lines.push(...frameOf(here, gutter, palette));
  }
  for (const note of notes) lines.push(remark("note", note, palette));
  if (hint !== undefined) lines.push(remark("help", hint, palette));
  return `${lines.join("\n")}\n`;
}

/** All of them with a blank line between, then how many there are. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  { palette = plainPalette, limit = 20 }: RenderOptions = {},
): string {
  if (diagnostics.length === 0) return "";
  const shown = diagnostics.slice(0, limit).map((found) => renderDiagnostic(found, palette));
  const hidden = diagnostics.length - shown.length;
  const errors = diagnostics.filter((found) => found.severity === "error").length;
  const warnings = diagnostics.length - errors;
  const totals = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ].join(", ");
  return `${shown.join("\n")}\n${totals}${hidden > 0 ? `; ${hidden} not shown` : ""}\n`;
}

/** One underlined piece of a source line. */
interface Mark {
  readonly file: SourceFile;
  readonly offset: number;
  readonly line: number;
  readonly shown: ShownLine;
  readonly from: number;
  readonly width: number;
  readonly text: string;
  readonly isPrimary: boolean;
}

/** A span of several lines is underlined to the end of its first. */
function markOf({ span, text }: Label, isPrimary: boolean): Mark {
  const { file } = span;
  const offset = Math.max(0, Math.min(span.start, file.text.length));
  const lineStart = file.text.lastIndexOf("\n", offset - 1) + 1;
  const nextBreak = file.text.indexOf("\n", offset);
  const lineEnd = nextBreak < 0 ? file.text.length : nextBreak;
  const shown = showLine(file.text.slice(lineStart, lineEnd).replace(/\r$/, ""));
  const end = Math.max(offset, Math.min(span.end, lineEnd));
  const last = shown.columns.at(-1) ?? 0;
  const from = shown.columns[offset - lineStart] ?? last;
  const width = Math.max(1, (shown.columns[end - lineStart] ?? last) - from);
  const { line } = placeOf(file, offset);
  return { file, offset, line, shown, from, width, text, isPrimary };
}

/** The lines of one file in order, each followed by its marks; what is wrong is marked first. */
function frameOf(marks: readonly Mark[], gutter: number, palette: Palette): readonly string[] {
  const numbers = [...new Set(marks.map((mark) => mark.line))].sort((a, b) => a - b);
  const bar = (label: string): string => paint(palette, "frame", `${label.padStart(gutter)} |`);
  return numbers.flatMap((line) => {
    const here = marks.filter((mark) => mark.line === line);
    here.sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary) || a.from - b.from);
    const source = here[0]?.shown.text ?? "";
    return [
      `${bar(`${line}`)} ${source}`.trimEnd(),
      ...here.map((mark) => `${bar("")} ${" ".repeat(mark.from)}${underline(mark, palette)}`),
    ];
  });
}

function underline({ isPrimary, width, text }: Mark, palette: Palette): string {
  const drawn = (isPrimary ? "^" : "-").repeat(width);
  return paint(
    palette,
    isPrimary ? "error" : "related",
    text === "" ? drawn : `${drawn} ${oneLine(text)}`,
  );
}

function placeLine(arrow: string, file: SourceFile, offset: number, palette: Palette): string {
  const { line, column } = placeOf(file, offset);
  return `  ${paint(palette, "frame", arrow)} ${oneLine(file.path)}:${line}:${column}`;
}

/** Further lines of a remark are indented below its first. */
function remark(kind: "note" | "help", text: string, palette: Palette): string {
  const indented = text.replaceAll("\n", `\n${" ".repeat(kind.length + 4)}`);
  return `  ${paint(palette, kind === "help" ? "help" : "frame", `${kind}:`)} ${indented}`;
}
