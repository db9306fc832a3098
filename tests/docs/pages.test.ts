import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pages } from "../support/texts/pages.ts";
import { blocksOf, commandsOf } from "../support/texts/run-document.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-pages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const known = new Set(
  ["docs", "models", "examples", "stdlib", "tests", "compiler"].flatMap((top) => [
    top,
    ...readdirSync(join(root, top), { recursive: true, encoding: "utf8" }).map((path) =>
      join(top, path).replaceAll("\\", "/"),
    ),
  ]),
);

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");

  test("links lead somewhere", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    const lost = links
      .map((target) => join(page, "..", target).replaceAll("\\", "/").replace(/\/$/, ""))
      .filter((target) => !known.has(target) && target !== "README.md");
    expect(lost).toEqual([]);
  });

  test("commands are in blocks that the tests run, and name the command as a clone has it", () => {
    const loose = blocksOf(text).filter(
      ({ language, text: block }) =>
        language !== "sh" && /^(npx |npm |node |weft )/m.test(block) && language !== "ts",
    );
    expect(loose.map(({ line }) => `${page}:${line}`)).toEqual([]);
    const bare = commandsOf(text).filter(({ command }) => /(^|\| *)weft /.test(command));
    expect(bare.map(({ line, command }) => `${page}:${line} ${command}`)).toEqual([]);
  });

  test("every Weft text is right and in the format", async () => {
    const standing = blocksOf(text).filter(
      (block) => block.language === "weft" && block.note === "",
    );
    for (const [number, block] of standing.entries()) {
      const name = `block-${number}.weft`;
      writeFileSync(join(folder, name), block.text);
      const check = await runWeft(["check", name], folder);
      expect(check.stderr, `${page}:${block.line}`).toBe("");
      const format = await runWeft(["fmt", "--check", name], folder);
      expect(format.stdout, `${page}:${block.line}`).toBe("");
    }
  });
});
