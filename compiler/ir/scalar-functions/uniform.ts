import { threefryParity, threefryRotations, uniformBits, uniformFromBits } from "../random.ts";
import { defineFunction } from "./define-function.ts";
import { called } from "./wgsl-call.ts";

/** uniform(stream, seed, counter, step), all u32, to an f32 in [0, 1): see random.ts. */
export const uniform = defineFunction({
  arity: 4,
  operands: "integer",
  result: "f32",
  meaning: (stream = 0, seed = 0, counter = 0, step = 0) =>
    uniformFromBits(uniformBits(stream, seed, counter, step)),
  wholeMeaning: undefined,
  wgsl: called("uniform", (name, { f32, u32 }) => {
    const lines = [
      `fn ${name}(stream: ${u32}, seed: ${u32}, counter: ${u32}, step: ${u32}) -> ${f32} {`,
      `  let hidden = stream ^ seed ^ ${u32}(${threefryParity}u);`,
      "  var x = counter + stream;",
      "  var y = step + seed;",
    ];
    const keys = ["stream", "seed", "hidden"];
    for (let group = 0; group < 5; group++) {
      for (const turn of threefryRotations[group % 2 === 0 ? 0 : 1]) {
        lines.push(
          "  x += y;",
          `  y = ((y << ${u32}(${turn}u)) | (y >> ${u32}(${32 - turn}u))) ^ x;`,
        );
      }
      lines.push(
        `  x += ${keys[(group + 1) % 3]};`,
        `  y += ${keys[(group + 2) % 3]} + ${u32}(${group + 1}u);`,
      );
    }
    lines.push(`  return ${f32}(x >> ${u32}(8u)) * 5.9604645e-8f;`, "}");
    return lines.join("\n");
  }),
  range: () => ({ min: 0, max: 1 }),
  cost: "expensive",
});
