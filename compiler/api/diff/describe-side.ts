import { existsSync } from "node:fs";
import { readText } from "../../../runtime/files/read-bytes.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { type CheckedProgram, checkFiles } from "../../2-check/check-files.ts";
import type { Checker } from "../../2-check/core/checker.ts";
import { textOf } from "../../2-check/core/describe.ts";
import { findModel, modelsOf } from "../../2-check/load/find-model.ts";
import { elaborateModel } from "../../2-check/modes/elaborate-mode.ts";
import { describeModel, type ModelTree } from "../../2-check/parts/model-tree.ts";
import type { CheckedPlan } from "../../2-check/stages/checked-stage.ts";
import { findStage, planOf } from "../../2-check/stages/find-stage.ts";
import { startWeights } from "../../2-check/stages/start-weights.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { CompileError } from "../compile-error.ts";
import { compileFile, costFile } from "../compile-file.ts";
import { exitCode, Failure } from "../failure.ts";
import { namedSource } from "../load/named-source.ts";
import { parseOnce } from "../load/parse-once.ts";
import type { Fact } from "./facts.ts";

/**
 * What can be said of one side: a model or a stage as `FILE:NAME`, a phase as `FILE:STAGE.PHASE`, or the folder of a run.
 * `withKernels` compiles the modes of a model, and tells which kernels they have.
 *
 * @throws {CompileError} where the file is wrong; {Failure} where there is nothing of that name.
 */
export function describeSide(side: string, withKernels: boolean): readonly Fact[] {
  const { document } = runPaths(side);
  if (existsSync(document)) return factsOfRun(document);
  const at = side.lastIndexOf(":");
  const [file, name] = [side.slice(0, at), side.slice(at + 1)];
  if (at <= 0 || name === "") {
    const hint = "write FILE:MODEL, FILE:STAGE or FILE:STAGE.PHASE, or the folder of a run";
    throw new Failure(
      exitCode.usage,
      "bad-option",
      `\`${side}\` is no run, and names nothing`,
      hint,
    );
  }
  const sink = new DiagnosticSink();
  const { entry, loader } = namedSource(file);
  const program = checkFiles({ entries: [entry], loader: loader(), parse: parseOnce, sink });
  const [stage = "", phase] = name.split(".");
  const isStage = program.stages.some(({ syntax }) => syntax.name.text === stage);
  const facts = sink.hasErrors
    ? []
    : isStage
      ? factsOfStage(program, stage, phase, sink)
      : factsOfModel(program, file, name, withKernels, sink);
  if (sink.hasErrors) throw new CompileError(sink.diagnostics);
  return facts;
}

function factsOfModel(
  program: CheckedProgram,
  file: string,
  model: string,
  withKernels: boolean,
  sink: DiagnosticSink,
): readonly Fact[] {
  const made = elaborateModel(program, { model, overrides: [], sink });
  const item = findModel(program, model, sink);
  if (made === undefined || item === undefined) return [];
  const modes = modelsOf(program).find(({ name }) => name === model)?.modes ?? [];
  const names = modes.map(({ name }) => name);
  const { costs } = costFile({ file, model, mode: "" }, names);
  const macs = (costs?.modes ?? []).map(({ mode, step, macs: exact }): Fact => {
    const name = step === undefined ? mode : `${mode}.${step}`;
    return { path: "", kind: "macs", name, value: exact.toLocaleString("en-US") };
  });
  const kernels = withKernels ? names.flatMap((mode) => kernelFacts(file, model, mode)) : [];
  return [
    ...factsOfTree(made.checker, describeModel(made.checker, made.instance)),
    ...macs,
    ...kernels,
  ];
}

