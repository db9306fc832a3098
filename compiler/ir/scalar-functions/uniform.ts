import {
  sampleBits,
  threefryParity,
  threefryRotations,
  uniformBits,
  uniformFromBits,
} from "../random.ts";
import { defineFunction } from "./define-function.ts";
import { called, type WgslTypes } from "./wgsl-call.ts";

/** uniform(stream, seed, counter, step), all u32, to an f32 in [0, 1): see random.ts. */
export const uniform = defineFunction({
  arity: 4,
  operands: "integer",
  result: "f32",
  meaning: (stream = 0, seed = 0, counter = 0, step = 0) =>
    uniformFromBits(uniformBits(stream, seed, counter, step)),
  wholeMeaning: undefined,
  wgsl: called("uniform", (name, types) =>
    [
      `fn ${name}(stream: ${types.u32}, seed: ${types.u32}, counter: ${types.u32}, step: ${types.u32}) -> ${types.f32} {`,
      ...threefry({ ...plain, key: ["stream", "seed"], block: ["counter", "step"] }, types),
      asNumber("x", types),
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: 0, max: 1 }),
  cost: "expensive",
});

/** sample_uniform(stream, seed, step, sample, element), all u32, to an f32 in [0, 1): see random.ts. */
export const sample_uniform = defineFunction({
  arity: 5,
  operands: "integer",
  result: "f32",
  meaning: (stream = 0, seed = 0, step = 0, sample = 0, element = 0) =>
    uniformFromBits(sampleBits(stream, seed, step, sample, element)),
  wholeMeaning: undefined,
  wgsl: called("sample_uniform", (name, types) => {
    const { f32, u32 } = types;
    const operands = ["stream", "seed", "step", "sample", "element"];
    return [
      `fn ${name}(${operands.map((operand) => `${operand}: ${u32}`).join(", ")}) -> ${f32} {`,
      ...threefry(ofSample, types),
      ...threefry({ ...plain, key: ["a", "b"], block: ["element", `${u32}(0u)`] }, types),
      asNumber("x", types),
      "}",
    ].join("\n");
  }),
  range: () => ({ min: 0, max: 1 }),
  cost: "expensive",
});

interface Block {
  readonly key: readonly [string, string];
  readonly block: readonly [string, string];
  /** What the third word of the key is called. */
  readonly hidden: string;
  /** Variables that are declared, and hold the two words in the end. */
  readonly out: readonly [string, string];
}

const plain = { hidden: "hidden", out: ["x", "y"] } as const;
const ofSample: Block = {
  key: ["seed", "stream"],
  block: ["step", "sample"],
  hidden: "mixed",
  out: ["a", "b"],
};

/** The 20 rounds as statements. */
function threefry(
  { key, block, hidden, out: [x, y] }: Block,
  { u32 }: WgslTypes,
): readonly string[] {
  const keys = [...key, hidden];
  const lines = [
    `  let ${hidden} = ${key[0]} ^ ${key[1]} ^ ${u32}(${threefryParity}u);`,
    `  var ${x} = ${block[0]} + ${key[0]};`,
    `  var ${y} = ${block[1]} + ${key[1]};`,
  ];
  for (let group = 0; group < 5; group++) {
    for (const turn of threefryRotations[group % 2 === 0 ? 0 : 1]) {
      lines.push(
        `  ${x} += ${y};`,
        `  ${y} = ((${y} << ${u32}(${turn}u)) | (${y} >> ${u32}(${32 - turn}u))) ^ ${x};`,
      );
    }
    lines.push(
      `  ${x} += ${keys[(group + 1) % 3]};`,
      `  ${y} += ${keys[(group + 2) % 3]} + ${u32}(${group + 1}u);`,
    );
  }
  return lines;
}

/** The upper 24 bits of a word, in [0, 1). */
function asNumber(word: string, { f32, u32 }: WgslTypes): string {
  return `  return ${f32}(${word} >> ${u32}(8u)) * 5.9604645e-8f;`;
}
