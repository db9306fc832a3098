import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { blocksOf, printsAsWritten, runDocument } from "../support/texts/run-document.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = [
  "README.md",
  "docs/language.md",
  "docs/training.md",
  "docs/tutorial.md",
  "models/internvit/README.md",
];

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");

  test("commands print what the page says", { timeout: 240_000 }, async () => {
    const place = mkdtempSync(join(folder, "page-"));
    symlinkSync(join(root, "models"), join(place, "models"));
    copyFileSync(join(root, "examples", "scene.jpg"), join(place, "scene.jpg"));
    for (const { command, line, expected, result } of await runDocument(text, place)) {
      const output = `${result.stdout}${result.stderr}`;
      expect(result.exitCode, `${page}:${line} ${command}\n${output}`).toBeLessThan(2);
      if (expected === undefined || printsAsWritten(output, expected)) continue;
      // Shows both in full; the comparison above is what failed.
      expect(output, `${page}:${line} ${command}`).toBe(expected);
    }
  });

  test("links lead somewhere", () => {
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
      (name) => !name.startsWith("node_modules") && !name.startsWith(".git"),
    );
    const known = new Set(files.map((name) => name.replaceAll("\\", "/")));
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    const lost = links.filter(
      (target) => !known.has(join(page, "..", target).replaceAll("\\", "/").replace(/\/$/, "")),
    );
    expect(lost).toEqual([]);
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
