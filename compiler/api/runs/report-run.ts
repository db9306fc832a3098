import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { readMetrics } from "./read-metrics.ts";
import { runCharts } from "./run-charts.ts";
import { readFacts } from "./run-facts.ts";
import { runPage } from "./run-page.ts";

/** What a report consists of. */
interface Report {
  readonly charts: string;
  readonly page: string;
}

/**
 * Makes `loss.svg` and `report.html` of a run from its `run.json` and `metrics.jsonl`, at any time, again and again. Gives
 * their paths.
 *
 * @throws {RuntimeFault} `run-damaged` where the folder is none of a run; `file-unreadable` where it cannot be written.
 */
export function reportRun(run: string): Report {
  const { facts, document } = readFacts(run);
  const lines = readMetrics(run);
  const { charts: chartsPath, report: pagePath } = runPaths(run);
  const charts = runCharts(facts, lines);
  const encode = (text: string): readonly Uint8Array[] => [new TextEncoder().encode(text)];
  writeAtomically(chartsPath, encode(charts));
  writeAtomically(pagePath, encode(runPage({ facts, document, lines, charts })));
  return { charts: chartsPath, page: pagePath };
}
