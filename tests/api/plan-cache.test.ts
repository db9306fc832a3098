import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { compileCached, knownArtifact } from "../../compiler/api/compile-cached.ts";
import type { CompileOptions } from "../../compiler/api/compile-options.ts";
import { compilerVersion } from "../../compiler/api/load/compiler-version.ts";
import { PlanCache } from "../../compiler/api/load/plan-cache.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-plans-"));
const plans = join(folder, "cache", "plans");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entryText = `import { Scale } from "./parts"

model Small(factor: int = 2) {
  axis N = 4
  use scale = Scale<N>()
  mode forward(x: [B, N]) -> [B, N] { scale(x) * factor }
  mode other(x: [B, N]) -> [B, N] { scale(x) }
}
`;
const partsText = `import { ones } from "std/initializers"

module Scale<N>() {
  param weight: [N] = ones()
  fn forward(x: [.., N]) -> [.., N] { x * weight }
}
`;

const entry = join(folder, "small.weft");
const parts = join(folder, "parts.weft");
const options: CompileOptions = { file: entry, model: "Small", mode: "forward", set: {} };

beforeEach(() => {
  rmSync(plans, { recursive: true, force: true });
  writeFileSync(entry, entryText);
  writeFileSync(parts, partsText);
});

/** Compiles, and says whether the artifact came from the cache; a start has its own `PlanCache`. */
async function start(
  change: Partial<CompileOptions> = {},
  profile = portableProfile,
  version?: string,
): Promise<{ readonly artifact: Artifact; readonly cached: unknown }> {
  let cached: unknown;
  const { artifact, diagnostics } = await compileCached({ ...options, ...change }, profile, {
    cache: new PlanCache(plans),
    onSpan: (span) => {
      if (span.name === "compile") cached = span.details?.cached;
    },
    ...(version === undefined ? {} : { version }),
  });
  if (artifact === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  return { artifact, cached };
}

/** Whether a start finds a plan, and in any case with the artifact that a compiler without a cache makes. */
async function isFound(
  change: Partial<CompileOptions> = {},
  profile = portableProfile,
  version?: string,
): Promise<unknown> {
  const { artifact, cached } = await start(change, profile, version);
  const fresh = await compileCached({ ...options, ...change }, profile, {});
  expect(artifact).toEqual(fresh.artifact);
  return cached;
}

describe("a kept plan", () => {
  test("is found again, and is what the compiler made", async () => {
    expect(await isFound()).toBe(false);
    expect(await isFound()).toBe(true);
    expect(readdirSync(plans)).toHaveLength(1);
    expect(knownArtifact(options, new PlanCache(plans))?.mode).toBe("forward");
    expect(knownArtifact({ ...options, mode: "other" }, new PlanCache(plans))).toBeUndefined();
  });

  test.each<[string, Partial<CompileOptions>]>([
    ["another --set", { set: { factor: 3 } }],
    ["another type of the same --set", { set: { factor: "2" } }],
    ["another mode", { mode: "other" }],
    ["another size", { sizes: { B: 2 } }],
    ["another precision", { precision: "f16" }],
  ])("does not serve %s", async (_, change) => {
    await start();
    // What is wrong is an error with a cache as without one.
    const { artifact } = await compileCached({ ...options, ...change }, portableProfile, {});
    const again = { cache: new PlanCache(plans) };
    const cached = await compileCached({ ...options, ...change }, portableProfile, again);
    expect(cached.artifact).toEqual(artifact);
    expect(await isFound()).toBe(true);
    if (artifact === undefined) return;
    expect(readdirSync(plans)).toHaveLength(2);
    expect(await isFound(change)).toBe(true);
  });

  test("does not serve another device", async () => {
    await start();
    expect(await isFound({}, { ...portableProfile, subgroupSize: 8 })).toBe(false);
    expect(await isFound({}, { ...portableProfile, name: "another" })).toBe(false);
    expect(await isFound({}, { ...portableProfile })).toBe(true);
    // The order in which an adapter lists its limits is no difference.
    const turned = Object.fromEntries(Object.entries(portableProfile).toReversed());
    expect(await isFound({}, turned as unknown as typeof portableProfile)).toBe(true);
  });

  test("does not serve another compiler", async () => {
    await start();
    expect(await isFound({}, portableProfile, `${compilerVersion()} changed`)).toBe(false);
    expect(compilerVersion()).toMatch(/^\d+\.\d+\.\d+\S* [0-9a-f]{32}$/);
    expect(await isFound({}, portableProfile, compilerVersion())).toBe(true);
  });

  test("ends with a change of any source, and comes back with the old text", async () => {
    await start();
    writeFileSync(parts, partsText.replace("x * weight", "x + weight"));
    expect(knownArtifact(options, new PlanCache(plans))).toBeUndefined();
    expect(await isFound()).toBe(false);
    expect(await isFound()).toBe(true);
    writeFileSync(entry, entryText.replace("factor: int = 2", "factor: int = 5"));
    expect(await isFound()).toBe(false);
    // A new time of the same text is no change.
    utimesSync(entry, new Date(), new Date(Date.now() + 5000));
    expect(await isFound()).toBe(true);
    // A mistake is told, not hidden by the plan of the text before it.
    writeFileSync(parts, `${partsText}\nmodule`);
    const broken = await compileCached(options, portableProfile, { cache: new PlanCache(plans) });
    expect(broken.artifact).toBeUndefined();
    rmSync(parts);
    const missing = await compileCached(options, portableProfile, { cache: new PlanCache(plans) });
    expect(missing.artifact).toBeUndefined();
  });

  test("does not serve a checkpoint of other shapes", async () => {
    const weights = join(folder, "small.safetensors");
    const ones = (size: number) => ({
      element: "f32" as const,
      shape: [size],
      data: new Float32Array(size).fill(1),
    });
    writeSafetensors(weights, { "scale.weight": ones(4) });
    await start({ weights });
    expect((await start({ weights })).cached).toBe(true);
    writeSafetensors(weights, { "scale.weight": ones(4), more: ones(2) });
    expect((await start({ weights })).cached).toBe(false);
  });

  test.each<[string, (text: string) => string]>([
    ["cut", (text) => text.slice(0, -400)],
    ["empty", () => ""],
    ["changed in one number", (text) => text.replace('"size":4', '"size":5')],
    ["of another form", (text) => text.replace('"format":1', '"format":0')],
    ["no plan at all", () => "null\nnull\n"],
  ])("that is %s is made anew", async (_, spoil) => {
    await start();
    const [name = ""] = readdirSync(plans);
    const path = join(plans, name);
    const text = readFileSync(path, "utf8");
    expect(spoil(text)).not.toBe(text);
    writeFileSync(path, spoil(text));
    expect(await isFound()).toBe(false);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(await isFound()).toBe(true);
  });
});

/** Changes a kept plan and signs it anew, as anyone can who may write there. */
function plant(change: (plan: { artifact: Artifact }) => void): string {
  const [name = ""] = readdirSync(plans);
  const path = join(plans, name);
  const [, body = ""] = readFileSync(path, "utf8").split("\n");
  const plan = JSON.parse(body) as { artifact: Artifact };
  change(plan);
  const changed = JSON.stringify(plan);
  const digest = createHash("sha256").update(changed).digest("hex").slice(0, 32);
  writeFileSync(path, `${JSON.stringify({ format: 1, digest })}\n${changed}\n`);
  return path;
}

/** Writes whatever stands there, past the types. */
function put(target: object | undefined, field: string, value: unknown): void {
  expect(target).toBeDefined();
  Reflect.set(Object(target), field, value);
}

describe("a planted plan", () => {
  test("whose form is right is used: a digest is no secret", async () => {
    await start();
    plant(({ artifact }) => put(artifact, "macs", 12345));
    const { artifact, cached } = await start();
    expect([artifact.macs, cached]).toEqual([12345, true]);
  });

  const program = { kind: "constant", type: "f32", value: "(console.error('planted'), 1)" };
  test.each<[string, (artifact: Artifact) => void]>([
    ["a program for a number", ({ stored }) => put(stored[0], "init", program)],
    [
      "a load",
      ({ stored }) => put(stored[0], "init", { kind: "load", tensor: 0, at: [], type: "f32" }),
    ],
    [
      "an unknown function",
      ({ stored }) =>
        put(stored[0], "init", { kind: "call", fn: "constructor", args: [], type: "f32" }),
    ],
    ["an unknown kind", ({ stored }) => put(stored[0], "init", { kind: "__proto__" })],
    ["a text for a size", ({ program: { buffers } }) => put(buffers[0], "bytes", "1e9")],
    ["a negative size", ({ program: { buffers } }) => put(buffers[0], "bytes", -4)],
    ["no kernels", ({ program }) => put(program, "kernels", undefined)],
    ["two workgroups", ({ program: { dispatches } }) => put(dispatches[0], "workgroups", [1, 1])],
    ["a kernel that is no text", ({ program: { kernels } }) => put(kernels[0], "wgsl", {})],
  ])("with %s is made anew", async (_, spoil) => {
    await start();
    plant(({ artifact }) => spoil(artifact));
    expect(await isFound()).toBe(false);
    expect(await isFound()).toBe(true);
  });

  test("as deep as no program is made anew", async () => {
    await start();
    plant(({ artifact }) => put(artifact.stored[0], "init", "deep"));
    const [name = ""] = readdirSync(plans);
    const path = join(plans, name);
    const [, body = ""] = readFileSync(path, "utf8").split("\n");
    const nested = `${'{"kind":"call","fn":"neg","type":"f32","args":['.repeat(20_000)}${JSON.stringify({ kind: "constant", type: "f32", value: 1 })}${"]}".repeat(20_000)}`;
    const changed = body.replace('"deep"', nested);
    const digest = createHash("sha256").update(changed).digest("hex").slice(0, 32);
    writeFileSync(path, `${JSON.stringify({ format: 1, digest })}\n${changed}\n`);
    expect(await isFound()).toBe(false);
  });

  test.skipIf(process.platform === "win32")(
    "that others could have written is made anew",
    async () => {
      await start();
      const path = plant(() => undefined);
      expect(await isFound()).toBe(true);
      chmodSync(path, 0o666);
      expect(await isFound()).toBe(false);
      chmodSync(plans, 0o777);
      expect(await isFound({ mode: "other" })).toBe(false);
      expect(statSync(plans).mode & 0o777).toBe(0o700);
      const elsewhere = join(folder, "elsewhere.json");
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      expect(await isFound()).toBe(false);
    },
  );
});

describe("the folder of plans", () => {
  test("stays small: what was not used for longest goes", async () => {
    await start({ sizes: { B: 1 } });
    const [first = ""] = readdirSync(plans);
    const bytes = statSync(join(plans, first)).size;
    rmSync(plans, { recursive: true });
    const cache = new PlanCache(plans, bytes * 3.5);
    const compiled = (batch: number) =>
      compileCached({ ...options, sizes: { B: batch } }, portableProfile, { cache });
    const newest = () =>
      readdirSync(plans).toSorted(
        (left, right) => statSync(join(plans, right)).mtimeMs - statSync(join(plans, left)).mtimeMs,
      )[0] ?? "";
    const names: string[] = [];
    for (const batch of [1, 2, 3]) {
      await compiled(batch);
      const name = newest();
      names.push(name);
      const agoMs = (10 - batch) * 60_000;
      utimesSync(join(plans, name), new Date(), new Date(Date.now() - agoMs));
    }
    await compiled(1); // Used again, so it is no longer the oldest.
    await compiled(4);
    const left = readdirSync(plans);
    expect(left).toHaveLength(3);
    expect(left).toContain(names[0]);
    expect(left).not.toContain(names[1]);
    expect(left).toContain(names[2]);
    expect(left.filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("takes no plan that is larger than all of it may be", async () => {
    await compileCached(options, portableProfile, { cache: new PlanCache(plans, 100) });
    expect(existsSync(plans) ? readdirSync(plans) : []).toEqual([]);
  });

  test("may be missing for good: then everything is compiled", async () => {
    mkdirSync(join(folder, "cache"), { recursive: true });
    writeFileSync(plans, "a file where the folder should be");
    expect(await isFound()).toBe(false);
    expect(await isFound()).toBe(false);
    rmSync(plans);
  });
});

test("numbers that JSON lacks keep a plan from being kept", async () => {
  const { artifact } = await start();
  rmSync(plans, { recursive: true });
  const key = { options: "a", profile: "b" };
  const cache = new PlanCache(plans);
  const loader = { load: () => undefined, candidates: () => [] };
  cache.store(key, [], { ...artifact, macs: Number.POSITIVE_INFINITY });
  expect(cache.find(key, loader)).toBeUndefined();
  cache.store(key, [], { ...artifact, macs: 1 });
  expect(cache.find(key, loader)?.macs).toBe(1);
});
