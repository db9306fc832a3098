import type { Graph } from "../../ir/graph/graph.ts";
import type { WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Env, Storage } from "../core/entity.ts";
import type { KeySource } from "./map-keys.ts";

/** What of a checkpoint is read for a mode. */
export interface ReadRequest {
  /** Undefined where no `weights` block fits: paths are keys. */
  readonly block: WeightsSyntax | undefined;
  /** Names of the block's file, with the model's own before them. */
  readonly env: Env;
  /** What the mode reaches. */
  readonly stored: readonly Storage[];
  /** Everything that the model stores: another mode may want a tensor that this one leaves. */
  readonly all: readonly string[];
  /** Shapes by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Set where some of it may be in no file: a stage begins with what it trains. */
  readonly begun?: BegunStorages | undefined;
}

/** What is initialised where a file has nothing for it. */
export interface BegunStorages {
  readonly storages: ReadonlySet<Storage>;
  /** Where it is told. */
  readonly span: Span;
}

/** Where one parameter comes from. */
export interface ElaboratedRead {
  readonly parameter: string;
  /** Undefined where the parameter is initialised. */
  readonly source: KeySource | undefined;
  readonly resample: { readonly shape: readonly number[]; readonly graph: Graph } | undefined;
  /** Why it cannot be read, which is reported; `nearest` are keys that may have been meant. */
  readonly problem:
    | { readonly kind: "missing"; readonly key: string; readonly nearest: readonly string[] }
    | { readonly kind: "misshapen" }
    | undefined;
}
