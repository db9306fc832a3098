import type { Command } from "commander";
import { describeSide } from "../../api/diff/describe-side.ts";
import { compareFacts, type FactDifference } from "../../api/diff/facts.ts";
import type { Host } from "../host.ts";
import { writeJson } from "../report/write-json.ts";

interface DiffOptions {
  readonly kernels?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<before>", "FILE:MODEL, FILE:STAGE, FILE:STAGE.PHASE, or the folder of a run")
    .argument("<after>", "what it is compared with")
    .option("--kernels", "compile the modes of models, and compare their kernels too")
    .option("--json", "one JSON document on stdout")
    .action((before: string, after: string, options: DiffOptions) =>
      diff(before, after, options, host),
    );
}

function diff(
  before: string,
  after: string,
  { kernels = false, json }: DiffOptions,
  host: Host,
): void {
  const [left, right] = [describeSide(before, kernels), describeSide(after, kernels)];
  const differences = compareFacts(left, right);
  if (json === true) writeJson(host, { before, after, differences });
  else host.result(differences.length === 0 ? "nothing differs\n" : treeText(differences));
}

interface Node {
  readonly children: Map<string, Node>;
  readonly lines: string[];
}

/** Parts below each other, and in each what differs. */
function treeText(differences: readonly FactDifference[]): string {
  const root: Node = { children: new Map(), lines: [] };
  for (const one of differences) {
    let node = root;
    // `layers[0..12]` is one step.
    for (const step of one.path === "" ? [] : one.path.split(/(?<!\.)\.(?!\.)/)) {
      const next = node.children.get(step) ?? { children: new Map(), lines: [] };
      node.children.set(step, next);
      node = next;
    }
    node.lines.push(lineOf(one));
  }
  return `${linesOf(root, "").join("\n")}\n`;
}

function linesOf({ children, lines }: Node, indent: string): readonly string[] {
  return [
    ...lines.map((line) => indent + line),
    ...[...children].flatMap(([name, child]) => [indent + name, ...linesOf(child, `${indent}  `)]),
  ];
}

function lineOf({ kind, name, before, after }: FactDifference): string {
  const label = kind === "part" ? "part" : kind === "parameters" ? name : `${kind} ${name}`;
  if (before === undefined) return `+ ${label}: ${after}`;
  if (after === undefined) return `- ${label}: ${before}`;
  return `${label}: ${before} -> ${after}`;
}
