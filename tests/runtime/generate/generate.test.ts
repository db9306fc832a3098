import { describe, expect, test } from "vitest";
import { type BeamModel, beamSearch } from "../../../runtime/generate/beam-search.ts";
import { bucketFor, promptBuckets } from "../../../runtime/generate/buckets.ts";
import { Conversation } from "../../../runtime/generate/conversation.ts";
import { StopStrings } from "../../../runtime/generate/stop-strings.ts";
import { TextStream } from "../../../runtime/generate/text-stream.ts";
import { loadTokenizer } from "../../../runtime/text/load-tokenizer.ts";
import { internvlV1 } from "../../../runtime/text/templates/internvl-v1.ts";
import { generator } from "../../support/graphs/random-tensors.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const tokenizer = loadTokenizer("examples/tokenizer.model");

describe("lengths of prompt", () => {
  test("are powers of two and the limit", () => {
    expect(promptBuckets(2048)).toEqual([16, 32, 64, 128, 256, 512, 1024, 2048]);
    expect(promptBuckets(100)).toEqual([16, 32, 64, 100]);
    expect(promptBuckets(9)).toEqual([9]);
    const buckets = promptBuckets(100);
    expect([1, 16, 17, 65, 100, 101].map((tokens) => bucketFor(tokens, buckets))).toEqual([
      16,
      16,
      32,
      100,
      100,
      undefined,
    ]);
  });
});

describe("stop strings", () => {
  test("end the text, however it is cut into pieces", () => {
    const text = "one ## two ### three";
    for (let size = 1; size <= text.length; size++) {
      const stops = new StopStrings(["###", "never"]);
      let shown = "";
      for (let at = 0; at < text.length; at += size) shown += stops.push(text.slice(at, at + size));
      expect(shown + stops.end()).toBe("one ## two ");
      expect(stops.isStopped).toBe(true);
    }
  });

  test("hold back no more than may begin one", () => {
    const stops = new StopStrings(["abc"]);
    expect([stops.push("xa"), stops.push("b"), stops.push("d"), stops.push("ab")]).toEqual([
      "x",
      "",
      "abd",
      "",
    ]);
    expect(stops.end()).toBe("ab");
    expect(stops.isStopped).toBe(false);
  });

  test("the first of several counts", () => {
    expect(new StopStrings(["later", "l"]).push("all later")).toBe("a");
  });
});

describe("text that grows", () => {
  test("never shows half a character", () => {
    const text = "caf\u00e9 \u4f60\u597d \ud83d\ude00\ud83c\uddea\ud83c\uddfa \u0627\u0644 end";
    const stream = new TextStream(tokenizer, []);
    const pieces = tokenizer.encode(text).map((id) => stream.push(id));
    expect(pieces.filter((piece) => piece === "").length).toBeGreaterThan(5);
    for (const piece of pieces) expect(piece).not.toContain("\ufffd");
    expect(pieces.join("") + stream.end()).toBe(text);
    expect(stream.text).toBe(text);
  });

  test("says at its end what was never completed", () => {
    const [half = 0] = tokenizer.encode("\ud83d\ude00").slice(-4);
    const stream = new TextStream(tokenizer, []);
    expect(stream.push(half)).toBe("");
    expect(stream.end()).toBe("\ufffd");
  });

  test("has nothing for ids beyond the tokenizer", () => {
    const stream = new TextStream(tokenizer, []);
    expect(stream.push(tokenizer.size + 3)).toBe("");
  });
});

describe("a dialogue", () => {
  const places = { image: 3, query: 2 };

  test("is the prompt of every answer, with queries in each turn", () => {
    const talk = new Conversation(internvlV1, tokenizer, places);
    talk.begin(true);
    const first = talk.ask("What is this?");
    talk.answer(" A cat. ");
    const second = talk.ask("And that?");
    const known = tokenizer.withTokens(internvlV1.added);
    const count = (ids: readonly number[], name: string) =>
      ids.filter((id) => id === known.idOf(name)).length;
    expect(count(first.ids, "<IMG_CONTEXT>")).toBe(3);
    expect(count(second.ids, "<IMG_CONTEXT>")).toBe(3);
    expect(count(first.ids, "<QUERY_CONTEXT>")).toBe(2);
    expect(count(second.ids, "<QUERY_CONTEXT>")).toBe(4);
    expect(second.questions).toEqual(["What is this?", "And that?"]);
    expect(second.ids.slice(0, first.ids.length)).toEqual(first.ids);
    expect(talk.ends).toEqual({ ids: [tokenizer.eosId], texts: [] });
  });

  test("goes on without an image, and forgets what was not answered", () => {
    const talk = new Conversation(internvlV1, tokenizer, places);
    talk.begin(false);
    const alone = talk.ask("Hello");
    expect(alone.questions).toEqual([]);
    talk.forget();
    expect(talk.turns).toEqual([]);
    expect(talk.ask("Hello").ids).toEqual(alone.ids);
  });
});

