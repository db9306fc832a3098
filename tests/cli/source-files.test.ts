import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-files-"));
const half = "fn half(x: [..]) -> [..] {\n  0.5 * x\n}\n";
beforeAll(() => {
  for (const below of ["all/parts", "all/.git", "all/node_modules/other", "empty"])
    mkdirSync(join(folder, below), { recursive: true });
  writeFileSync(join(folder, "all", "b.weft"), half.replace("half(x", "half(y"));
  writeFileSync(join(folder, "all", "a.weft"), half);
  writeFileSync(join(folder, "all", "parts", "c.weft"), half.replace("0.5", "0.5  "));
  for (const other of [".git", "node_modules/other"])
    writeFileSync(join(folder, "all", other, "d.weft"), "fn");
  writeFileSync(join(folder, "all", "notes.txt"), "fn");
  writeFileSync(
    join(folder, "scene.jpg"),
    Buffer.from("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMC", "base64"),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a folder stands for the files below it", () => {
  test("weft check", async () => {
    const { exitCode, stderr } = await runWeft(["check", "all"], folder);
    expect(exitCode).toBe(1);
    expect(stderr.match(/--> .*/g)).toEqual(["--> all/b.weft:2:9"]);
  });

  test("weft fmt", async () => {
    const { exitCode, stdout } = await runWeft(["fmt", join(folder, "all")]);
    expect([exitCode, stdout]).toEqual([0, `${join(folder, "all", "parts", "c.weft")}\n`]);
    expect(readFileSync(join(folder, "all", "parts", "c.weft"), "utf8")).toBe(half);
  });

  test.each(["check", "fmt"])("weft %s says where there is none", async (command) => {
    const { exitCode, stderr } = await runWeft([command, "empty"], folder);
    expect(exitCode).toBe(1);
    expect(stderr).toBe("error[file-missing]: there is no .weft file below `empty`\n");
    expect((await runWeft([command, "nothing"], folder)).stderr).toContain("error[file-missing]");
  });
});

test.each(["check", "fmt", "inspect"])(
  "weft %s says of a picture that it is no text",
  async (command) => {
    const { exitCode, stderr } = await runWeft([command, "scene.jpg"], folder);
    expect(exitCode).toBe(1);
    expect(stderr.match(/error.*/g)).toEqual([
      "error[not-text]: this is no text: it has a byte 0 in it",
      "error",
    ]);
  },
);
