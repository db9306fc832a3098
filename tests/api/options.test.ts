import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  CompileError,
  check,
  compile,
  load,
  loadChat,
  loadGenerator,
  loadTokenizer,
  openDevice,
  type RealTensor,
  readImages,
  readNpy,
  readSafetensors,
  readTexts,
  writeNpy,
  writeSafetensors,
} from "../../compiler/api/library.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = `
import { twice } from "./twice"

model Rank(scale: float = 2.0) {
  mode rank(x: f32[B, N]) -> [B, N] { twice(real(x)) * scale }
}
`;
const imports = { "./twice": "fn twice(x: real[..]) -> real[..] {\n  x + x\n}\n" };
const request = { file: { text, imports }, model: "Rank", mode: "rank" };
/** There is none of this name: whoever opens a device first ends with `no-adapter`. */
const nowhere = { device: "no device is called so" };

describe("options are looked at before a device is opened", () => {
  const calls: Record<string, (options: never) => unknown> = {
    compile: async (options) => compile(options),
    load,
    loadGenerator,
    loadChat,
    openDevice,
  };
  test.each<[string, string, object, string, string | undefined]>([
    [
      "compile",
      "an unknown name",
      { ...request, size: { B: 2 } },
      "option-unknown",
      "did you mean `sizes`?",
    ],
    ["compile", "a name of another call", { ...request, ...nowhere }, "option-unknown", undefined],
    ["compile", "no model", { file: request.file, mode: "rank" }, "option-missing", undefined],
    ["compile", "no options", null as unknown as object, "option-invalid", undefined],
    [
      "compile",
      "a size that is none",
      { ...request, sizes: { B: 1.5 } },
      "option-invalid",
      undefined,
    ],
    [
      "compile",
      "a precision that is none",
      { ...request, precision: "f64" },
      "option-invalid",
      undefined,
    ],
    ["compile", "a file that is none", { ...request, file: 3 }, "option-invalid", undefined],
    [
      "load",
      "an unknown name",
      { ...request, ...nowhere, weigths: "a" },
      "option-unknown",
      "did you mean `weights`?",
    ],
    ["load", "a device that is none", { ...request, device: {} }, "option-invalid", undefined],
    [
      "load",
      "a callback that is none",
      { ...request, ...nowhere, onSpan: 1 },
      "option-invalid",
      undefined,
    ],
    [
      "loadGenerator",
      "an unknown name",
      { ...request, ...nowhere, topk: 3 },
      "option-unknown",
      "did you mean `topK`?",
    ],
    [
      "loadGenerator",
      "a share above 1",
      { ...request, ...nowhere, topP: 2 },
      "option-invalid",
      undefined,
    ],
    [
      "loadGenerator",
      "what it chooses itself",
      { ...request, ...nowhere, steps: [] },
      "option-unknown",
      undefined,
    ],
    [
      "loadChat",
      "an unknown name",
      { ...request, ...nowhere, rays: 2 },
      "option-unknown",
      undefined,
    ],
    [
      "openDevice",
      "an unknown name",
      { select: "no such", robustt: true },
      "option-unknown",
      "did you mean `robust`?",
    ],
  ])("%s: %s", async (call, _, options, code, hint) => {
    const ended = Promise.resolve().then(() => calls[call]?.(options as never));
    await expect(ended).rejects.toMatchObject({ name: "RuntimeFault", code, hint });
  });

  test.each([
    ["a model", { model: "Rang" }, "unknown-model"],
    ["a mode", { mode: "rang" }, "unknown-mode"],
    ["a setting", { set: { scal: 3 } }, "unknown-override"],
    ["an axis", { sizes: { C: 3 } }, "unknown-axis"],
  ])("%s that is not there", async (_, wrong, code) => {
    const ended = load({ ...request, ...nowhere, ...wrong });
    await expect(ended).rejects.toThrow(CompileError);
    await expect(ended).rejects.toMatchObject({ diagnostics: [{ code }] });
  });
});

describe("programs that are on no disk", () => {
  test("compile, with what they import", () => {
    const artifact = compile({ ...request, sizes: { B: 2, N: 3 } });
    expect(artifact.outputs[0]?.shape.map(({ size }) => size)).toEqual([2, 3]);
    expect(check(request.file)).toEqual([]);
  });

  test("are checked, and named in messages", () => {
    const found = check({ text: text.replace("scale }", "scal }"), imports, path: "own.weft" });
    expect(found.map(({ code }) => code)).toEqual(["unknown-name"]);
    expect(found[0]?.primary.span.file.path).toBe("own.weft");
  });

  test("reach nothing but the standard library", () => {
    writeFileSync(join(folder, "twice.weft"), imports["./twice"]);
    const away = { text: text.replace("./twice", join(folder, "twice")) };
    expect(check(away)[0]?.code).toBe("unknown-import");
    expect(check({ text })[0]?.code).toBe("unknown-import");
  });
});

describe("readers", () => {
  const own: RealTensor = {
    element: "f32",
    shape: [2, 2],
    data: Float32Array.of(1, -0, 2.5, 1e-9),
  };

  test("bring back what was written", () => {
    const flags = { element: "bool", shape: [3], data: Int32Array.of(1, 0, 1) } as const;
    writeNpy(join(folder, "own.npy"), own);
    writeSafetensors(join(folder, "own.safetensors"), { own, flags });
    expect(readNpy(join(folder, "own.npy"))).toEqual(own);
    expect(readSafetensors(join(folder, "own.safetensors"))).toEqual({ own, flags });
    expect(readSafetensors(join(folder, "own.safetensors"), ["flags"])).toEqual({ flags });
    expect(() => readSafetensors(join(folder, "own.safetensors"), ["flag"])).toThrow("flag");
  });

  test("images are the same from a file and from its bytes", async () => {
    const path = join(import.meta.dirname, "..", "..", "examples", "scene.jpg");
    const bytes = readFileSync(path);
    const size = { width: 14, height: 7 };
    const found = await readImages([path, bytes], size);
    expect(found.shape).toEqual([2, 3, 7, 14]);
    expect([...found.data.slice(0, 294)]).toEqual([...found.data.slice(294)]);
    const alone = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    expect(await readImages(alone, size)).toEqual(await readImages(path, size));
    await expect(readImages(Uint8Array.of(1, 2, 3), size)).rejects.toMatchObject({
      code: "not-an-image",
    });
    await expect(readImages(path, { ...size, fitt: 1 } as never)).rejects.toMatchObject({
      hint: "did you mean `fit`?",
    });
  });

  test("texts become rows of ids", () => {
    const path = join(import.meta.dirname, "..", "..", "examples", "tokenizer.model");
    const tokenizer = loadTokenizer(path);
    const texts = ["a photo", "a"];
    const { shape, data, lengths } = readTexts(texts, tokenizer, { bos: true, length: 4 });
    expect(shape).toEqual([2, 4]);
    expect(lengths).toEqual(texts.map((text) => 1 + tokenizer.encode(text).length));
    expect([...data]).toEqual([
      1,
      ...tokenizer.encode("a photo"),
      0,
      1,
      ...tokenizer.encode("a"),
      0,
      0,
    ]);
    expect(() => readTexts("a", {} as never)).toThrow("`loadTokenizer`");
  });
});
