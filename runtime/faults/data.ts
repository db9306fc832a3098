import { defineFault } from "./fault-entry.ts";

const listed = (names: readonly string[]) => names.map((one) => `\`${one}\``).join(", ");

/** What can be wrong with data sets. */
export const dataFaults = {
  "data-missing": defineFault<{ path: string }>({
    exitCode: 1,
    title: "A data set is not there",
    message: ({ path }) => `there is no data set \`${path}\``,
    hint: () =>
      "paths are relative to the folder in which the command runs; `weft data get` fetches data sets by name",
    explain:
      "`--data` names a folder of images with captions (`captions.jsonl` or `captions.csv`), a folder with a folder for each class, a folder of `.tar` shards, a COCO file (`.json`), arrays (`.npy`, `.safetensors`) or IDX files.",
  }),
  "data-unsaid": defineFault<{ found: string | undefined }>({
    exitCode: 1,
    title: "Nothing, or too much, says what a stage is trained on",
    message: ({ found }) =>
      found === undefined
        ? "nothing says what to train on"
        : `a run is trained on one thing, and there are ${found}`,
    hint: () => "`--data` names a data set, `--batches` a file of batches",
    explain:
      'The records of a stage come from a data set (`--data`, or `data ".."` in the stage) through the readers of its inputs, or ready-made from a file of batches (`--batches`).',
  }),
  "data-unknown-form": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A data set in a form that is not read",
    message: ({ path, reason }) => `\`${path}\` is no data set that is read: ${reason}`,
    hint: () =>
      "a folder of images needs `captions.jsonl`, `captions.csv`, or a folder for each class",
    explain:
      'A folder is read as what it holds: `captions.jsonl` or `captions.csv` (a line for each image), `.tar` shards (WebDataset), IDX files, or a folder of images for each class. A file is JSON lines, CSV, a COCO document, a `.tar`, a `.npy` or a `.safetensors` file.\n\n```json\n{"image": "cat/1.png", "text": ["a cat", "a grey cat"], "key": "cat"}\n```',
  }),
  "data-field": defineFault<{ path: string; line: number; reason: string }>({
    exitCode: 1,
    title: "A record of a data set is not written as records are",
    message: ({ path, line, reason }) => `\`${path}\`, line ${line}: ${reason}`,
    hint: () => "fields are `image`, `mask`, `text`, `label`, `key`, `turns` and `split`",
    explain:
      'A line of `captions.jsonl` is one JSON object:\n\n```json\n{"image": "a/b.png", "text": {"en": ["a cat"], "de": ["eine Katze"]}, "label": 3, "key": "cat", "split": "train"}\n```\n\n`image` and `mask` are paths below the folder, `text` is a text, a list of texts or either by language, `label` a whole number from 0, `key` a text that records of one thing share, `turns` a conversation, and `split` what `--split` selects. In `captions.csv` the first line names the fields; `text:en` is a text in one language.',
  }),
  "data-empty": defineFault<{ path: string; split: string | undefined; splits: readonly string[] }>(
    {
      exitCode: 1,
      title: "A data set has no records",
      message: ({ path, split }) =>
        split === undefined
          ? `\`${path}\` has no records`
          : `\`${path}\` has no records of the split \`${split}\``,
      hint: ({ splits }) => (splits.length === 0 ? undefined : `there are ${listed(splits)}`),
      explain:
        "`--split` takes the records whose field `split` is that name; without it all are taken.",
    },
  ),
  "column-missing": defineFault<{
    input: string;
    place: string | undefined;
    reader: string | undefined;
    column: string;
    path: string;
    has: readonly string[];
  }>({
    exitCode: 1,
    title: "A reader needs a column that the data set lacks",
    message: ({ input, place, reader, column, path }) =>
      `${place === undefined ? "" : `${place}: `}the input \`${input}\`${reader === undefined ? "" : `, \`from ${reader}(..)\`,`} needs the column \`${column}\`, and \`${path}\` does not have it in every record`,
    hint: ({ has }) => `it has ${listed(has)}`,
    explain:
      "A reader makes an input from columns of a record: `image(..)` from `image`, `text(..)` from `text`, `soft_label(..)` from `label`. An input without a reader takes the column or array of its own name. All records need to have it.",
  }),
  "keys-too-few": defineFault<{ path: string; keys: number; batch: number; each: number }>({
    exitCode: 1,
    title: "A data set has too few keys for batches that have each of theirs so often and no more",
    message: ({ path, keys, batch, each }) =>
      `\`${path}\` has ${keys} different keys, too few for batches of ${batch} samples with ${each === 1 ? "distinct keys" : `${each} samples of each key`}`,
    hint: ({ keys, each }) =>
      `a batch may have up to ${each * Math.max(1, Math.floor(keys / 3) + 1)} samples`,
    explain:
      "`from key(distinct: true)` makes batches in which no key is there twice, `from key(each: n)` such as have n samples of each key that is there: an epoch is a pass over the keys, in another order each time. Where a batch holds the end of one epoch and the beginning of the next, that takes three times as many keys as a batch has.",
  }),
  "keys-uneven": defineFault<{ batch: number; each: number }>({
    exitCode: 1,
    title: "A batch does not hold whole groups of a key's samples",
    message: ({ batch, each }) =>
      `batches of ${batch} samples do not hold ${each} of each key: ${batch} is no multiple of ${each}`,
    hint: ({ batch, each }) =>
      `a batch may have ${[Math.floor(batch / each), Math.floor(batch / each) + 1]
        .filter((groups) => groups > 0)
        .map((groups) => groups * each)
        .join(" or ")} samples`,
    explain:
      "`from key(each: n)` puts n samples of each key behind each other, so that a batch has all n of each of its keys. That takes a multiple of n samples.",
  }),
  "reader-input": defineFault<{ input: string; reader: string; reason: string }>({
    exitCode: 1,
    title: "An input is not what its reader makes",
    message: ({ input, reader, reason }) =>
      `\`${input}\` cannot be read \`from ${reader}(..)\`: ${reason}`,
    explain:
      "Readers make one sample at a time: the input's first axis is `B`, and what follows has the form that the reader gives: `[B, 3, Y, X]` or `[B, Y, X]` of f32 for images, `[B, N]` of i32 for texts, `[B]` of i32 for labels and keys, `[B, Class]` of f32 for soft labels.",
  }),
  "record-unusable": defineFault<{ record: string; reason: string }>({
    exitCode: 1,
    title: "A record cannot be used",
    message: ({ record, reason }) => `the record \`${record}\` cannot be used: ${reason}`,
    explain:
      "Its columns are there, but a reader can make nothing of one: there is no text in the language that is asked for, or a label is beyond the classes of the model.",
  }),
  "bad-records": defineFault<{
    path: string;
    count: number;
    limit: number;
    records: readonly string[];
  }>({
    exitCode: 1,
    title: "Too many records of a data set cannot be read",
    message: ({ path, count, limit, records }) =>
      `${count} records of \`${path}\` cannot be read, and ${limit} is the most that are passed over: ${records.join("; ")}`,
    hint: () => "mend or remove them, or allow more with `--bad-records`",
    explain:
      "A record that cannot be read, such as an image that is cut short, is named, counted, and replaced by the next one, in the same way each time. Too many of them are a sign that something else is wrong, and end the run; what was saved before stays.",
  }),
} as const;
