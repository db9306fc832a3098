import { noFacts } from "../../dims/facts.ts";
import type { Env, Frame, Instance, LoadedFile } from "./entity.ts";

/** Where the items of a file are elaborated: nothing but the names of the file. */
export function fileEnv(file: LoadedFile): Env {
  return { scope: file.scope, frame: rootFrame(undefined), isInFor: false };
}

export function rootFrame(instance: Instance | undefined): Frame {
  return {
    instance,
    facts: instance?.facts ?? noFacts,
    restAxes: undefined,
    initAxes: undefined,
    path: instance?.path ?? "",
    real: "real",
    freeAxes: [],
    callable: undefined,
    stored: new Map(),
    stateAxes: new Map(),
    shared: new Map(),
    paired: new Map(),
  };
}
