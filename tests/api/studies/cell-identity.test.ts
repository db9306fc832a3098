import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import { writeSmallStudy } from "../../support/studies/small-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-identity-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a cell is the same wherever its text lies, and other lines of it change nothing", () => {
  const { file: sorter } = writeSmallStudy(folder);
  const words = readFileSync(sorter, "utf8");
  const identitiesOf = (source: string, path: string) =>
    resolveStudy({ text: source, path }, "widths").study?.cells.map(({ identity }) => identity);
  const found = identitiesOf(words, "here.weft");
  expect(found).toHaveLength(2);
  expect(identitiesOf(`// A line more.\n${words}`, "there/copy.weft")).toEqual(found);
  expect(identitiesOf(words.replace("error ^ 2", "error ^ 4"), "here.weft")).not.toEqual(found);
});
