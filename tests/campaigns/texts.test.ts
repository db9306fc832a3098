import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { format } from "../../compiler/1-parse/format/format.ts";
import { parse } from "../../compiler/1-parse/parse.ts";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { modelsOf } from "../../compiler/2-check/load/find-model.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { type CompileRequest, compile, elaborate } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import type { SourceFile } from "../../compiler/source/source-file.ts";
import type { SourceLoader } from "../../compiler/source/source-loader.ts";
import { corpus, mutated } from "./mutate-text.ts";

/**
 * Texts that are wrong in ways that nobody thought of: whatever is in a file, it is read, or told in diagnostics, soon.
 * `WEFT_CAMPAIGN=200000 npx vitest run tests/campaigns/texts.test.ts` is the long form: that many texts, a tenth of them
 * compiled; `WEFT_CAMPAIGN_MINUTES` ends it earlier and says how far it came. `npm test` runs a slice.
 */
const wanted = Number(env.WEFT_CAMPAIGN ?? 100);
const first = Number(env.WEFT_CAMPAIGN_FROM ?? 0);
const minutes = Number(env.WEFT_CAMPAIGN_MINUTES ?? 10);
/** Of processor time, so that a busy machine is no failure. */
const mostMs = 2000;
/** Of one program, with its kernels. */
const mostCompileMs = 10_000;

const texts = corpus();
const disk = diskLoader("/nowhere");

interface Trouble {
  readonly seed: number;
  readonly step: string;
  readonly what: string;
}

/** What is done to a text, and how long each may take. */
type Runs = Iterable<{ readonly run: () => void; readonly most: number }>;

/** Runs the steps on the text of each seed; exceptions and slowness are what counts. */
function campaign(count: number, steps: Readonly<Record<string, (text: string) => Runs>>) {
  const troubles: Trouble[] = [];
  const deadline = performance.now() + minutes * 60_000;
  let done = 0;
  for (let seed = first; seed < first + count && performance.now() < deadline; seed++, done++) {
    const text = mutated(texts, seed);
    for (const [step, runs] of Object.entries(steps)) {
      try {
        for (const { run, most } of runs(text)) {
          // What is slow once may be the start of the compiler or a machine that swaps; twice, it is the text.
          const ms = processorMs(run);
          const again = ms > most ? processorMs(run) : 0;
          if (again > most) troubles.push({ seed, step, what: `${again.toFixed(0)} ms` });
        }
      } catch (error) {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        troubles.push({ seed, step, what: what.split("\n").slice(0, 4).join("\n") });
      }
    }
  }
  console.log(`${done} texts, seeds ${first} to ${first + done - 1}, ${Object.keys(steps)}`);
  return troubles;
}

const once =
  (run: (text: string) => unknown) =>
  (text: string): Runs => [{ run: () => void run(text), most: mostMs }];

function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const loaderOf = (text: string): SourceLoader => {
  const file: SourceFile = { path: "entry.weft", text };
  return {
    load: (specifier, importer) =>
      importer === undefined && specifier === "entry"
        ? file
        : specifier.startsWith("std/")
          ? disk.load(specifier, file)
          : undefined,
    candidates: () => [],
  };
};

function check(text: string) {
  const sink = new DiagnosticSink();
  const program = checkFiles({
    entries: ["entry"],
    loader: loaderOf(text),
    parse: parseOnce,
    sink,
  });
  renderDiagnostics(sink.diagnostics);
  return { program, sink };
}

/** The standard library is the same for all. */
const parsed = new WeakMap<SourceFile, ReturnType<typeof parse>>();
function parseOnce(file: SourceFile, sink: DiagnosticSink): ReturnType<typeof parse> {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const made = parse(file, sink);
  parsed.set(file, made);
  return made;
}

/**
 * Elaborates and compiles every mode of every model that a text still has after its check: that may be dozens, of full
 * size, with thousands of kernels each.
 */
function* compileAll(text: string): Runs {
  const { program, sink } = check(text);
  if (sink.hasErrors) return;
  const loader = loaderOf(text);
  for (const { name: model, modes } of modelsOf(program))
    for (const { name: mode } of modes)
      for (const [most, diagnosed] of [
        [mostMs, (request: CompileRequest) => elaborate(request).diagnostics],
        [mostCompileMs, (request: CompileRequest) => compile(request).diagnostics],
      ] as const) {
        const run = () =>
          void renderDiagnostics(diagnosed({ entry: "entry", loader, model, mode }));
        yield { run, most };
      }
}

describe("mutated texts", () => {
  test("are parsed, formatted and checked, or told to be wrong", { timeout: 3_600_000 }, () => {
    const troubles = campaign(wanted, {
      parse: once((text) => {
        const sink = new DiagnosticSink();
        parse({ path: "entry.weft", text }, sink);
        renderDiagnostics(sink.diagnostics);
      }),
      format: once((text) => {
        format({ path: "entry.weft", text }, new DiagnosticSink());
      }),
      check: once(check),
    });
    expect(troubles).toEqual([]);
  });

  test("are compiled, or told to be wrong", { timeout: 3_600_000 }, () => {
    expect(campaign(Math.ceil(wanted / 10), { compile: compileAll })).toEqual([]);
  });
});
