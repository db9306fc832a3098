import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type ChatTokenizer,
  composeChat,
  ignoredLabel,
} from "../../../runtime/text/compose-chat.ts";
import { loadTokenizer } from "../../../runtime/text/load-tokenizer.ts";
import type { Turn } from "../../../runtime/text/templates/chat-template.ts";
import { chatTemplates, findTemplate } from "../../../runtime/text/templates/template-registry.ts";
import { readTensor } from "../../../runtime/weights/read-tensor.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const oracle = join(root, "../shared/oracle");
const small = loadTokenizer(join(root, "examples/tokenizer.model"));
const code = (name: string) => expect.objectContaining({ code: name });

const system =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ";
/** Tokens that a template adds, written by their names. */
const named = { bos: true, specialTokens: true };
const user = (text: string, images?: number): Turn =>
  images === undefined ? { role: "user", text } : { role: "user", text, images };
const assistant = (text: string): Turn => ({ role: "assistant", text });

/** Ids with runs of the same one as `id x count`, to read them at a glance. */
const trained = (ids: readonly number[], labels: readonly number[]) =>
  labels.flatMap((label, index) => (label === ignoredLabel ? [] : [ids[index] ?? -1]));

describe("vicuna_v1", () => {
  const template = findTemplate("vicuna_v1");
  const tokenizer = small.withTokens(template.added);
  const image = small.size;

  test("an open conversation ends with ASSISTANT:", () => {
    const { ids } = composeChat(template, tokenizer, [user("What is this?")]);
    const text = `${system}USER: What is this? ASSISTANT:`;
    expect(ids).toEqual(small.encode(text, { bos: true }));
  });

  test("rounds are joined by </s>, and text after a special token is a text of its own", () => {
    const turns = [user("Hi"), assistant("Hello."), user("Who?"), assistant("Me.")];
    const { ids, questions } = composeChat(template, tokenizer, turns);
    const text = `${system}USER: Hi ASSISTANT: Hello.</s>USER: Who? ASSISTANT: Me.</s>`;
    expect(ids).toEqual(tokenizer.encode(text, named));
    expect(questions).toEqual(["Hi", "Who?"]);
  });

  test("an image stands in front of the question, as often as it has patches", () => {
    const turns = [user("What is this?", 1)];
    const { ids } = composeChat(template, tokenizer, turns, { image: 4 });
    const text = `${system}USER: <image><image><image><image>\nWhat is this? ASSISTANT:`;
    expect(ids).toEqual(tokenizer.encode(text, named));
    expect(ids.filter((id) => id === image).length).toBe(4);
    const written = composeChat(template, tokenizer, [user("What is this?\n<image>")], {
      image: 4,
    });
    expect(written.ids).toEqual(ids);
    expect(written.questions).toEqual(["What is this?"]);
  });

  test("labels are the answers with their </s>, and nothing else", () => {
    const turns = [user("Hi", 1), assistant("Hello."), user("Who?"), assistant("")];
    const { ids, labels } = composeChat(template, tokenizer, turns, { image: 9 });
    const spoken = [...small.encode("Hello."), 2, ...small.encode(" ").slice(1), 2];
    expect(trained(ids, labels)).toEqual(spoken);
    expect(labels.length).toBe(ids.length);
    expect(labels.every((label, index) => label === ignoredLabel || label === ids[index])).toBe(
      true,
    );
  });

  test("names of special tokens that somebody types are text", () => {
    const typed = "Is </s> an <image> or <unk>?";
    const { ids, questions } = composeChat(template, tokenizer, [user(typed, 1)], { image: 4 });
    expect(questions).toEqual([typed]);
    const before = tokenizer.encode(`${system}USER: <image><image><image><image>`, named);
    expect(ids).toEqual([...before, ...small.encode(`\n${typed} ASSISTANT:`)]);
    expect(ids.filter((id) => id === image).length).toBe(4);
  });

  test("a cut conversation keeps the labels that are left", () => {
    const turns = [user("Hi"), assistant("Hello there.")];
    const whole = composeChat(template, tokenizer, turns);
    const length = whole.ids.length - 2;
    const cut = composeChat(template, tokenizer, turns, { length });
    expect(cut.ids).toEqual(whole.ids.slice(0, length));
    expect(cut.labels).toEqual(whole.labels.slice(0, length));
  });

  test("an answer whose tokens run into the question is not trained on", () => {
    // A tokenizer that reads `:` and what follows as one.
    const merging: ChatTokenizer = {
      bosId: 1,
      encode: (text) =>
        text.split(/(?= USER)/).flatMap((part) => [...small.encode(part), part.length]),
      idOf: (name) => tokenizer.idOf(name),
    };
    const chat = composeChat(template, merging, [user("Hi"), assistant("Hello.")]);
    expect(chat.isUnlabelled).toBe(true);
    expect(new Set(chat.labels)).toEqual(new Set([ignoredLabel]));
  });
});

