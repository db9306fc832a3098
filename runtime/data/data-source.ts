import type { Pixels } from "../images/pixels.ts";
import type { Tensor } from "../tensor.ts";
import type { Turn } from "../text/templates/chat-template.ts";

/** An image file that is not decoded yet; it is read when it is asked for. */
interface EncodedPicture {
  readonly kind: "encoded";
  /** What messages call it. */
  readonly path: string;
  readonly bytes: () => Uint8Array;
}

export type Picture =
  | EncodedPicture
  /** What needs no decoder: levels [row, column], or [row, column, colour]. */
  | { readonly kind: "grey"; readonly pixels: Pixels }
  | { readonly kind: "colour"; readonly pixels: Pixels };

/** Texts of one record by their language; under `""` where nothing says which it is. */
export type Captions = Readonly<Record<string, readonly string[]>>;

/** What a column of each name holds. */
export interface DataColumns {
  readonly image: Picture;
  /** Classes by pixel. */
  readonly mask: Picture;
  readonly text: Captions;
  /** A class, from 0. */
  readonly label: number;
  /** What records have in common that show the same thing. */
  readonly key: string;
  readonly turns: readonly Turn[];
}

export type ColumnName = keyof DataColumns;

/** One record: each of its columns by name. */
export interface DataRecord {
  /** What messages call it: `a/b.png`, `shard-3.tar: 00012`. */
  readonly name: string;
  readonly columns: Partial<DataColumns>;
  /** Numbers by the name that the source has them under, without the axis of records. */
  readonly arrays: Readonly<Record<string, Tensor>>;
}

/**
 * Records by number. Reading one depends on nothing but its number, so that any thread may do it.
 */
export interface DataSource {
  /** What messages call it. */
  readonly path: string;
  /** How many records there are. */
  readonly size: number;
  /** Names of the columns and arrays that every record has. */
  readonly columns: readonly string[];
  /** SHA-256 of all that says which records there are, in hexadecimal. */
  readonly hash: string;
  /**
   * Record `number`, from 0.
   *
   * @throws {RuntimeFault} where what lies on the disk is no longer what was indexed.
   */
  record(number: number): DataRecord;
  /** The key of that record alone; where it cannot be read, one that no other has. */
  keyOf(number: number): string;
  close(): void;
}
