import type { Command } from "commander";
import { faults } from "../../../runtime/faults.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";
import { catalog } from "../../diagnostics/catalog.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Host } from "../host.ts";
import { writeJson } from "../report/write-json.ts";

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
      if (code === undefined) {
        if (options.json === true) writeJson(host, { codes: all });
        else host.result(index(all, host.resultStyle));
        return;
      }
      const found = findCode(all, code);
      if (options.json === true) writeJson(host, found);
      else host.result(story(found, host.resultStyle));
    });
}

/** Mistakes in `.weft` files, and faults of data and devices: one namespace for whoever reads a message. */
export function everyCode(): readonly Explained[] {
  const entries: readonly [string, Omit<Explained, "code">][] = [
    ...Object.entries(catalog),
    ...Object.entries(faults),
  ];
  return entries
    .map(([code, { title, explain }]) => ({ code, title, explain }))
    .toSorted((left, right) => (left.code < right.code ? -1 : 1));
}

function findCode(all: readonly Explained[], code: string): Explained {
  const found = all.find((one) => one.code === code);
  if (found !== undefined) return found;
  const [nearest] = nearestNames(
    code,
    all.map((one) => one.code),
  );
  const hint =
    nearest === undefined ? "`weft explain` lists all codes" : `did you mean \`${nearest}\`?`;
  throw new Failure(exitCode.usage, "unknown-code", `there is no diagnostic \`${code}\``, hint);
}

function index(all: readonly Explained[], style: Style): string {
  const rows = all.map(({ code, title }) => [code, title]);
  return formatTable([{ title: "code" }, { title: "what it says" }], rows, style);
}

function story({ code, title, explain }: Explained, { colors: { bold } }: Style): string {
  return `${bold(code)}: ${title}\n\n${explain.trim()}\n`;
}
