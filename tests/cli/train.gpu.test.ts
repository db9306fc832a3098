import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../compiler/api/library.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { stepsInFile, writeTraining } from "../support/runs/training-text.ts";
import { type CommandResult, runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-train-"));
const { batches } = writeTraining(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
});

function train(...more: readonly string[]): Promise<CommandResult> {
  const common = ["--stage", "fit", "--batches", "noisy.safetensors", "--device", "lavapipe"];
  return runWeft(["train", "noisy.weft", ...common, ...more], folder);
}

function linesOf(text: string): readonly Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("weft train on lavapipe", () => {
  test("trains, says how far it is, and goes on", async (context) => {
    if (!isHere) return context.skip();
    const { exitCode, stdout, stderr } = await train(
      "--out",
      "run",
      "--save-every",
      "5",
      "--keep",
      "2",
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^loss [\d.]+\ncheckpoint run\/checkpoints\/step-12\nrun run\n$/);
    expect(stderr).toContain(`step ${stepsInFile + 1} begins \`noisy.safetensors\` anew`);
    expect(stderr).toMatch(/step 12 of 12: loss [\d.]+, [\d.]+ samples\/s\n/);
    const run = join(folder, "run");
    const charts = ["events.tfevents", "loss.svg", "report.html"];
    expect(readdirSync(run).toSorted()).toEqual(
      [
        "best",
        "checkpoints",
        "latest",
        "metrics.jsonl",
        "run.json",
        "sources",
        ...charts,
      ].toSorted(),
    );
    expect(readdirSync(join(run, "checkpoints")).toSorted()).toEqual(["step-10", "step-12"]);
    expect(readFileSync(join(run, "sources", "noisy.weft"), "utf8")).toBe(
      readFileSync(join(folder, "noisy.weft"), "utf8"),
    );
    expect(existsSync(join(run, "sources", "std", "optimizers.weft"))).toBe(true);
    expect(JSON.parse(readFileSync(join(run, "run.json"), "utf8"))).toMatchObject({
      seed: 0,
      steps: 12,
      model: "Noisy",
      phases: [
        {
          from: 0,
          to: 12,
          sizes: { B: 4 },
          stage: { stage: "fit", length: { unit: "steps", amount: 12 } },
        },
      ],
    });
    const metrics = linesOf(readFileSync(join(run, "metrics.jsonl"), "utf8"));
    expect(metrics.map(({ step, samples }) => [step, samples])).toEqual(
      Array.from({ length: 12 }, (_, n) => [n + 1, 4 * (n + 1)]),
    );
    for (const { loss, norm, lr, watches } of metrics) {
      expect(watches).toEqual({ worst: expect.any(Number) });
      for (const number of [loss, norm, lr]) expect(number).toBeTypeOf("number");
    }
    // All steps are done: there is nothing to go on with, and that is right too.
    const again = await train("--out", "run", "--resume");
    expect(again).toMatchObject({ exitCode: 0, stdout: "checkpoint none\nrun run\n" });
    expect(again.stderr).toContain(
      "the run is complete: all 12 steps are done; a larger `--steps`",
    );
    expect(again.stderr).not.toContain("steps 13 to 12");
    const used = ["run", "noisy.weft", "--model", "Noisy", "--mode", "run", "--device", "lavapipe"];
    const forward = await runWeft([...used, "--weights", "run", "--in", "x=random:1"], folder);
    expect(forward.exitCode, forward.stderr).toBe(0);
    expect(forward.stderr).toContain("step-12/weights.safetensors");
  });

  test("gives programs a line for each event", async (context) => {
    if (!isHere) return context.skip();
    const { exitCode, stdout } = await train(
      "--out",
      "json",
      "--steps",
      "3",
      "--seed",
      "5",
      "--json",
    );
    expect(exitCode).toBe(0);
    const lines = linesOf(stdout);
    expect(lines.map(({ kind }) => kind)).toEqual([
      "begin",
      ...Array.from({ length: 3 }, () => "step"),
      "checkpoint",
      "done",
    ]);
    expect(lines[0]).toMatchObject({
      stage: "fit",
      from: 0,
      steps: 3,
      run: "json",
      sizes: { B: 4 },
    });
    expect(lines.at(-1)).toEqual({ kind: "done", step: 3, samples: 12, isComplete: true });
    const wrong = await train("--out", "json", "--json");
    expect(wrong.exitCode).toBe(1);
    expect(linesOf(wrong.stdout)).toMatchObject([
      { kind: "error", diagnostics: [{ code: "run-begun" }] },
    ]);
  });

  test("goes on only with what it began with, or by force", async (context) => {
    if (!isHere) return context.skip();
    const begun = await train("--out", "kept", "--steps", "2");
    expect(begun.exitCode, begun.stderr).toBe(0);
    const refused = async (what: string, ...more: readonly string[]): Promise<void> => {
      const { exitCode, stderr } = await train("--out", "kept", "--resume", ...more);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(
        `error[run-changed]: the run in \`kept\` began with another ${what}`,
      );
    };
    expect(await train("--out", "kept")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("error[run-begun]: `kept` holds a run"),
    });
    await refused("seed", "--seed", "3");
    await refused("number of steps, which its schedule ends with", "--steps", "4");
    await refused("program", "--set", "In=12", "--precision", "f16");
    const [path, text] = [
      join(folder, "noisy.weft"),
      readFileSync(join(folder, "noisy.weft"), "utf8"),
    ];
    writeFileSync(path, text.replace("0.3", "0.2"));
    await refused("text of `noisy.weft`");
    writeFileSync(path, text);
    const tensors = readSafetensors(batches);
    writeSafetensors(batches, {
      ...tensors,
      x: { ...tensors.x, data: tensors.x?.data.map((n) => n + 1) },
    } as never);
    await refused("file of batches", "--steps", "4");
    const forced = await train("--out", "kept", "--resume", "--steps", "4", "--force");
    expect(forced.exitCode, forced.stderr).toBe(0);
    expect(forced.stderr).toContain("the run goes on with another file of batches");
    const { changes } = JSON.parse(readFileSync(join(folder, "kept", "run.json"), "utf8"));
    expect(changes).toEqual([{ step: 2, what: ["file of batches", "program"] }]);
    writeSafetensors(batches, tensors);
  });

  test("its folder knows what the stage and the command line set in the model", async (context) => {
    if (!isHere) return context.skip();
    const text = readFileSync(join(folder, "noisy.weft"), "utf8");
    const smaller = text
      .replace("axis Out = 8", "axis Out = 5")
      .replace("axis In = 12", "axis In = 7");
    writeFileSync(
      join(folder, "smaller.weft"),
      smaller.replace("  loss {", "  set Out = 8\n  loss {"),
    );
    const told = ["--stage", "fit", "--batches", "noisy.safetensors", "--out", "sized"];
    const more = ["--device", "lavapipe", "--steps", "1", "--set", "In=12"];
    const trained = await runWeft(["train", "smaller.weft", ...told, ...more], folder);
    expect(trained.exitCode, trained.stderr).toBe(0);
    const used = [
      "run",
      "smaller.weft",
      "--model",
      "Noisy",
      "--mode",
      "run",
      "--device",
      "lavapipe",
    ];
    const ran = await runWeft([...used, "--weights", "sized", "--in", "x=random:1"], folder);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("8");
    const saved = join(folder, "sized", "checkpoints", "step-1", "settings.json");
    expect(JSON.parse(readFileSync(saved, "utf8"))).toEqual({
      model: "Noisy",
      set: { Out: 8, In: 12 },
    });
  });

  test("starts where the stage says, and not where nothing is", async (context) => {
    if (!isHere) return context.skip();
    const text = readFileSync(join(folder, "noisy.weft"), "utf8");
    writeFileSync(
      join(folder, "begun.weft"),
      text.replace("  loss {", '  start "nowhere"\n  loss {'),
    );
    const told = ["--stage", "fit", "--batches", "noisy.safetensors", "--out", "begun"];
    const more = ["--device", "lavapipe", "--steps", "1"];
    const missing = await runWeft(["train", "begun.weft", ...told, ...more], folder);
    expect(missing.stderr).toContain("error[start-missing]: `fit` starts from `nowhere`");
    const named = [...more, "--weights", "random:0"];
    const { exitCode, stderr } = await runWeft(["train", "begun.weft", ...told, ...named], folder);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("the weights come from `random:0`, not from `nowhere`");
  });

  test("starts a part from the run of the part alone", async (context) => {
    if (!isHere) return context.skip();
    const text = `import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model Inner {
  axis In = 12
  axis Out = 8
  use head = Linear<In, Out>()
  mode run(x: f32[B, In]) -> [B, Out] { head(real(x)) }
}
model Outer {
  use inner = Inner()
  use last = Linear<inner.Out, inner.Out>()
  mode run(x: f32[B, inner.In]) -> [B, inner.Out] { last(inner.head(real(x))) }
}
stage inside of Inner(x: f32[B, In], wanted: f32[B, Out]) {
  loss { mean{B, Out}((f32(head(real(x))) - wanted) ^ 2) }
  train everything else at lr 0.01
  optimizer AdamW()
  batch 4
}
stage around of Outer(x: f32[B, inner.In], wanted: f32[B, inner.Out]) {
  start "inside" for inner
  loss { mean{B, inner.Out}((f32(last(inner.head(real(x)))) - wanted) ^ 2) }
  train everything else at lr 0.0
  optimizer AdamW()
  batch 4
}
`;
    writeFileSync(join(folder, "around.weft"), text);
    for (const stage of ["inside", "around"]) {
      const told = ["--stage", stage, "--batches", "noisy.safetensors", "--out", stage];
      const more = ["--steps", "2", "--device", "lavapipe"];
      const { exitCode, stderr } = await runWeft(
        ["train", "around.weft", ...told, ...more],
        folder,
      );
      expect(exitCode, stderr).toBe(0);
    }
    const weights = (run: string) =>
      readSafetensors(join(folder, run, "checkpoints", "step-2", "weights.safetensors"));
    const own = weights("inside")["head.weight"];
    expect(own?.data.length).toBe(96);
    expect(weights("around")["inner.head.weight"]).toEqual(own);
  });

  test.each<[string, readonly string[], number, string]>([
    ["no such stage", ["--stage", "fat"], 1, "error[unknown-stage]"],
    ["no such file of batches", ["--batches", "none.safetensors"], 1, "error[file-missing]"],
    ["no steps", ["--steps", "0"], 2, "error[bad-option]"],
    ["a run that is none", ["--out", "noisy.weft"], 1, "error[file-unreadable]"],
    ["a configuration without a checkpoint", ["--config", "noisy.weft"], 1, "error[config-alone]"],
  ])("tells of %s", async (_, more, code, message) => {
    if (!isHere) return;
    const { exitCode, stderr } = await train("--out", "wrong", ...more);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(code);
    expect(existsSync(join(folder, "wrong"))).toBe(false);
  });
});
