import type { Command } from "commander";
import { catalog } from "../../diagnostics/catalog.ts";
import { faults } from "../../../runtime/faults.ts";
import { Failure, exitCode } from "../failure.ts";
import type { Colors, Host } from "../host.ts";
import { nearestNames } from "../nearest-names.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../write-json.ts";

interface Explained {
  readonly code: string;
  readonly title: string;
  readonly explain: string;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("[code]", "as it stands in brackets after `error`; without it, all codes")
    .option("--json", "one JSON document on stdout")
    .action((code: string | undefined, options: { json?: boolean }) => {
      const all = everyCode();
      const found = code === undefined ? all : [findCode(all, code)];
      if (options.json === true) writeJson(host, code === undefined ? { codes: found } : found[0]);
      else if (code === undefined) host.result(index(found, host.resultColors));
      else for (const one of found) host.result(story(one, host.resultColors));
    });
}

/** Mistakes in `.weft` files, and faults of data and devices: one namespace for whoever reads a message. */
function everyCode(): readonly Explained[] {
  const entries = [...Object.entries(catalog), ...Object.entries(faults)];
  return entries
    .map(([code, { title, explain }]) => ({ code, title, explain }))
    .toSorted((left, right) => (left.code < right.code ? -1 : 1));
}

function findCode(all: readonly Explained[], code: string): Explained {
  const found = all.find((one) => one.code === code);
  if (found !== undefined) return found;
  const [nearest] = nearestNames(code, all.map((one) => one.code));
  const hint = nearest === undefined ? "`weft explain` lists all codes" : `did you mean \`weft explain ${nearest}\`?`;
  throw new Failure(exitCode.usage, "unknown-code", `there is no diagnostic \`${code}\``, hint);
}

function index(all: readonly Explained[], colors: Colors): string {
  return formatTable(
    [{ title: "code" }, { title: "what it says" }],
    all.map(({ code, title }) => [code, title]),
    colors,
  );
}

function story({ code, title, explain }: Explained, { bold }: Colors): string {
  return `${bold(code)}: ${title}\n\n${explain.trim()}\n`;
}