describe("internvl_v1", () => {
  const template = findTemplate("internvl_v1");
  const tokenizer = small.withTokens(template.added);
  const id = (name: string) => tokenizer.idOf(name) ?? -1;

  test("the six tokens take the ids after the pieces", () => {
    const names = ["<IMG>", "</IMG>", "<IMG_CONTEXT>", "<QUERY>", "</QUERY>", "<QUERY_CONTEXT>"];
    expect(names.map(id)).toEqual([0, 1, 2, 3, 4, 5].map((index) => small.size + index));
  });

  test("the image once, queries in every round", () => {
    const turns = [user("What?", 1), assistant("A cat."), user("Where?")];
    const { ids, questions } = composeChat(template, tokenizer, turns, { image: 3, query: 2 });
    const query = "<QUERY><QUERY_CONTEXT><QUERY_CONTEXT></QUERY>";
    const seen = "<IMG><IMG_CONTEXT><IMG_CONTEXT><IMG_CONTEXT></IMG>";
    const text = `${system}USER: ${seen}${query}\nWhat? ASSISTANT: A cat.</s>USER: ${query}\nWhere? ASSISTANT:`;
    expect(ids).toEqual(tokenizer.encode(text, named));
    expect(questions).toEqual(["What?", "Where?"]);
  });

  test("without an image there are no queries", () => {
    const { ids } = composeChat(template, tokenizer, [user("Hi")], { image: 3, query: 2 });
    expect(ids.some((each) => each >= small.size)).toBe(false);
  });

  test("a model without queries has no block of them", () => {
    const turns = [user("What?", 1), assistant("A cat."), user("Where?")];
    const { ids } = composeChat(template, tokenizer, turns, { image: 1, query: 0 });
    const text = `${system}USER: <IMG><IMG_CONTEXT></IMG>\nWhat? ASSISTANT: A cat.</s>USER: Where? ASSISTANT:`;
    expect(ids).toEqual(tokenizer.encode(text, named));
  });
});

test("plain: the image, then the caption with its line break, which is all that is learned", () => {
  const template = findTemplate("plain");
  const tokenizer = small.withTokens(template.added);
  const turns = [user("", 1), assistant("a red panda")];
  const { ids, labels } = composeChat(template, tokenizer, turns, { image: 2 });
  const caption = small.encode("a red panda\n");
  expect(ids).toEqual([1, small.size, small.size, ...caption]);
  expect(trained(ids, labels)).toEqual(caption);
});

describe("what is wrong with a conversation", () => {
  const compose = (turns: readonly Turn[]) => () =>
    composeChat(findTemplate("vicuna_v1"), small.withTokens(["<image>"]), turns);

  test("it has turns, the user begins, and both take turns", () => {
    expect(compose([])).toThrow(code("bad-conversation"));
    expect(compose([assistant("Hi")])).toThrow(code("bad-conversation"));
    expect(compose([user("Hi"), user("Ho")])).toThrow(code("bad-conversation"));
  });

  test("its template exists, and the tokenizer knows the template's tokens", () => {
    expect(() => findTemplate("vicuna")).toThrow(code("no-such-template"));
    const turns = [user("Hi", 1)];
    expect(() => composeChat(findTemplate("internvl_v1"), small, turns)).toThrow(
      code("bad-conversation"),
    );
  });

  test("names of templates are unique", () => {
    expect(new Set(chatTemplates.map(({ name }) => name)).size).toBe(chatTemplates.length);
  });
});

