import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readLines } from "../../compiler/cli/options/read-lines.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-tokenize-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = join(import.meta.dirname, "../../examples/tokenizer.model");
const tokenizer = loadTokenizer(model);

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const tokenize = (...args: string[]) =>
  runWeft(["tokenize", "--tokenizer", model, ...args], folder);

describe("weft tokenize", () => {
  const lines = ["a photo of a cat", "", "  two  spaces", "一张熊猫的照片 🎉"];

  test("lines become ids, and ids lines", async () => {
    const { stdout, exitCode } = await tokenize(write("a.txt", `${lines.join("\r\n")}\n`), "--bos");
    expect(exitCode).toBe(0);
    const expected = lines.map((line) => tokenizer.encode(line, { bos: true }).join(" "));
    expect(stdout).toBe(`${expected.join("\n")}\n`);
    const back = await tokenize(write("a.ids", stdout), "--decode");
    expect(back.stdout).toBe(`${lines.join("\n")}\n`);
  });

  test("--json takes and gives one document", async () => {
    const texts = [...lines, "with\na line break"];
    const { stdout } = await tokenize(
      write("a.json", JSON.stringify(texts)),
      "--json",
      "--bos",
      "--eos",
    );
    const ids: unknown = JSON.parse(stdout);
    expect(ids).toEqual(texts.map((text) => tokenizer.encode(text, { bos: true, eos: true })));
    const back = await tokenize(write("ids.json", stdout), "--json", "--decode");
    expect(JSON.parse(back.stdout)).toEqual(texts);
    expect((await tokenize(write("empty.json", "[]"), "--json")).stdout).toBe("[]\n");
  });

  test("names of special tokens are text, unless they are asked for", async () => {
    const typed = write("typed.txt", "a</s>\n");
    const { stdout } = await tokenize(typed);
    expect(stdout).toBe(`${tokenizer.encode("a</s>").join(" ")}\n`);
    expect(stdout.split(" ")).not.toContain("2");
    const asked = await tokenize(typed, "--special-tokens");
    expect(asked.stdout).toBe(`${tokenizer.encode("a").join(" ")} 2\n`);
  });

  test("reads stdin where no file is named, and a folder has its tokenizer.model", () => {
    const { stdout, status } = spawnSync(
      process.execPath,
      ["bin/weft.mjs", "tokenize", "--tokenizer", "examples", "--json"],
      { cwd: join(import.meta.dirname, "..", ".."), input: '["a cat"]', encoding: "utf8" },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([tokenizer.encode("a cat")]);
  });

  test("what is wrong is told with its code", async () => {
    const cases: [string, string, ...string[]][] = [
      ["file-missing", "none.txt"],
      ["not-tokens", write("bad.json", "[1, "), "--json"],
      ["not-tokens", write("object.json", "{}"), "--json"],
      ["not-tokens", write("numbers.json", '["a", 1]'), "--json"],
      ["not-tokens", write("texts.json", '["a"]'), "--json", "--decode"],
      ["not-tokens", write("words.txt", "1 2\n3 cat"), "--decode"],
      ["no-such-token", write("far.txt", "1 70000"), "--decode"],
    ];
    for (const [code, ...args] of cases) {
      const { exitCode, stdout, stderr } = await tokenize(...args);
      // With `--json`, what is wrong is a document too.
      if (args.includes("--json"))
        expect(JSON.parse(stdout)).toMatchObject({ diagnostics: [{ code }] });
      else expect(stderr).toContain(`error[${code}]`);
      expect(exitCode).toBe(1);
    }
    const noModel = ["tokenize", "--tokenizer", write("no.model", "no protobuf"), "a.txt"];
    expect((await runWeft(noModel, folder)).stderr).toContain("error[not-a-tokenizer]");
    expect((await runWeft(["tokenize", "a.txt"], folder)).exitCode).toBe(2);
  });

  test("lines may fall apart anywhere", async () => {
    const bytes = new TextEncoder().encode("é中\r\n🎉\n\nlast");
    for (const size of [1, 2, 3, 100]) {
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const seen: string[] = [];
      for await (const line of readLines(chunks())) seen.push(line);
      expect(seen).toEqual(["é中", "🎉", "", "last"]);
    }
  });
});
