import type { Host } from "../host.ts";

/** One document on stdout, for programs. */
export function writeJson(host: Host, value: unknown): void {
  host.result(`${jsonText(value, 2)}\n`);
}

/** JSON that a terminal may see: it escapes the controls of ASCII anyway; DEL and those above are escaped here. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
