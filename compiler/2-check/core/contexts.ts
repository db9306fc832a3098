import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SizeTable } from "../../dims/size-table.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Span } from "../../source/source-file.ts";
import type { Entity, EntityOf, Env, StateDimension, Storage } from "./entity.ts";

/** What makes values of the graph, and their sizes. */
export interface GraphMaking {
  readonly build: GraphBuilder;
  readonly sizes: SizeTable;
  /** The number of one more random call of the part at this path. */
  readonly nextSite: (path: string) => number;
}

/** Where findings go. */
export interface Reporting {
  readonly sink: DiagnosticSink;
  /** What `--types` lists, in the generic check. */
  readonly noteType: ((name: string, span: Span, entity: Entity, env: Env) => void) | undefined;
  /** The import that would declare a missing name, in the generic check. */
  readonly findImport: FindImport | undefined;
  /** Who calls whom, in the generic check, where bodies of callees are not looked at. */
  readonly noteCall: ((env: Env, callee: EntityOf<"fn">, span: Span) => void) | undefined;
}

/** The import that would declare a name, or one that may have been meant. */
export type FindImport = (name: string) => FoundImport | undefined;
/** What to import where a name is missing. */
interface FoundImport {
  /** Of the name, or of one that is near. */
  readonly name: string;
  /** `import { gelu } from "std/functions"`. */
  readonly line: string;
}

/** What is known of axes beside their sizes. */
export interface AxisTable {
  /** Axes that a part owns, for messages: `fc1.Out`. */
  readonly owners: Map<Axis, { readonly path: string; readonly name: string }>;
  /** Axes that an interface promises without saying what they are made of. */
  readonly abstractAxes: Set<Axis>;
  /** In the generic check: axes that stand for all that `..` takes. */
  readonly restAxes: Set<Axis>;
}

/** How axes and sizes are called in messages. */
export type Naming = Pick<AxisTable, "owners"> & Pick<GraphMaking, "sizes">;

/** Tensors that a mode has touched. */
export interface StoredTable {
  /** Parameters and buffers that were read. */
  readonly storedValues: Map<Storage, Value>;
  /** States that a mode has touched; its steps share them. */
  readonly states: Map<Storage, BoundState>;
  /** What the step has stored so far, which its later reads see. */
  readonly stateNow: Map<Storage, Value>;
}

/** A state of a mode with its free axes bound. */
export interface BoundState {
  readonly dimensions: readonly StateDimension[];
  /** As it is before a call. */
  readonly value: Value;
  /** The first touch, which bound the axes. */
  readonly span: Span;
}
