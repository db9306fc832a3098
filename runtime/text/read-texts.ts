import type { InputForm, InputSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import type { Tensor } from "../tensor.ts";
import { composeChat } from "./compose-chat.ts";
import { encodeText, padRows, textSettings } from "./encode-text.ts";
import type { TokenizerSource } from "./load-tokenizer.ts";
import { parseConversations, parseTexts } from "./parse-texts.ts";
import { findTemplate } from "./templates/template-registry.ts";

/** Whether a value for this input may be text. */
export function takesText({ reader }: InputForm): boolean {
  return reader?.name === "text" || reader?.name === "chat";
}

/**
 * Text as the input's reader makes it: a row for each text, or the same row everywhere for a single one.
 * Where an input has several leading dimensions, such as dialogues and their turns, the last runs fastest.
 */
export function readTexts(spec: InputSpec, value: string, tokenizer: TokenizerSource): Tensor {
  const { name, shape, element } = spec;
  const axis = shape.at(-1);
  const wrong = (reason: string) => fault("not-a-text-input", { name, reason });
  if (!takesText(spec))
    throw wrong("the mode does not say `from text(..)` or `from chat(..)` there");
  if (axis === undefined || element !== "i32")
    throw wrong("it is not whole numbers with rows of tokens");
  const rows = encodeRows(spec, value, tokenizer, axis.size);
  const tokens = longest(rows);
  if (tokens > axis.size)
    throw fault("text-too-long", { name, tokens, axis: axis.name, size: axis.size });
  const leading = shape.slice(0, -1).map(({ size }) => size);
  const count = leading.reduce((product, size) => product * size, 1);
  const [first] = rows;
  const filled =
    rows.length === 1 && first !== undefined ? Array.from({ length: count }, () => first) : rows;
  return {
    element: "i32",
    shape: [...(filled.length === count ? leading : [filled.length]), axis.size],
    data: padRows(filled, axis.size),
    lengths: filled.map((row) => row.length),
  };
}

/** How many rows and columns the text needs, as far as it decides them: one text leaves the rows open. */
export function shapeOfTexts(
  spec: InputForm,
  value: string,
  tokenizer: TokenizerSource,
): readonly number[] {
  const rows = encodeRows(spec, value, tokenizer, Number.POSITIVE_INFINITY);
  const length = lengthSetting(spec) ?? longest(rows);
  return rows.length === 1 ? [length] : [rows.length, length];
}

/** Only what the reader gives a length is cut. */
function encodeRows(
  spec: InputForm,
  value: string,
  source: TokenizerSource,
  room: number,
): readonly (readonly number[])[] {
  const { name, reader } = spec;
  const args = reader?.args ?? {};
  const said = lengthSetting(spec);
  const length = said === undefined ? undefined : Math.min(said, room);
  if (reader?.name !== "chat") {
    const settings = { ...textSettings(args), length };
    return parseTexts(name, value).map((text) => encodeText(source(), text, settings));
  }
  const template = findTemplate(String(args.template ?? ""));
  const image = countSetting(args.image);
  const query = countSetting(args.query);
  const conversations = parseConversations(name, value, image === undefined ? 0 : 1);
  const tokenizer = source().withTokens(template.added);
  const options = {
    image,
    query,
    length,
  };
  return conversations.map((turns) => composeChat(template, tokenizer, turns, options).ids);
}

const lengthSetting = (spec: InputForm) => countSetting(spec.reader?.args.length);
const countSetting = (value: unknown) => (typeof value === "number" ? value : undefined);
const longest = (rows: readonly (readonly number[])[]) =>
  rows.reduce((most, row) => Math.max(most, row.length), 0);
