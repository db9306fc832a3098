import { join } from "node:path";
import { expect, test } from "vitest";
import { exportsIn, unusedExports, usesIn } from "../support/house/unused-exports.ts";

const root = join(import.meta.dirname, "..", "..");

test("what a file exports, another file takes", () => {
  const found = unusedExports(root, {
    owners: ["compiler", "runtime", "tests/support"],
    users: ["bin", "compiler", "runtime", "examples", "tests"],
    entries: ["compiler/api/library.ts"],
  });
  // The type of the registry is inferred from them, so that its declaration has to name them.
  const isOfRegistry = /^compiler\/ir\/kernel\/engines\/\w+\.ts: \w+Engine$/;
  expect(
    found.map(({ path, name }) => `${path}: ${name}`).filter((one) => !isOfRegistry.test(one)),
  ).toEqual([]);
});

test("every form of an export and of a use is seen", () => {
  const text = `
export const a = 1;
export async function b() {}
export class C {}
export interface D {}
export type E = 1;
export { f, g as h };
export { other } from "./other.ts";
import { i, type J, k as l } from "./one.ts";
import * as all from "./two.ts";
export type {
  M,
  N,
} from "../three.ts";
const { o, p: q } = await import("./four.ts");
const load = () => import("./five.ts");
const place = new URL("./seven.ts", import.meta.url);
const made: import("./six.ts").R = 1;
`;
  expect(exportsIn(text)).toEqual(["a", "b", "C", "D", "E", "f", "h"]);
  const uses = usesIn("dist/x/own.ts", text).map(({ path, name }) => `${path} ${name}`);
  expect(uses.toSorted()).toEqual(
    [
      "x/other.ts other",
      ...["x/one.ts i", "x/one.ts J", "x/one.ts k"],
      "x/two.ts *",
      ...["three.ts M", "three.ts N"],
      ...["x/four.ts o", "x/four.ts p"],
      "x/five.ts *",
      "x/six.ts R",
      "x/seven.ts *",
    ].toSorted(),
  );
});
