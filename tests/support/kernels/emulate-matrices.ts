import type { SubgroupMatrix } from "../../../compiler/ir/device-profile.ts";
import type { EmittedKernel } from "../../../compiler/ir/schedule.ts";

/**
 * The same text for devices without subgroup matrices, so that the addresses, guards and barriers around
 * the matrices can be run. An operand becomes its offset and stride, which count elements of the arrays as
 * in Dawn; of a result every lane keeps some groups of four columns.
 */
export function emulateMatrices(
  emitted: EmittedKernel,
  lanes: number,
  { rows, columns, inner }: SubgroupMatrix,
): EmittedKernel {
  const groups = (rows * columns) / 4;
  const own = Math.ceil(groups / lanes);
  const lane = `local_invocation_index % ${lanes}u`;
  const operand =
    /subgroupMatrixLoad<subgroup_matrix_(?:left|right)<f\d\d, \d+, \d+>, \w+>\(&\w+, (.*)\);/g;
  const product = /subgroupMatrixMultiplyAccumulate\((\w+), (b\d+x(\d+)x\d+), (\w+)\);/g;
  const store = /subgroupMatrixStore<row_major>\(&result(\d+)Tile, (.*), (\d+u)\);/g;
  const body = emitted.wgsl
    .replace(/^(enable chromium|enable subgroups|requires subgroup_id|diagnostic).*\n/gm, "")
    .replace(
      /, @builtin\(subgroup_id\) subgroup_id: u32\) \{/,
      `) {\n  let subgroup_id = local_invocation_index / ${lanes}u;`,
    )
    .replaceAll(/subgroup_matrix_result<[^>]*>\(\)/g, `array<vec4f, ${own}>()`)
    .replaceAll(operand, "vec2u($1);")
    .replaceAll(product, `multiply$3($1, $2, $4, ${lane});`)
    .replaceAll(store, `store$1($2, $3, ${lane});`);
  const numbers = new Set([...emitted.wgsl.matchAll(product)].map(([, , , n = ""]) => n));
  const each = [
    `  for (var p = 0u; p < ${own}u; p++) {`,
    `    let group = p * ${lanes}u + lane;`,
    `    let m = group / ${columns / 4}u;`,
    `    let n = group % ${columns / 4}u;`,
    `    if (group >= ${groups}u) { continue; }`,
  ];
  const functions = [...numbers].flatMap((n) => [
    `fn multiply${n}(a: vec2u, b: vec2u, c: array<vec4f, ${own}>, lane: u32) -> array<vec4f, ${own}> {`,
    "  var sum = c;",
    ...each,
    `    for (var k = 0u; k < ${inner}u; k++) {`,
    "      let left = f32(leftTile[a.x + k * a.y + m / 4u][m % 4u]);",
    `      sum[p] += left * vec4f(right${n}Tile[b.x + k * b.y + n]);`,
    "    }",
    "  }",
    "  return sum;",
    "}",
    `fn store${n}(at: u32, matrix: array<vec4f, ${own}>, stride: u32, lane: u32) {`,
    "  var sum = matrix;",
    ...each,
    `    result${n}Tile[at + m * stride + n] = sum[p];`,
    "  }",
    "}",
  ]);
  return {
    ...emitted,
    wgsl: body.replace("@compute", `${functions.join("\n")}\n@compute`),
    features: emitted.features.filter((feature) => !feature.includes("subgroup")),
  };
}
