import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { SizeTable } from "../../dims/size-table.ts";
import { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { surfaceOps } from "../../ops/surface/surface-registry.ts";
import { callFn } from "../bodies/call-fn.ts";
import { evaluate } from "../bodies/expressions.ts";
import { startOf } from "../bodies/start-of.ts";
import { runBlock } from "../bodies/statements.ts";
import type { Checker } from "../core/checker.ts";
import { mostUnrolled } from "../core/limits.ts";
import type { OverrideTable } from "../core/override-table.ts";
import { makePart } from "./make-part.ts";

interface CheckerOptions {
  readonly sink: DiagnosticSink;
  readonly known: Checker["known"];
  readonly overrides?: OverrideTable;
  readonly noteType?: Checker["noteType"];
  readonly noteCall?: Checker["noteCall"];
  readonly findImport?: Checker["findImport"];
}

/** The one abstract interpreter, for the generic check of a declaration or for one instance. */
export function newChecker(options: CheckerOptions): Checker {
  const sites = new Map<string, number>();
  return {
    build: new GraphBuilder(),
    sizes: new SizeTable(),
    sink: options.sink,
    primitives: surfaceOps,
    known: options.known,
    samples: undefined,
    adapters: new Map(),
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
    isTraining: () => false,
    work: { left: mostUnrolled, isReported: false },
    making: [],
    running: [],
    evaluate,
    runBlock,
    callFn,
    makePart,
    startOf,
  };
}
