import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import type { Study } from "../../../compiler/api/studies/study.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "examples", "ablations");

function planOf(file: string, experiment: string): Study {
  const { study, diagnostics } = resolveStudy(join(folder, file), experiment);
  expect(diagnostics).toEqual([]);
  if (study === undefined) throw new Error(`${experiment} has no plan`);
  return study;
}

const namesOf = ({ cells }: Study): readonly string[] => cells.map(({ name }) => name);

/** What all cells of a study cost, by their names. */
const costsOf = (study: Study, key: "parameters" | "macs" | "trainable"): readonly number[] =>
  study.cells.map(({ cost }) => cost[key] ?? Number.NaN);

describe("the ablations of the examples", { timeout: 240_000 }, () => {
  test("every experiment of the folder is in its README and in a test below", () => {
    const page = readFileSync(join(folder, "README.md"), "utf8");
    const own = readFileSync(import.meta.filename, "utf8");
    const found = readdirSync(folder)
      .filter((name) => name.endsWith(".weft"))
      .flatMap((name) =>
        [...readFileSync(join(folder, name), "utf8").matchAll(/^experiment (\w+)/gm)].map(
          ([, experiment = ""]) => ({ name, experiment }),
        ),
      );
    expect(found.length).toBeGreaterThan(5);
    for (const { name, experiment } of found) {
      expect(page).toContain(`examples/ablations/${name} --experiment ${experiment} `);
      expect(own).toContain(`planOf("${name}", "${experiment}")`);
    }
  });

  test("shapes of the encoder have nearly equal parameters", () => {
    const study = planOf("shapes.weft", "shapes");
    expect(namesOf(study)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `vision_model=Shape_${n}`));
    const own = study.cells.map(({ cost }) => cost.parts["vision_model.params"] ?? Number.NaN);
    expect(Math.max(...own) / Math.min(...own)).toBeLessThan(1.2);
  });

  test("patches that are left out save work, and at equal compute give steps", () => {
    const even = planOf("token-dropping.weft", "equal_steps");
    expect(namesOf(even)).toEqual([16, 12, 8, 4].map((kept) => `kept=${kept}`));
    expect(even.cells.map(({ steps }) => steps)).toEqual([300, 300, 300, 300]);
    const macs = costsOf(even, "macs");
    expect([...macs].sort((a, b) => b - a)).toEqual(macs);
    expect(new Set(costsOf(even, "parameters")).size).toBe(1);

    const spent = planOf("token-dropping.weft", "equal_flops").cells.map(({ steps, cost }) => ({
      steps: steps ?? 0,
      flops: (steps ?? 0) * (cost.flopsPerStep ?? 0),
      step: cost.flopsPerStep ?? 0,
    }));
    for (const { flops, step } of spent) {
      expect(flops).toBeLessThanOrEqual(127e9);
      expect(flops).toBeGreaterThan(127e9 - step);
    }
    expect(spent.at(-1)?.steps).toBeGreaterThan(2 * (spent[0]?.steps ?? 0));
  });

  test("parts are changed one at a time", () => {
    const study = planOf("parts.weft", "parts");
    expect(namesOf(study)).toEqual([
      "as_released",
      "no_qk_norm",
      "layer_scale_1",
      "layer_norm",
      "mlp_ratio_2",
      "mlp_ratio_8",
      "swiglu",
      "drop_path_even",
      "drop_path_rising",
      "class_token",
      "mean_token",
    ]);
    for (const { cost } of study.cells) expect(cost.trainable).toBe(cost.parameters);
    const own = new Map(study.cells.map(({ name, cost }) => [name, cost.parameters]));
    const usual = own.get("as_released") ?? Number.NaN;
    const layers = 3;
    const width = 64;
    expect(own.get("no_qk_norm")).toBe(usual - layers * 2 * width);
    expect(own.get("layer_norm")).toBe(usual + layers * 2 * width);
    expect(own.get("mlp_ratio_8")).toBe(usual + layers * 256 * (2 * width + 1));
    for (const name of ["layer_scale_1", "drop_path_even", "drop_path_rising"])
      expect(own.get(name)).toBe(usual);
    expect(own.get("class_token")).toBe(own.get("mean_token"));
    expect(new Set(study.cells.map(({ identity }) => identity)).size).toBe(study.cells.length);
  });

  test("glues stand between a frozen encoder and a frozen language model", () => {
    const study = planOf("glue.weft", "kinds");
    expect(namesOf(study)).toEqual(["blind", "mlp", "qformer", "qllama"]);
    const frozen = study.cells.map(({ cost }) => cost.parameters - cost.trainable);
    // Both of them, and the head of QLLaMA's words, of which none is read.
    const both = 495_488 + 355_136;
    expect(new Set(frozen.slice(0, 3))).toEqual(new Set([both]));
    expect(frozen.at(-1)).toBe(both + 2 * 64);
    // What does not look at the image has nothing to keep of it.
    const kept = study.cells.map(({ cost }) => cost.frozen !== undefined);
    expect(kept).toEqual([false, true, true, true]);
  });

  test("queries by how often they look", () => {
    const study = planOf("glue.weft", "queries");
    expect(namesOf(study)).toEqual(
      [4, 32].flatMap((query) => [1, 2, 4].map((every) => `Query=${query}, cross_every=${every}`)),
    );
    const macs = costsOf(study, "macs");
    expect(Math.min(...macs.slice(3))).toBeGreaterThan(2 * Math.max(...macs.slice(0, 3)));
  });
});
