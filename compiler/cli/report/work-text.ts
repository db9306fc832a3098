import type { WorkEvent } from "../../api/studies/work/cell-work.ts";
import { shownLoss } from "./train-progress.ts";

/** A line for what becomes of a cell; nothing for each of its steps. */
export function workText(event: WorkEvent): string {
  const name = `${event.cell}, seed ${event.seed}`;
  switch (event.kind) {
    case "begun":
      return `${name}: ${event.attempt === 1 ? "begins" : `goes on (attempt ${event.attempt})`}\n`;
    case "training": {
      const { event: own } = event;
      if (own.kind === "warning") return `${name}: warning: ${own.message}\n`;
      return "";
    }
    case "rung":
      return `${name}: ${event.step} steps; waits to be compared\n`;
    case "done":
      return `${name}: done, ${event.steps} steps, loss ${event.loss === null ? "undefined" : shownLoss(event.loss)}\n`;
    case "failed":
      return `${name}: failed: ${event.reason}\n`;
    case "stopped":
      return `${name}: ${event.reason}\n`;
    case "left":
      return `${name}: left with a checkpoint; \`--resume\` goes on\n`;
    case "lost":
      return `${name}: somebody else has gone on with it\n`;
  }
}
