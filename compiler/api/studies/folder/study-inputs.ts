import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { indexSource } from "../../../../runtime/data/index-source.ts";
import { findData } from "../../../../runtime/datasets/find-data.ts";
import { identityOf } from "../../../../runtime/files/file-hash.ts";
import { checkpointsIn, newestCheckpoint } from "../../../../runtime/runs/recover-run.ts";
import { sha256 } from "../../load/digest.ts";
import type { Cell } from "../study.ts";
import type { StudyTraining } from "./document-form.ts";

/**
 * What cells are trained on beside what their text resolves to: the same cell on other data, or from other weights, is other
 * work. Each file is looked at once.
 */
export class StudyInputs {
  readonly #training: StudyTraining;
  readonly #known = new Map<string, string>();

  constructor(training: StudyTraining) {
    this.#training = training;
  }

  /** SHA-256 of a cell with all that it is trained on. */
  workOf(cell: Cell): string {
    const { data, split, batches, heldOut, heldOutSplit, weights, config, set, keepFrozen } =
      this.#training;
    const [mixed, weighed] = typeof data === "string" ? [[data]] : [Object.keys(data ?? {}), data];
    const named = cell.data.length > 0 ? cell.data : mixed;
    const given = typeof weights === "string" ? [weights] : weights;
    const starts = cell.start === undefined ? (given ?? cell.starts) : cell.starts;
    return sha256(
      JSON.stringify({
        cell: cell.identity,
        set,
        data: named.map((path) => [this.#dataHash(path, split), weighed?.[path]]),
        batches: this.#filesHash(batches),
        heldOut: batches === undefined ? undefined : this.#filesHash(heldOut),
        heldOutSplit,
        weights: (starts ?? []).map((path) => this.#weightsHash(path)),
        config: config === undefined ? undefined : this.#fileHash(config),
        // The program is another one then.
        keepFrozen: cell.cost.frozen === undefined ? undefined : (keepFrozen ?? true),
      }),
    );
  }

  #dataHash(path: string | undefined, split: string | undefined): string | undefined {
    if (path === undefined) return undefined;
    return this.#once(`data ${split ?? ""} ${path}`, () => {
      const place = findData(path);
      return existsSync(place) ? indexSource({ path: place, split }).hash : path;
    });
  }

  #filesHash(files: StudyTraining["batches"]): unknown {
    if (files === undefined || typeof files === "string") return files && this.#fileHash(files);
    const named = Object.entries(files).map(([name, path]) => [name, this.#fileHash(path)]);
    return Object.fromEntries(named);
  }

  #fileHash(path: string): string {
    return this.#once(`file ${path}`, () => (existsSync(path) ? identityOf(path).sha256 : path));
  }

  /** Of a run the files of its newest checkpoint; of `PREFIX=FILE` the file; what names no file is its own identity. */
  #weightsHash(given: string): string {
    const path = existsSync(given) ? given : given.replace(/^[\w.]+=/, "").replace(/:[\w.]*$/, "");
    return this.#once(`weights ${given}`, () => {
      if (!existsSync(path)) return given;
      if (checkpointsIn(path).length === 0) return filesIn(path);
      return JSON.stringify(newestCheckpoint(path).checkpoint?.files);
    });
  }

  #once(key: string, find: () => string): string {
    const known = this.#known.get(key) ?? find();
    this.#known.set(key, known);
    return known;
  }
}

function filesIn(path: string): string {
  if (statSync(path).isFile()) return identityOf(path).sha256;
  const names = readdirSync(path).filter((name) => /\.(safetensors|json)$/.test(name));
  return names
    .sort()
    .map((name) => `${name} ${identityOf(join(path, name)).sha256}`)
    .join("\n");
}
