import type { SubgroupMatrix } from "./device-profile.ts";
import type { EngineKind } from "./kernel/engines/engine-registry.ts";

/**
 * The loop nests that `6-emit` can print and `5-schedule` can choose, by name: the engine that each runs and
 * its numbers. Both have one line for each, and a line that is missing there is a type error.
 */
interface LoopNests {
  /** One invocation per `vector` elements of the flattened grid; rows of workgroups fold at `groupsPerLine`. */
  readonly map: Nest<"map", Folded & Vectors>;
  /** One invocation per row. */
  readonly "row-invocation": Nest<"row", Folded & Vectors>;
  /** One subgroup per row, workgroup = subgroup: its lanes stride over the row and combine by subgroup operations. */
  readonly "row-subgroup": Nest<"row", Folded & Vectors>;
  /** One workgroup per row, whose invocations stride over it and combine in shared memory. */
  readonly "row-workgroup": Nest<"row", Folded & Vectors>;
  /** One invocation per row and `vector` neighbouring columns. */
  readonly "contract-direct": Nest<"contract", Folded & Vectors>;
  /**
   * Workgroup = subgroup of `lanes`. Lane l loads 4 steps of `inner` of row l of the left operand and hands
   * them to all lanes by broadcast; every lane owns 4 columns and `rows` rows of accumulators.
   */
  readonly "contract-broadcast": Nest<
    "contract",
    {
      readonly lanes: number;
      readonly rows: number;
      /** Groups of 4 steps in one round of the loop. */
      readonly unroll: number;
      /** Tiles that one workgroup computes beside each other: it measures its rows once for all of them. */
      readonly columnTiles: number;
    }
  >;
  /**
   * Workgroup = subgroup of `lanes`: `repeats` times all rows and four columns, the lanes striding over the
   * inner axes by `vectorsPerLane` times `vector` elements each.
   */
  readonly "contract-vector": Nest<
    "contract",
    Vectors & {
      readonly lanes: number;
      /** A lane takes so many vectors behind each other: weights of few bits come several at a time. */
      readonly vectorsPerLane: 1 | 2 | 4;
      readonly repeats: number;
      /** One product after the other, where registers hold the sums of one only. */
      readonly sequential: boolean;
    }
  >;
  /**
   * A tile of `rows` by `columns` per workgroup. Each invocation owns `own.rows` by `own.columns` of it;
   * strips of the operands, `steps` inner positions long, lie in workgroup memory.
   */
  readonly "contract-tiled": Nest<"contract", OwnedTile>;
  /**
   * The same with a subgroup for each `own.rows` by `own.columns`, multiplied as matrices of the device.
   * Results leave through workgroup memory, `strip` columns of each subgroup at a time.
   */
  readonly "contract-subgroup-matrix": Nest<
    "contract",
    OwnedTile & { readonly matrix: SubgroupMatrix; readonly strip: number }
  >;
  /** One invocation per query row, online softmax. */
  readonly "attend-direct": Nest<"attend", Folded>;
  /** Workgroup = subgroup of `lanes`: `rows` query rows, 4 keys per lane at a time, broadcasts in both products. */
  readonly "attend-broadcast": Nest<"attend", { readonly lanes: number; readonly rows: number }>;
  /**
   * Workgroup = subgroup of `lanes`: all of the few queries (`rows`) of one batch element, 4 keys per lane
   * at a time, in order and without barriers.
   */
  readonly "attend-few": Nest<"attend", { readonly lanes: number; readonly rows: number }>;
  /**
   * A workgroup for all of the few queries (`rows`) of one batch element: a key per invocation at a time,
   * then four columns of some keys, combined in shared memory.
   */
  readonly "attend-split": Nest<"attend", { readonly rows: number }>;
  /**
   * 8 x 8 invocations for `8 * rows` queries and tiles of 32 keys in shared memory: each has `rows` queries,
   * 4 keys of each tile and 4 of every 32 columns.
   */
  readonly "attend-tiled": Nest<"attend", { readonly rows: number }>;
  /** One invocation per query row, or per key, with private arrays. */
  readonly "attend-back-direct": Nest<"attend-back", Folded>;
  /**
   * Workgroup = subgroup of `lanes`: `rows` query rows, or keys, against 4 of the others per lane at a time,
   * broadcasts in all products.
   */
  readonly "attend-back-broadcast": Nest<
    "attend-back",
    { readonly lanes: number; readonly rows: number }
  >;
  /** One invocation per element of the target, looking through the updates. */
  readonly scatter: Nest<"scatter", Folded>;
}

interface Nest<K extends EngineKind, Numbers> {
  readonly engine: K;
  readonly numbers: Numbers;
}

/** Workgroups lie in lines of `groupsPerLine`, where one dimension cannot count them all. */
interface Folded {
  readonly groupsPerLine: number;
}

interface Vectors {
  readonly vector: 1 | 4;
}

interface OwnedTile {
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
  readonly own: { readonly rows: number; readonly columns: number };
}

export type NestKind = keyof LoopNests;

/** A loop nest of a kind, or of any, with its numbers. */
export type LoopNest<N extends NestKind = NestKind> = {
  [M in NestKind]: { readonly kind: M } & LoopNests[M]["numbers"];
}[N];

/** The engine that a nest runs. */
export type EngineOf<N extends NestKind> = LoopNests[N]["engine"];

/** The nests that run an engine. */
export type NestOf<K extends EngineKind> = {
  [M in NestKind]: LoopNests[M]["engine"] extends K ? M : never;
}[NestKind];
