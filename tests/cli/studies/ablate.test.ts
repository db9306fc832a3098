import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Study } from "../../../compiler/api/studies/study.ts";
import { type CommandResult, runWeft } from "../../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-ablate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = `
import { Linear, Mlp } from "std/layers"
import { cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"

model Sorter<In = 16, Hidden = 8, Class = 3>(depth: int = 1) {
  repeat i in 0..depth {
    use layers[i] = Mlp<In, Hidden>()
  }
  use head = Linear<In, Class>()
  mode classify(x: f32[B, In]) -> [B, Class] {
    let x = real(x)
    for layer in layers { x = layer(x) }
    head(x)
  }
}
stage learn of Sorter(x: f32[B, In], label: i32[B]) {
  train everything else at lr 0.1
  optimizer AdamW()
  steps 30
  batch 8
  memory within 1 MiB
  loss { cross_entropy{Class}(classify(x), label) }
}
`;

/** Cases that are right, 23 of them, and one more. */
function twentyFour(last: string, before = 23): string {
  const cases = Array.from(
    { length: before },
    (_, n) => `  case c${n} { set Hidden = ${n + 9} }\n`,
  );
  return `${model}experiment e of Sorter {\n${cases.join("")}  case last { ${last} }\n  run learn\n  seeds 0..3\n}\n`;
}

function ablate(text: string, ...more: readonly string[]): Promise<CommandResult> {
  const file = join(folder, "study.weft");
  writeFileSync(file, text);
  return runWeft(["ablate", file, "--experiment", "e", "--dry-run", ...more]);
}

describe("before anything runs", () => {
  const wrong: readonly (readonly [string, string, string])[] = [
    ["a typo in the last cell of 24", "set Hiden = 4", "unknown-override"],
    ["an override that changes nothing", "set depth = 1", "idle-override"],
    ["a cell whose bytes do not fit", "set Hidden = 20000", "over-budget"],
  ];
  test.each(wrong)("%s is told with its line", async (_, last, code) => {
    const text = twentyFour(last);
    const { exitCode, stderr, stdout } = await ablate(text);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(`error[${code}]`);
    // The cell that it is about, by its own line or by its name.
    if (code === "over-budget") expect(stderr).toContain("in the cell `last`");
    else expect(stderr).toContain(`case last { ${last} }`);
  });
});

test("the plan lists cells with what they cost, and what seeds can show", async () => {
  const { exitCode, stdout, stderr } = await ablate(twentyFour("set depth = 2", 2));
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain("e: 3 cells x 3 seeds, learn");
  expect(stdout).toMatch(/^c0 +[0-9a-f]{8} +364 +364 /m);
  expect(stdout).toContain("3 seeds give at best p = 0.25");
  const json = await ablate(twentyFour("set depth = 2", 2), "--json", "--only", "last");
  const { cells, seeds } = JSON.parse(json.stdout) as Study;
  expect(seeds).toEqual([0, 1, 2]);
  expect(cells.map(({ name, cost }) => [name, cost.parameters])).toEqual([
    ["last", 2 * (16 * 8 + 8 + 8 * 16 + 16) + 16 * 3 + 3],
  ]);
  // The same rule as for a study that runs: a hash, and one seed behind it.
  const hash = cells[0]?.identity.slice(0, 8);
  const one = await ablate(twentyFour("set depth = 2", 2), "--json", "--only", `${hash}/1`);
  const chosen = JSON.parse(one.stdout) as Study;
  expect(chosen.cells.map(({ name }) => name)).toEqual(["last"]);
  expect(chosen.seeds).toEqual([1]);
});

test("names that are not there are told with those that are", async () => {
  const text = twentyFour("set depth = 2", 2);
  const cell = await ablate(text, "--only", "c99");
  expect(cell).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("study-cell-unknown"),
  });
  const seed = await ablate(text, "--only", "c1/7");
  expect(seed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no cell `c1/7`") });
  const other = await runWeft(["ablate", join(folder, "study.weft"), "--experiment", "f"]);
  expect(other.stderr).toContain("error[unknown-experiment]: there is no experiment `f`");
  expect(other.stderr).toContain("there is `e`");
});
