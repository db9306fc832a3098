import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import { encodeText, textSettings } from "../../text/encode-text.ts";
import type { Captions, DataRecord } from "../data-source.ts";
import type { DataReader, Made, SampleContext, SampleInput } from "../reader.ts";

type Settings = SettingsOf<"text">;

/**
 * Ids of one of the record's texts, or of another record's, padded with 0 and cut to the length of the input. All inputs
 * of a record read the same text.
 */
export const textReader: DataReader = {
  columns: () => ["text"],
  misfit: ({ element, shape }) =>
    element === "i32" && shape.length === 1 ? undefined : "a text is i32 [B, N]",
  async read(context) {
    const { input, record } = context;
    const length = input.shape[0] ?? 0;
    const args = settingsOf(input);
    const settings = textSettings(args);
    const room = Math.min(settings.length ?? length, length);
    const text = isNegative(context) ? await otherText(context) : textOf(context, record);
    const ids = encodeText(context.tokenizer(), text, { ...settings, length: room });
    return padded([ids], length);
  },
};

/** Rows of equal length, and how long each was. */
export function padded(rows: readonly (readonly number[])[], length: number): Made {
  const data = new Int32Array(rows.length * length);
  for (const [at, row] of rows.entries()) data.set(row, at * length);
  return { data, lengths: rows.map((row) => row.length) };
}

function settingsOf({ reader }: SampleInput): Settings {
  return (reader?.args ?? {}) as Settings;
}

/** Of a batch's first half, the larger one where the batch is odd. */
function isNegative({ input, placeInBatch, batch }: SampleContext): boolean {
  const { negative } = settingsOf(input);
  if (negative === "all") return true;
  return negative === "first_half" && placeInBatch < Math.floor((batch + 1) / 2);
}

/** A text of another record: of one with another key, where some draws find one. */
async function otherText(context: SampleContext): Promise<string> {
  const { record, sample, size, input } = context;
  const draws = context.draws(`${input.name} negative`);
  for (let attempt = 1; ; attempt++) {
    // Any place but its own.
    const place = (sample.place + 1 + draws.below(Math.max(1, size - 1))) % size;
    const other = { epoch: sample.epoch, place };
    const found = await context.recordOf(other, (one) => ({
      key: one.columns.key,
      text: textOf(context, one),
    }));
    if (found.key !== record.columns.key || attempt === mostDraws) return found.text;
  }
}

const mostDraws = 16;

/** The same for all inputs that take the same languages and pick alike. */
function textOf(context: SampleContext, { name, columns: { text = {} } }: DataRecord): string {
  const draws = context.draws("caption");
  const [language, place] = [draws.uniform(), draws.uniform()];
  const { language: wanted, pick } = settingsOf(context.input);
  const texts = textsIn(text, wanted, language);
  const chosen = texts[pick === "first" ? 0 : Math.floor(place * texts.length)];
  if (chosen !== undefined) return chosen;
  throw fault("record-unusable", {
    record: name,
    reason: `it has no text in \`${wanted ?? "any language"}\``,
  });
}

/** Those of a language: the one that is asked for, else of one by chance. */
function textsIn(text: Captions, wanted: string | undefined, chance: number): readonly string[] {
  const languages = Object.keys(text).toSorted();
  const chosen = wanted ?? languages[Math.floor(chance * languages.length)];
  return (chosen === undefined ? undefined : text[chosen]) ?? [];
}
