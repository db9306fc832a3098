import type { IntegerTensor } from "../../runtime/tensor.ts";
import { encodeText, padRows, textSettings } from "../../runtime/text/encode-text.ts";
import type { Tokenizer } from "../../runtime/text/tokenizer.ts";
import {
  anyOf,
  assertOptions,
  listOf,
  text,
  thing,
  truth,
  wholeNumber,
} from "./options/option-kinds.ts";

/** What stands between the brackets of `from text(..)`; all of it may be left out. */
export interface TextForm {
  /** Put in front before the text is tokenised: `summarize:` and `a photo` are one text. */
  readonly prefix?: string | undefined;
  /** Put in front and tokenised apart. */
  readonly prompt?: string | undefined;
  /** Start with `<s>`, end with `</s>`. */
  readonly bos?: boolean | undefined;
  readonly eos?: boolean | undefined;
  /** Lower case, without punctuation, at most 50 words. */
  readonly clean?: boolean | undefined;
  /** Longer texts are cut, shorter ones padded; without it the longest text decides. */
  readonly length?: number | undefined;
}

/**
 * Reads texts as the models' `from text(..)` does. Gives i32 [text, token], padded with 0 on the right,
 * and how long each row is without its padding, which a mode may ask for.
 *
 * @throws {RuntimeFault} `option-invalid` where an argument is none.
 */
export function readTexts(
  texts: string | readonly string[],
  tokenizer: Tokenizer,
  form: TextForm = {},
): IntegerTensor {
  assertOptions("readTexts", { texts, tokenizer, ...form }, table, ["texts", "tokenizer"]);
  const args = Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const settings = textSettings(args);
  const all = typeof texts === "string" ? [texts] : texts;
  const rows = all.map((one) => encodeText(tokenizer, one, settings));
  const length = form.length ?? rows.reduce((most, row) => Math.max(most, row.length), 0);
  return {
    element: "i32",
    shape: [rows.length, length],
    data: padRows(rows, length),
    lengths: rows.map((row) => row.length),
  };
}

const table = {
  texts: anyOf(text, listOf(text, "texts")),
  tokenizer: thing("a tokenizer of `loadTokenizer`", isTokenizer),
  prefix: text,
  prompt: text,
  bos: truth,
  eos: truth,
  clean: truth,
  length: wholeNumber(0),
};

function isTokenizer(value: unknown): boolean {
  return typeof value === "object" && value !== null && "encode" in value && "decode" in value;
}
