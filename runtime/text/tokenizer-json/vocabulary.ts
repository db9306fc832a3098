import { mostTokens } from "./read-model.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

/** Which ids are tokens, and the ids of names; the names stay where the file has them. */
export interface Vocabulary {
  /** One more than the largest id. */
  readonly size: number;
  readonly has: (id: number) => boolean;
  readonly idOf: (name: string) => number | undefined;
}

export function vocabularyOf({ model, added }: TokenizerFile): Vocabulary {
  const known = new Uint8Array(mostTokens);
  const further = new Map(added.map(({ content, id }) => [content, id] as const));
  let inModel: (name: string) => number | undefined;
  if (model.type === "Unigram") {
    const names = new Map(model.vocab.map(([token], id) => [token, id] as const));
    inModel = (name) => names.get(name);
    known.fill(1, 0, model.vocab.length);
  } else {
    const { vocab } = model;
    inModel = (name) => (Object.hasOwn(vocab, name) ? vocab[name] : undefined);
    for (const name in vocab) known[vocab[name] ?? 0] = 1;
  }
  for (const id of further.values()) known[id] = 1;
  return {
    size: known.lastIndexOf(1) + 1,
    has: (id) => known[id] === 1,
    idOf: (name) => further.get(name) ?? inModel(name),
  };
}