/** How often each kind of kernel runs, with its schedule. */
function kernelFacts(file: string, model: string, mode: string): readonly Fact[] {
  const { artifact, diagnostics } = compileFile({ file, model, mode });
  if (artifact === undefined) throw new CompileError(diagnostics);
  const { kernels, dispatches } = artifact.program;
  const counts = new Map<string, number>();
  for (const { kernel } of dispatches) {
    const { engine, schedule } = kernels[kernel] ?? { engine: "", schedule: "" };
    const name = `${mode}: ${engine}, ${schedule}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(
    ([name, count]): Fact => ({ path: "", kind: "kernels", name, value: String(count) }),
  );
}

/** Parts, the axes that they own, their settings, and what they store. */
function factsOfTree({ sizes }: Checker, { root, parts, stored }: ModelTree): readonly Fact[] {
  const facts = parts.flatMap(({ path, module, settings, axes }): Fact[] => [
    { path, kind: "part", name: "module", value: module },
    ...axes
      .filter(({ isOwned }) => isOwned)
      .map(({ name, size }): Fact => ({ path, kind: "axis", name, value: sizes.format(size) })),
    ...settings.flatMap(({ name, value }): Fact[] => {
      if (value === undefined || value.type === "list" || value.type === "lowest") return [];
      const shown = value.type === "int" ? sizes.format(value.value) : JSON.stringify(value.value);
      return [{ path, kind: "setting", name, value: shown }];
    }),
  ]);
  const counts = new Map<string, number>();
  for (const { path, storage, shape } of stored) {
    if (storage === "state") continue;
    const numbers = shape.reduce<number>((product, size) => product * (size ?? 0), 1);
    for (const owner of ["", path.split(".")[0] ?? path])
      counts.set(owner, (counts.get(owner) ?? 0) + numbers);
  }
  const known = new Set(parts.map(({ path }) => path));
  const ofParts = [...counts].flatMap(([path, count]): Fact[] => {
    const value = count.toLocaleString("en-US");
    const isPart = path === root.path || known.has(path);
    return isPart
      ? [{ path, kind: "parameters", name: "parameters", value }]
      : [{ path: "", kind: "parameters", name: `parameters of ${path}`, value }];
  });
  return [...facts, ...ofParts];
}

function factsOfStage(
  program: CheckedProgram,
  stage: string,
  phase: string | undefined,
  sink: DiagnosticSink,
): readonly Fact[] {
  const found = findStage(program, { stage, phase }, sink);
  const plan = found && planOf(found);
  if (plan === undefined) return [];
  const { checker, instance } = plan.model;
  return [...policyFacts(plan), ...factsOfTree(checker, describeModel(checker, instance))];
}

function policyFacts({
  policy,
  groups,
  optimizer,
  schedule,
  loss,
  inputs,
}: CheckedPlan): readonly Fact[] {
  const { decay, memory, starts, batch, length, precision, clip, ema, data } = policy;
  const said: Readonly<Record<string, string | undefined>> = {
    batch: batch && `${batch.total} by ${batch.piece}`,
    length: length && `${length.amount} ${length.unit}`,
    optimizer: optimizer?.instance.name,
    schedule: schedule && textOf(schedule.call.span),
    decay: decay && String(decay.rate),
    precision: Object.entries(precision).flat().join(" ") || undefined,
    memory: memory === undefined ? undefined : `${memory} bytes`,
    clip: clip?.toString(),
    ema: ema?.toString(),
    start: startWeights(starts).join(", ") || undefined,
    data: data.map(({ name }) => name).join(", ") || undefined,
    record: inputs.map(({ name }) => name).join(", "),
    loss: textOf(loss.body.span),
  };
  const lines = Object.entries(said).flatMap(([name, value]): Fact[] =>
    value === undefined ? [] : [{ path: "", kind: "stage", name, value }],
  );
  const trained = groups.map((group): Fact => {
    const value = group.kind === "freeze" ? "frozen" : `trained at ${group.lr ?? "?"}`;
    return { path: "", kind: "stage", name: group.selector, value };
  });
  return [...lines, ...trained];
}

/** What a run was begun with, each value under its place in `run.json`. */
function factsOfRun(document: string): readonly Fact[] {
  const facts: Fact[] = [];
  const visit = (value: unknown, place: readonly string[]): void => {
    if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, [...place, key]);
    else
      facts.push({
        path: place.slice(0, -1).join("."),
        kind: "run",
        name: place.at(-1) ?? "",
        value: String(value),
      });
  };
  visit(JSON.parse(readText(document, 1 << 28)), []);
  return facts;
}
