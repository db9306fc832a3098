import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../compiler/api/library.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { writeTraining } from "../support/runs/training-text.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-trace-"));

beforeAll(() => {
  process.env.WEFT_CACHE = join(folder, "cache");
  const model = `
import { gelu, softmax } from "std/functions"
import { Linear } from "std/layers"

model Small() {
  axis In = 24
  axis Hidden = 32
  axis Out = 5
  use first = Linear<In, Hidden>()
  use second = Linear<Hidden, Out>()

  mode forward(x: [B, In]) -> [B, Out] {
    x |> first |> gelu |> second |> softmax{Out}
  }
}
`;
  writeFileSync(join(folder, "small.weft"), model);
});
afterAll(() => {
  delete process.env.WEFT_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

function readTrace(path: string): {
  readonly spans: readonly Event[];
  readonly tracks: readonly string[];
} {
  const { traceEvents } = JSON.parse(readFileSync(path, "utf8")) as {
    traceEvents: readonly Event[];
  };
  const names = traceEvents.filter((event) => event.ph === "M" && event.name === "thread_name");
  return {
    spans: traceEvents.filter((event) => event.ph === "X"),
    tracks: names.map((event) => String(event.args.name)),
  };
}

/** Nanoseconds are the finest that a trace holds. */
const tolerance = 0.0015;

/** Pairs on one track that overlap without one holding the other: a viewer would draw them wrong. */
function crossings(spans: readonly Event[]): readonly string[] {
  return spans.flatMap((one, index) =>
    spans.slice(index + 1).flatMap((other) => {
      if (one.tid !== other.tid) return [];
      const [oneEnd, otherEnd] = [one.ts + one.dur, other.ts + other.dur];
      const isApart = oneEnd <= other.ts + tolerance || otherEnd <= one.ts + tolerance;
      const holds =
        (one.ts <= other.ts + tolerance && otherEnd <= oneEnd + tolerance) ||
        (other.ts <= one.ts + tolerance && oneEnd <= otherEnd + tolerance);
      return isApart || holds ? [] : [`${one.name} crosses ${other.name}`];
    }),
  );
}

describe.each(testDrivers)("a trace on %s", (driver) => {
  test.each(["run", "bench"])("of weft %s parses, nests and moves forward", async (command) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    const hasStamps = device.features.has("timestamp-query");
    device.dispose();
    const path = join(folder, `${driver}-${command}.json`);
    const input = command === "run" ? ["--in", "x=random:1"] : ["--runs", "1"];
    const args = [command, "small.weft", "--mode", "forward", "--batch", "3", ...input];
    const result = await runWeft(
      [...args, "--device", driver, "--profile", path, "--no-cache"],
      folder,
    );
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
    const { spans, tracks } = readTrace(path);
    expect(tracks[0]).toBe("CPU");
    expect(spans.length).toBeGreaterThan(8);
    expect(spans.every(({ ts, dur }) => Number.isFinite(ts) && ts >= 0 && dur >= 0)).toBe(true);
    expect(spans.map(({ ts }) => ts)).toEqual(spans.map(({ ts }) => ts).toSorted((a, b) => a - b));
    expect(crossings(spans)).toEqual([]);
    const named = (name: string) => {
      const [found, ...others] = spans.filter((span) => span.name === name);
      if (found === undefined) throw new Error(`there is no span ${name}`);
      expect(others).toEqual([]);
      return found;
    };
    // What must happen before what.
    const order = ["open the device", "compile", "pipelines", "weights", "Small.forward"].map(
      named,
    );
    order.slice(1).forEach((span, index) => {
      const before = order[index];
      expect(before === undefined ? 0 : before.ts + before.dur).toBeLessThanOrEqual(
        span.ts + tolerance,
      );
    });
    expect(named("compile").args.cached).toBe(false);
    const reads = spans.filter((span) => span.cat === "load" && span.name.startsWith("read "));
    expect(reads.map(({ name }) => name)).toContain("read small.weft");
    expect(reads.map(({ name }) => name)).toContain("read std/layers.weft");
    const pipelines = named("pipelines");
    const made = spans.filter((span) => span.cat === "pipeline");
    expect(made.length).toBeGreaterThan(0);
    for (const { ts, dur } of made) {
      expect(ts).toBeGreaterThanOrEqual(pipelines.ts - tolerance);
      expect(ts + dur).toBeLessThanOrEqual(pipelines.ts + pipelines.dur + tolerance);
    }
    // The device's track: in the program's order, none before the last has ended, all within the run.
    const run = named("Small.forward");
    expect(run.args.clock).toBe(hasStamps ? "timestamps" : "wall");
    const dispatches = spans.filter((span) => span.cat === "dispatch");
    expect(dispatches.length).toBeGreaterThan(1);
    expect(new Set(dispatches.map(({ tid }) => tid)).size).toBe(1);
    let last = run.ts;
    for (const { ts, dur, args } of dispatches) {
      expect(ts).toBeGreaterThanOrEqual(last - tolerance);
      last = ts + dur;
      expect(args.bytesRead).toBeGreaterThan(0);
      expect(args.bytesWritten).toBeGreaterThan(0);
      expect((args.places as readonly string[]).join()).toMatch(/\.weft:\d+/);
    }
    expect(last).toBeLessThanOrEqual(run.ts + run.dur + tolerance);
    expect(dispatches.reduce((sum, { dur }) => sum + dur, 0)).toBeGreaterThan(0);
    const flops = dispatches
      .map(({ args }) => Number(args.flops))
      .reduce((sum, one) => sum + one, 0);
    expect(flops).toBeGreaterThanOrEqual(2 * 3 * (24 * 32 + 32 * 5));
  });
});

test("a trace of training has each step of the device, and every wait for records beside it", async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  device.dispose();
  writeTraining(folder);
  const path = join(folder, "train.json");
  const source = ["--stage", "fit", "--batches", "noisy.safetensors", "--device", "lavapipe"];
  const keeping = ["--steps", "12", "--save-every", "5", "--out", "traced"];
  const args = ["train", "noisy.weft", ...source, ...keeping, "--profile", path];
  const { exitCode, stderr } = await runWeft(args, folder);
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
  const { spans, tracks } = readTrace(path);
  expect(tracks[1]).toContain("llvmpipe");
  expect(crossings(spans)).toEqual([]);
  const steps = spans.filter(({ cat }) => cat === "step");
  expect(steps.map(({ name }) => name)).toEqual(
    Array.from({ length: 12 }, (_, n) => `step ${n + 1}`),
  );
  const named = (name: string) => spans.filter((span) => span.name === name);
  const waits = named("waiting for records");
  expect(waits).toHaveLength(12);
  for (const [n, step] of steps.entries())
    expect((waits[n]?.ts ?? 0) + (waits[n]?.dur ?? 0)).toBeLessThanOrEqual(step.ts + tolerance);
  expect(named("checkpoint")).toHaveLength(2);
});

