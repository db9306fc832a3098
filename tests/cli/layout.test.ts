import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileFile } from "../../compiler/api/compile-file.ts";
import { plainStyle } from "../../compiler/api/text/style.ts";
import { formatTable } from "../../compiler/api/text/table.ts";
import { commandRegistry } from "../../compiler/cli/command-registry.ts";
import { inspectReport } from "../../compiler/cli/report/inspect/inspect-report.ts";
import { inspectText } from "../../compiler/cli/report/inspect/inspect-text.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const widths = [60, 80, 120];
const file = join(root, "models", "internvit", "internvit.weft");
const { artifact } = compileFile({ file, model: "InternViT_tiny", mode: "forward" });

function inspected(width: number | undefined): string {
  if (artifact === undefined) throw new Error("InternViT_tiny does not compile");
  return inspectText(inspectReport(artifact), { ...plainStyle, width });
}

/** Words as they stand: what a terminal broke, or a layout, would be other words. */
function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean).toSorted();
}

function longestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

describe.each(widths)("on a terminal of %i columns", (width) => {
  test("no line of help is longer, and no word is broken", async () => {
    for (const name of ["", ...commandRegistry.map((command) => command.name)]) {
      const args = [...(name === "" ? [] : [name]), "--help"];
      const wide = await runWeft(args, root, 500);
      const { stdout } = await runWeft(args, root, width);
      expect(longestLine(stdout), `weft ${args.join(" ")}\n${stdout}`).toBeLessThanOrEqual(width);
      expect(wordsOf(stdout)).toEqual(wordsOf(wide.stdout));
    }
  });

  test("no line of a table is longer, and no word is broken", async () => {
    const index = (columns?: number) => runWeft(["explain"], root, columns);
    const texts = [
      [inspected(undefined), inspected(width)],
      [(await index()).stdout, (await index(width)).stdout],
    ] as const;
    for (const [wide, text] of texts) {
      expect(longestLine(text), text).toBeLessThanOrEqual(width);
      expect(wordsOf(text)).toEqual(wordsOf(wide));
    }
  });
});

describe("a table that does not fit", () => {
  const columns = [
    { title: "kernel" },
    { title: "count", align: "right" },
    { title: "part" },
  ] as const;
  const rows = [
    ["contract-fc1", "4", "encoder.layers[0..4].mlp.fc1 and others"],
    ["map", "12", ""],
  ];
  const at = (width: number | undefined) => formatTable(columns, rows, { ...plainStyle, width });

  test("is wrapped in its last column where there is room", () => {
    expect(at(undefined)).toBe(
      [
        "kernel        count  part",
        "contract-fc1      4  encoder.layers[0..4].mlp.fc1 and others",
        "map              12",
        "",
      ].join("\n"),
    );
    expect(at(52)).toBe(
      [
        "kernel        count  part",
        "contract-fc1      4  encoder.layers[0..4].mlp.fc1",
        "                     and others",
        "map              12",
        "",
      ].join("\n"),
    );
  });

  test("has the columns that do not fit below the others, and none where they are empty", () => {
    expect(at(40)).toBe(
      [
        "kernel        count",
        "  part",
        "contract-fc1      4",
        "  encoder.layers[0..4].mlp.fc1 and",
        "  others",
        "map              12",
        "",
      ].join("\n"),
    );
  });

  test("counts wide characters as two columns, and colours as none", () => {
    const wide = [
      ["漢字", "\u001b[31mred\u001b[39m", "x"],
      ["a", "b", "y"],
    ];
    const three = [{ title: "" }, { title: "" }, { title: "" }];
    const [, first = "", second = ""] = formatTable(three, wide, plainStyle).split("\n");
    expect(first).toBe("漢字  \u001b[31mred\u001b[39m  x");
    expect(second).toBe("a     b    y");
  });
});

test("two towers that share a kernel have a line each", async () => {
  const alike = ["Wide=64", "WideHeads=4", "Narrow=64", "NarrowHeads=4", "Text=50", "E=32"];
  const sizes = [...alike, "vision_depth=2", "text_depth=2"].flatMap((one) => ["--set", one]);
  const args = [
    "inspect",
    "models/clip/clip.weft",
    "--model",
    "Clip",
    "--mode",
    "compare",
    ...sizes,
  ];
  const { stdout } = await runWeft([...args, "--json"], root);
  const { kernels, dispatches } = JSON.parse(stdout) as {
    dispatches: number;
    kernels: { name: string; count: number; parts: { part: string; count: number }[] }[];
  };
  const parts = kernels.flatMap((kernel) => kernel.parts.map(({ part }) => part));
  for (const tower of ["vision", "text"])
    expect(parts.some((part) => part.startsWith(tower) && /\[0\.\.\d+\]/.test(part))).toBe(true);
  for (const { count, parts: own } of kernels)
    expect(own.reduce((sum, one) => sum + one.count, 0)).toBe(count);
  expect(kernels.reduce((sum, { count }) => sum + count, 0)).toBe(dispatches);
  const shared = kernels.filter(({ parts: own }) => {
    const towers = new Set(own.map(({ part }) => part.split("_")[0]));
    return towers.has("vision") && towers.has("text");
  });
  expect(shared.length).toBeGreaterThan(2);
  const table = (await runWeft(args, root)).stdout;
  for (const part of parts.filter(Boolean)) expect(table).toContain(part);
});
