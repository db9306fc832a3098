import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "../compiler/1-parse/parse.ts";
import { checkFiles } from "../compiler/2-check/check-files.ts";
import { elaborateMode } from "../compiler/2-check/elaborate-mode.ts";
import { modelsOf } from "../compiler/2-check/find-model.ts";
import { diskLoader } from "../compiler/cli/disk-loader.ts";
import { type CompileOptions, compile } from "../compiler/compile.ts";
import type { Diagnostic } from "../compiler/diagnostics/diagnostic.ts";
import { allCodes } from "../compiler/diagnostics/explain.ts";
import { renderDiagnostics } from "../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../compiler/diagnostics/sink.ts";
import { type DeviceProfile, portableProfile } from "../compiler/ir/device-profile.ts";

const folder = join(import.meta.dirname, "samples", "errors");
const samples = readdirSync(folder)
  .filter((name) => name.endsWith(".weft"))
  .map((name) => name.slice(0, -".weft".length));

describe("each sample of a mistake is reported as its text says", () => {
  test.each(samples)("%s", async (name) => {
    const found = diagnosticsOf(name);
    await expect(renderDiagnostics(found)).toMatchFileSnapshot(join(folder, `${name}.txt`));
    expect(found.map((one) => one.code)).toEqual(expectedCodes(name));
  });
});

/** What is asked of a sample beside its check, in its first line: `// request {...}`. */
interface SampleRequest extends Pick<CompileOptions, "model" | "mode" | "overrides" | "layout"> {
  /** Of the device, where it is a small one. */
  readonly limits?: Partial<DeviceProfile>;
  readonly checkpoint?: {
    readonly config?: unknown;
    readonly tensors: Readonly<Record<string, readonly number[]>>;
  };
}

function diagnosticsOf(name: string): readonly Diagnostic[] {
  const entry = `${name}.weft`;
  const loader = diskLoader(folder);
  const request = firstLine(name, "request");
  if (request !== undefined) {
    const { checkpoint, limits, ...options } = JSON.parse(request) as SampleRequest;
    const config = checkpoint?.config === undefined ? undefined : JSON.stringify(checkpoint.config);
    const { diagnostics } = compile({
      entry,
      loader,
      ...options,
      ...(limits && { profile: { ...portableProfile, ...limits, name: "a small device" } }),
      ...(checkpoint && { checkpoint: { config, tensors: checkpoint.tensors } }),
    });
    return diagnostics;
  }
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [entry], loader, parse, sink });
  for (const model of modelsOf(program)) {
    for (const mode of model.modes) {
      if (!sink.hasErrors)
        elaborateMode(program, { model: model.name, mode: mode.name, overrides: [], sink });
    }
  }
  return sink.diagnostics;
}

/** The code that the file is named after, once, unless `// reports a, b` lists others. */
function expectedCodes(name: string): readonly string[] {
  const listed = firstLine(name, "reports");
  if (listed !== undefined) return listed.split(", ");
  const code = allCodes().filter((code) => name === code || name.startsWith(`${code}-`));
  return code.sort((a, b) => b.length - a.length).slice(0, 1);
}

function firstLine(name: string, word: string): string | undefined {
  const text = readFileSync(join(folder, `${name}.weft`), "utf8");
  return new RegExp(`^// ${word} (.*)$`, "m").exec(text)?.[1];
}
