import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Device } from "../../../runtime/device/device.ts";
import { identityOf } from "../../../runtime/files/file-hash.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import type { LoadOptions } from "../library-types.ts";
import { sha256 } from "../load/digest.ts";

/** The model that is evaluated, as `load` takes it. */
export interface EvaluatedModel
  extends Pick<
    LoadOptions,
    "cell" | "set" | "tokenizer" | "tuned" | "precision" | "quantize" | "memory"
  > {
  readonly file: string;
  readonly model: string;
  readonly weights: string;
  /** For the questions that queries read, where their language model has a tokenizer of its own. */
  readonly questionTokenizer?: string | undefined;
  /** Open already, and left open. */
  readonly device: Device;
}

/** Which numbers a model computes: its text, its settings and the bytes of its weights. */
export function modelIdentity(model: EvaluatedModel): Readonly<Record<string, unknown>> {
  const { file, model: name, cell, set = {}, weights, precision, quantize } = model;
  return {
    source: sha256(readFileSync(file.startsWith("file:") ? fileURLToPath(file) : file, "utf8")),
    name,
    cell,
    set,
    precision,
    quantize,
    weights: weightIdentity(weights),
    tokenizer: model.tokenizer && weightIdentity(model.tokenizer),
    questionTokenizer: model.questionTokenizer && weightIdentity(model.questionTokenizer),
  };
}

/**
 * The hashes of the files that weights, or a tokenizer, are read from: of a run those of its checkpoint. What names no
 * file is its own identity.
 */
function weightIdentity(given: string): unknown {
  const source = parseWeightSource(given);
  if (source.kind === "random") return given;
  return source.files.map(({ path, prefix, below }) => [prefix, below ?? null, fileIdentity(path)]);
}

function fileIdentity(path: string): unknown {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return path;
  if (status.isFile()) return identityOf(path);
  const files = readdirSync(path).filter((name) => /\.(safetensors|json|model)$/.test(name));
  return Object.fromEntries(files.sort().map((name) => [name, identityOf(join(path, name))]));
}
