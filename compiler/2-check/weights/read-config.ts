import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { WeightsSyntax } from "../../ir/entry-syntax.ts";
import type { PathStepSyntax, PathSyntax } from "../../ir/syntax.ts";

/** A value that the checkpoint's `config.json` gives to a setting or an owned axis. */
export interface ConfigOverride {
  readonly path: string;
  readonly value: number | boolean | string;
}

/**
 * What a `config` entry takes from the JSON text. Entries that the JSON lacks keep the model's own value:
 * released files differ in what they spell out.
 */
export function readConfig(
  block: WeightsSyntax,
  text: string,
): readonly ConfigOverride[] | undefined {
  const json = parseJson(text);
  if (json === undefined) return undefined;
  const found: ConfigOverride[] = [];
  for (const mapping of block.mappings) {
    if (mapping.kind !== "config") continue;
    for (const entry of mapping.entries) {
      if (entry.value.kind !== "string") continue;
      const value = lookUp(json, entry.value.value);
      if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") {
        found.push({ path: writePath(entry.path), value });
      }
    }
  }
  return found;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
