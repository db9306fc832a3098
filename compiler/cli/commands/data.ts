import { Argument, type Command } from "commander";
import { dataSets } from "../../../runtime/datasets/data-set-registry.ts";
import { getDataSet } from "../../../runtime/datasets/get-data-set.ts";
import { formatBytes, formatCount } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";
import { startProgress } from "../report/progress.ts";
import { writeJson } from "../report/write-json.ts";

export function configure(command: Command, host: Host): void {
  command
    .command("get")
    .description("fetch a data set by the names of its packages, and build it")
    .addArgument(new Argument("<name>", dataSetList()).choices(dataSets.map(({ name }) => name)))
    .option(
      "--out <folder>",
      "the folder for it; without it one in the cache, where --data finds it",
    )
    .option("--json", "one JSON document on stdout")
    .action((name: string, options: GetOptions) => get(name, options, host));
}

interface GetOptions {
  readonly out?: string;
  readonly json?: boolean;
}

function dataSetList(): string {
  return dataSets.map(({ name, summary }) => `${name}: ${summary}`).join("; ");
}

async function get(name: string, { out, json }: GetOptions, host: Host): Promise<void> {
  const dataSet = dataSets.find((one) => one.name === name);
  if (dataSet === undefined) throw new Error(`${name} is no data set`);
  const { path, manifest, isNew } = await getDataSet(dataSet, out, (title, total, unit) =>
    startProgress(host, title, total, unit === "bytes" ? formatBytes : String),
  );
  if (json === true) {
    writeJson(host, { path, isNew, ...manifest });
    return;
  }
  if (!isNew) host.say("it was there already\n");
  for (const [source, count] of Object.entries(manifest.images))
    host.result(`${source.padEnd(12)} ${formatCount(count)} images\n`);
  if (manifest.languages.length > 0) host.result(`languages    ${manifest.languages.join(", ")}\n`);
  if (manifest.passed.length > 0)
    host.result(`left out     ${manifest.passed.length}, listed in data-set.json\n`);
  host.result(`folder       ${path}\n`);
}
