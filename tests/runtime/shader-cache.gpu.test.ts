import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ensureShaderCache } from "../../runtime/device/shader-cache.ts";
import { Session } from "../../runtime/session.ts";
import { handWrittenArtifact } from "../support/artifacts/hand-written-artifact.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-shaders-"));
const names = ["XDG_CACHE_HOME", "MESA_SHADER_CACHE_DIR", "MESA_SHADER_CACHE_DISABLE", "TMPDIR"];
const before = names.map((name) => [name, process.env[name]] as const);
const restore = () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};
afterEach(() => {
  restore();
  rmSync(folder, { recursive: true, force: true });
});

const isLinux = process.platform === "linux";

function prepare(cache: "writable" | "a file"): string {
  mkdirSync(folder, { recursive: true });
  for (const name of names) delete process.env[name];
  process.env.TMPDIR = folder;
  const home = join(folder, "home");
  if (cache === "writable") mkdirSync(home);
  else writeFileSync(home, "no folder can be made here");
  process.env.XDG_CACHE_HOME = home;
  return home;
}

test.runIf(isLinux)("Mesa's own folder is left alone where it can be written", () => {
  prepare("writable");
  ensureShaderCache();
  expect(process.env.MESA_SHADER_CACHE_DIR).toBeUndefined();
});

test.runIf(isLinux)("what the user has set is left alone", () => {
  prepare("a file");
  process.env.MESA_SHADER_CACHE_DISABLE = "1";
  ensureShaderCache();
  expect(process.env.MESA_SHADER_CACHE_DIR).toBeUndefined();
  delete process.env.MESA_SHADER_CACHE_DISABLE;
  process.env.MESA_SHADER_CACHE_DIR = "/elsewhere";
  ensureShaderCache();
  expect(process.env.MESA_SHADER_CACHE_DIR).toBe("/elsewhere");
});

test.runIf(isLinux)("a folder that others could have filled is not used", () => {
  prepare("a file");
  const own = join(folder, `weft-mesa-${process.getuid?.()}`);
  mkdirSync(own);
  chmodSync(own, 0o777);
  ensureShaderCache();
  expect(process.env.MESA_SHADER_CACHE_DIR).toBeUndefined();
  chmodSync(own, 0o700);
  ensureShaderCache();
  expect(process.env.MESA_SHADER_CACHE_DIR).toBe(own);
});

test.runIf(isLinux)(
  "compiled kernels are kept although the cache folder is read-only",
  async () => {
    prepare("a file");
    const device = await openTestDevice("lavapipe");
    if (device === undefined) return;
    try {
      const kept = process.env.MESA_SHADER_CACHE_DIR ?? "";
      expect(kept.startsWith(folder)).toBe(true);
      expect(statSync(kept).mode & 0o077).toBe(0);
      const session = await Session.create(handWrittenArtifact(), device);
      const x = { element: "f32", shape: [2, 4], data: new Float32Array(8) } as const;
      await session.run({ x }, { level: 1 });
      session.dispose();
      const bytes = () =>
        readdirSync(kept, { recursive: true, encoding: "utf8" })
          .map((name) => statSync(join(kept, name)))
          .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
      // Mesa writes in a thread of its own, a moment later.
      await expect.poll(bytes, { timeout: 20_000 }).toBeGreaterThan(1000);
    } finally {
      device.dispose();
    }
  },
);
