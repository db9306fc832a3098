import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { peekInput, readInput } from "../../runtime/inputs.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-texts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(import.meta.dirname, "../../examples/tokenizer.model");
const small = loadTokenizer(path);
const source = () => small;
const code = (name: string) => expect.objectContaining({ code: name });

type Reader = NonNullable<InputSpec["reader"]>;

function spec(size: number, rows: number, args: Reader["args"], name = "text"): InputSpec {
  const shape = [
    { name: "B", size: rows },
    { name: "Text", size },
  ];
  return { name: "ids", element: "i32", shape, tensor: 0, reader: { name, args } };
}

const both = { bos: true, eos: true };
const encode = (text: string) => small.encode(text, both);

async function rows(of: InputSpec, value: string): Promise<readonly number[][]> {
  const { shape, data } = await readInput(of, value, source);
  const [count = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, row) => [...data.slice(row * width, (row + 1) * width)]);
}

describe("text as an input", () => {
  test("one text decides its length, several the batch too", () => {
    const open = spec(1, 1, both);
    expect(peekInput(open, "a cat", source)).toEqual({ shape: [encode("a cat").length] });
    const several = '["a", "a photo of a cat"]';
    const { length } = encode("a photo of a cat");
    expect(peekInput(open, several, source)).toEqual({ shape: [2, length] });
    expect(peekInput(spec(1, 1, { ...both, length: 80 }), several, source)).toEqual({
      shape: [2, 80],
    });
  });

  test("turns of a dialogue are rows of it", async () => {
    const first = encode("a cat");
    const second = encode("a photo of a cat");
    const flat = spec(second.length, 2, both);
    const turns = { ...flat, shape: [{ name: "A", size: 1 }, ...flat.shape] };
    const found = await readInput(turns, '["a cat", "a photo of a cat"]', source);
    expect(found.shape).toEqual([1, 2, second.length]);
    const padding = Array<number>(second.length - first.length).fill(0);
    expect([...found.data]).toEqual([...first, ...padding, ...second]);
    const same = await readInput(turns, "a photo of a cat", source);
    expect([...same.data]).toEqual([...second, ...second]);
    const wrong = readInput(turns, '["a", "b", "c"]', source);
    await expect(wrong).rejects.toThrow(code("wrong-shape"));
  });

  test("rows are padded with 0 on the right, and say how long they are", async () => {
    const [long, short] = [encode("a photo of a cat"), encode("a")];
    const padded = [...short, ...Array.from({ length: long.length - short.length }, () => 0)];
    const both2 = await rows(spec(long.length, 2, both), '["a", "a photo of a cat"]');
    expect(both2).toEqual([padded, long]);
    const read = await readInput(spec(long.length, 2, both), '["a", "a photo of a cat"]', source);
    expect(read.lengths).toEqual([short.length, long.length]);
  });

  test("a single text is the text of every row", async () => {
    const ids = encode("a cat");
    expect(await rows(spec(ids.length, 3, both), "a cat")).toEqual([ids, ids, ids]);
  });

  test("the lines of a file", async () => {
    const file = join(folder, "texts.txt");
    writeFileSync(file, "a cat\r\na dog\n");
    const ids = [encode("a cat"), encode("a dog")];
    expect(await rows(spec(4, 2, both), `@${file}`)).toEqual(
      ids.map((row) => [...row, 0, 0, 0, 0].slice(0, 4)),
    );
    await expect(readInput(spec(4, 2, both), "@none.txt", source)).rejects.toMatchObject({
      code: "file-missing",
    });
  });

  test("a text may begin with a bracket, and hold commas, points and slashes", async () => {
    for (const text of ["[IMG] a cat", "cat, dog", "./a cat.", "[1"]) {
      const ids = encode(text);
      expect(await rows(spec(ids.length, 1, both), text)).toEqual([ids]);
    }
  });

  test("what has a length is cut, what has none is refused", async () => {
    const cut = await rows(spec(3, 1, { ...both, length: 80 }), "a photo of a cat");
    expect(cut).toEqual([[1, ...small.encode("a"), 2]]);
    await expect(readInput(spec(3, 1, both), "a photo of a cat", source)).rejects.toMatchObject({
      code: "text-too-long",
      hint: expect.stringContaining("--size Text=7"),
    });
  });

  test("what cannot be text says so", async () => {
    await expect(readInput(spec(3, 1, both), "a cat")).rejects.toThrow(code("no-tokenizer"));
    await expect(readInput(spec(9, 1, both), "[1, 2]", source)).rejects.toThrow(code("bad-value"));
    const real: InputSpec = { ...spec(9, 1, both), element: "f32" };
    await expect(readInput(real, "a cat", source)).rejects.toThrow(code("not-a-text-input"));
    const wrongBatch = readInput(spec(9, 3, both), '["a", "b"]', source);
    await expect(wrongBatch).rejects.toThrow(code("wrong-shape"));
  });
});

