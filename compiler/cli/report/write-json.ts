import type { Host } from "../host.ts";

/** One document on stdout, for programs. */
export function writeJson(host: Host, value: unknown): void {
  host.result(`${JSON.stringify(value, null, 2)}\n`);
}
