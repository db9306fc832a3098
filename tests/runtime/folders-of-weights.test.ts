import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { RuntimeFault } from "../../runtime/faults.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));

function faultOf(action: () => unknown): RuntimeFault {
  try {
    action();
  } catch (error) {
    if (error instanceof RuntimeFault) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a folder that cannot be read says what to name instead", () => {
  test("a folder whose index is left over names the file that is whole", () => {
    const home = join(folder, "left-over");
    mkdirSync(home);
    const index = { weight_map: { a: "model-00001-of-00002.safetensors" } };
    writeFileSync(join(home, "model.safetensors.index.json"), JSON.stringify(index));
    const alone = faultOf(() => readHeaders(home));
    expect([alone.code, alone.hint]).toEqual(["bad-index", undefined]);
    const whole = join(home, "model.safetensors");
    writeSafetensors(whole, { a: { element: "f32", shape: [1], data: new Float32Array(1) } });
    const beside = faultOf(() => readHeaders(home));
    expect(beside.code).toBe("bad-index");
    expect(beside.hint).toContain(`name \`${whole}\` itself`);
  });

  test("the root of a hub's cache names its snapshot", () => {
    const home = join(folder, "models--hub");
    const revision = join(home, "snapshots", "0123abcd");
    mkdirSync(revision, { recursive: true });
    mkdirSync(join(home, "blobs"));
    expect(faultOf(() => readHeaders(home)).hint).toContain(".safetensors file itself");
    const data = new Float32Array(1);
    writeSafetensors(join(revision, "model.safetensors"), {
      a: { element: "f32", shape: [1], data },
    });
    const found = faultOf(() => readHeaders(home));
    expect(found.code).toBe("no-weights-in-folder");
    expect(found.hint).toContain(`\`${revision}\``);
  });
});
