import { dataSets } from "../../../../runtime/datasets/data-set-registry.ts";
import { getDataSet } from "../../../../runtime/datasets/get-data-set.ts";
import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Host } from "../../host.ts";
import { startProgress } from "../progress.ts";
import { writeJson } from "../write-json.ts";

interface GetOptions {
  readonly out: string | undefined;
  readonly isJson: boolean;
}

/** Fetches a data set and says what came of it, and where it lies. */
export async function reportGet(
  name: string,
  { out, isJson }: GetOptions,
  host: Host,
): Promise<void> {
  const dataSet = dataSets.find((one) => one.name === name);
  invariant(dataSet !== undefined, `${name} is no data set`);
  const { path, manifest, isNew } = await getDataSet(dataSet, out, (title, total, unit) =>
    startProgress(host, title, total, unit === "bytes" ? formatBytes : String),
  );
  if (isJson) {
    writeJson(host, { path, isNew, ...manifest });
    return;
  }
  if (!isNew) host.say("it is there already\n");
  const { images, languages, passed } = manifest;
  for (const [source, count] of Object.entries(images))
    host.result(`${source.padEnd(12)} ${formatCount(count)} images\n`);
  if (languages.length > 0) host.result(`languages    ${languages.join(", ")}\n`);
  if (passed.length > 0) host.result(`left out     ${passed.length}, listed in data-set.json\n`);
  host.result(`licences     ${path}/LICENCES.md\nfolder       ${path}\n`);
}
