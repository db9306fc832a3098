import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { SizeTable } from "../dims/size-table.ts";
import { GraphBuilder } from "../ir/graph-builder.ts";
import { surfaceOps } from "../ops/surface-registry.ts";
import { callFn } from "./call-fn.ts";
import type { Elaboration } from "./elaboration.ts";
import { evaluate } from "./expressions.ts";
import { makePart } from "./make-part.ts";
import type { OverrideTable } from "./overrides.ts";
import { startOf } from "./start-of.ts";
import { runBlock } from "./statements.ts";

export interface ElaborationOptions {
  readonly sink: DiagnosticSink;
  readonly isGeneric: boolean;
  readonly overrides?: OverrideTable;
  readonly noteType?: Elaboration["noteType"];
  readonly noteCall?: Elaboration["noteCall"];
  readonly findImport?: Elaboration["findImport"];
}

/** The one abstract interpreter, for the generic check of a declaration or for one instance. */
export function newElaboration(options: ElaborationOptions): Elaboration {
  const sites = new Map<string, number>();
  return {
    build: new GraphBuilder(),
    sizes: new SizeTable(),
    sink: options.sink,
    primitives: surfaceOps,
    isGeneric: options.isGeneric,
    owners: new Map(),
    abstractAxes: new Set(),
    restAxes: new Set(),
    storedValues: new Map(),
    states: new Map(),
    stateNow: new Map(),
    overrides: options.overrides,
    noteType: options.noteType,
    noteCall: options.noteCall,
    findImport: options.findImport,
    nextSite: (path) => {
      const site = sites.get(path) ?? 0;
      sites.set(path, site + 1);
      return site;
    },
    making: [],
    running: [],
    evaluate,
    runBlock,
    callFn,
    makePart,
    startOf,
  };
}
