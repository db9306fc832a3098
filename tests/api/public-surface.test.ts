import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as library from "../../compiler/api/library.ts";

/** What the package promises: a name that goes or changes its meaning breaks programs. */
test("the package exports these functions and classes", () => {
  expect(Object.keys(library).toSorted()).toEqual([
    "CompileError",
    "RuntimeFault",
    "check",
    "compile",
    "diagnosticsText",
    "grad",
    "load",
    "loadChat",
    "loadGenerator",
    "loadTokenizer",
    "openDevice",
    "profileText",
    "readImages",
    "readNpy",
    "readSafetensors",
    "readTexts",
    "train",
    "writeNpy",
    "writeSafetensors",
  ]);
});

test("and these types", () => {
  const path = join(import.meta.dirname, "..", "..", "compiler", "api", "library.ts");
  const [, names = ""] = /^export type \{([^}]*)\};/m.exec(readFileSync(path, "utf8")) ?? [];
  const types = names.split(",").map((name) => name.trim().replace(/.* as /, ""));
  expect(types.filter((name) => name !== "").toSorted()).toEqual([
    "AnswerNote",
    "AnyInputs",
    "Artifact",
    "BenchReport",
    "ChatOptions",
    "CompileOptions",
    "Device",
    "DeviceOptions",
    "Diagnostic",
    "Dialogue",
    "EncodedImage",
    "Ending",
    "GenerationSettings",
    "GeneratorOptions",
    "GradOptions",
    "Gradients",
    "ImageOptions",
    "InputValue",
    "IntegerTensor",
    "LoadOptions",
    "LoadedMode",
    "NumberArray",
    "PromptInputs",
    "RealTensor",
    "RunInput",
    "RunSettings",
    "Sequence",
    "ShapedNumbers",
    "SourceText",
    "Tensor",
    "TextForm",
    "TextGenerator",
    "TextOptions",
    "TokenEvent",
    "Tokenizer",
    "TrainEvent",
    "TrainingOptions",
    "TrainingRun",
    "UnsignedTensor",
  ]);
});
