import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { distanceOf } from "../../diagnostics/suggest.ts";
import type { MappingSyntax, WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathStepSyntax, PathSyntax } from "../../ir/syntax/syntax.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { parseJson } from "./parse-json.ts";

/**
 * What the `config` entries of a block take from a JSON text: values for settings and owned axes. An entry
 * that the text lacks keeps the model's own value, because released files differ in what they spell
 * out; but one that the text has by another spelling is a mistake.
 */
export function readConfig(
  block: WeightsSyntax,
  text: string,
  sink: DiagnosticSink,
): readonly ModelOverride[] {
  const entries = entriesOf(block);
  const [first] = entries;
  const parsed = parseJson(text);
  if (parsed.kind === "broken") {
    const { found, line, column } = parsed;
    if (first !== undefined)
      sink.report("config-unreadable", first.entry.value.span, {
        file: first.file,
        found,
        line,
        column,
      });
    return [];
  }
  const found: ModelOverride[] = [];
  for (const { entry, file, key } of entries) {
    const setting = writePath(entry.path);
    const value = lookUp(parsed.value, key);
    if (isPlain(value)) {
      found.push({ path: setting, value, mayBeIdle: true, span: entry.span });
      continue;
    }
    const nearest = misspellings(parsed.value, key);
    if (nearest.length > 0)
      sink.report("config-missing", entry.value.span, { file, key, setting, nearest });
  }
  return found;
}

/** How many entries of a block have a value in this text, and how many have none. */
export function configFound(
  block: WeightsSyntax,
  text: string,
): { readonly settings: number; readonly lacking: number } {
  const parsed = parseJson(text);
  const json = parsed.kind === "json" ? parsed.value : undefined;
  const entries = entriesOf(block);
  const settings = entries.filter(({ key }) => isPlain(lookUp(json, key))).length;
  return { settings, lacking: entries.length - settings };
}

/**
 * What a caller sets, on top of a configuration. It may be what the model has already: a sweep over sizes
 * passes through the model's own.
 */
export function overConfig(
  config: readonly ModelOverride[],
  more: readonly ModelOverride[],
): readonly ModelOverride[] {
  return [...config, ...more.map((override) => ({ ...override, mayBeIdle: true }))];
}

type ConfigEntry = Extract<MappingSyntax, { kind: "config" }>["entries"][number];

function entriesOf(
  block: WeightsSyntax,
): readonly { readonly entry: ConfigEntry; readonly file: string; readonly key: string }[] {
  return block.mappings.flatMap((mapping) =>
    mapping.kind !== "config"
      ? []
      : mapping.entries.flatMap((entry) =>
          entry.value.kind === "string"
            ? [{ entry, file: mapping.file.text, key: entry.value.value }]
            : [],
        ),
  );
}

function isPlain(value: unknown): value is ModelOverride["value"] {
  return typeof value === "number" || typeof value === "boolean" || typeof value === "string";
}

/** Names at the same place of the text that differ from the last step of `key` by a letter or two. */
function misspellings(json: unknown, key: string): readonly string[] {
  const dot = key.lastIndexOf(".");
  const beside = dot < 0 ? json : lookUp(json, key.slice(0, dot));
  const wanted = key.slice(dot + 1);
  if (typeof beside !== "object" || beside === null) return [];
  const near = Object.keys(beside).filter(
    (name) => name !== wanted && distanceOf(name, wanted) <= 2,
  );
  return near.map((name) => key.slice(0, dot + 1) + name);
}

/** Entries must be strings: paths into the JSON text. */
export function checkConfig(block: WeightsSyntax, sink: DiagnosticSink): void {
  for (const mapping of block.mappings) {
    if (mapping.kind !== "config") continue;
    for (const entry of mapping.entries) {
      if (entry.value.kind === "string" || entry.value.kind === "error") continue;
      sink.report("argument-type", entry.value.span, {
        callee: "config",
        name: writePath(entry.path),
        needed: "a string that names a place in the JSON text",
        found: `a ${entry.value.kind}`,
      });
    }
  }
}

export function writePath(path: PathSyntax): string {
  return path.head.text + path.steps.map(writeStep).join("");
}

function writeStep(step: PathStepSyntax): string {
  switch (step.kind) {
    case "name":
      return `.${step.name.text}`;
    case "anyName":
      return ".*";
    case "anyIndex":
      return "[*]";
    case "index":
      return step.index.kind === "int" ? `[${step.index.value}]` : "[..]";
    case "range":
      return "[..]";
  }
}

function lookUp(json: unknown, path: string): unknown {
  let here = json;
  for (const name of path.split(".")) {
    if (typeof here !== "object" || here === null || !(name in here)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[name];
  }
  return here;
}