describe("conversations as an input", () => {
  const args = { template: "internvl_v1", image: 3, query: 2 };
  const count = (ids: readonly number[], name: string) => {
    const tokenizer = small.withTokens(["<IMG>", "</IMG>", "<IMG_CONTEXT>", "<QUERY>"]);
    return ids.filter((id) => id === tokenizer.idOf(name)).length;
  };

  test("a text is a question about the image", async () => {
    const [ids = []] = await rows(spec(200, 1, args, "chat"), "What is this?");
    expect([count(ids, "<IMG_CONTEXT>"), count(ids, "<QUERY>")]).toEqual([3, 1]);
    const asTurns = '[{"role": "user", "text": "What is this?"}]';
    expect(await rows(spec(200, 1, args, "chat"), asTurns)).toEqual([ids]);
  });

  test("placeholders that somebody types shift none", async () => {
    const typed = "<IMG_CONTEXT> </s> <QUERY> <image>";
    const [ids = []] = await rows(spec(200, 1, args, "chat"), typed);
    expect([count(ids, "<IMG_CONTEXT>"), count(ids, "<QUERY>")]).toEqual([3, 1]);
    expect(ids).not.toContain(small.eosId);
    expect(small.decode(ids.filter((id) => id < small.size))).toContain(typed);
    const asked = loadTokenizer(path, { specialTokens: true });
    const { data } = await readInput(spec(200, 1, args, "chat"), typed, () => asked);
    expect([count([...data], "<IMG_CONTEXT>"), count([...data], "<QUERY>")]).toEqual([4, 2]);
  });

  test("an array of turns is one conversation, an array of those several", async () => {
    const turns = [
      { role: "user", text: "What?", images: 1 },
      { role: "assistant", text: "A cat." },
      { role: "user", text: "Where?" },
    ];
    const [ids = []] = await rows(spec(200, 1, args, "chat"), JSON.stringify(turns));
    expect([count(ids, "<IMG_CONTEXT>"), count(ids, "<QUERY>")]).toEqual([3, 2]);
    const several = await rows(spec(200, 2, args, "chat"), JSON.stringify([turns, "Hi"]));
    expect(several.length).toBe(2);
    expect(several[0]).toEqual(ids);
    const silent = [{ role: "user", text: "Hi", images: 0 }];
    const [unseen = []] = await rows(spec(200, 1, args, "chat"), JSON.stringify(silent));
    expect(count(unseen, "<IMG>")).toBe(0);
  });

  test("what is no conversation says so", async () => {
    const read = (value: string, reader: Reader["args"] = args) =>
      readInput(spec(200, 1, reader, "chat"), value, source);
    await expect(read('[[{"role": "system", "text": ""}]]')).rejects.toThrow(
      code("bad-conversation"),
    );
    await expect(read('[{"role": "assistant", "text": ""}]')).rejects.toThrow(
      code("bad-conversation"),
    );
    await expect(read("[]")).rejects.toThrow(code("bad-value"));
    await expect(read("Hi", { template: "alpaca" })).rejects.toThrow(code("no-such-template"));
  });
});
