import { boundaryToken } from "./boundary-token.ts";
import { cleanCaption } from "./clean-caption.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What stands between the brackets of `from text(..)`. */
interface TextSettings {
  /** Text that is put in front before it is tokenised: `summarize:` and `a photo` are one text. */
  readonly prefix: string;
  /** Text that is put in front and tokenised apart. */
  readonly prompt: string;
  readonly bos: boolean;
  readonly eos: boolean;
  /** Lower case, without punctuation, at most 50 words. */
  readonly clean: boolean;
  /** Longer texts are cut; `</s>` stays. */
  readonly length: number | undefined;
}

type Args = Readonly<Record<string, string | number | boolean | readonly number[]>>;

export function textSettings(args: Args): TextSettings {
  const text = (value: Args[string] | undefined) => (typeof value === "string" ? value : "");
  return {
    prefix: text(args.prefix),
    prompt: text(args.prompt),
    bos: args.bos === true,
    eos: args.eos === true,
    clean: args.clean === true,
    length: typeof args.length === "number" ? args.length : undefined,
  };
}

/** The ids of one text, without padding. */
export function encodeText(tokenizer: Tokenizer, text: string, settings: TextSettings): number[] {
  const { prefix, prompt, bos, eos, clean, length } = settings;
  const content = [
    ...(bos ? [boundaryToken(tokenizer, "bos")] : []),
    ...tokenizer.encode(prompt),
    ...tokenizer.encode(prefix + (clean ? cleanCaption(text) : text)),
  ];
  const end = eos ? [boundaryToken(tokenizer, "eos")] : [];
  const room = length === undefined ? content.length : Math.max(0, length - end.length);
  return [...content.slice(0, room), ...end];
}

/** Rows of equal length: padding is 0 and stands on the right. */
export function padRows(rows: readonly (readonly number[])[], length: number): Int32Array {
  const data = new Int32Array(rows.length * length);
  for (const [index, row] of rows.entries()) data.set(row.slice(0, length), index * length);
  return data;
}
