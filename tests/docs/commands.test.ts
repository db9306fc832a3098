import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandRegistry } from "../../compiler/cli/command-registry.ts";

test("the README has a row for every command, and for no other", () => {
  const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
  const rows = readme.split("\n").filter((line) => line.startsWith("| `weft "));
  const named = rows.flatMap((row) =>
    [...row.matchAll(/`weft ([a-z-]+)/g)].map(([, name]) => name),
  );
  expect(named.toSorted()).toEqual(commandRegistry.map(({ name }) => name).toSorted());
});
