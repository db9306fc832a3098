import type { ElementType } from "../weights/element-types.ts";

/**
 * What was found out about a data set once, for all threads that read it: plain data, whose large parts lie in memory
 * that threads share.
 */
export type SourceIndex = ManifestIndex | ArrayIndex;

interface IndexHead {
  /** What messages call the data set. */
  readonly path: string;
  /** How many records there are. */
  readonly size: number;
  /** Columns and arrays that every record has. */
  readonly columns: readonly string[];
  /** SHA-256 of all that says which records there are. */
  readonly hash: string;
}

/** Records as lines of JSON, each a `ManifestEntry`. */
export interface ManifestIndex extends IndexHead {
  readonly kind: "manifest";
  /** Folder that paths in the lines are relative to. */
  readonly root: string;
  /** The lines: a file, or bytes in shared memory. */
  readonly lines: string | Uint8Array;
  /** Where the line of each record begins and how many bytes it has, one after the other, in shared memory. */
  readonly places: Float64Array;
}

/** Arrays with a leading axis of records. */
export interface ArrayIndex extends IndexHead {
  readonly kind: "arrays";
  readonly arrays: readonly StoredArray[];
}

export interface StoredArray {
  /** Of the column or array. */
  readonly name: string;
  readonly type: ElementType;
  /** With the axis of records. */
  readonly shape: readonly number[];
  /** A file and where the elements begin in it, or all of them in shared memory. */
  readonly elements: { readonly file: string; readonly start: number } | Uint8Array;
  /** Whole numbers of 32 bits and more with the highest byte first, as IDX has them. */
  readonly isBigEndian: boolean;
}
