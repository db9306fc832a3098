import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CheckedProgram, checkFiles } from "../../compiler/2-check/check-files.ts";
import { modelsOf } from "../../compiler/2-check/load/find-model.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { elaborateStage } from "../../compiler/2-check/stages/elaborate-stage.ts";
import { reachFrom } from "../../compiler/3-differentiate/reach.ts";
import { knownMeasures } from "../../compiler/api/evaluation/known-measures.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { compileStage, type StageRequest } from "../../compiler/compile-stage.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { allCodes, explain } from "../../compiler/diagnostics/explain.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import type { SourceLoader } from "../../compiler/source/source-loader.ts";

const folder = join(import.meta.dirname, "..", "samples", "errors");
const disk = diskLoader(folder);
/** By their paths without ending; what they import lies in folders called `imported`. */
const samples = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".weft") && !path.includes("imported/"))
  .map((path) => path.slice(0, -".weft".length))
  .sort();

describe("each sample of a mistake is reported as its text says", () => {
  test.each(samples)("%s", async (name) => {
    const found = diagnosticsOf(name);
    await expect(renderDiagnostics(found)).toMatchFileSnapshot(join(folder, `${name}.txt`));
    expect(found.map((one) => one.code)).toEqual(expectedCodes(name));
  });
});

describe("the catalog", () => {
  const sampled = new Set(samples.flatMap(expectedCodes));

  test.each(allCodes())("%s has a sample, or a reason why it cannot be raised yet", (code) => {
    const isExcused = Object.hasOwn(notRaisedYet, code) || Object.hasOwn(shownElsewhere, code);
    expect(sampled.has(code)).toBe(!isExcused);
  });

  test("knows the codes that are not raised yet", () => {
    const excused = [...Object.keys(notRaisedYet), ...Object.keys(shownElsewhere)];
    expect(excused.filter((code) => !allCodes().includes(code))).toEqual([]);
    expect(sampled.size).toBeGreaterThanOrEqual(70);
  });

  const explained = allCodes().filter((code) => examplesOf(code).length > 0);
  test.each(explained)("the examples of %s are wrong and right as it says", (code) => {
    const [wrong = "", right = ""] = examplesOf(code);
    const isShown = !Object.hasOwn(notRaisedYet, code) && !needsRequest.has(code);
    const neighbour = otherFiles(code);
    expect(codesOf(wrong, neighbour.ofWrong)).toEqual(isShown ? [code] : []);
    expect(codesOf(right, neighbour.ofRight)).toEqual([]);
  });
});

/** What later versions check. The entry goes when the code is raised, and a sample comes. */
const notRaisedYet: Readonly<Record<string, string>> = {
  "dtype-lossy": "the compiler sees the shapes of a checkpoint, not its element types",
};

/** What no sample can show, and the test that does. */
const shownElsewhere: Readonly<Record<string, string>> = {
  "unknown-experiment": "the command line names it: tests/cli/studies/ablate.test.ts",
  "unknown-cell": "whoever trains a cell names it: tests/api/studies/resolve-study.test.ts",
  "few-flops": "cells are counted when a study is planned: tests/api/studies/study-grid.test.ts",
  "too-large": "a sample would be as large: tests/1-parse/limits.test.ts",
};

/** Their examples are right as texts: it is a file or the command line that does not fit them. */
const needsRequest: ReadonlySet<string> = new Set([
  "config-missing",
  "config-unreadable",
  "key-missing",
  "key-unused",
  "key-used-twice",
  "missing-resample",
  "not-a-model",
  "over-budget",
  "shape-mismatch",
  "steps-unknown",
]);

