import type { Turn } from "../text/templates/chat-template.ts";
import type { Captions, ColumnName } from "./data-source.ts";

/** Bytes inside another file. */
export interface FilePlace {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
}

export function isPlace(value: unknown): value is FilePlace {
  const { offset } = (value ?? {}) as { offset?: unknown };
  return typeof offset === "number";
}

/** A file below the folder of the data set, or a place in one. */
export type FileName = string | FilePlace;

/**
 * One record as its line says it. What `captions.jsonl` has is of this form; indexers of other sources write such lines too,
 * where places in archives stand for what is only read with the record.
 */
export interface ManifestEntry {
  readonly image?: FileName;
  readonly mask?: FileName;
  readonly text?: Captions | FilePlace;
  readonly label?: number | FilePlace;
  readonly key?: string;
  readonly turns?: readonly Turn[];
  /** A JSON object with further fields. */
  readonly fields?: FilePlace;
  /** What messages call the record, where it is not its image. */
  readonly name?: string;
}

/** The fields of a line that somebody wrote, or what is wrong with it. */
export function entryOf(
  fields: unknown,
): { readonly entry: ManifestEntry } | { readonly wrong: string } {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    return { wrong: "it is no JSON object" };
  const entry: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "split" || value === null) continue;
    const field = Object.hasOwn(fieldsByName, name) ? fieldsByName[name as ColumnName] : undefined;
    // Data sets have more than is read: a licence, the artist.
    if (field === undefined) continue;
    const taken = field.take(value);
    if (taken === undefined) return { wrong: `\`${name}\` is no ${field.form}` };
    entry[name] = taken;
  }
  return { entry };
}

interface Field {
  readonly form: string;
  /** Undefined where the value is none. */
  readonly take: (value: unknown) => unknown;
}

const fieldsByName: Readonly<Record<ColumnName, Field>> = {
  image: { form: "path below the folder", take: pathIn },
  mask: { form: "path below the folder", take: pathIn },
  text: { form: "text, list of texts, or either by language", take: captionsIn },
  label: { form: "whole number from 0", take: labelIn },
  key: { form: "text or number", take: keyIn },
  turns: { form: 'list of turns, `{"role": "user", "text": ..}`', take: turnsIn },
};

/** Nothing leads out of the folder. */
function pathIn(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "" || /^[/\\]|^[A-Za-z]:|\0/.test(value))
    return undefined;
  return value.split(/[/\\]/).includes("..") ? undefined : value;
}

export function captionsIn(value: unknown): Captions | undefined {
  const plain = textsIn(value);
  if (plain !== undefined) return { "": plain };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const found: Record<string, readonly string[]> = {};
  for (const [language, texts] of Object.entries(value)) {
    const some = textsIn(texts);
    if (some === undefined) return undefined;
    found[language] = some;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** At least one. */
function textsIn(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  const isList = Array.isArray(value) && value.length > 0;
  return isList && value.every((one) => typeof one === "string") ? value : undefined;
}

export function labelIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

function keyIn(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function turnsIn(value: unknown): readonly Turn[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const turns = value.map(turnIn);
  return turns.every((turn) => turn !== undefined) ? turns : undefined;
}

/** As written here, or as LLaVA's files have it (`from`, `value`). */
function turnIn(value: unknown): Turn | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { role, text, from, value: said } = value as Record<string, unknown>;
  const who = speakers[String(role ?? from)];
  const words = text ?? said;
  return who === undefined || typeof words !== "string" ? undefined : { role: who, text: words };
}

const speakers: Readonly<Record<string, Turn["role"]>> = {
  user: "user",
  human: "user",
  assistant: "assistant",
  gpt: "assistant",
};
