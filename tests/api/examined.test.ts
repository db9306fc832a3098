import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { assertCompilable, compileCached } from "../../compiler/api/compile-cached.ts";
import type { CompileOptions } from "../../compiler/api/compile-options.ts";
import { PlanCache } from "../../compiler/api/load/plan-cache.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-examined-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entryText = `import { Scale } from "./parts"

model Small(factor: int = 2) {
  axis N = 4
  use scale = Scale<N>()
  mode forward(x: [B, N]) -> [B, N] { scale(x) * factor }
}
`;
const partsText = `import { ones } from "std/initializers"

module Scale<N>() {
  param weight: [N] = ones()
  fn forward(x: [.., N]) -> [.., N] { x * weight }
}
`;

const entry = join(folder, "small.weft");
const options: CompileOptions = { file: entry, model: "Small", mode: "forward", set: {} };
const sources = ["small.weft", "parts.weft", "initializers.weft"];

describe("what was looked at before a device is known", () => {
  const heard: string[] = [];
  /** A file is told as a person there would write it. */
  const onSpan = ({ name }: { readonly name: string }): void => {
    heard.push(name.split("/").at(-1)?.replace("read ", "") ?? "");
  };

  beforeEach(() => {
    heard.splice(0);
    writeFileSync(entry, entryText);
    writeFileSync(join(folder, "parts.weft"), partsText);
  });

  test("is compiled without another look at the texts", async () => {
    const cache = new PlanCache(join(folder, "plans"));
    const examined = await assertCompilable(options, { cache, onSpan });
    expect(heard).toEqual(sources);
    const found = await compileCached({ ...options }, portableProfile, { cache, examined, onSpan });
    expect(heard).toEqual([...sources, "compile"]);
    const fresh = await compileCached(options, portableProfile, {});
    expect(JSON.stringify(found)).toBe(JSON.stringify(fresh));
    // It is kept under the loads of the look.
    const kept = await compileCached(options, portableProfile, { cache });
    expect(kept.artifact).toEqual(fresh.artifact);
    expect(await assertCompilable(options, { cache })).toBeUndefined();
    writeFileSync(entry, entryText.replace("= 2", "= 3"));
    expect(await assertCompilable(options, { cache })).toBeDefined();
  });

  test("makes one program, and that of its own options", async () => {
    const examined = await assertCompilable(options, { cache: undefined });
    const other = { ...options, sizes: { B: 3 } };
    const { artifact } = await compileCached(other, portableProfile, { examined, onSpan });
    expect(artifact?.sizes).toEqual({ B: 3 });
    expect(heard).toEqual([...sources, "compile"]);
    heard.splice(0);
    await compileCached(options, portableProfile, { examined, onSpan });
    expect(heard).toEqual(["compile"]);
    const again = await compileCached(options, portableProfile, { examined, onSpan });
    expect(heard).toEqual(["compile", ...sources, "compile"]);
    expect(again.artifact?.sizes).toEqual({ B: 1 });
  });

  test("keeps warnings for the end, and tells errors at once", async () => {
    writeFileSync(entry, `import { Linear } from "std/layers"\n${entryText}`);
    const examined = await assertCompilable(options, { cache: undefined });
    const { artifact, diagnostics } = await compileCached(options, portableProfile, { examined });
    const fresh = await compileCached(options, portableProfile, {});
    expect(artifact).toBeDefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["unused-import"]);
    expect(diagnostics).toEqual(fresh.diagnostics);
    const wrong = { ...options, set: { facto: 3 } };
    await expect(assertCompilable(wrong, { cache: undefined })).rejects.toThrow("facto");
  });
});
