import type { Command } from "commander";
import { formatBytes } from "../../api/text/format-quantity.ts";
import { formatTable } from "../../api/text/table.ts";
import type { Host } from "../host.ts";
import { type AdapterDescription, describeAdapters } from "../machine/describe-adapters.ts";
import { writeJson } from "../report/write-json.ts";

export function configure(command: Command, host: Host): void {
  command
    .option("--json", "one JSON document on stdout, with every limit and feature")
    .action(async (options: { json?: boolean }) => {
      const adapters = await describeAdapters();
      if (options.json === true) writeJson(host, { adapters });
      else host.result(adapterTable(adapters, host));
    });
}

function adapterTable(adapters: readonly AdapterDescription[], host: Host): string {
  if (adapters.length === 0) return "no adapter (`weft doctor` says what is missing)\n";
  const columns = [
    { title: "adapter" },
    { title: "kind" },
    { title: "binding", align: "right" },
    { title: "buffer", align: "right" },
    { title: "lanes", align: "right" },
    { title: "f16" },
    { title: "timestamps" },
    { title: "tuned", align: "right" },
  ] as const;
  const rows = adapters.map((adapter) => [
    adapter.name,
    adapter.kind,
    formatBytes(adapter.limits.maxStorageBufferBindingSize ?? 0),
    formatBytes(adapter.limits.maxBufferSize ?? 0),
    adapter.subgroupSizes.join("-"),
    adapter.features.includes("shader-f16") ? "yes" : "no",
    adapter.features.includes("timestamp-query") ? "yes" : "no",
    adapter.tunedChoices === 0 ? "no" : String(adapter.tunedChoices),
  ]);
  const isSlow = adapters.every((adapter) => adapter.kind !== "hardware");
  const remark = isSlow
    ? "\nAll of these are software: right, and much slower than a graphics card.\n"
    : "";
  return formatTable(columns, rows, host.resultStyle) + remark;
}