const hasOracle = existsSync(join(oracle, "sft"));
if (!hasOracle) console.log("skipped: ../shared/oracle is absent, labels are not compared");

describe.skipIf(!hasOracle)("values of the official training code", () => {
  const summary = () =>
    JSON.parse(readFileSync(join(oracle, "sft/summary.json"), "utf8")) as {
      added_tokens: Record<string, number>;
      chat_d: { newline_id_used: number };
    };

  /** The ids there stand for no words, so `w7` is the word with id 7; what the template adds is `fixed`. */
  function words(
    fixed: Readonly<Record<string, number>>,
    specials: Readonly<Record<string, number>>,
  ) {
    const tokens = /w(\d+)|\n|USER:/g;
    const tokenizer: ChatTokenizer = {
      bosId: 1,
      encode: (text) =>
        Array.from(text.matchAll(tokens), ([word, number]) =>
          number === undefined ? fixed[word] : Number(number),
        ).filter((id) => id !== undefined),
      idOf: (name) => ({ "</s>": 2, ...specials })[name],
    };
    return tokenizer;
  }

  const rows = (file: string, name: string) => {
    const { shape, data } = readTensor(join(oracle, "sft", file), name);
    const width = shape.at(-1) ?? 0;
    return Array.from({ length: data.length / width }, (_, row) => [
      ...data.slice(row * width, (row + 1) * width),
    ]);
  };

  const said = (ids: readonly number[]) => ids.map((id) => `w${id}`).join(" ");

  test("several rounds of text, padded", () => {
    const template = findTemplate("vicuna_v1");
    const [ids, labels] = ["input_ids", "labels"].map((name) =>
      rows("text_only/inputs.safetensors", name),
    );
    const turns = [
      user(said([34, 178, 197])),
      assistant(said([17, 29])),
      user(said([40, 210, 23])),
      assistant(said([196, 23, 117])),
    ];
    const chat = composeChat(template, words({}, {}), turns);
    expect([...chat.ids, 0, 0]).toEqual(ids?.[1]);
    expect([...chat.labels, ignoredLabel, ignoredLabel]).toEqual(labels?.[1]);
  });

  test("composition (c): the placeholder becomes the image's tokens, without labels", () => {
    const template = findTemplate("vicuna_v1");
    const tokenizer = words({}, { "<image>": -200 });
    const turns = [user(said([131, 41, 165, 62]), 1), assistant(said([141, 30, 207, 20, 177]))];
    const [ids, labels] = ["input_ids", "labels"].map((name) =>
      rows("chat_c/inputs.safetensors", name),
    );
    const spoken = { ...template, system: "w6 w129 w22 " };
    const chat = composeChat(spoken, tokenizer, turns);
    expect(chat.ids).toEqual(ids?.[0]);
    expect(chat.labels).toEqual(labels?.[0]);
    const spliced = composeChat(spoken, tokenizer, turns, { image: 36 });
    expect(spliced.labels).toEqual(rows("chat_c/outputs.safetensors", "spliced_labels")[0]);
  });

  test("composition (d): image and queries, and queries again in the second round", () => {
    const { added_tokens, chat_d } = summary();
    const template = findTemplate("internvl_v1");
    expect(Object.keys(added_tokens)).toEqual(template.added);
    const tokenizer = words({ "USER:": 135, "\n": chat_d.newline_id_used }, added_tokens);
    const turns = [
      user(said([138, 153, 34, 53, 69]), 1),
      assistant(said([128, 150, 118, 155])),
      user(said([131, 208, 119, 128])),
      assistant(said([68, 103, 34])),
    ];
    const options = { image: 16, query: 8 };
    const chat = composeChat({ ...template, system: "w35 w60 " }, tokenizer, turns, options);
    expect(chat.ids).toEqual(rows("chat_d/inputs.safetensors", "input_ids")[0]);
    expect(chat.labels).toEqual(rows("chat_d/inputs.safetensors", "labels")[0]);
  });
});