describe("beam search", () => {
  const vocab = 4;
  const end = 3;

  /** Log-probabilities that depend on all tokens so far. */
  function logp(tokens: readonly number[], seed: number): number[] {
    const next = generator(tokens.reduce((hash, token) => hash * 31 + token + 7, seed));
    const weights = Array.from({ length: vocab }, () => next() + 0.05);
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => Math.log(weight / sum));
  }

  /** A model that remembers what each row has read. */
  function model(rows: number, seedOf: (row: number) => number): BeamModel {
    let texts = Array.from({ length: rows }, (): readonly number[] => []);
    let seeds = texts.map((_, row) => seedOf(row));
    const candidates = () => {
      const ranked = texts.map((text, row) => {
        const all = logp(text, seeds[row] ?? 0);
        const order = [...all.keys()].sort((a, b) => (all[b] ?? 0) - (all[a] ?? 0));
        return { ids: order, logp: order.map((id) => all[id] ?? 0) };
      });
      return {
        count: vocab,
        ids: ranked.flatMap((one) => one.ids),
        logp: ranked.flatMap((one) => one.logp),
      };
    };
    return {
      hasRoom: true,
      begin: async () => candidates(),
      async next(parents, tokens) {
        texts = parents.map((parent, row) => [...(texts[parent] ?? []), tokens[row] ?? 0]);
        seeds = parents.map((parent) => seeds[parent] ?? 0);
        return candidates();
      },
    };
  }

  function everySequence(most: number, before: readonly number[] = []): readonly number[][] {
    if (before.at(-1) === end || before.length === most) return [[...before]];
    return [...Array(vocab).keys()].flatMap((token) => everySequence(most, [...before, token]));
  }

  function scoreOf(tokens: readonly number[], seed: number, penalty: number): number {
    const sum = tokens.reduce(
      (total, token, n) => total + (logp(tokens.slice(0, n), seed)[token] ?? 0),
      0,
    );
    return sum / tokens.length ** penalty;
  }

  test.each([0, 1, 2])(
    "with enough beams is exhaustive, length penalty %s",
    async (lengthPenalty) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const most = 5;
        const options = {
          beams: vocab ** (most - 1),
          maxNewTokens: most,
          ends: [end],
          lengthPenalty,
        };
        const { all } = await beamSearch(
          model(options.beams, () => seed),
          1,
          options,
        );
        const scored = everySequence(most)
          .map((tokens) => ({ tokens, score: scoreOf(tokens, seed, lengthPenalty) }))
          .sort((a, b) => b.score - a.score);
        expect(all[0]?.slice(0, 20)).toEqual(scored.slice(0, 20));
      }
    },
  );

  test("with one beam is greedy", async () => {
    const options = { beams: 1, maxNewTokens: 12, ends: [] };
    const { best } = await beamSearch(
      model(1, () => 9),
      1,
      options,
    );
    const tokens: number[] = [];
    for (let n = 0; n < 12; n++) {
      const all = logp(tokens, 9);
      tokens.push(all.indexOf(Math.max(...all)));
    }
    expect(best[0]?.tokens).toEqual(tokens);
  });

  test("keeps the end away, ends early, and keeps prompts apart", async () => {
    const options = { beams: 3, maxNewTokens: 10, ends: [end] };
    const late = await beamSearch(
      model(3, () => 4),
      1,
      { ...options, minNewTokens: 4 },
    );
    for (const { tokens } of late.all[0] ?? []) expect(tokens.slice(0, 4)).not.toContain(end);
    const both = await beamSearch(
      model(6, (row) => (row < 3 ? 4 : 5)),
      2,
      options,
    );
    const alone = await beamSearch(
      model(3, () => 5),
      1,
      options,
    );
    expect(both.all[1]).toEqual(alone.all[0]);
    const early = await beamSearch(
      model(3, () => 4),
      1,
      { ...options, earlyStopping: true },
    );
    expect(early.all[0]?.every(({ tokens }) => tokens.at(-1) === end)).toBe(true);
  });

  test("ends where the caches are full", async () => {
    const full = { ...model(2, () => 6), hasRoom: false };
    const found = await beamSearch(full, 1, { beams: 2, maxNewTokens: 5, ends: [] });
    expect(found.isContextFull).toBe(true);
    expect(found.best[0]?.tokens).toHaveLength(1);
  });
});

describe("weft generate refuses", () => {
  const file = ["generate", "models/llama/llama.weft", "--model", "Llama_tiny"];
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [["--temperature", "warm"], "takes a number, not `warm`"],
    [["--max-new-tokens", "0"], "takes a whole number above 0"],
    [["--min-new-tokens", "9", "--max-new-tokens", "3"], "is more than `--max-new-tokens 3`"],
    [["--repetition-penalty", "much"], "takes a number, not `much`"],
    [["--temperature", "0", "--top-p", "0.5"], "is greedy"],
    [["--logits"], "needs `--out"],
    [["--out", "tokens.npy"], "must end in .safetensors"],
    [["--step", "decode"], "chosen by `weft generate` itself"],
  ];
  test.each(wrong)("%o", async (options, message) => {
    const { exitCode, stderr } = await runWeft([...file, "--mode", "generate", ...options]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
