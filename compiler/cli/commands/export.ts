import { writeFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type Command, Option } from "commander";
import { fileFault } from "../../../runtime/files/read-bytes.ts";
import type { ModelBinding } from "../../6-emit/bindings/model-binding.ts";
import { CompileError } from "../../api/compile-error.ts";
import { compileFile } from "../../api/compile-file.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { chooseModel } from "../options/choose-mode.ts";
import { parseSettings } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { printDiagnostics } from "../report/print-failure.ts";

interface ExportOptions {
  readonly to: "ts";
  readonly model?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly library: string;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<file>", "a .weft file")
    .addOption(
      new Option("--to <format>", "ts: typed TypeScript bindings of a model's modes")
        .choices(["ts"])
        .makeOptionMandatory(),
    )
    .option("--model <name>", "a `model` of the file")
    .option(
      "--set <path=value>",
      "give a setting or an axis another value; may be repeated",
      several,
      [],
    )
    .option("--out <file>", "where to write; without it to stdout")
    .option("--library <specifier>", "where the bindings import `load` from", "weft")
    .action((file: string, options: ExportOptions) => exportBindings(file, options, host));
}

async function exportBindings(file: string, options: ExportOptions, host: Host): Promise<void> {
  // ts-morph brings a whole TypeScript; no other command waits for it.
  const { emitBindings } = await import("../../6-emit/bindings/emit-bindings.ts");
  const { bindMode } = await import("../../6-emit/bindings/model-binding.ts");
  const model = chooseModel(file, options.model);
  const settings = parseSettings(options.set);
  // The modes share their file, whose warnings are said once.
  const warnings = new Map<string, Diagnostic>();
  const modes = model.modes.map((mode) => {
    const request = { file, model: model.name, mode, set: settings };
    const { artifact, diagnostics } = compileFile(request);
    if (artifact === undefined) throw new CompileError(diagnostics);
    for (const one of diagnostics) warnings.set(`${one.message} ${one.primary.span.start}`, one);
    return bindMode(artifact);
  });
  if (warnings.size > 0) printDiagnostics([...warnings.values()], host);
  const binding: ModelBinding = {
    model: model.name,
    file: relativeUrl(options.out ?? "bindings.ts", file),
    shownFile: file,
    library: options.library,
    settings,
    modes,
  };
  const text = emitBindings(binding);
  if (options.out === undefined) {
    host.text(text);
    return;
  }
  try {
    writeFileSync(options.out, text);
  } catch (error) {
    throw fileFault(options.out, error);
  }
  host.say(`wrote ${options.out}\n`);
}

/** The `.weft` file as the written file names it. */
function relativeUrl(from: string, file: string): string {
  const folder = dirname(resolve(from));
  const path = relative(folder, resolve(file)).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
