import { quote } from "../../../diagnostics/phrase.ts";
import type { SurfaceArgument, SurfaceCall } from "../surface.ts";
import type { SurfaceArguments, SurfaceDefinition } from "../surface-definition.ts";
import { isUsable } from "./usable-operand.ts";

/**
 * Binds arguments in order or by name. `undefined` after a report, and where an argument is an error
 * already, which silences what depends on it.
 */
export function readArguments(
  call: SurfaceCall,
  surface: SurfaceDefinition,
): SurfaceArguments | undefined {
  const isSound = call.args
    .map((argument) => isUsable(argument, quote(surface.name), call.context))
    .every((usable) => usable);
  const [first] = surface.parameters;
  const found = first?.many ? bindAll(call, surface, first.name) : bindEach(call, surface);
  return isSound ? found : undefined;
}

function bindAll(
  call: SurfaceCall,
  surface: SurfaceDefinition,
  name: string,
): SurfaceArguments | undefined {
  const named = call.args.find((argument) => argument.name !== undefined);
  if (named?.name !== undefined) {
    reportUnknown(call, surface, named.span, named.name);
    return undefined;
  }
  if (call.args.length === 0) {
    reportArity(call, surface, "at least 1 argument", 0);
    return undefined;
  }
  return new Map([[name, call.args]]);
}

function bindEach(call: SurfaceCall, surface: SurfaceDefinition): SurfaceArguments | undefined {
  const { parameters } = surface;
  const found = new Map<string, readonly SurfaceArgument[]>();
  const positional = call.args.filter((argument) => argument.name === undefined);
  if (positional.length > parameters.length || call.args.length > parameters.length) {
    reportArity(call, surface, argumentCount(surface), call.args.length);
    return undefined;
  }
  for (const [n, argument] of positional.entries()) {
    const parameter = parameters[n];
    if (parameter !== undefined) found.set(parameter.name, [argument]);
  }
  for (const argument of call.args) {
    if (argument.name === undefined) continue;
    if (!parameters.some(({ name }) => name === argument.name)) {
      reportUnknown(call, surface, argument.span, argument.name);
      return undefined;
    }
    if (found.has(argument.name)) {
      reportArity(call, surface, `${quote(argument.name)} once`, 2);
      return undefined;
    }
    found.set(argument.name, [argument]);
  }
  const missing = parameters.find(({ name, optional }) => !optional && !found.has(name));
  if (missing === undefined) return found;
  call.context.sink.report("missing-argument", call.span, {
    callee: quote(surface.name),
    name: missing.name,
    signature: surface.signature,
  });
  return undefined;
}

function argumentCount({ parameters }: SurfaceDefinition): string {
  const needed = parameters.filter(({ optional }) => !optional).length;
  const most = parameters.length;
  if (needed === most) return most === 1 ? "1 argument" : `${most === 0 ? "no" : most} arguments`;
  return `${needed} to ${most} arguments`;
}

function reportArity(
  call: SurfaceCall,
  surface: SurfaceDefinition,
  needed: string,
  found: number,
): void {
  call.context.sink.report("wrong-arity", call.span, {
    callee: quote(surface.name),
    needed,
    found,
    signature: surface.signature,
  });
}

function reportUnknown(
  call: SurfaceCall,
  surface: SurfaceDefinition,
  span: SurfaceCall["span"],
  name: string,
): void {
  call.context.sink.report("unknown-argument", span, {
    callee: quote(surface.name),
    name,
    // A primitive has few parameters: its whole signature says more than a guess.
    nearest: [],
    signature: surface.signature,
  });
}