function examplesOf(code: string): readonly string[] {
  return [...(explain(code) ?? "").matchAll(/```weft\n([^`]+)```/g)].map(([, text = ""]) =>
    withModels(text),
  );
}

/** Examples of stages, experiments and weights speak of models that they do not show. */
function withModels(text: string): string {
  const subject = /^(?:stage|experiment|weights) \w+ of (\w+)/m.exec(text)?.[1];
  const stage = /^ {2}run (\w+)/m.exec(text)?.[1];
  const names = [subject, stage].filter((name) => name !== undefined);
  return names.length === 0 ? text : `import { ${names.join(", ")} } from "./models"\n${text}`;
}

/** What the examples of a code import beside the standard library. */
function otherFiles(code: string) {
  const models = readFileSync(join(folder, "names", "imports", "imported", "models.weft"), "utf8");
  const half = "fn half(x: [..]) -> [..] { 0.5 * x }";
  const circle = `import { quarter } from "entry"\nfn half(x: [..]) -> [..] { quarter(x) }`;
  return code === "import-cycle"
    ? { ofWrong: { b: circle }, ofRight: { b: half } }
    : { ofWrong: { models }, ofRight: { models } };
}

function codesOf(text: string, others: Readonly<Record<string, string>>): readonly string[] {
  const sink = new DiagnosticSink();
  const loader = loaderOf({ ...others, entry: text });
  const program = checkFiles({
    ...{ entries: ["entry"], loader, parse: parseOnce, sink },
    measures: knownMeasures,
  });
  elaborateAll(program, sink);
  return sink.diagnostics.map((one) => one.code);
}

/** What is asked of a sample beside its check, in its first line: `// request {...}`. */
interface SampleRequest extends Pick<CompileRequest, "model" | "mode" | "overrides" | "layout"> {
  /** Instead of a mode. */
  readonly stage?: string;
  readonly phase?: string;
  readonly purpose?: StageRequest["purpose"];
  /** Of the device, where it is a small one. */
  readonly limits?: Partial<DeviceProfile>;
  readonly checkpoint?: {
    readonly config?: unknown;
    /** Instead of it, a text that is no JSON. */
    readonly configText?: string;
    readonly tensors: Readonly<Record<string, readonly number[]>>;
  };
}

function diagnosticsOf(name: string): readonly Diagnostic[] {
  const entry = `${basename(name)}.weft`;
  const loader = diskLoader(dirname(join(folder, name)));
  const request = firstLine(name, "request");
  if (request !== undefined) {
    const { checkpoint, limits, ...options } = JSON.parse(request) as SampleRequest;
    const config =
      checkpoint?.configText ??
      (checkpoint?.config === undefined ? undefined : JSON.stringify(checkpoint.config));
    const { model, mode, stage, phase, purpose, ...both } = options;
    const common = {
      entry,
      loader,
      ...both,
      ...(limits && { profile: { ...portableProfile, ...limits, name: "a small device" } }),
      ...(checkpoint && { checkpoint: { config, tensors: checkpoint.tensors } }),
    };
    if (stage !== undefined) return compileStage({ ...common, stage, phase, purpose }).diagnostics;
    return compile({ ...common, model, mode }).diagnostics;
  }
  const sink = new DiagnosticSink();
  const program = checkFiles({
    ...{ entries: [entry], loader, parse: parseOnce, sink },
    measures: knownMeasures,
  });
  elaborateAll(program, sink);
  return sink.diagnostics;
}

/** Texts that are on no disk beside the standard library. */
function loaderOf(texts: Readonly<Record<string, string>>): SourceLoader {
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, { path, text }]));
  return {
    load: (name, importer) => files.get(name.replace(/^\.\//, "")) ?? disk.load(name, importer),
    candidates: (importer) => [...files.keys(), ...disk.candidates(importer)],
  };
}

/** Every mode of every model and every stage, until one is wrong. */
function elaborateAll(program: CheckedProgram, sink: DiagnosticSink): void {
  for (const { name, modes } of modelsOf(program)) {
    for (const mode of modes) {
      if (sink.hasErrors) return;
      elaborateMode(program, { model: name, mode: mode.name, overrides: [], sink });
    }
  }
  for (const stage of program.stages) {
    for (const plan of stage.plans) {
      if (sink.hasErrors) return;
      elaborateStage({ stage, plan, sizesOf: () => ({}), reach: reachFrom });
    }
  }
}

/** The code that the file is named after, once, unless `// reports a, b` lists others. */
function expectedCodes(name: string): readonly string[] {
  const listed = firstLine(name, "reports");
  if (listed !== undefined) return listed.split(", ");
  const own = basename(name);
  const code = allCodes().filter((code) => own === code || own.startsWith(`${code}-`));
  return code.sort((a, b) => b.length - a.length).slice(0, 1);
}

function firstLine(name: string, word: string): string | undefined {
  const text = readFileSync(join(folder, `${name}.weft`), "utf8");
  return new RegExp(`^// ${word} (.*)$`, "m").exec(text)?.[1];
}
