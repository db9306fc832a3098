import type { ReaderName } from "../../../compiler/ir/reader-settings.ts";
import type { DataReader, SampleInput } from "../reader.ts";
import { chatReader, questionsReader } from "./chat.ts";
import { imageReader } from "./image.ts";
import { keyReader } from "./key.ts";
import { labelReader, softLabelReader } from "./label.ts";
import { labelsReader } from "./labels.ts";
import { plainReader } from "./plain.ts";
import { segmentationReader } from "./segmentation.ts";
import { textReader } from "./text.ts";

/** Readers that training has. The lengths of rows are counted where a step is run. */
const readers: Readonly<Partial<Record<ReaderName, DataReader>>> = {
  image: imageReader,
  text: textReader,
  chat: chatReader,
  labels: labelsReader,
  questions: questionsReader,
  key: keyReader,
  label: labelReader,
  soft_label: softLabelReader,
  segmentation: segmentationReader,
};

/** The reader of an input; undefined for one that only other commands have. */
export function readerOf({ reader }: SampleInput): DataReader | undefined {
  if (reader === undefined) return plainReader;
  return Object.hasOwn(readers, reader.name) ? readers[reader.name as ReaderName] : undefined;
}