test("a guarded run cannot be traced", async () => {
  const args = ["run", "small.weft", "--mode", "forward", "--guard", "--profile", "x.json"];
  const { exitCode, stderr } = await runWeft(args, folder);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("`--profile` and `--guard` exclude each other");
});

test("a trace that cannot be written is an error", async () => {
  const path = join(folder, "small.weft", "trace.json");
  const args = [
    "run",
    "small.weft",
    "--mode",
    "forward",
    "--device",
    "software",
    "--in",
    "x=random:1",
  ];
  const { exitCode, stderr } = await runWeft([...args, "--profile", path], folder);
  expect(`${exitCode} ${stderr}`).toMatch(/^1 [\s\S]*trace\.json/);
});

test("a second start takes the plan of the first, and --no-cache neither takes nor leaves one", async () => {
  const plans = join(folder, "cache", "plans");
  rmSync(plans, { recursive: true, force: true });
  const path = join(folder, "start.json");
  const args = ["run", "small.weft", "--model", "Small", "--mode", "forward", "--batch", "7"];
  const rest = ["--device", "software", "--in", "x=random:1", "--profile", path, "--json"];
  const startWith = async (...more: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runWeft([...args, ...rest, ...more], folder);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    const { outputs } = JSON.parse(stdout) as { outputs: unknown };
    const compiles = readTrace(path).spans.filter(({ name }) => name === "compile");
    return { outputs, cached: compiles.map((span) => span.args.cached) };
  };
  const without = await startWith("--no-cache");
  expect(without.cached).toEqual([false]);
  expect(existsSync(plans)).toBe(false);
  expect(await startWith()).toEqual(without);
  const kept = readdirSync(plans);
  expect(kept).toHaveLength(1);
  expect(await startWith()).toEqual({ ...without, cached: [true] });
  expect(await startWith("--no-cache")).toEqual(without);
  expect(readdirSync(plans)).toEqual(kept);
});

test("load takes the same plans, unless told otherwise", async () => {
  const cachedOf = async (options: { readonly cache?: boolean }) => {
    const found: unknown[] = [];
    const mode = await load({
      file: join(folder, "small.weft"),
      model: "Small",
      mode: "forward",
      sizes: { B: 11 },
      device: "software",
      onSpan: (span) => {
        if (span.name === "compile") found.push(span.details?.cached);
      },
      ...options,
    });
    mode.dispose();
    return found;
  };
  expect(await cachedOf({ cache: false })).toEqual([false]);
  expect(await cachedOf({})).toEqual([false]);
  expect(await cachedOf({})).toEqual([true]);
  expect(await cachedOf({ cache: false })).toEqual([false]);
});
